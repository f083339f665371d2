"""`latchkey pair` and `latchkey owner pair`: both sides as the real program, each at its own terminal."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import FolderDisk
from latchkey.cli import main
from latchkey.clip.bech32 import encode
from latchkey.owner.household import new_household
from latchkey.owner.members import fingerprint
from latchkey.owner.pairing import ANSWER, REVEAL, DevicePairing, OwnerPairing
from latchkey.owner.store import HouseholdStore
from latchkey.pipeline.pinning import pinned_owner
from latchkey.pipeline.readers import Readers
from latchkey.units import utc_day
from latchkey.vault.book import decode_book
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.person import Person

pytestmark = pytest.mark.slow
Sit = Callable[..., Person]
DAY = utc_day(SystemClock().wall_ns())
EVE = b"e" * 32
MESSAGE = r"\n(latchkey-{}-1[a-z0-9]+)\n"
CODE = r"\n    ([a-z]+ [a-z]+ [a-z]+ \(\d{3} \d{3}\))\n"
SETTINGS = """schema = 1
[camera]
board = "webcam"
[owner]
book = "book.json"
[vault]
path = "vault"
"""


@pytest.fixture
def owner(tmp_path: Path) -> HouseholdStore:
    state, book = new_household(DAY, 3, SeededEntropy(1).take).book(DAY)
    store = HouseholdStore(tmp_path / "owner")
    store.create(state, book)
    return store


@pytest.fixture
def door(tmp_path: Path) -> Path:
    """The doorbell's folder, with settings in it."""
    folder = tmp_path / "door"
    folder.mkdir()
    (folder / "door.toml").write_text(SETTINGS)
    return folder


@pytest.fixture
def card(tmp_path: Path) -> Path:
    folder = tmp_path / "card"
    folder.mkdir()
    return folder


def pinned(door: Path) -> bytes | None:
    return pinned_owner(FolderDisk(door / "vault"))


def begin_door(sit: Sit, door: Path, *options: str) -> Person:
    return sit("pair", "--config", str(door / "door.toml"), *options)


def begin_owner(sit: Sit, owner: HouseholdStore, *options: str) -> Person:
    return sit("owner", "pair", "--household", str(owner.folder), *options)


def begin_both(
    sit: Sit, owner: HouseholdStore, door: Path, card: Path, *options: str
) -> tuple[Person, Person]:
    """Begin on both sides, with a card that both see, as far as the code."""
    there = begin_door(sit, door, "--via", str(card), *options)
    there.sees("waiting for .*answer")
    here = begin_owner(sit, owner, "--via", str(card))
    assert there.sees(CODE)[1] == here.sees(CODE)[1]
    return there, here


def pair(sit: Sit, owner: HouseholdStore, door: Path, card: Path, *options: str) -> tuple[Person, Person]:
    """Pair with a card; give both sides."""
    there, here = begin_both(sit, owner, door, card, *options)
    for session in (here, there):
        session.types("yes")
    assert (there.ends(), here.ends()) == (0, 0), there.shown + here.shown
    return there, here


def ask_false_owner(sit: Sit, door: Path, *options: str) -> Person:
    """Begin at the door, and answer as Eve, as far as the code."""
    there = begin_door(sit, door, *options)
    offer = there.sees(MESSAGE.format("offer"))[1]
    there.sees("paste the answer")
    there.types(OwnerPairing(EVE, b"2" * 16, offer).answer())
    there.sees(CODE)
    return there


def as_words(shown: str) -> str:
    """The words that stand below a message."""
    return " ".join(re.findall(r"^  ([a-z ]+)$", shown, re.MULTILINE)[-6:])


def test_pairing_through_a_folder_ends_with_pin_device_and_book(
    sit: Sit, owner: HouseholdStore, door: Path, card: Path
) -> None:
    (card / "latchkey-answer.txt").write_text("left over")
    there, _ = pair(sit, owner, door, card)
    state = owner.load()
    assert pinned(door) == state.signing_key.public
    assert fingerprint(state.signing_key.public) in there.shown
    assert (door / "book.json").read_bytes() == owner.book_path.read_bytes()
    seed = bytes.fromhex((door / "vault/keys/device.key").read_text())
    assert [device.name for device in state.devices] == ["doorbell"]
    assert state.devices[0].public.hex() == (door / "vault/keys/device.pub").read_text().strip()
    assert seed not in b"".join(path.read_bytes() for path in card.iterdir())
    assert list(card.iterdir()) == []
    assert (door / "vault/keys/device.key").stat().st_mode & 0o777 == 0o600


