"""The times in a folder of clips say no more than the clips' names: the day."""

from pathlib import Path

import pytest

from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.index import SqliteIndex
from latchkey.errors import DiskError
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.settings import VaultSettings
from latchkey.units import NS_PER_S, S_PER_DAY
from latchkey.vault import INDEX_NAME, UNDATED
from latchkey_sim.disk import MemoryDisk, MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import FixedReaders
from latchkey_sim.tinyclip import record_tiny

DAY, A, B = 20_781, "a" * 32, "b" * 32


def opened(folder: Path, readers: FixedReaders) -> VaultKeeper:
    index = SqliteIndex(folder / INDEX_NAME)
    return VaultKeeper(FolderDisk(folder), index, readers, SeededEntropy(1).take, VaultSettings())


def times(folder: Path, clip: str) -> set[int]:
    return {path.stat().st_mtime_ns for path in (folder / "clips").iterdir() if clip in path.name}


@pytest.mark.parametrize(("day", "at_ns"), [(DAY, DAY * S_PER_DAY * NS_PER_S), (UNDATED, 0)])
def test_all_files_of_a_clip_have_the_first_moment_of_its_day(tmp_path: Path, day: int, at_ns: int) -> None:
    keeper = opened(tmp_path, FixedReaders(now_day=day))
    record_tiny(keeper, A, SeededEntropy(2).take)
    assert times(tmp_path, A) == {at_ns}
    torn = keeper.begin(B)
    torn.append(bytes(100))
    torn.sync()
    torn.abandon()
    assert times(tmp_path, B) == {at_ns}


def test_a_clip_that_power_was_lost_for_has_it_from_the_next_start_on(tmp_path: Path) -> None:
    readers = FixedReaders(now_day=DAY)
    cut = opened(tmp_path, readers).begin(A)
    cut.append(bytes(100))
    cut.sync()
    assert times(tmp_path, A) != {DAY * S_PER_DAY * NS_PER_S}
    assert opened(tmp_path, readers).start().torn == 1
    assert times(tmp_path, A) == {DAY * S_PER_DAY * NS_PER_S}


def test_a_time_that_cannot_be_set_costs_no_clip() -> None:
    disk, index = MemoryDisk(), MemoryIndex()
    disk.fail_next("set_time", DiskError("it has no times"))
    keeper = VaultKeeper(disk, index, FixedReaders(), SeededEntropy(1).take, VaultSettings())
    record_tiny(keeper, A, SeededEntropy(2).take)
    assert not disk.has_faults
    assert [entry.state for entry in index.entries()] == ["whole"]
