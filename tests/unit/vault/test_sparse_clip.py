"""A file with the name of a clip that is larger than any clip, as only a sparse one can be."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.adapters.disk import FolderDisk
from latchkey.events import Trigger
from latchkey.owner import list_clips
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.ports import ClipEntry
from latchkey.settings import VaultSettings
from latchkey.vault import CLIP_LIMIT_BYTES, ClipMeta, kept_bytes, sealed_name, to_delete
from latchkey_sim.disk import MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import FixedReaders

DAY, STRANGER = 20_781, "f" * 32
IDS = [f"{n:032x}" for n in range(1, 4)]
STATES = {"ok": 1, "fallback_region": 0, "fallback_full": 0}
META = ClipMeta(IDS[0], Trigger.RING, (Trigger.RING,), 1, 2, 3, 1, 0, STATES, "none", 0, 1)


def keeper_of(folder: Path) -> VaultKeeper:
    take = SeededEntropy(2).take
    keeper = VaultKeeper(FolderDisk(folder), MemoryIndex(), FixedReaders(now_day=DAY), take, VaultSettings())
    for clip in IDS:
        opened = keeper.begin(clip)
        opened.append(b"footage")
        opened.finish(replace(META, clip=clip))
    return keeper


@pytest.mark.parametrize("size_bytes", [1 << 40, 5 << 30])
@pytest.mark.parametrize("state", ["whole", "torn"])
def test_a_sparse_file_of_a_terabyte_is_deleted_and_no_clip_for_it(
    tmp_path: Path, state: str, size_bytes: int
) -> None:
    keeper = keeper_of(tmp_path)
    path = tmp_path / sealed_name(STRANGER, DAY, "torn" if state == "torn" else "whole")
    path.touch()
    os.truncate(path, size_bytes)
    keeper.start()
    assert [entry.clip for entry in keeper.tidy().removed] == [STRANGER]
    assert [entry.clip for entry in list_clips(FolderDisk(tmp_path))] == IDS


def test_a_sparse_file_with_the_name_of_a_kept_clip_takes_no_room_from_others(tmp_path: Path) -> None:
    keeper = keeper_of(tmp_path)
    path = tmp_path / sealed_name(STRANGER, DAY, "kept")
    path.touch()
    os.truncate(path, 1 << 40)
    keeper.start()
    assert keeper.tidy().removed == ()
    assert keeper.check().crowding == ""


def test_a_clip_that_wants_all_the_room_goes_alone() -> None:
    entries = [ClipEntry(IDS[0], DAY, 10, "whole"), ClipEntry(IDS[1], DAY, 101, "whole")]
    room = {"max_bytes": 100, "free_bytes": 10**9, "spare_bytes": 0}
    assert to_delete(entries, today=DAY, days=3, day_of=lambda one: one.day, **room) == entries[1:]


def test_kept_clips_count_as_room_up_to_the_largest_that_a_clip_can_be() -> None:
    kept = [ClipEntry(IDS[n], DAY, CLIP_LIMIT_BYTES + n, "kept") for n in range(2)]
    assert kept_bytes([*kept, ClipEntry(IDS[2], DAY, 5, "whole")]) == CLIP_LIMIT_BYTES
