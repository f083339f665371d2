"""A household that is older than its doorbell knows: put back from a backup, or recovered twice."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import FolderDisk
from latchkey.cli import main
from latchkey.clip.signing import SigningKey
from latchkey.owner.custody import Custody, draw_phrase
from latchkey.owner.household import new_household
from latchkey.owner.lifting import LIFT_LIMIT, seen_in
from latchkey.owner.members import with_device
from latchkey.owner.store import HouseholdStore
from latchkey.pipeline.durable import write_checked
from latchkey.pipeline.orders import CLOCK, Orders
from latchkey.pipeline.ownerfile import BOOK, write_owner
from latchkey.units import utc_day
from latchkey_sim.entropy import SeededEntropy

TODAY = utc_day(SystemClock().wall_ns())
DOOR = SigningKey(b"d" * 32).public
PHRASE = draw_phrase(SeededEntropy(5).take)
Said = pytest.CaptureFixture[str]
pytestmark = pytest.mark.slow


class Home:
    """A household with a viewer, Ada, and the vault of its doorbell, which has its book."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.vault = folder, folder / "vault"
        self.vault.joinpath("clips").mkdir(parents=True)
        self.disk = FolderDisk(self.vault)
        self.store = HouseholdStore(folder / "owner")
        bare = with_device(new_household(TODAY, 3, SeededEntropy(1).take), "front", DOOR)
        self.store.create(*replace(bare, custody=Custody().with_phrase(PHRASE)).book(TODAY))
        self.ada = folder / "ada.json"
        self.ada.write_bytes(new_household(TODAY, 3, SeededEntropy(2).take).book(TODAY)[1])
        write_owner(self.disk, self.store.load().signing_key.public)
        self.refused: list[str] = []
        assert self.owner("add-viewer", "Ada", self.ada) == 0
        self.hand("book")

    def owner(self, *words: object, household: Path | None = None) -> int:
        return main(["owner", *map(str, words), "--household", str(household or self.store.folder)])

    def look(self) -> Orders:
        """Have the doorbell look for orders."""
        orders = Orders(self.disk, lambda severity, text: self.note(severity, text))
        orders.start()
        orders.pick_up(lambda _: None)
        return orders

    def note(self, severity: str, text: str) -> None:
        if severity != "info":
            self.refused.append(text)

    def hand(self, *words: object, household: Path | None = None) -> None:
        """Give the doorbell an order, which takes it."""
        assert self.owner(*words, "--vault", self.vault, household=household) == 0
        self.look()
        assert self.disk.names("orders") == []
        assert self.refused == []

    def back_up(self) -> None:
        shutil.copytree(self.store.folder, self.folder / "backup")

    def put_back(self) -> None:
        shutil.rmtree(self.store.folder)
        shutil.copytree(self.folder / "backup", self.store.folder)

    @property
    def n_viewers(self) -> int:
        book = self.look().book
        assert book is not None
        return len(book.viewers)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.mark.parametrize("action", ["book", "time", "advance"])
def test_orders_of_a_household_that_was_put_back_are_taken_and_it_is_said(
    home: Home, capsys: Said, action: str
) -> None:
    home.back_up()
    for _ in range(3):
        home.hand("time")
    home.put_back()
    capsys.readouterr()
    home.hand(action)
    assert "was put back from a backup" in capsys.readouterr().err
    home.hand(action)
    assert "was put back from a backup" not in capsys.readouterr().err


def test_a_viewer_revoked_after_a_backup_was_put_back_reads_no_more(home: Home) -> None:
    home.back_up()
    for _ in range(3):
        home.hand("time")
    home.put_back()
    assert home.owner("revoke", "Ada") == 0
    home.hand("book")
    assert home.n_viewers == 1