def test_pairing_by_pasting_text(sit: Sit, owner: HouseholdStore, door: Path) -> None:
    there, here = begin_door(sit, door), begin_owner(sit, owner)
    offer = there.sees(MESSAGE.format("offer"))[1]
    here.sees("paste the offer")
    here.types(offer)
    answer = here.sees(MESSAGE.format("answer"))[1]
    there.sees("paste the answer")
    there.types(answer[:-1])
    there.sees("this is not the answer")
    there.types(answer)
    here.sees("paste the last message")
    here.types(there.sees(MESSAGE.format("reveal"))[1])
    codes = [session.sees(CODE)[1] for session in (there, here)]
    assert codes[0] == codes[1]
    for session in (here, there):
        session.types("yes")
        assert session.ends() == 0
    assert pinned(door) == owner.load().signing_key.public
    assert "copy the owner's book.json to" in there.shown
    assert not (door / "book.json").exists()


def test_pairing_by_typing_words(sit: Sit, owner: HouseholdStore, door: Path) -> None:
    there, here = begin_door(sit, door), begin_owner(sit, owner)
    there.sees("paste the answer")
    here.sees("paste the offer")
    here.types(as_words(there.shown))
    here.sees("paste the last message")
    there.types(as_words(here.shown))
    there.sees(CODE)
    here.types(as_words(there.shown))
    here.sees(CODE)
    here.types("yes")
    there.types("yes")
    assert (here.ends(), there.ends()) == (0, 0)


def test_who_swaps_keys_in_between_is_seen_and_nothing_is_pinned(
    sit: Sit, owner: HouseholdStore, door: Path
) -> None:
    there, here = begin_door(sit, door), begin_owner(sit, owner)
    offer = there.sees(MESSAGE.format("offer"))[1]
    false_door = DevicePairing(EVE, b"1" * 16)
    here.sees("paste the offer")
    here.types(false_door.offer())
    answer = here.sees(MESSAGE.format("answer"))[1]
    reveal, _, _ = false_door.take_answer(answer)
    there.sees("paste the answer")
    there.types(OwnerPairing(EVE, b"2" * 16, offer).answer())
    here.sees("paste the last message")
    here.types(reveal)
    codes = [session.sees(CODE)[1] for session in (there, here)]
    assert codes[0] != codes[1]
    for session, other in ((here, "latchkey pair --replace"), (there, "latchkey owner revoke NAME")):
        session.types("no")
        assert session.ends() == 5
        assert "not paired on this side: the codes differ" in session.shown
        assert other in session.shown  # where the other side has said yes
    assert pinned(door) is None
    assert owner.load().devices == ()


def test_a_reveal_that_belongs_to_another_offer_is_refused(sit: Sit, owner: HouseholdStore) -> None:
    here = begin_owner(sit, owner)
    here.sees("paste the offer")
    here.types(DevicePairing(EVE, b"1" * 16).offer())
    here.sees("paste the last message")
    here.types(encode(REVEAL, EVE + b"2" * 16))
    assert here.ends() == 5
    assert "somebody may have meddled" in here.shown
    assert owner.load().devices == ()


@pytest.mark.parametrize("typed", ["y", "Yes please", "", "ja"])
def test_only_a_yes_typed_in_full_pairs(sit: Sit, owner: HouseholdStore, door: Path, typed: str) -> None:
    there = ask_false_owner(sit, door)
    there.types(typed)
    assert there.ends() == 5
    assert pinned(door) is None


def test_a_paired_doorbell_takes_no_other_owner_unless_the_first_is_forgotten(
    sit: Sit, owner: HouseholdStore, door: Path, card: Path
) -> None:
    keys = door / "vault/keys"
    keys.mkdir(parents=True)
    (keys / "owner.pub").write_bytes(EVE)
    (keys / "book.json").write_bytes(b"old")
    again = begin_door(sit, door)
    assert again.ends() == 5
    assert fingerprint(EVE) in again.shown
    pair(sit, owner, door, card, "--replace")
    assert pinned(door) == owner.load().signing_key.public
    assert not (keys / "book.json").exists()


def test_the_owner_that_is_there_is_obeyed_until_the_codes_of_another_were_compared(
    sit: Sit, door: Path
) -> None:
    keys = door / "vault/keys"
    keys.mkdir(parents=True)
    (keys / "owner.pub").write_bytes(b"o" * 32)
    (keys / "clock.json").write_bytes(b"old")
    there = ask_false_owner(sit, door, "--replace")
    there.types("no")
    assert there.ends() == 5
    assert pinned(door) == b"o" * 32
    assert (keys / "clock.json").read_bytes() == b"old"


