"""What root makes in the vault of a device that runs as another user: the device goes on reading it."""

import os
from pathlib import Path

import pytest

from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.index import SqliteIndex
from latchkey.pipeline.durable import write_whole
from latchkey.ports import ClipEntry
from latchkey.vault import INDEX_NAME

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


def test_a_vault_that_root_makes_in_the_folder_of_another_is_roots(tmp_path: Path) -> None:
    os.chown(tmp_path, DEVICE_USER, DEVICE_GROUP)
    write_whole(FolderDisk(tmp_path / "new" / "vault"), "keys/device.key", b"seed")
    assert set(owners(tmp_path).values()) == {(0, 0)}
