"""Clips that a doorbell recorded while its clock was not believed: when their keys go, by the commands."""

from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.index import SqliteIndex
from latchkey.cli import main
from latchkey.events import Trigger
from latchkey.owner import list_clips
from latchkey.owner.household import KnownDevice, new_household
from latchkey.owner.store import HouseholdStore
from latchkey.pipeline.dating import date_clips
from latchkey.pipeline.identity import device_key
from latchkey.pipeline.readers import Readers
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.settings import VaultSettings
from latchkey.units import NS_PER_S, S_PER_DAY, utc_day
from latchkey.vault import INDEX_NAME, UNDATED, ClipMeta, day_text
from latchkey_sim.clock import VirtualClock
from latchkey_sim.entropy import SeededEntropy

DAY = utc_day(SystemClock().wall_ns())
FIRST, DAYS = DAY - 10, 3
BEFORE, UNDATED_CLIP, AFTER = "a" * 32, "b" * 32, "c" * 32
STATES = {"ok": 1, "fallback_region": 0, "fallback_full": 0}
META = ClipMeta(BEFORE, Trigger.RING, (Trigger.RING,), 1, 2, 3, 1, 0, STATES, "none", 0, 1)
VIDEO = bytes(range(256)) * 40


def day_ns(day: int) -> int:
    return day * S_PER_DAY * NS_PER_S


class Home:
    """A household of ten days ago, and its doorbell, which signed a day then and none since."""

    def __init__(self, folder: Path) -> None:
        self.store = HouseholdStore(folder / ".config/latchkey/owner")
        self.vault = folder / "vault"
        self.disk, self.index = FolderDisk(self.vault), SqliteIndex(self.vault / INDEX_NAME)
        self.take = SeededEntropy(1).take
        state, self.book = new_household(FIRST, DAYS, SeededEntropy(3).take).book(FIRST)
        public = device_key(self.disk, self.take).public
        self.store.create(replace(state, devices=(KnownDevice(public),)), self.book)
        self.clock = VirtualClock(day_ns(FIRST))
        self.start()
        self.record(BEFORE)

    def start(self) -> None:
        """Start the doorbell."""
        self.readers = Readers(self.disk, self.clock, self.book)
        self.keeper = VaultKeeper(self.disk, self.index, self.readers, self.take, VaultSettings())
        self.look()

    def look(self) -> None:
        """Have the doorbell look for orders."""

        def date(day: int) -> None:
            date_clips(self.disk, self.index, day)

        self.readers.check(date)

    def record(self, clip: str) -> None:
        opened = self.keeper.begin(clip)
        opened.append(VIDEO)
        opened.finish(replace(META, clip=clip))

    def days(self) -> dict[str, int]:
        return {entry.clip: entry.day for entry in list_clips(self.disk)}

    def clips(self, action: str, *words: object) -> int:
        return main(["clips", action, "--vault", str(self.vault), *map(str, words)])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("HOME", str(tmp_path))
    return Home(tmp_path)


@pytest.mark.slow
def test_a_clip_that_got_its_day_after_it_was_listed_opens_until_the_days_after_that_are_over(
    home: Home, tmp_path: Path
) -> None:
    home.clock = VirtualClock(0)  # it came back without its time
    home.start()
    home.record(UNDATED_CLIP)
    assert home.days()[UNDATED_CLIP] == UNDATED
    assert home.clips("list") == 0
    assert main(["owner", "time", "--vault", str(home.vault)]) == 0
    home.clock = VirtualClock(day_ns(DAY))
    home.start()
    home.record(AFTER)
    assert home.days() == {BEFORE: FIRST, UNDATED_CLIP: DAY, AFTER: DAY}
    assert (home.clips("list"), home.clips("list")) == (0, 0)
    assert home.clips("open", UNDATED_CLIP, "-o", tmp_path / "clip.mp4") == 0
    assert (tmp_path / "clip.mp4").read_bytes() == VIDEO
    state = home.store.load()
    held = [len(state.advance_to(day).holding) for day in (DAY + DAYS, DAY + DAYS + 1)]
    assert held == [64, 63]


def test_a_name_with_a_day_that_has_not_come_keeps_no_key_alive(home: Home) -> None:
    home.clock = VirtualClock(0)
    home.start()
    home.record(UNDATED_CLIP)
    home.clips("list")
    (name,) = (path for path in (home.vault / "clips").iterdir() if f"{UNDATED_CLIP}.age" in path.name)
    name.rename(name.with_name(f"2099-01-01.{UNDATED_CLIP}.age"))
    home.clips("list")
    assert {one.seen_day for one in home.store.load().holding} == {None, FIRST}


def test_a_damaged_clip_without_a_day_uses_up_no_holding_key(home: Home) -> None:
    (home.vault / f"clips/9999-12-31.{UNDATED_CLIP}.age").write_bytes(b"garbage")
    home.clips("list")
    assert {one.seen_day for one in home.store.load().holding} == {None}


@pytest.mark.parametrize("wrong_day", [0, FIRST - 14, FIRST - 2])
def test_a_list_under_a_clock_that_is_behind_erases_no_key_of_a_clip_without_a_day(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong_day: int
) -> None:
    home.clock = VirtualClock(0)
    home.start()
    home.record(UNDATED_CLIP)
    with monkeypatch.context() as wrong:
        wrong.setattr("time.time_ns", lambda: day_ns(wrong_day))
        assert home.clips("list") == 0
    assert {one.seen_day for one in home.store.load().holding} == {None, FIRST}
    assert (home.clips("list"), home.clips("list")) == (0, 0)
    assert home.clips("open", UNDATED_CLIP, "-o", tmp_path / "clip.mp4") == 0


def test_a_list_under_a_clock_ten_years_ahead_begins_no_days_that_a_doorbell_has_not_signed(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.clock = VirtualClock(0)
    home.start()
    home.record(UNDATED_CLIP)
    for path in (home.vault / "clips").glob(f"*{BEFORE}*"):
        path.unlink()  # no day that a doorbell has signed is left
    with monkeypatch.context() as wrong:
        wrong.setattr("time.time_ns", lambda: day_ns(DAY + 3650))
        assert home.clips("list") == 0
    assert {one.seen_day for one in home.store.load().holding} == {None}
    home.clock = VirtualClock(day_ns(FIRST))
    home.start()
    home.record(AFTER)
    assert home.clips("list") == 0
    assert {one.seen_day for one in home.store.load().holding} == {None, FIRST}


def test_a_doorbell_whose_clock_ran_ahead_is_told_the_day_by_a_typed_word_only(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    public = home.store.load().devices[0].public
    home.store.change(lambda state: state.heard(public, DAY + 10))
    time = ["owner", "time", "--vault", str(home.vault)]
    assert main(time) == 5
    assert f"--today {day_text(DAY)}" in capsys.readouterr().err
    assert main(["owner", "book"]) == 5
    for words in (time, ["owner", "book"]):
        home.store.change(lambda state: state.heard(public, DAY + 10))
        assert main([*words, "--today", day_text(DAY + 10)]) == 2
        assert main([*words, "--today", day_text(DAY)]) == 0
        assert home.store.load().newest_day == DAY
        assert main(["owner", "book"]) == 0