def test_a_book_of_another_owner_is_not_taken(
    sit: Sit, owner: HouseholdStore, door: Path, card: Path
) -> None:
    there, _ = begin_both(sit, owner, door, card)
    (card / "latchkey-book.json").write_bytes(new_household(DAY, 1, SeededEntropy(9).take).book(DAY)[1])
    there.types("yes")
    assert there.ends() == 5
    assert "signed by another owner" in there.shown
    assert not (door / "book.json").exists()


def test_a_doorbell_on_the_owners_own_machine_pairs_with_the_book_of_the_household(
    sit: Sit, owner: HouseholdStore, door: Path, card: Path
) -> None:
    """As the README sets it up: what the settings name is the book that pairing signs anew meanwhile."""
    (door / "door.toml").write_text(SETTINGS.replace('"book.json"', f'"{owner.book_path}"'))
    there, _ = pair(sit, owner, door, card)
    assert "it is key book 2" in there.shown
    assert decode_book(owner.book_path.read_bytes()).number == 2
    there, _ = begin_both(sit, owner, door, card, "--replace")
    (card / "latchkey-book.json").write_bytes(owner.book_path.read_bytes())  # that of before, once more
    there.types("yes")
    assert there.ends() == 5
    assert "is older than what this doorbell has" in there.shown


def test_an_older_book_of_the_same_owner_is_not_taken_at_pairing_again(
    sit: Sit, owner: HouseholdStore, door: Path, card: Path
) -> None:
    pair(sit, owner, door, card)
    older = owner.book_path.read_bytes()
    for vault_has_it in (False, True):
        pair(sit, owner, door, card, "--replace")
        newer = (door / "book.json").read_bytes()
        if vault_has_it:  # as once the doorbell has begun; and somebody changes what the settings name
            FolderDisk(door / "vault").create("keys/book.json").append(newer)
            (door / "book.json").write_bytes(older)
        there, _ = begin_both(sit, owner, door, card, "--replace")
        (card / "latchkey-book.json").write_bytes(older)
        there.types("yes")
        assert there.ends() == 5
        assert "is older than what this doorbell has" in there.shown
        assert (door / "book.json").read_bytes() == (older if vault_has_it else newer)


def test_pairing_again_with_the_same_owner_forgets_no_order_of_theirs(
    sit: Sit, owner: HouseholdStore, door: Path, card: Path
) -> None:
    pair(sit, owner, door, card)
    vault = FolderDisk(door / "vault")
    readers = Readers(vault, SystemClock(), (door / "book.json").read_bytes())
    readers.check(lambda _: None)
    known = {name: vault.read(f"keys/{name}") for name in ("book.json", "clock.json", "owner.pub")}
    pair(sit, owner, door, card, "--replace")
    assert {name: vault.read(f"keys/{name}") for name in known} == known


def test_a_revoked_device_cannot_be_paired_again(
    sit: Sit, owner: HouseholdStore, door: Path, card: Path
) -> None:
    pair(sit, owner, door, card)
    assert main(["owner", "revoke", "--yes", "doorbell", "--household", str(owner.folder)]) == 0
    begin_door(sit, door, "--replace", "--via", str(card)).sees("waiting for .*answer")
    here = begin_owner(sit, owner, "--via", str(card))
    assert here.ends() == 2
    assert "was revoked" in here.shown


def test_nobody_answers_and_that_is_said(sit: Sit, owner: HouseholdStore, door: Path, card: Path) -> None:
    there = begin_door(sit, door, "--via", str(card), "--wait-s", "0")
    assert there.ends() == 1
    assert "did not come within 0 s" in there.shown
    here = begin_owner(sit, owner, "--via", str(card / "none"), "--wait-s", "0")
    assert here.ends() == 1


def test_without_a_terminal_nobody_pairs(
    owner: HouseholdStore, door: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pair", "--config", str(door / "door.toml")]) == 2
    assert main(["owner", "pair", "--household", str(owner.folder)]) == 2
    assert "somebody has to compare the codes" in capsys.readouterr().err


def test_settings_say_where_the_book_goes(sit: Sit, door: Path) -> None:
    (door / "door.toml").write_text('schema = 1\n[camera]\nboard = "webcam"\n')
    there = begin_door(sit, door)
    assert there.ends() == 3
    assert "names no key book" in there.shown


def test_a_book_that_was_paired_names_the_owner_that_was_pinned(
    sit: Sit, owner: HouseholdStore, door: Path, card: Path
) -> None:
    there, here = pair(sit, owner, door, card)
    book = decode_book((door / "book.json").read_bytes(), pinned(door))
    assert book.number == owner.load().number
    for session in (there, here):
        assert re.search(rf"key book (is number )?{book.number}, signed on .*, for 1 viewer", session.shown)
    assert ANSWER not in here.shown
