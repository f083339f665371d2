"""`latchkey owner` advance, book, time and recover with `--vault`: the copy that a doorbell holds."""

from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import FolderDisk
from latchkey.cli import main
from latchkey.clip.signing import SigningKey
from latchkey.owner.custody import Custody, draw_phrase
from latchkey.owner.household import new_household
from latchkey.owner.members import with_device
from latchkey.owner.store import HouseholdStore
from latchkey.pipeline.orders import DEPOSIT
from latchkey.pipeline.readers import Readers
from latchkey.units import utc_day
from latchkey_sim.entropy import SeededEntropy

TODAY = utc_day(SystemClock().wall_ns())
DOOR = SigningKey(b"d" * 32).public
PHRASE = draw_phrase(SeededEntropy(5).take)
T, AGO = 3, 20
Said = pytest.CaptureFixture[str]


class Home:
    """A household that was made 20 days ago, and the vault of its doorbell."""

    def __init__(self, folder: Path, custody: Custody) -> None:
        bare = with_device(new_household(TODAY - AGO, T, SeededEntropy(1).take), "front", DOOR)
        self.store = HouseholdStore(folder / ".config/latchkey/owner")
        self.store.create(*replace(bare, custody=custody).book(TODAY - AGO))
        self.vault, self.other = folder / "vault", folder / "other"
        self.vault.mkdir()
        self.phrase = folder / "phrase"
        self.phrase.write_text(" ".join(PHRASE))
        self.readers = Readers(FolderDisk(self.vault), SystemClock(), self.store.book_path.read_bytes())
        self.look()

    def look(self) -> None:
        """Let the doorbell look for orders."""
        self.readers.check(lambda _: None)

    def owner(self, *words: object) -> int:
        return main(["owner", *map(str, words)])

    def recover(self, *words: object) -> int:
        return self.owner("recover", *words, "--phrase-file", self.phrase, "--household", self.other)

    @property
    def orders(self) -> list[str]:
        return sorted(path.name for path in (self.vault / "orders").iterdir())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("HOME", str(tmp_path))
    return Home(tmp_path, Custody().with_phrase(PHRASE))


def test_the_copy_that_advance_leaves_recovers_the_household_from_the_vault(home: Home, capsys: Said) -> None:
    assert home.owner("advance", "--vault", home.vault) == 0
    said = capsys.readouterr().err
    assert "An image of that disk made before, with the phrase," in said
    assert home.recover("--vault", home.vault) == 0  # not taken yet
    home.look()
    assert home.orders == []
    home.store.folder.rename(home.store.folder.with_name("lost"))
    assert home.owner("recover", "--vault", home.vault, "--phrase-file", home.phrase) == 0
    assert home.store.load().seed == HouseholdStore(home.other).load().seed


def test_a_copy_left_later_holds_no_day_that_was_erased_meanwhile(home: Home) -> None:
    assert home.owner("advance", "--vault", home.vault) == 0
    home.look()
    before = (home.vault / DEPOSIT).read_bytes()
    home.store.change(lambda state: state.heard(DOOR, TODAY))
    assert home.owner("advance", "--vault", home.vault) == 0
    home.look()
    assert (home.vault / DEPOSIT).read_bytes() != before
    assert home.recover(home.vault / DEPOSIT) == 0
    assert HouseholdStore(home.other).load().ratchet.day == TODAY - T


@pytest.mark.parametrize("action", ["book", "time"])
def test_book_and_time_leave_the_copy_too_and_the_doorbell_takes_both(home: Home, action: str) -> None:
    assert home.owner(action, "--vault", home.vault) == 0
    assert [name.partition("-")[0] for name in home.orders] == sorted([action, "state"])
    home.look()
    assert home.orders == []
    assert home.recover("--vault", home.vault) == 0


def test_without_a_phrase_no_copy_is_left_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    home = Home(tmp_path, Custody())
    assert home.owner("book", "--vault", home.vault) == 0
    assert "there is no recovery phrase" in capsys.readouterr().err
    assert [name.partition("-")[0] for name in home.orders] == ["book"]
    assert home.recover("--vault", home.vault) == 5
    assert "no copy of an owner's state" in capsys.readouterr().err


def test_recover_wants_a_copy_or_a_vault_and_a_vault_that_is_there(home: Home, capsys: Said) -> None:
    assert home.recover() == 2
    assert home.recover(home.store.copy_path, "--vault", home.vault) == 2
    assert home.recover("--vault", home.vault / "none") == 7
    assert home.owner("advance", "--vault", home.vault / "none") == 7
    assert not home.other.exists()
