"""Face layers in the vault: their own hours, room, crashes, and disks that fail."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from latchkey.clip import X25519Identity, decrypt
from latchkey.errors import DiskError
from latchkey.events import Trigger
from latchkey.frames import Colour, Cover, FilterState, RawFrame
from latchkey.owner import list_clips, open_chunks
from latchkey.owner.composing import FaceLayer
from latchkey.owner.opening import FaceKeyErased, FacesForOthers
from latchkey.pipeline.facevault import EARLY_NS, FaceVault
from latchkey.pipeline.removing import remove_clip
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.ports import ClipEntry, ClipIndex, ClipSpec
from latchkey.settings import VaultSettings
from latchkey.units import MIB, NS_PER_HOUR, NS_PER_S, S_PER_DAY
from latchkey.vault import UNDATED, ClipMeta, faces_name, sealed_name
from latchkey.vision import FacePatches, cut_patches
from latchkey_sim.clock import VirtualClock
from latchkey_sim.disk import DiskOperation, MemoryDisk, MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import OWNER, FixedReaders

DAY = 20_781
DAY_NS = S_PER_DAY * NS_PER_S
SPEC = ClipSpec(320, 192, 10, Colour())
COVER = Cover(40, 40, 200, 140)
STATES = {"ok": 1, "fallback_region": 0, "fallback_full": 0}
IDS = [f"{n:032x}" for n in range(1, 9)]
META = ClipMeta(IDS[0], Trigger.RING, (Trigger.RING,), 1, 2, 3, 1, 0, STATES, "none", 0, 1)
FOOTAGE = b"footage " * 20_000


def patches() -> FacePatches:
    noise = np.random.default_rng(1).integers(0, 256, (192, 320), dtype=np.uint8)
    raw = RawFrame(noise, noise[:96, :160], noise[96:, 160:], 0)
    cut = cut_patches(raw, FilterState.OK, (COVER,))
    assert cut is not None
    return cut


PATCHES = patches()


class Home:
    """A vault with face layers, and its time: it is 06:00 of `DAY` when it begins."""

    def __init__(
        self,
        hours: int = 24,
        disk: MemoryDisk | None = None,
        index: ClipIndex | None = None,
        clock: VirtualClock | None = None,
        seed: int = 1,
        settings: VaultSettings | None = None,
    ) -> None:
        self.clock = clock or VirtualClock(DAY * DAY_NS + 6 * NS_PER_HOUR, 1_000 * NS_PER_S)
        self.disk = disk if disk is not None else MemoryDisk()
        self.index = index or MemoryIndex()
        take, self.readers = SeededEntropy(seed).take, FixedReaders(now_day=DAY)
        self.faces = FaceVault(self.disk, take, self.clock, self.readers, hours)
        self.keeper = VaultKeeper(
            self.disk, self.index, self.readers, take, settings or VaultSettings(days=30), self.faces
        )

    def record(self, clip: str = IDS[0], day: int = DAY, frames: int = 8) -> ClipEntry:
        start_ns = self.clock.now_ns()
        self.readers.now_day = day
        opened = self.keeper.begin(clip)
        opened.begin_faces(SPEC, start_ns)
        for number in range(frames):
            opened.append(FOOTAGE[:50_000])
            opened.add_faces(start_ns + number * NS_PER_S // 10, PATCHES if number % 2 else None)
        return opened.finish(replace(META, clip=clip))

    def wait(self, hours: float) -> None:
        self.clock.wait_until(self.clock.now_ns() + round(hours * NS_PER_HOUR))

    def tidy(self) -> None:
        self.readers.now_day = self.clock.wall_ns() // DAY_NS
        self.keeper.tidy()

    @property
    def layers(self) -> list[str]:
        return [name for name in self.disk.files if ".faces." in name]


def ticks_of(disk: MemoryDisk, entry: ClipEntry) -> list[int]:
    """Read a layer to its end; give the times of its records."""
    with FaceLayer(disk, entry, [OWNER.text]) as layer:
        found = [ticks for ticks in range(0, 90_000, 9_000) if layer.at(ticks)]
        layer.end()
        assert not layer.torn
    return found


def test_a_layer_holds_the_pictures_that_had_patches_at_the_clips_ticks() -> None:
    home = Home()
    entry = home.record()
    assert ticks_of(home.disk, entry) == [9_000, 27_000, 45_000, 63_000]
    assert home.index.entries() == [entry] == list_clips(home.disk)
    assert entry.size_bytes == len(home.disk.files[sealed_name(entry.clip, DAY, "whole")])


def test_off_means_that_no_layer_is_begun() -> None:
    home = Home(hours=0)
    home.record()
    assert home.layers == []


def test_a_layer_goes_at_its_hours_and_the_clip_stays() -> None:
    home = Home(hours=3)
    entry = home.record()
    home.wait(3 - 2 * EARLY_NS / NS_PER_HOUR)
    home.tidy()
    assert len(home.layers) == 1
    home.wait(EARLY_NS / NS_PER_HOUR)
    home.tidy()
    assert home.layers == []
    assert b"".join(open_chunks(home.disk, entry, [OWNER.text]))


@pytest.mark.parametrize("jump_hours", [-10_000, -1, 5, 20])
def test_a_clock_that_jumps_moves_no_deadline_of_a_layer_of_this_run(jump_hours: int) -> None:
    home = Home(hours=12)
    home.record()
    home.clock.shift_wall(jump_hours * NS_PER_HOUR)
    home.wait(11)
    if jump_hours < 20:
        home.tidy()
        assert len(home.layers) == 1
    home.wait(1)
    home.tidy()
    assert home.layers == []


def test_after_a_restart_a_layer_counts_from_the_first_moment_of_its_day_never_longer() -> None:
    first = Home(hours=12)  # 06:00
    first.record()
    first.wait(1)
    again = Home(hours=12, disk=first.disk, index=first.index, clock=first.clock)
    again.keeper.start()
    assert len(again.layers) == 1
    again.wait(4)  # 11:00
    again.tidy()
    assert len(again.layers) == 1
    again.wait(1)  # noon
    again.tidy()
    assert again.layers == []


def test_a_restart_under_a_clock_of_1970_keeps_a_layer_its_hours_at_most_and_a_set_clock_shortens_that() -> (
    None
):
    first = Home(hours=12)
    first.record()
    clock = VirtualClock(0)
    again = Home(hours=12, disk=first.disk, index=first.index, clock=clock)
    again.keeper.start()
    again.tidy()
    assert len(again.layers) == 1
    clock.shift_wall(DAY * DAY_NS + 13 * NS_PER_HOUR)
    again.tidy()
    assert again.layers == []
    first.disk.files[faces_name(IDS[0], DAY)] = bytearray(b"x")
    stuck = Home(hours=12, disk=first.disk, index=first.index, clock=VirtualClock(0))
    stuck.keeper.start()
    stuck.wait(12)
    stuck.tidy()
    assert stuck.layers == []


def test_a_machine_that_slept_deletes_by_the_wall_clock() -> None:
    home = Home(hours=3)
    home.record()
    home.clock.shift_wall(22 * NS_PER_HOUR)  # monotonic time stood still: 04:00 of the next day
    home.tidy()
    assert home.layers == []


def test_turning_the_layer_off_deletes_what_is_there() -> None:
    first = Home(hours=720)
    first.record()
    again = Home(hours=0, disk=first.disk, index=first.index, clock=first.clock)
    again.keeper.start()
    assert again.layers == []
    assert [entry.state for entry in again.index.entries()] == ["whole"]


def test_a_clip_that_is_deleted_takes_its_layer_with_it() -> None:
    home = Home(settings=VaultSettings(days=1))
    kept = home.record(IDS[1], DAY)
    home.record(IDS[0], DAY - 2)
    home.tidy()
    assert home.layers == [faces_name(kept.clip, DAY)]
    remove_clip(home.disk, home.index, kept)
    assert home.disk.names("clips") == []


def test_the_layer_is_deleted_before_the_clip() -> None:
    home = Home()
    entry = home.record()
    remove_clip(home.disk, home.index, entry)
    removed = [line for line in home.disk.log if line.startswith("remove ")]
    assert [".faces." in line for line in removed] == [True, False, False, False, False]


def test_layers_count_as_room() -> None:
    home = Home(settings=VaultSettings(days=30, max_mib=16))
    old = home.record(IDS[0], frames=100)
    new = home.record(IDS[1], frames=10)
    layer_bytes = len(home.disk.files[faces_name(old.clip, DAY)])
    assert layer_bytes > MIB
    opened = home.keeper.begin(IDS[2])
    opened.append(bytes(16 * MIB - old.size_bytes - new.size_bytes - layer_bytes // 2))
    home.tidy()
    assert home.index.entries() == [new]


def test_a_layer_that_cannot_be_deleted_is_counted_and_tried_again() -> None:
    home = Home(hours=1)
    home.record()
    home.wait(1)
    home.disk.fail_next("remove", DiskError("stuck"))
    assert home.keeper.tidy().failures == 1
    assert len(home.layers) == 1
    assert home.keeper.tidy().failures == 0
    assert home.layers == []


@pytest.mark.parametrize(
    ("operation", "at_start"),
    [
        ("append", True), ("append", False), ("sync", True), ("sync", False), ("create", True),
        ("sync_folder", True), ("rename", False),
    ],
)  # fmt: skip
def test_a_layer_that_cannot_be_written_is_given_up_and_the_clip_is_whole(
    operation: DiskOperation, at_start: bool
) -> None:
    home = Home()
    opened = home.keeper.begin(IDS[0])
    opened.append(FOOTAGE)
    if at_start:
        home.disk.fail_next(operation, DiskError("broken"))
    opened.begin_faces(SPEC, 0)
    if not at_start and operation == "append":
        home.disk.fail_next("append", DiskError("broken"))
    for number in range(30):
        opened.add_faces(number * NS_PER_S // 10, PATCHES)
    if operation == "rename":
        home.disk.fail_next("rename", DiskError("broken"))
    elif not at_start and operation == "sync":
        home.disk.fail_next("sync", DiskError("broken"), skip=1)
    entry = opened.finish(META)
    assert entry.state == "whole"
    assert b"".join(open_chunks(home.disk, entry, [OWNER.text])) == FOOTAGE
    assert home.layers == []


def test_what_is_left_of_a_lost_layer_is_removed_by_the_next_tidying() -> None:
    home = Home()
    opened = home.keeper.begin(IDS[0])
    opened.begin_faces(SPEC, 0)
    opened.append(FOOTAGE)
    home.disk.fail_next("rename", DiskError("broken"))
    home.disk.fail_next("remove", DiskError("broken"))
    opened.finish(META)
    assert len(home.layers) == 1
    home.tidy()
    assert home.layers == []


def test_an_abandoned_clip_keeps_the_layer_it_has_and_none_without_footage() -> None:
    home = Home()
    for clip, footage in ((IDS[0], FOOTAGE), (IDS[1], b"")):
        opened = home.keeper.begin(clip)
        opened.begin_faces(SPEC, 0)
        opened.append(footage)
        opened.add_faces(0, PATCHES)
        opened.abandon()
    (entry,) = home.index.entries()
    assert entry.state == "torn"
    assert home.layers == [faces_name(IDS[0], DAY)]
    assert ticks_of(home.disk, entry) == [0]


class Crash(BaseException):
    """The device loses power."""


class DyingDisk(MemoryDisk):
    """A disk whose device dies at operation number `left`."""

    left = 1 << 60

    def meet(self, operation: DiskOperation, what: str, *, noted: bool = True) -> None:
        self.left -= 1
        if self.left < 0:
            raise Crash
        super().meet(operation, what, noted=noted)


def crash_images() -> Iterator[tuple[MemoryDisk, MemoryIndex]]:
    """Record twice, delete the first; power goes at each operation in turn. What was durable is found,
    and what a mere crash of the program leaves.
    """
    for dies_at in range(10_000):
        disk, index = DyingDisk(), MemoryIndex()
        home = Home(disk=disk, index=index)
        disk.left = dies_at
        try:
            first = home.record(IDS[0])
            home.record(IDS[1])
            remove_clip(disk, index, first)
        except Crash:
            disk.left = 1 << 60
            yield disk.after_power_cut(), index
            yield disk, index
        else:
            assert dies_at > 60
            return


@pytest.mark.slow
def test_after_a_crash_anywhere_no_layer_is_without_its_clip_and_finished_ones_open() -> None:
    for disk, index in crash_images():
        home = Home(disk=disk, index=index, seed=2)
        report = home.keeper.start()
        assert report.failures == report.strangers == 0
        assert not [name for name in disk.files if name.endswith(".part")]
        entries = {entry.clip: entry for entry in home.index.entries()}
        clips = {name.split(".")[1] for name in home.layers}
        assert clips <= set(entries)
        for entry in entries.values():
            if entry.state == "whole" and entry.clip in clips:
                assert len(ticks_of(disk, entry)) == 4
            # the clip that is being deleted loses its layer first
            assert entry.state == "torn" or entry.clip in clips or entry.clip == IDS[0]
        before = {name: bytes(data) for name, data in disk.files.items() if name.startswith("clips/")}
        home.record(IDS[5])
        assert {name: disk.files[name] for name in before} == before


def test_a_layer_cut_anywhere_gives_what_verifies_and_says_that_it_is_torn() -> None:
    home = Home()
    entry = home.record(frames=100)
    name = faces_name(entry.clip, DAY)
    whole = bytes(home.disk.files[name])
    plain = len(b"".join(decrypt(whole, [OWNER.text])))
    assert plain > 3 * 65_536
    for cut in range(len(whole) - 1, 300 + 65_552, -9_973):
        home.disk.files[name] = bytearray(whole[:cut])
        with FaceLayer(home.disk, entry, [OWNER.text]) as layer:
            found = [number for number in range(100) if layer.at(number * 9_000)]
            layer.end()
            assert found == list(range(1, 2 * len(found), 2))
            assert layer.torn


def test_a_layer_is_sealed_to_the_keys_for_faces_and_not_to_those_of_its_clip() -> None:
    other, home = X25519Identity(b"p" * 32), Home()
    home.readers.face_keys = [str(other.recipient)]
    entry = home.record()
    assert b"".join(open_chunks(home.disk, entry, [OWNER.text]))
    with FaceLayer(home.disk, entry, [other.text]) as layer:
        assert layer.head.clip == entry.clip
    with pytest.raises(FacesForOthers):
        FaceLayer(home.disk, entry, [OWNER.text])
    with pytest.raises(FaceKeyErased, match="days are over"):
        FaceLayer(home.disk, entry, [])


def test_where_nobody_has_a_key_for_faces_there_is_no_layer_and_the_clip_goes_on() -> None:
    home = Home()
    home.readers.face_keys = []
    entry = home.record()
    assert home.layers == []
    assert b"".join(open_chunks(home.disk, entry, [OWNER.text]))


def test_a_layer_goes_once_its_keys_are_erased_and_one_without_a_day_at_once_whatever_its_hours() -> None:
    home = Home(hours=720)
    home.readers.face_days = 2
    entry, undated = home.record(), home.record(IDS[1], UNDATED)
    assert len(home.layers) == 2
    home.readers.now_day = DAY + 2
    home.keeper.tidy()
    assert home.layers == [faces_name(entry.clip, DAY)]
    home.readers.now_day = DAY + 3
    home.keeper.tidy()
    assert home.layers == []
    assert home.index.entries() == [entry, undated]
