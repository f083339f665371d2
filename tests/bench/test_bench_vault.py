"""Start-up check of a vault of ten thousand clips, on a real folder with a real index."""

import time
from pathlib import Path

import pytest

from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.index import SqliteIndex
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.settings import VaultSettings
from latchkey.vault import INDEX_NAME, day_text, meta_name, sealed_name
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import FixedReaders

CLIPS = 10_000
PER_DAY = 25
LIMIT_S = 2.0
TODAY = 20_781


def _fill(root: Path) -> None:
    (root / "clips").mkdir(parents=True)
    for number in range(CLIPS):
        clip, day = f"{number:032x}", TODAY - number // PER_DAY
        (root / sealed_name(clip, day, "whole")).write_bytes(b"sealed")
        (root / meta_name(clip)).write_bytes(b"sealed")


def _start_s(root: Path) -> float:
    disk, index = FolderDisk(root), SqliteIndex(root / INDEX_NAME)
    keeper = VaultKeeper(disk, index, FixedReaders(), SeededEntropy(1).take, VaultSettings())
    begun_s = time.perf_counter()
    report = keeper.start()
    taken_s = time.perf_counter() - begun_s
    assert (report.clips, report.failures) == (CLIPS, 0)
    return taken_s


def _floor_s(root: Path) -> float:
    """Give what listing the folder and asking for each size takes, with nothing else."""
    begun_s = time.perf_counter()
    for path in (root / "clips").iterdir():
        path.stat()
    return time.perf_counter() - begun_s


@pytest.mark.bench
def test_a_vault_of_ten_thousand_clips_is_ready_in_two_seconds(tmp_path: Path) -> None:
    _fill(tmp_path)
    first_s = _start_s(tmp_path)
    again_s = _start_s(tmp_path)
    floor_s = _floor_s(tmp_path)
    print(
        f"\nstart of a vault of {CLIPS} clips up to {day_text(TODAY)}: {first_s:.2f} s without an index,"
        f" {again_s:.2f} s with one; listing alone {floor_s:.2f} s, ratio {again_s / floor_s:.1f}"
    )
    assert max(first_s, again_s) <= LIMIT_S
