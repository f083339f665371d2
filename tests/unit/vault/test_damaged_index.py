"""The real index, damaged as flash and power cuts damage files: the vault always starts, and mends it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from latchkey.adapters.index import SqliteIndex
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.ports import ClipEntry
from latchkey.settings import VaultSettings
from latchkey.vault import sealed_name
from latchkey_sim.disk import MemoryDisk
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import FixedReaders

DAY = 20_781
ENTRIES = [ClipEntry(f"{number + 1:032x}", DAY - number, 100 + number, "whole") for number in range(40)]
NEW = ClipEntry("e" * 32, DAY, 10, "whole")
HEADER_BYTES = 100
SECTOR_BYTES = 512


def bit_flips(whole: bytes, bits: range) -> Iterator[bytes]:
    for bit in bits:
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        yield bytes(data)


def torn(whole: bytes) -> Iterator[bytes]:
    """Cut off at every sector, and every sector zeroed or stale."""
    for at in range(0, len(whole), SECTOR_BYTES):
        yield whole[:at]
        for sector in (bytes(SECTOR_BYTES), Random(at).randbytes(SECTOR_BYTES)):
            yield whole[:at] + sector + whole[at + SECTOR_BYTES :]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("index") / "i"
    SqliteIndex(path).rebuild(ENTRIES)
    return path.read_bytes()


def start(disk: MemoryDisk, path: Path) -> None:
    """Start on an index as it is; afterwards it must hold what the files say, and take what comes."""
    index = SqliteIndex(path)
    report = VaultKeeper(disk, index, FixedReaders(), SeededEntropy(1).take, VaultSettings()).start()
    assert (report.clips, report.failures) == (len(ENTRIES), 0)
    assert sorted(index.entries(), key=lambda entry: -entry.day) == ENTRIES
    index.put(NEW)
    assert index.entries()[-1] == NEW


def vault() -> MemoryDisk:
    disk = MemoryDisk()
    for entry in ENTRIES:
        disk.create(sealed_name(entry.clip, entry.day, "whole")).append(bytes(entry.size_bytes))
    return disk


@pytest.mark.slow
@pytest.mark.parametrize("part", ["header", "rest", "torn"])
def test_a_vault_starts_whatever_has_happened_to_its_index(tmp_path: Path, whole: bytes, part: str) -> None:
    damages = {
        "header": lambda: bit_flips(whole, range(HEADER_BYTES * 8)),
        "rest": lambda: bit_flips(whole, range(HEADER_BYTES * 8 + 3, len(whole) * 8, 331)),
        "torn": lambda: torn(whole),
    }
    disk, place = vault(), tmp_path / "index"
    for number, damaged in enumerate(damages[part]()):
        path = place / f"{number}.sqlite"
        place.mkdir(exist_ok=True)
        path.write_bytes(damaged)
        start(disk, path)


def test_a_journal_that_a_power_cut_left_is_rolled_back_or_left_alone(tmp_path: Path, whole: bytes) -> None:
    disk = vault()
    header = bytes.fromhex("d9d505f920a163d7")
    for number, journal in enumerate((b"", bytes(600), header, header + bytes(504), header * 200)):
        path = tmp_path / f"{number}.sqlite"
        path.write_bytes(whole)
        path.with_name(f"{path.name}-journal").write_bytes(journal)
        start(disk, path)


def test_a_power_cut_in_the_middle_of_a_change_takes_the_change_back(tmp_path: Path) -> None:
    path, copy = tmp_path / "i", tmp_path / "copy"
    SqliteIndex(path).rebuild(ENTRIES)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA cache_size = 1")  # so that pages go to the file before the end
        database.execute("BEGIN IMMEDIATE")
        database.execute("DELETE FROM clips")
        for name in ("", "-journal"):
            source = path.with_name(path.name + name)
            copy.with_name(copy.name + name).write_bytes(source.read_bytes())
        database.execute("ROLLBACK")
    assert SqliteIndex(copy).entries() == ENTRIES


@pytest.mark.parametrize("name", ["i", "i-journal"])
@pytest.mark.parametrize("what", ["pipe", "link"])
def test_an_index_that_is_no_ordinary_file_holds_nobody_up(
    tmp_path: Path, whole: bytes, name: str, what: str
) -> None:
    path, place, elsewhere = tmp_path / "i", tmp_path / name, tmp_path / "elsewhere"
    path.write_bytes(whole)
    place.unlink(missing_ok=True)
    if what == "pipe":
        os.mkfifo(place)
    else:
        place.symlink_to(elsewhere)
    start(vault(), path)
    assert path.is_file()
    assert not elsewhere.exists()
    assert os.path.lexists(place.with_name(f"{name}.damaged"))
