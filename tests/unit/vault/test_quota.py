"""What the vault deletes, over random lives, against a model of a few lines: days, room, kept clips, clocks.

The clock is what anybody on the network says it is: right, days ahead, years ahead, two weeks ago, 1970. The
owner's orders say which day it is. Clips, readers and the keeping of clips are the real ones.
"""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchkey.errors import DiskError, DiskFull, UsageError
from latchkey.events import Trigger
from latchkey.owner import list_clips
from latchkey.owner.household import ClockBehind, ClockWrong, Household
from latchkey.owner.keeping import keep_clip, unkeep_clip
from latchkey.pipeline.dating import date_clips
from latchkey.pipeline.openclip import OpenClip
from latchkey.pipeline.readers import KeysRunOut, Readers
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.ports import ClipEntry
from latchkey.settings import VaultSettings
from latchkey.units import KIB, MIB, NS_PER_S, S_PER_DAY
from latchkey.vault import UNDATED, ClipMeta
from latchkey.vault.book import decode_book, encode_book
from latchkey_sim.clock import VirtualClock
from latchkey_sim.disk import MemoryDisk, MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import SimHousehold

TODAY, DAY_NS = 20_781, S_PER_DAY * NS_PER_S
DAYS, MAX_MIB, SPARE_MIB = 7, 4, 1
BOOK_DAYS = 60
DISK_BYTES = 8 * MIB
LEFT_BYTES = 64 * KIB
"""What others leave at least: on a disk that takes nothing no day can be noted, and `check` says so."""

LEAP_DAYS = 2
LIES = (0, 1, 2, 3, 399, 3650, -1, -14, -TODAY)
"""Days by which a clock that anybody may set is wrong: ahead, two weeks ago, in 1970."""

STATES = {"ok": 1, "fallback_region": 0, "fallback_full": 0}
META = ClipMeta("0" * 32, Trigger.RING, (Trigger.RING,), 1, 2, 3, 1, 0, STATES, "none", 0, 1)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("clip"), st.integers(500, 1600)),
        st.tuples(st.just("clip"), st.integers(1, 1600)),
        st.tuples(st.just("clip and look"), st.integers(500, 1600)),
        st.tuples(st.just("days"), st.integers(1, DAYS + 2)),
        st.tuples(st.just("clock"), st.sampled_from(LIES)),
        st.tuples(st.just("clock"), st.just(0)),
        st.tuples(st.just("owner says"), st.sampled_from((0, 0, 1, -1, -14))),
        st.tuples(st.just("keep"), st.integers(0, 5)),
        st.tuples(st.just("unkeep"), st.integers(0, 5)),
        st.tuples(st.just("others"), st.integers(0, 6000)),
        st.tuples(st.just("film"), st.integers(1, 1200)),
        st.tuples(st.just("end film"), st.just(0)),
        st.tuples(st.just("restart"), st.integers(0, 3)),
        st.tuples(st.just("look after"), st.just(0)),
        st.tuples(st.just("look after"), st.just(0)),
    ),
    min_size=10,
    max_size=40,
)
"""What happens, with sizes in KiB; `others` is what other programs take of the disk."""


@cache
def household() -> tuple[Household, bytes]:
    """An owner, and a book with keys for 60 days: more take long to read, and no life here lasts longer."""
    house = SimHousehold.begun(TODAY, DAYS)
    book = decode_book(house.book(TODAY))
    (viewer,) = book.viewers
    short = replace(viewer, keys=viewer.keys[:BOOK_DAYS], face_keys=viewer.face_keys[:BOOK_DAYS])
    book = replace(book, viewers=(short,), holding=book.holding[:40])
    return house.state, encode_book(book, house.state.signing_key)


