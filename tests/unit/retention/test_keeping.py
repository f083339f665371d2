"""Kept clips: sealed anew with the video untouched, out of reach of days and room, found without an index."""

from dataclasses import replace
from threading import Thread

import pytest

from latchkey.clip import NoIdentityMatched, take_header
from latchkey.errors import ClipError, DiskError, NotOnDisk, UsageError
from latchkey.events import Trigger
from latchkey.owner import find_clip, list_clips, open_chunks, read_meta
from latchkey.owner.keeping import keep_clip, unkeep_clip
from latchkey.owner.members import with_viewer
from latchkey.pipeline.removing import remove_clip
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.ports import ClipEntry
from latchkey.settings import VaultSettings
from latchkey.units import MIB
from latchkey.vault import UNDATED, ClipMeta
from latchkey.vault.book import decode_book
from latchkey_sim.disk import DiskOperation, MemoryDisk, MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import FixedReaders, SimHousehold

DAY, A, B = 20_781, "a" * 32, "b" * 32
STATES = {"ok": 1, "fallback_region": 0, "fallback_full": 0}
META = ClipMeta(A, Trigger.RING, (Trigger.RING,), 1, 2, 3, 1, 0, STATES, "none", 0, 1)
FOOTAGE = b"footage " * 20_000


class Home:
    """A vault with one whole clip, and its owner's household."""

    def __init__(self, footage: bytes = FOOTAGE, settings: VaultSettings | None = None) -> None:
        self.state = SimHousehold.begun(DAY).state
        self.disk, self.index = MemoryDisk(), MemoryIndex()
        self.readers = FixedReaders(self.state.readers_of(DAY), DAY, 3)
        self.settings = settings or VaultSettings()
        self.take = SeededEntropy(2).take
        self.keeper = VaultKeeper(self.disk, self.index, self.readers, self.take, self.settings)
        self.entry = self.record(A, footage)
        self.noted: list[dict[str, bytes]] = []
        """The vault at each moment at which an act was noted."""

    def record(self, clip: str, footage: bytes = FOOTAGE) -> ClipEntry:
        opened = self.keeper.begin(clip)
        opened.append(footage)
        return opened.finish(replace(META, clip=clip))

    def note(self) -> None:
        self.noted.append({name: bytes(data) for name, data in self.disk.files.items()})

    def refuse(self) -> None:
        raise DiskError("the log is full")

    def keep(self) -> ClipEntry:
        keys, recipient = self.state.identities(DAY), self.state.long_term_recipient
        return keep_clip(self.disk, self.index, self.entry, keys, recipient, self.note)

    def opens(self, keys: tuple[str, ...]) -> bool:
        """Whether the clip and its record open in full."""
        entry = find_clip(list_clips(self.disk), A)
        try:
            whole = b"".join(open_chunks(self.disk, entry, keys)) == FOOTAGE
            return whole and read_meta(self.disk, A, keys).clip == A
        except NoIdentityMatched:
            return False

    @property
    def long_term(self) -> tuple[str, ...]:
        return self.state.advance_to(DAY + 50).identities(DAY)


def test_a_kept_clip_opens_with_the_long_term_key_alone_and_its_video_is_untouched() -> None:
    home = Home()
    before = bytes(home.disk.files[f"clips/2026-11-24.{A}.age"])
    assert not home.opens(home.long_term)
    kept = home.keep()
    after = bytes(home.disk.files[f"clips/2026-11-24.{A}.kept.age"])
    assert (kept.state, kept.size_bytes, home.disk.names("clips")) == (
        "kept",
        len(after),
        [f"2026-11-24.{A}.kept.age", f"{A}.chain.age", f"{A}.meta.age", f"{A}.slip"],
    )
    assert home.opens(home.long_term)
    assert not home.opens(home.state.day_keys(DAY))
    with home.disk.reader(f"clips/2026-11-24.{A}.kept.age") as file:
        header = take_header(file)
    assert before.endswith(after[len(header) :])


