"""A household whose `state.json` is lost: what is left of it is never written over, and says the way back."""

from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.cli import main
from latchkey.errors import UsageError
from latchkey.owner.custody import Custody, draw_phrase, identity_of
from latchkey.owner.household import new_household
from latchkey.owner.store import HouseholdStore, open_copy, sealed_copy
from latchkey.units import utc_day
from latchkey_sim.entropy import SeededEntropy

TODAY = utc_day(SystemClock().wall_ns())
PHRASE = draw_phrase(SeededEntropy(5).take)
Said = pytest.CaptureFixture[str]


class Home:
    """A household with a phrase, whose state is lost; `words` are its folder and its phrase."""

    def __init__(self, folder: Path) -> None:
        self.store = HouseholdStore(folder / "owner")
        bare = replace(new_household(TODAY, 3, SeededEntropy(1).take), custody=Custody().with_phrase(PHRASE))
        self.store.create(*bare.book(TODAY))
        self.before = self.store.load()
        (self.store.folder / "state.json").unlink()
        self.phrase = folder / "phrase"
        self.phrase.write_text(" ".join(PHRASE))
        self.phrase.chmod(0o600)

    def owner(self, *words: object) -> int:
        return main(["owner", *map(str, words), "--household", str(self.store.folder)])

    def recover(self, *words: object) -> int:
        return self.owner("recover", *words, "--phrase-file", self.phrase)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_init_leaves_the_copy_that_alone_still_opens_the_clips_and_names_recovering_first(
    home: Home, capsys: Said
) -> None:
    copy = home.store.copy_path.read_bytes()
    assert home.owner("init", "--days", 3) == 2
    said = capsys.readouterr().err
    assert f"hint: `latchkey owner recover {home.store.copy_path}`" in said
    assert home.store.copy_path.read_bytes() == copy
    assert open_copy(copy, identity_of(" ".join(PHRASE))) == home.before
    assert not home.store.exists


def test_the_hint_of_a_lost_state_is_to_recover_it_where_the_copy_lies_there(
    home: Home, capsys: Said
) -> None:
    assert home.owner("members") == 5
    assert f"hint: `latchkey owner recover {home.store.copy_path}`" in capsys.readouterr().err
    home.store.copy_path.unlink()
    assert home.owner("members") == 5
    assert "hint: `latchkey owner init`" in capsys.readouterr().err


def test_the_copy_is_recovered_into_its_own_folder(home: Home) -> None:
    assert home.recover(home.store.copy_path) == 0
    after = home.store.load()
    assert (after.seed, after.ratchet, after.holding) == (
        home.before.seed,
        home.before.ratchet,
        home.before.holding,
    )
    assert open_copy(home.store.copy_path.read_bytes(), identity_of(" ".join(PHRASE))) == after


def test_an_older_copy_is_not_recovered_over_the_one_that_lies_there(
    home: Home, tmp_path: Path, capsys: Said
) -> None:
    older = tmp_path / "older"
    older.write_bytes(sealed_copy(replace(home.before, number=0), SeededEntropy(7).take))
    there = home.store.copy_path.read_bytes()
    assert home.recover(older) == 2
    assert f"recover {home.store.copy_path}`" in capsys.readouterr().err
    assert home.store.copy_path.read_bytes() == there
    assert not home.store.exists


def test_a_book_alone_is_what_is_left_of_a_household_too(home: Home, capsys: Said) -> None:
    home.store.copy_path.unlink()
    book = home.store.book_path.read_bytes()
    with pytest.raises(UsageError, match=r"book\.json is there still"):
        home.store.check_absent()
    assert home.owner("init") == 2
    assert "--household FOLDER" in capsys.readouterr().err
    assert home.store.book_path.read_bytes() == book
