"""`latchkey owner advance`, and what it says where nothing is erased, or this machine's clock is behind."""

from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.cli import main
from latchkey.owner.household import KnownDevice, new_household
from latchkey.owner.store import HouseholdStore
from latchkey.units import utc_day
from latchkey.vault import day_text
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import DEVICE

DAY, T = utc_day(SystemClock().wall_ns()), 3
Shown = pytest.CaptureFixture[str]
ERASED = "cannot be opened any more"


@pytest.fixture
def owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HouseholdStore:
    """A household of ten days ago, whose doorbell has not been heard."""
    monkeypatch.setenv("HOME", str(tmp_path))
    store = HouseholdStore(tmp_path / ".config/latchkey/owner")
    state, book = new_household(DAY - 10, T, SeededEntropy(1).take).book(DAY - 10)
    store.create(replace(state, devices=(KnownDevice(DEVICE.public),)), book)
    return store


def hear(store: HouseholdStore, day: int) -> None:
    store.change(lambda state: state.heard(DEVICE.public, day))


def test_what_was_erased_is_told_once_and_then_that_nothing_was(owner: HouseholdStore, capsys: Shown) -> None:
    hear(owner, DAY)
    for is_first in (True, False):
        assert main(["owner", "advance"]) == 0
        out, err = capsys.readouterr()
        assert out == f"{day_text(DAY - T)}\n"
        assert (ERASED in err, "face layers" in err, "backups" in err) == (is_first,) * 3
        assert (f"clips of {day_text(DAY - T)} and later open as before" in err) is not is_first


def test_where_no_doorbell_was_heard_nobody_says_that_clips_open_no_more(
    owner: HouseholdStore, capsys: Shown
) -> None:
    assert main(["owner", "advance"]) == 0
    err = capsys.readouterr().err
    assert "nothing is erased without --to DAY" in err
    assert ERASED not in err


def test_a_day_whose_keys_are_erased_already_is_said_and_asks_nothing(
    owner: HouseholdStore, capsys: Shown
) -> None:
    hear(owner, DAY)
    for day in (DAY - 20, DAY - 1, DAY):
        assert main(["owner", "advance", "--to", day_text(day)]) == 0
        assert f"what is over on {day_text(day)} is erased already" in capsys.readouterr().err
    assert owner.load().ratchet.day == DAY - T


@pytest.mark.parametrize("words", [["advance"], ["book"], ["time", "--vault", "vault"]])
def test_a_clock_that_is_behind_the_doorbell_is_told_of(
    owner: HouseholdStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Shown, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "vault/keys").mkdir(parents=True)
    said = f"clock says {day_text(DAY)}, past by what is known, {day_text(DAY + 2)}"
    assert main(["owner", *words]) == 0
    assert said not in capsys.readouterr().err
    hear(owner, DAY + 2)
    assert main(["owner", *words]) == 0
    err = capsys.readouterr().err
    assert said in err
    assert "latchkey: hint: set the clock; if it is right, " in err


def test_a_clock_that_is_far_behind_the_doorbell_signs_no_book_and_no_day(
    owner: HouseholdStore, tmp_path: Path, capsys: Shown
) -> None:
    (tmp_path / "vault/keys").mkdir(parents=True)
    hear(owner, DAY + 3)
    before = owner.load()
    for words in (["book"], ["time", "--vault", str(tmp_path / "vault")]):
        assert main(["owner", *words]) == 5
        assert f"past by what is known, {day_text(DAY + 3)}" in capsys.readouterr().err
    assert owner.load() == before
    assert not (tmp_path / "vault/orders").exists()


def test_a_clock_before_the_oldest_day_that_is_held_signs_nothing_and_says_why(
    owner: HouseholdStore, capsys: Shown
) -> None:
    owner.change(lambda state: state.advance_to(DAY + 20))
    assert main(["owner", "book"]) == 5
    err = capsys.readouterr().err
    assert f"clock says {day_text(DAY)}, past by what is known, {day_text(DAY + 20 - T)}" in err
    assert "hint: set the clock" in err