@dataclass
class Life:
    """A vault, and beside it the model: the clips in the order of recording, and what day it may be."""

    disk: MemoryDisk = field(default_factory=lambda: MemoryDisk(DISK_BYTES))
    index: MemoryIndex = field(default_factory=MemoryIndex)
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(TODAY * DAY_NS))
    model: list[ClipEntry] = field(default_factory=list)
    floor: int = TODAY
    clips: int = 0
    film: OpenClip | None = None
    ordered: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        state, self.book = household()
        self.house = SimHousehold(state)
        self.lie = 0
        self.start()

    def start(self) -> None:
        """Start the device: from now on the day may be two ahead of the newest that was believed."""
        self.anchor, self.since_ns = self.floor, self.clock.now_ns()
        take = SeededEntropy(self.clips).take
        self.readers = Readers(self.disk, self.clock, self.book)
        limits = VaultSettings(max_mib=MAX_MIB, spare_mib=SPARE_MIB)
        self.keeper = VaultKeeper(self.disk, self.index, self.readers, take, limits)
        self.keeper.start()
        self.hear()

    @property
    def true_day(self) -> int:
        return TODAY + self.clock.now_ns() // DAY_NS

    @property
    def clip_day(self) -> int:
        """The day of a clip of now, by the model."""
        said = self.true_day + self.lie
        passed = (self.clock.now_ns() - self.since_ns) // DAY_NS
        return said if self.floor <= said <= self.anchor + LEAP_DAYS + passed else UNDATED

    @property
    def surely(self) -> int:
        """The day by which clips go, by the model."""
        return self.floor if self.clip_day == UNDATED else self.clip_day

    def hear(self) -> None:
        """Let the device look for orders, and the model know them."""
        self.readers.check(lambda day: self.date(day))
        for day in self.ordered:
            self.model = [replace(one, day=day) if one.day == UNDATED else one for one in self.model]
            self.floor, self.anchor, self.since_ns = day, day, self.clock.now_ns()
        self.ordered.clear()
        self.floor = self.surely

    def date(self, day: int) -> None:
        date_clips(self.disk, self.index, day)

    def set_clock(self, lie: int) -> None:
        self.clock.shift_wall((lie - self.lie) * DAY_NS)
        self.lie = lie

    def order(self, ahead_days: int) -> None:
        day = max(self.true_day + ahead_days, 0)
        try:
            data = self.house.time(day)
        except (ClockWrong, ClockBehind):  # a day that only a wrong clock can have is not signed
            return
        self.disk.create(f"orders/{self.house.state.number:09}").append(data)
        self.ordered.append(day)

    def begin(self, kib: int) -> OpenClip | None:
        if kib * KIB + 2 * MIB > self.disk.free_bytes():
            return None
        self.clips += 1
        out = self.clip_day != UNDATED and not TODAY <= self.clip_day < TODAY + BOOK_DAYS
        day = self.clip_day
        if day != UNDATED and not out:
            self.floor = day  # which is written down before a clip is sealed for it
        try:
            opened = self.keeper.begin(f"{self.clips:032x}")
        except DiskFull:
            return None
        except KeysRunOut:
            assert out, "there is a key for this day"
            return None
        assert (opened.day, out) == (day, False)
        opened.append(bytes(kib * KIB))
        return opened

    def add_clip(self, kib: int) -> None:
        opened = self.begin(kib)
        if opened is not None:
            self.model.append(opened.finish(replace(META, clip=opened.clip)))

    def begin_film(self, kib: int) -> None:
        self.film = self.film or self.begin(kib)

    def end_film(self) -> None:
        film, self.film = self.film, None
        if film is not None:
            entry = film.abandon()
            assert entry is not None
            self.model.append(entry)

    def seal_anew(self, number: int, *, keep: bool) -> None:
        """Let the owner keep a clip, or no longer keep it; it stays in its place."""
        can = [at for at, one in enumerate(self.model) if one.state == ("whole" if keep else "kept")]
        if not can:
            return
        at, state = can[number % len(can)], self.house.state
        entry = self.model[at]
        with suppress(DiskError, UsageError):  # no room for a second copy; or no day to give it back to
            if keep:
                keys, recipient = state.identities(entry.day), state.long_term_recipient
                self.model[at] = keep_clip(self.disk, self.index, entry, keys, recipient, lambda: None)
            else:
                self.model[at] = unkeep_clip(self.disk, self.index, entry, state, lambda: None)

    def restart(self, *, lose_index: bool = False) -> None:
        self.end_film()
        if lose_index:
            self.index = MemoryIndex()
            self.model.sort(key=lambda one: one.clip)  # then slips tell the order: that of beginning
        self.start()

    def tidy(self) -> list[ClipEntry]:
        """Let both tidy; give what the vault deleted."""
        kept = [entry for entry in self.model if entry.state == "kept"]
        others = [entry for entry in self.model if entry.state != "kept"]
        held = [entry for entry in others if entry.day == UNDATED or entry.day + DAYS >= self.surely]
        taken = _sum(kept) + (self.film.size_bytes if self.film else 0)
        free_bytes = self.disk.free_bytes() + _sum(others) - _sum(held)
        can_help = free_bytes + _sum(held) >= SPARE_MIB * MIB
        gone = 0
        while held and (
            _sum(held) + taken > MAX_MIB * MIB or (can_help and free_bytes + gone < SPARE_MIB * MIB)
        ):
            gone += held.pop(0).size_bytes
        before, self.model = self.model, [one for one in self.model if one in kept or one in held]
        report = self.keeper.tidy()
        assert report.failures == 0
        assert set(report.removed) == set(before) - set(self.model)
        return list(report.removed)

    def look_after(self) -> None:
        """Do as the device does every ten minutes."""
        self.tidy()
        self.hear()

    def do(self, step: str, number: int) -> None:
        if step in ("clip", "clip and look"):
            self.add_clip(number)
            if step == "clip and look":
                self.look_after()
        elif step == "days":
            self.clock.wait_until(self.clock.now_ns() + number * DAY_NS)
        elif step == "clock":
            self.set_clock(max(number, -self.true_day))
        elif step == "owner says":
            self.order(number)
        elif step in ("keep", "unkeep"):
            self.seal_anew(number, keep=step == "keep")
        elif step == "others":
            used = self.disk.limit_bytes - self.disk.free_bytes()
            self.disk.limit_bytes = max(DISK_BYTES - number * KIB, used + LEFT_BYTES)
        elif step == "film":
            self.begin_film(number)
        elif step == "end film":
            self.end_film()
        elif step == "restart":
            self.restart(lose_index=not number)
        else:
            self.look_after()


