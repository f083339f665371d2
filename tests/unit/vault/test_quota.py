"""What the vault deletes, over random lives with honest clocks and others, against a model of a few lines."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from latchkey.errors import DiskFull
from latchkey.owner import list_clips
from latchkey.pipeline.vaultkeeper import OpenClip, VaultKeeper
from latchkey.ports import ClipEntry
from latchkey.settings import VaultSettings
from latchkey.units import KIB, MIB
from latchkey.vault import sealed_name
from latchkey_sim.disk import MemoryDisk, MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import FixedReaders

TODAY = 20_781
DAYS, MAX_MIB, SPARE_MIB = 7, 4, 1
DISK_BYTES = 8 * MIB
CLOCKS = (TODAY, TODAY + 1, TODAY + DAYS, TODAY - 14, 0, TODAY + 3650)
"""Days that a clock without a battery may claim: right, later, two weeks ago, 1970, ten years on."""

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("clip"), st.integers(1, 1600)),
        st.tuples(st.just("clock"), st.sampled_from(CLOCKS)),
        st.tuples(st.just("others"), st.integers(0, 6000)),
        st.tuples(st.just("film"), st.integers(1, 1200)),
        st.tuples(st.just("end film"), st.just(0)),
        st.tuples(st.just("restart"), st.just(0)),
        st.tuples(st.just("tidy"), st.just(0)),
    ),
    max_size=30,
)
"""What happens, with sizes in KiB; `others` is what other programs take of the disk."""


@dataclass
class Life:
    """A vault, and beside it the model: the clips in the order of recording."""

    disk: MemoryDisk = field(default_factory=lambda: MemoryDisk(DISK_BYTES))
    index: MemoryIndex = field(default_factory=MemoryIndex)
    model: list[ClipEntry] = field(default_factory=list)
    day: int = TODAY
    clips: int = 0
    film: OpenClip | None = None

    def __post_init__(self) -> None:
        self.keeper = self.new_keeper()

    def new_keeper(self) -> VaultKeeper:
        limits = VaultSettings(days=DAYS, max_mib=MAX_MIB, spare_mib=SPARE_MIB)
        readers = FixedReaders(now_day=self.day, days=DAYS)
        keeper = VaultKeeper(self.disk, self.index, readers, SeededEntropy(self.clips).take, limits)
        self.readers = readers
        keeper.start()
        return keeper

    def new_id(self) -> str:
        self.clips += 1
        return f"{self.clips:032x}"

    def add_clip(self, kib: int) -> None:
        """Put a clip there as the keeper leaves it; what is inside does not matter here."""
        entry = ClipEntry(self.new_id(), self.day, kib * KIB, "whole")
        if entry.size_bytes > self.disk.free_bytes():
            return
        self.disk.create(sealed_name(entry.clip, entry.day, "whole")).append(bytes(entry.size_bytes))
        self.index.put(entry)
        self.model.append(entry)

    def begin_film(self, kib: int) -> None:
        if self.film is None and kib * KIB + 2 * MIB < self.disk.free_bytes():
            self.readers.now_day = self.day
            try:
                self.film = self.keeper.begin(self.new_id())
            except DiskFull:
                return
            self.film.append(bytes(kib * KIB))

    def end_film(self) -> None:
        film, self.film = self.film, None
        if film is not None:
            entry = film.abandon()
            assert entry is not None
            self.model.append(entry)

    def restart(self) -> None:
        self.end_film()
        self.keeper = self.new_keeper()

    def tidy(self) -> list[ClipEntry]:
        """Let both tidy; give what the vault deleted."""
        open_bytes = self.film.size_bytes if self.film else 0
        held = [entry for entry in self.model if entry.day + DAYS >= self.day]
        free_bytes = self.disk.free_bytes() + _sum(self.model) - _sum(held)
        can_help = free_bytes + _sum(held) >= SPARE_MIB * MIB
        gone = 0
        while held and (
            _sum(held) + open_bytes > MAX_MIB * MIB or (can_help and free_bytes + gone < SPARE_MIB * MIB)
        ):
            gone += held.pop(0).size_bytes
        before, self.model = self.model, held
        self.readers.now_day = self.day
        report = self.keeper.tidy()
        assert report.failures == 0
        assert set(report.removed) == set(before) - set(held)
        return list(report.removed)


def _sum(entries: list[ClipEntry]) -> int:
    return sum(entry.size_bytes for entry in entries)


@settings(deadline=None)
@given(STEPS)
def test_what_goes_is_what_a_simple_model_lets_go(steps: list[tuple[str, int]]) -> None:
    life = Life()
    for step, number in [*steps, ("tidy", 0)]:
        if step == "clip":
            life.add_clip(number)
        elif step == "clock":
            life.day = number
        elif step == "others":
            life.disk.limit_bytes = DISK_BYTES - number * KIB
        elif step == "film":
            life.begin_film(number)
        elif step == "end film":
            life.end_film()
        elif step == "restart":
            life.restart()
        else:
            life.tidy()
        assert life.index.entries() == life.model
        there = {entry for entry in list_clips(life.disk) if not life.film or entry.clip != life.film.clip}
        assert there == set(life.model)
        film = [name for name in life.disk.files if name.endswith(".age.part")]
        assert len(film) == (life.film is not None), "the clip being written is never deleted"


def test_a_clock_in_1970_or_two_weeks_ago_deletes_nothing_for_its_age() -> None:
    life = Life()
    for _ in range(5):
        life.add_clip(100)
    for day in (0, TODAY - 14):
        life.day = day
        assert life.tidy() == []


def test_recordings_of_a_clock_ten_years_on_count_for_room_and_go_in_their_turn() -> None:
    life = Life(day=TODAY + 3650)
    life.add_clip(1500)
    life.day = TODAY
    life.add_clip(1500)
    assert life.tidy() == []
    life.add_clip(1500)
    assert [entry.day for entry in life.tidy()] == [TODAY + 3650]


def test_emergency_space_is_made_before_a_clip_begins_and_only_as_much_as_is_needed() -> None:
    life = Life()
    for _ in range(3):
        life.add_clip(1000)
    life.disk.limit_bytes = 3000 * KIB + SPARE_MIB * MIB - KIB
    assert len(life.tidy()) == 1
    life.begin_film(1)
    assert life.disk.free_bytes() >= SPARE_MIB * MIB - 1000 * KIB