def test_a_viewer_revoked_after_the_backup_was_made_does_not_come_back_with_it(
    home: Home, capsys: Said
) -> None:
    home.back_up()
    assert home.owner("revoke", "Ada") == 0
    home.hand("book")
    home.put_back()
    before = home.store.load()
    for action in ("book", "time", "advance"):
        assert home.owner(action, "--vault", home.vault) == 5
        assert "`latchkey owner revoke 'Ada'`" in capsys.readouterr().err
    assert home.disk.names("orders") == []
    assert home.store.load() == before
    assert home.owner("revoke", "Ada") == 0
    home.hand("book")
    assert home.n_viewers == 1


def test_a_viewer_whose_faces_were_taken_away_does_not_see_them_again_by_a_backup(
    home: Home, capsys: Said
) -> None:
    assert home.owner("add-viewer", "Ada", home.ada, "--faces") == 0
    home.hand("book")
    home.back_up()
    assert home.owner("add-viewer", "Ada", home.ada) == 0
    home.hand("book")
    home.put_back()
    assert home.owner("book", "--vault", home.vault) == 5
    assert "Ada sees no faces" in capsys.readouterr().err


def test_an_order_that_waits_in_the_vault_counts_as_seen(home: Home) -> None:
    home.back_up()
    assert home.owner("revoke", "Ada") == 0
    assert home.owner("book", "--vault", home.vault) == 0
    home.put_back()
    assert home.owner("book", "--vault", home.vault) == 5


def test_recovered_twice_from_one_copy_both_are_heard(home: Home) -> None:
    paper, phrase = home.folder / "paper", home.folder / "phrase"
    shutil.copy(home.store.copy_path, paper)
    phrase.write_text(" ".join(PHRASE))
    for name in ("second", "third"):
        words = ("recover", paper, "--phrase-file", phrase)
        assert home.owner(*words, household=home.folder / name) == 0
        for _ in range(2):
            home.hand("book", household=home.folder / name)


def test_a_household_recovered_from_a_vault_is_above_all_that_the_vault_has_seen(home: Home) -> None:
    home.store.change(lambda state: replace(state, number=state.number + 50_000))
    write_checked(home.disk, CLOCK, b'{"book":2,"day":%d,"number":70000,"schema":1}' % TODAY)
    phrase = home.folder / "phrase"
    phrase.write_text(" ".join(PHRASE))
    words = ("recover", "--vault", home.vault, "--phrase-file", phrase)
    assert home.owner(*words, household=home.folder / "new") == 0
    assert HouseholdStore(home.folder / "new").load().number > 70_000


def test_a_doorbell_of_another_household_is_named_and_not_handed_an_order_that_it_would_refuse(
    home: Home, capsys: Said
) -> None:
    write_owner(home.disk, b"x" * 32)
    before = home.store.load()
    for action in ("book", "time", "advance"):
        assert home.owner(action, "--vault", home.vault) == 5
        assert "obeys another household" in capsys.readouterr().err
    assert home.disk.names("orders") == []
    assert home.store.load() == before


def test_a_number_that_nobody_signed_lifts_no_household_to_the_end_of_all_numbers(
    home: Home, capsys: Said
) -> None:
    clock = b'{"book":2,"day":%d,"number":%d,"schema":1}' % (TODAY, 10**9)
    write_checked(home.disk, CLOCK, clock)
    assert home.owner("book", "--vault", home.vault) == 7
    assert "no order was signed near that" in capsys.readouterr().err
    assert home.store.load().number < LIFT_LIMIT


def test_a_damaged_clock_and_others_books_say_nothing_of_numbers(home: Home) -> None:
    owner = home.store.load().signing_key.public
    home.disk.remove(CLOCK)
    (home.vault / CLOCK).write_bytes(b"garbage")
    (home.vault / "orders/other").write_bytes(home.ada.read_bytes())
    assert seen_in(home.disk, owner).number == home.store.load().number
    (home.vault / BOOK).write_bytes(home.ada.read_bytes())
    assert seen_in(home.disk, owner).book is None