def test_a_kept_clip_outlives_its_days_and_the_quota_and_counts() -> None:
    home = Home(bytes(9 * MIB), VaultSettings(max_mib=16))
    kept = home.keep()
    home.readers.now_day = DAY + 1000
    newer = home.record(B, bytes(5 * MIB))
    assert home.keeper.tidy().removed == ()
    newest = home.record("c" * 32, bytes(5 * MIB))
    assert home.keeper.tidy().removed == (newer,)
    assert home.index.entries() == [kept, newest]


def test_a_kept_clip_is_found_without_an_index() -> None:
    home = Home()
    kept = home.keep()
    index = MemoryIndex()
    VaultKeeper(home.disk, index, home.readers, home.take, home.settings).start()
    assert index.entries() == [kept]


def test_a_device_that_still_takes_it_for_expired_does_not_delete_it() -> None:
    home = Home()
    kept = home.keep()
    assert not remove_clip(home.disk, home.index, home.entry)  # so nobody says that it is deleted
    assert home.index.entries() == [kept]
    assert home.opens(home.long_term)


def test_unkeep_gives_it_back_to_the_owners_key_of_its_day_and_to_expiry() -> None:
    home = Home()
    entry = unkeep_clip(home.disk, home.index, home.keep(), home.state, home.note)
    assert (entry.state, home.index.entries()) == ("whole", [entry])
    assert home.opens(home.state.day_keys(DAY))
    assert not home.opens(home.long_term)
    home.readers.now_day = DAY + 4
    assert home.keeper.tidy().removed == (entry,)
    assert home.disk.names("clips") == []


def test_a_viewer_who_was_added_after_a_clip_does_not_get_it_by_way_of_keeping() -> None:
    home = Home()
    phone = SimHousehold.begun(DAY, seed=9)
    home.state = with_viewer(home.state, "Ada", decode_book(phone.book(DAY)), DAY)
    unkeep_clip(home.disk, home.index, home.keep(), home.state, home.note)
    assert not home.opens(phone.state.identities(DAY))
    assert home.opens(home.state.day_keys(DAY))


def test_what_cannot_be_kept_or_given_back_says_why_and_stays() -> None:
    home = Home()
    with pytest.raises(UsageError, match="not kept"):
        unkeep_clip(home.disk, home.index, home.entry, home.state, home.note)
    kept = home.keep()
    torn = replace(home.entry, state="torn")
    for entry, reason in ((kept, "is kept already"), (torn, "only a whole clip")):
        with pytest.raises(UsageError, match=reason) as refused:
            keep_clip(
                home.disk, home.index, entry, home.long_term, home.state.long_term_recipient, home.refuse
            )
    assert f"clips recover {torn.clip}" in str(refused.value.hint)  # `clips open` would refuse it as well
    with pytest.raises(UsageError, match="over"):
        unkeep_clip(home.disk, home.index, kept, home.state.advance_to(DAY + 9), home.note)
    stranger = SimHousehold.begun(DAY, seed=7).state
    with pytest.raises(NoIdentityMatched):
        unkeep_clip(home.disk, home.index, kept, stranger, home.note)
    assert home.opens(home.long_term)
    assert not [name for name in home.disk.files if name.endswith(".part")]


def test_a_kept_clip_without_a_day_cannot_be_given_back_and_the_reason_is_the_day() -> None:
    home = Home()
    undated = replace(home.keep(), day=UNDATED)
    with pytest.raises(UsageError, match="has no day") as caught:
        unkeep_clip(home.disk, home.index, undated, home.state, home.note)
    assert "days" not in str(caught.value)
    assert "clips rm" in (caught.value.hint or "")


def test_an_act_is_noted_once_nothing_forbids_it_and_before_anything_is_written() -> None:
    home = Home()
    before = {name: bytes(data) for name, data in home.disk.files.items()}
    entry = home.keep()
    between = {name: bytes(data) for name, data in home.disk.files.items()}
    unkeep_clip(home.disk, home.index, entry, home.state, home.note)
    assert home.noted == [before, between]


