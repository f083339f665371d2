"""The keeper under crashes, full disks and broken ones: nothing announced is lost."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from latchkey.errors import DiskError, DiskFull, OwnerKeyError
from latchkey.events import DiskState, Trigger
from latchkey.owner import list_clips, open_chunks, read_meta
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.ports import ClipEntry, ClipIndex, Disk
from latchkey.settings import VaultSettings
from latchkey.units import MIB
from latchkey.vault import ClipMeta, decode_slip, sealed_name
from latchkey_sim.disk import DiskOperation, MemoryDisk, MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import OWNER, FixedReaders

KEYS = [OWNER.text]
DAY = 20_781
IDS = [f"{n:032x}" for n in range(1, 20)]
FOOTAGE = b"footage " * 20_000  # 2.4 chunks
STATES = {"ok": 1, "fallback_region": 0, "fallback_full": 0}
META = ClipMeta(IDS[0], Trigger.RING, (Trigger.RING,), 1, 2, 3, 1, 0, STATES, "none", 0, 1)


def keeper_of(
    disk: Disk, index: ClipIndex, seed: int = 1, settings: VaultSettings | None = None, day: int = DAY
) -> VaultKeeper:
    take, readers = SeededEntropy(seed).take, FixedReaders(now_day=day)
    return VaultKeeper(disk, index, readers, take, settings or VaultSettings(days=1))


def record(keeper: VaultKeeper, clip: str = IDS[0], footage: bytes = FOOTAGE) -> ClipEntry:
    opened = keeper.begin(clip)
    for at in range(0, len(footage), 50_000):
        opened.append(footage[at : at + 50_000])
    return opened.finish(replace(META, clip=clip))


def opens(disk: MemoryDisk, entry: ClipEntry) -> bytes:
    return b"".join(open_chunks(disk, entry, KEYS))


def clip_files(disk: MemoryDisk) -> set[str]:
    """Give the names of all files but those of the device itself."""
    return {name for name in disk.files if name.startswith("clips/")}


def files_of(entry: ClipEntry) -> set[str]:
    """Give the names of the files of a whole clip."""
    aside = {f"clips/{entry.clip}.{kind}" for kind in ("meta.age", "chain.age", "slip")}
    return {sealed_name(entry.clip, entry.day, entry.state), *aside}


def test_a_finished_clip_opens_with_its_record_and_is_in_the_index() -> None:
    disk, index = MemoryDisk(), MemoryIndex()
    entry = record(keeper_of(disk, index))
    assert opens(disk, entry) == FOOTAGE
    assert read_meta(disk, entry.clip, KEYS) == META
    assert index.entries() == [entry] == list_clips(disk)
    assert entry == ClipEntry(IDS[0], DAY, len(disk.files[f"clips/2026-11-24.{IDS[0]}.age"]), "whole")


def test_a_clip_is_durable_before_it_has_its_name_and_named_before_it_is_indexed() -> None:
    disk = MemoryDisk()
    record(keeper_of(disk, MemoryIndex()))
    part, whole, meta = (
        f"clips/2026-11-24.{IDS[0]}.age.part",
        f"clips/2026-11-24.{IDS[0]}.age",
        f"clips/{IDS[0]}.meta.age",
    )
    steps = [
        f"sync {part}",
        f"create {meta}.part",
        f"sync {meta}.part",
        f"rename {meta}.part {meta}",
        f"rename {part} {whole}",
    ]
    places = [disk.log.index(step) for step in steps]
    assert places == sorted(places)
    assert disk.log[-1] == "sync_folder clips"


def test_no_plaintext_and_no_secret_is_on_the_disk() -> None:
    disk = MemoryDisk()
    record(keeper_of(disk, MemoryIndex()))
    everything = b"".join(disk.files.values())
    assert b"footage" not in everything
    assert b"ring" not in everything
    assert b"file-key" not in everything


class Crash(BaseException):
    """The device loses power."""


class DyingDisk(MemoryDisk):
    """A disk whose device dies at operation number `dies_at`."""

    def __init__(self, dies_at: int) -> None:
        super().__init__()
        self.left = dies_at

    def meet(self, operation: DiskOperation, what: str, *, noted: bool = True) -> None:
        self.left -= 1
        if self.left < 0:
            raise Crash
        super().meet(operation, what, noted=noted)


def crash_images() -> Iterator[tuple[MemoryDisk, MemoryIndex, list[ClipEntry]]]:
    """Record, record, tidy the first away, record; cut the power at every operation in turn."""
    for dies_at in range(10_000):
        disk, index, announced = DyingDisk(dies_at), MemoryIndex(), list[ClipEntry]()
        keeper = keeper_of(disk, index)
        try:
            announced.append(record(keeper_of(disk, index, seed=2, day=DAY - 2), IDS[0]))
            announced.append(record(keeper, IDS[1]))
            announced.pop(0)  # from here on it may go
            keeper.tidy()
            announced.append(record(keeper, IDS[2]))
        except Crash:
            disk.left = 1 << 60
            yield disk, index, announced
        else:
            assert dies_at > 60
            return


def test_after_a_crash_at_any_operation_everything_announced_opens() -> None:
    for disk, index, announced in crash_images():
        for known in (index, MemoryIndex()):  # the index lived, or was lost as well
            keeper = keeper_of(disk, known, seed=2)
            report = keeper.start()
            assert report.failures == report.strangers == 0
            entries = known.entries()
            for entry in announced:
                assert entry in entries
                assert opens(disk, entry) == FOOTAGE
                assert read_meta(disk, entry.clip, KEYS).clip == entry.clip
            for entry in entries:
                if entry.state == "whole":
                    assert opens(disk, entry) == FOOTAGE
            assert not [name for name in disk.files if name.endswith(".part")]
            assert keeper.start().torn == 0


def test_after_a_crash_the_next_clip_has_keys_of_its_own_and_nothing_is_appended() -> None:
    for disk, index, _ in crash_images():
        keeper = keeper_of(disk, index, seed=3)
        keeper.start()
        before = {name: bytes(disk.files[name]) for name in clip_files(disk)}
        record(keeper, IDS[5])
        assert {name: disk.files[name] for name in before} == before


OPERATIONS: list[DiskOperation] = [
    "append",
    "sync",
    "rename",
    "sync_folder",
    "create",
    "free_bytes",
    "size_bytes",
]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("error", [DiskFull("full"), DiskError("broken")])
@pytest.mark.parametrize("skip", range(7))
def test_a_failing_disk_raises_and_an_abandoned_clip_leaves_nothing_half_named(
    operation: DiskOperation, error: DiskError, skip: int
) -> None:
    disk, index = MemoryDisk(), MemoryIndex()
    keeper = keeper_of(disk, index)
    disk.fail_next(operation, error, skip=skip)
    finished = False
    with suppress(DiskError):
        opened = keeper.begin(IDS[0])
        try:
            for _ in range(3):
                opened.append(FOOTAGE)
            finished = bool(opened.finish(META))
        finally:
            opened.abandon()
    disk.mend()
    assert index.entries() == list_clips(disk)
    assert not [name for name in disk.files if name.endswith(".part")]
    for entry in index.entries():
        assert (entry.state == "whole") or not finished
        assert entry.state == "torn" or opens(disk, entry) == 3 * FOOTAGE


def test_an_abandoned_clip_stays_as_torn_and_opens_as_far_as_it_got() -> None:
    disk, index = MemoryDisk(), MemoryIndex()
    opened = keeper_of(disk, index).begin(IDS[0])
    opened.append(FOOTAGE)
    entry = opened.abandon()
    assert entry is not None
    assert entry.state == "torn"
    assert opens(disk, entry) == FOOTAGE
    assert index.entries() == [entry]


def test_an_abandoned_clip_without_footage_leaves_nothing() -> None:
    disk, index = MemoryDisk(), MemoryIndex()
    assert keeper_of(disk, index).begin(IDS[0]).abandon() is None
    assert clip_files(disk) == set()
    assert index.entries() == []


def test_giving_up_what_is_finished_changes_nothing() -> None:
    disk, index = MemoryDisk(), MemoryIndex()
    keeper = keeper_of(disk, index)
    opened = keeper.begin(IDS[0])
    opened.append(FOOTAGE)
    entry = opened.finish(META)
    assert opened.abandon() is None
    assert index.entries() == [entry]
    with pytest.raises(DiskError):
        opened.append(b"more")


def test_a_full_disk_begins_no_clip_and_keeps_its_spare_room() -> None:
    disk = MemoryDisk(limit_bytes=15 * MIB)
    keeper = keeper_of(disk, MemoryIndex())
    assert keeper.room() is DiskState.FULL
    with pytest.raises(DiskFull) as caught:
        keeper.begin(IDS[0])
    assert caught.value.hint
    assert clip_files(disk) == set()


def test_a_disk_that_fills_while_recording_keeps_the_part_as_torn() -> None:
    disk, index = MemoryDisk(limit_bytes=20 * MIB), MemoryIndex()
    opened = keeper_of(disk, index, settings=VaultSettings(spare_mib=8)).begin(IDS[0])
    for _ in range(20):
        opened.append(bytes(MIB))
    with pytest.raises(DiskFull):
        opened.append(bytes(MIB))
    entry = opened.abandon()
    assert entry is not None
    assert (entry.state, disk.free_bytes()) == ("torn", 0)


def test_tidying_deletes_what_is_past_its_days_with_its_record() -> None:
    disk, index = MemoryDisk(), MemoryIndex()
    keeper = keeper_of(disk, index)
    old = record(keeper_of(disk, index, seed=2, day=DAY - 2), IDS[0])
    new = record(keeper_of(disk, index, seed=3, day=DAY - 1), IDS[1])
    assert keeper.tidy().removed == (old,)
    assert index.entries() == [new]
    assert clip_files(disk) == files_of(new)


def test_tidying_makes_room_oldest_first_and_spares_the_clip_being_written() -> None:
    disk, index = MemoryDisk(), MemoryIndex()
    settings = VaultSettings(max_mib=16)
    keeper = keeper_of(disk, index, settings=settings)
    entries = [record(keeper, clip, footage=bytes(5 * MIB)) for clip in IDS[:3]]
    opened = keeper.begin(IDS[3])
    opened.append(bytes(4 * MIB))
    assert keeper.tidy().removed == (entries[0],)
    assert opened.finish(replace(META, clip=IDS[3])).state == "whole"
    assert keeper.tidy().removed == ()


def test_one_clip_that_cannot_be_deleted_does_not_keep_the_others() -> None:
    disk, index = MemoryDisk(), MemoryIndex()
    earlier, keeper = keeper_of(disk, index, day=DAY - 5), keeper_of(disk, index, seed=2)
    for clip in IDS[:3]:
        record(earlier, clip)
    disk.fail_next("remove", DiskError("stuck"))
    report = keeper.tidy()
    assert (len(report.removed), report.failures) == (2, 1)
    assert len(keeper.tidy().removed) == 1
    assert clip_files(disk) == set()


def test_a_file_that_cannot_be_mended_is_counted_and_the_device_starts() -> None:
    disk, index = MemoryDisk(), MemoryIndex()
    keeper = keeper_of(disk, index)
    keeper.begin(IDS[0]).append(FOOTAGE)
    record(keeper, IDS[1])
    disk.fail_next("rename", DiskError("stuck"))
    assert keeper_of(disk, index, seed=2).start().failures == 1
    assert keeper_of(disk, index, seed=3).start().failures == 0
    assert {entry.state for entry in index.entries()} == {"torn", "whole"}


def test_rubbish_in_the_folder_is_counted_and_left() -> None:
    disk, index = MemoryDisk(), MemoryIndex()
    for name in ("clips/notes.txt", f"clips/{IDS[0]}.age"):
        disk.create(name).append(b"rubbish")
    report = keeper_of(disk, index).start()
    assert (report.clips, report.strangers) == (0, 2)
    assert len(clip_files(disk)) == 2


def test_clips_companions_and_records_share_no_key() -> None:
    disk = MemoryDisk()
    keeper = keeper_of(disk, MemoryIndex())
    record(keeper, IDS[0])
    record(keeper, IDS[1])
    sealed = [data for name, data in disk.files.items() if name.endswith(".age")]
    headers = [bytes(data[: data.index(b"\n--- ")]) for data in sealed]
    assert len(set(headers)) == 6


def test_without_a_reader_nothing_is_recorded() -> None:
    disk = MemoryDisk()
    readers = FixedReaders(keys=())
    keeper = VaultKeeper(disk, MemoryIndex(), readers, SeededEntropy(1).take, VaultSettings())
    with pytest.raises(OwnerKeyError):
        keeper.begin(IDS[0])
    assert clip_files(disk) == set()


@pytest.mark.parametrize(("setting", "days"), [(0, 3), (1, 1), (3, 3), (30, 3)])
def test_the_settings_may_shorten_the_readers_days_and_never_lengthen_them(setting: int, days: int) -> None:
    disk, index, readers = MemoryDisk(), MemoryIndex(), FixedReaders(now_day=DAY, days=3)
    take = SeededEntropy(1).take
    keeper = VaultKeeper(disk, index, readers, take, VaultSettings(days=setting))
    entry = record(keeper)
    assert keeper.expires_day(entry) == DAY + days + 1
    readers.now_day = DAY + days
    assert keeper.tidy().removed == ()
    readers.now_day += 1
    assert keeper.tidy().removed == (entry,)


def test_ten_thousand_clips_are_listed_without_reading_them() -> None:
    disk, index = MemoryDisk(), MemoryIndex()
    for number in range(10_000):
        disk.files[f"clips/2026-11-24.{number:032x}.age"] = bytearray(1)
    keeper = keeper_of(disk, index)
    disk.fail_next("read", DiskError("nobody reads"), skip=3)  # but the key's two halves and the head
    assert keeper.start().clips == 10_000
    assert disk.has_faults


def test_the_number_of_a_clip_that_was_given_up_is_not_given_again_though_its_head_was_not_written() -> None:
    disk, index = MemoryDisk(), MemoryIndex()
    keeper = keeper_of(disk, index)
    record(keeper)
    opened = keeper.begin(IDS[1])
    opened.append(FOOTAGE)
    disk.fail_next("create", DiskError("Input/output error"))  # of the head: the only file that is made then
    given_up = opened.abandon()
    assert given_up is not None
    assert not disk.has_faults
    record(keeper_of(disk, index, seed=2), IDS[2])
    slips = [disk.read(f"clips/{clip}.slip") for clip in IDS[:3]]
    assert [decode_slip(slip, lambda *_: None).sequence for slip in slips] == [1, 2, 3]
