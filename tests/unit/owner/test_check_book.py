"""`latchkey check` tells of the key book that the doorbell seals by, not of an older one in its settings."""

from pathlib import Path

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import FolderDisk
from latchkey.cli import main
from latchkey.owner.household import new_household
from latchkey.owner.members import with_viewer
from latchkey.pipeline.readers import Readers
from latchkey.units import utc_day
from latchkey.vault.book import decode_book
from latchkey_sim.entropy import SeededEntropy

DAY = utc_day(SystemClock().wall_ns())
MINE = new_household(DAY, 3, SeededEntropy(1).take)
PHONE = decode_book(new_household(DAY, 7, SeededEntropy(2).take).book(DAY)[1])
OTHERS = new_household(DAY, 2, SeededEntropy(3).take)
SETTINGS = 'schema = 1\n[owner]\nbook = "book.json"\n[vault]\npath = "vault"\n'
Shown = pytest.CaptureFixture[str]


def check(folder: Path, named: bytes, capsys: Shown) -> tuple[str, str]:
    (folder / "door.toml").write_text(SETTINGS)
    (folder / "book.json").write_bytes(named)
    assert main(["check", str(folder / "door.toml")]) == 0
    return capsys.readouterr()


def test_the_book_in_use_counts_and_nothing_is_written(tmp_path: Path, capsys: Shown) -> None:
    state, old = MINE.book(DAY)
    _, new = with_viewer(state, "Ada", PHONE, DAY).book(DAY)
    out, _ = check(tmp_path, old, capsys)
    assert "kept 3 day(s)" in out
    assert "opened by 1 viewer(s)" in out
    assert not (tmp_path / "vault").exists()
    vault = tmp_path / "vault"
    Readers(FolderDisk(vault), SystemClock(), new).check(lambda _: None)
    before = {path: path.read_bytes() for path in vault.rglob("*") if path.is_file()}
    out, err = check(tmp_path, old, capsys)
    assert "kept 7 day(s)" in out
    assert "opened by 2 viewer(s)" in out
    assert err == ""
    assert {path: path.read_bytes() for path in vault.rglob("*") if path.is_file()} == before


def test_a_newer_book_that_the_settings_name_counts(tmp_path: Path, capsys: Shown) -> None:
    state, old = MINE.book(DAY)
    Readers(FolderDisk(tmp_path / "vault"), SystemClock(), old).check(lambda _: None)
    _, new = with_viewer(state, "Ada", PHONE, DAY).book(DAY)
    assert "opened by 2 viewer(s)" in check(tmp_path, new, capsys)[0]


def test_a_book_of_another_owner_is_said_not_to_be_used(tmp_path: Path, capsys: Shown) -> None:
    Readers(FolderDisk(tmp_path / "vault"), SystemClock(), MINE.book(DAY)[1]).check(lambda _: None)
    err = check(tmp_path, OTHERS.book(DAY)[1], capsys)[1]
    assert "of another owner than the one whom this doorbell obeys" in err
    assert "hint: `latchkey pair --replace`" in err