def test_what_cannot_be_kept_or_given_back_is_not_noted() -> None:
    home = Home()
    stranger = SimHousehold.begun(DAY, seed=7).state
    recipient = home.state.long_term_recipient
    torn = replace(home.entry, state="torn")
    for entry, keys in ((torn, home.state.identities(DAY)), (home.entry, stranger.identities(DAY))):
        with pytest.raises((UsageError, NoIdentityMatched)):
            keep_clip(home.disk, home.index, entry, keys, recipient, home.note)
    gone = Home()
    del gone.disk.files[f"clips/2026-11-24.{A}.age"]
    with pytest.raises(NotOnDisk):
        gone.keep()
    assert gone.noted == []
    home.disk.files[f"clips/2026-11-24.{A}.age"][30] ^= 1
    with pytest.raises(ClipError):
        home.keep()
    with pytest.raises(UsageError):
        unkeep_clip(home.disk, home.index, home.entry, home.state, home.note)
    assert home.noted == []


@pytest.mark.parametrize("spoil", ["a byte", "the end"])
def test_a_clip_that_does_not_open_to_its_end_is_not_kept_and_can_be_recovered(spoil: str) -> None:
    home = Home()
    file = home.disk.files[f"clips/2026-11-24.{A}.age"]
    if spoil == "a byte":
        file[-1000] ^= 1
    else:
        del file[-1000:]
    with pytest.raises(ClipError) as refused:
        home.keep()
    assert f"clips recover {A} -o FILE" in str(refused.value.hint)
    assert (home.noted, home.index.entries()) == ([], [home.entry])


def test_an_act_that_cannot_be_noted_is_not_done() -> None:
    home = Home()
    before = {name: bytes(data) for name, data in home.disk.files.items()}
    recipient = home.state.long_term_recipient
    with pytest.raises(DiskError, match="the log is full"):
        keep_clip(home.disk, home.index, home.entry, home.state.identities(DAY), recipient, home.refuse)
    assert home.disk.files == before
    assert home.index.entries() == [home.entry]


@pytest.mark.parametrize("operation", ["create", "append", "sync", "rename", "remove", "sync_folder"])
@pytest.mark.parametrize("skip", range(4))
def test_a_power_cut_at_any_step_of_keeping_leaves_one_clip_that_opens(
    operation: DiskOperation, skip: int
) -> None:
    home = Home()
    home.disk.fail_next(operation, DiskError("power cut"), skip=skip)
    try:
        home.keep()
    except DiskError:
        home.disk = home.disk.after_power_cut()
    VaultKeeper(home.disk, home.index, home.readers, home.take, home.settings).start()
    (entry,) = home.index.entries()
    assert entry.state in ("whole", "kept")
    assert home.opens(home.state.identities(DAY))
    assert len(home.disk.names("clips")) == 4


@pytest.mark.parametrize("is_later", [True, False])
def test_of_two_who_keep_or_unkeep_a_clip_at_once_the_second_hears_that_it_is_done(is_later: bool) -> None:
    home, said = Home(), list[str]()
    before = home.entry

    def keep() -> None:
        keys, recipient = home.state.identities(DAY), home.state.long_term_recipient
        try:
            keep_clip(home.disk, home.index, before, keys, recipient, lambda: None)
        except UsageError as error:
            said.append(str(error))

    second = Thread(target=keep)
    keys, recipient = home.state.identities(DAY), home.state.long_term_recipient
    kept = keep_clip(
        home.disk, home.index, before, keys, recipient, (lambda: None) if is_later else second.start
    )
    if is_later:
        second.start()
    second.join()
    assert said == [f"clip {A} is kept already"]
    unkeep_clip(home.disk, home.index, kept, home.state, lambda: None)
    with pytest.raises(UsageError, match="is not kept"):
        unkeep_clip(home.disk, home.index, kept, home.state, lambda: None)
    assert home.opens(home.state.day_keys(DAY))