def _sum(entries: list[ClipEntry]) -> int:
    return sum(entry.size_bytes for entry in entries)


@pytest.mark.slow
@settings(deadline=None)
@given(STEPS)
def test_what_goes_is_what_a_simple_model_lets_go(steps: list[tuple[str, int]]) -> None:
    life = Life()
    for step, number in [*steps, ("look after", 0)]:
        life.do(step, number)
        assert life.readers.day() == life.clip_day
        assert life.readers.today() == life.surely
        assert life.index.entries() == life.model
        there = {entry for entry in list_clips(life.disk) if not life.film or entry.clip != life.film.clip}
        assert there == set(life.model)
        film = [name for name in life.disk.files if name.endswith(".age.part")]
        assert len(film) == (life.film is not None), "the clip being written is never deleted"


def test_a_clock_in_1970_or_two_weeks_ago_deletes_nothing_for_its_age() -> None:
    life = Life()
    for _ in range(5):
        life.add_clip(100)
    life.do("days", DAYS)
    for lie in (-TODAY, -14):
        life.set_clock(lie)
        life.restart()
        assert life.tidy() == []


def test_a_clock_years_ahead_deletes_nothing_for_its_age_and_does_not_stick() -> None:
    life = Life()
    life.add_clip(100)
    for lie in (399, 3650):
        life.set_clock(lie)
        life.restart()
        life.hear()
        assert life.tidy() == []
    life.set_clock(0)
    life.restart()
    life.add_clip(100)
    assert [entry.day for entry in life.index.entries()] == [TODAY, TODAY]


def test_clips_without_a_day_count_for_room_and_go_in_their_turn_for_no_age() -> None:
    life = Life()
    life.set_clock(3650)
    life.restart()
    life.add_clip(1500)
    life.set_clock(0)
    life.restart()
    life.do("days", 2)
    life.add_clip(1500)
    life.do("days", 20)
    life.hear()
    assert [entry.day for entry in life.tidy()] == [TODAY + 2]
    for _ in range(2):
        life.add_clip(1500)
    assert [entry.day for entry in life.tidy()] == [UNDATED]


def test_a_day_that_the_owner_lowers_lets_nothing_go_early_and_dates_what_had_none() -> None:
    life = Life()
    life.do("days", 20)
    life.hear()
    life.add_clip(100)
    life.set_clock(399)
    life.restart()
    life.add_clip(100)
    life.set_clock(0)
    life.order(-10)
    life.hear()
    assert [entry.day for entry in life.index.entries()] == [TODAY + 20, TODAY + 10]
    assert life.tidy() == []
    life.order(0)
    life.hear()
    assert [entry.day for entry in life.tidy()] == [TODAY + 10]


def test_kept_clips_stay_for_good_take_room_from_others_and_go_with_their_day_once_given_back() -> None:
    life = Life()
    for _ in range(2):
        life.add_clip(1500)
    life.seal_anew(0, keep=True)
    life.add_clip(1500)
    assert [entry.state for entry in life.tidy()] == ["whole"]
    life.do("days", DAYS + 1)
    assert len(life.tidy()) == 1
    assert [entry.state for entry in life.model] == ["kept"]
    life.seal_anew(0, keep=False)
    assert [entry.state for entry in life.tidy()] == ["whole"]


def test_emergency_space_is_made_before_a_clip_begins_and_only_as_much_as_is_needed() -> None:
    life = Life()
    for _ in range(3):
        life.add_clip(1000)
    life.disk.limit_bytes -= life.disk.free_bytes() - SPARE_MIB * MIB + KIB
    assert len(life.tidy()) == 1
    life.disk.limit_bytes += 3 * MIB
    life.begin_film(1)
    assert life.film is not None
    life.disk.limit_bytes -= life.disk.free_bytes() - SPARE_MIB * MIB + KIB
    assert len(life.tidy()) == 1
    assert len(life.index.entries()) == 1
