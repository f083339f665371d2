"""What root makes in the vault of a device that runs as another user: the device goes on reading it."""

import os
import subprocess
from pathlib import Path

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.index import SqliteIndex
from latchkey.cli import main
from latchkey.pipeline.durable import write_whole
from latchkey.ports import ClipEntry
from latchkey.vault import INDEX_NAME
from latchkey_sim.household import write_book

DEVICE_USER, DEVICE_GROUP = 12_345, 12_346
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    path = tmp_path / "vault"
    path.mkdir(0o700)
    os.chown(path, DEVICE_USER, DEVICE_GROUP)
    return path


def owners(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(folder)): (path.lstat().st_uid, path.lstat().st_gid)
        for path in folder.rglob("*")
    }


def test_an_order_that_root_hands_over_belongs_to_the_device_with_its_folder(vault: Path) -> None:
    write_whole(FolderDisk(vault), "orders/book.json", b"a book")
    expected = (DEVICE_USER, DEVICE_GROUP)
    assert owners(vault) == {"orders": expected, "orders/book.json": expected}
    assert (vault / "orders").stat().st_mode & 0o777 == 0o700


def test_the_log_the_index_and_its_lock_belong_to_the_device_too(vault: Path) -> None:
    FolderDisk(vault).extend("acts.log").close()
    index = SqliteIndex(vault / INDEX_NAME)
    with index.alone(wait=True):
        index.put(ClipEntry("a" * 32, 1, 2, "whole"))
    FolderDisk(vault).claim()
    assert set(owners(vault).values()) == {(DEVICE_USER, DEVICE_GROUP)}
    assert len(owners(vault)) == 4


def test_what_was_there_keeps_its_owner(vault: Path) -> None:
    (vault / "acts.log").write_bytes(b"a line\n")
    before = owners(vault)
    FolderDisk(vault).extend("acts.log").close()
    assert owners(vault) == before


def test_check_tells_what_an_earlier_version_left_to_root_and_how_to_give_it_away(
    tmp_path: Path, vault: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "door.toml"
    settings.write_text('schema = 1\n[owner]\nbook = "book.json"\n[vault]\npath = "vault"\n')
    write_book(tmp_path, SystemClock().wall_ns())
    write_whole(FolderDisk(vault), "orders/time-1.json", b"an order")
    assert main(["check", str(settings)]) == 0
    assert capsys.readouterr().err == ""
    for name in ("orders", "orders/time-1.json"):
        os.chown(vault / name, 0, 0)
    assert main(["check", str(settings)]) == 0
    warning, hint = capsys.readouterr().err.splitlines()
    assert f"warning: {vault}/orders and 1 more: not of the user" in warning
    assert hint == f"latchkey: hint: as root, chown -R --reference={vault} {vault}"
    subprocess.run(hint.partition("as root, ")[2].split(), check=True)
    assert main(["check", str(settings)]) == 0
    assert capsys.readouterr().err == ""


def test_a_vault_that_root_makes_in_the_folder_of_another_is_roots(tmp_path: Path) -> None:
    os.chown(tmp_path, DEVICE_USER, DEVICE_GROUP)
    write_whole(FolderDisk(tmp_path / "new" / "vault"), "keys/device.key", b"seed")
    assert set(owners(tmp_path).values()) == {(0, 0)}
