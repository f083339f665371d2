"""`latchkey owner` members, add-viewer, revoke: what they do, and what they say they cannot."""

from collections.abc import Callable
from pathlib import Path

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.cli import main
from latchkey.clip.signing import SigningKey
from latchkey.owner.household import new_household
from latchkey.owner.members import fingerprint, with_device
from latchkey.owner.store import HouseholdStore
from latchkey.units import utc_day
from latchkey.vault.book import KeyBook, decode_book
from latchkey.vault.days import day_text
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.person import Person

DAY = utc_day(SystemClock().wall_ns())
DOOR = SigningKey(b"d" * 32).public
Shown = pytest.CaptureFixture[str]


@pytest.fixture
def owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HouseholdStore:
    monkeypatch.setenv("HOME", str(tmp_path))
    store = HouseholdStore(tmp_path / ".config/latchkey/owner")
    state = with_device(new_household(DAY - 5, 3, SeededEntropy(1).take), "doorbell", DOOR)
    store.create(*state.book(DAY))
    return store


@pytest.fixture
def phone(tmp_path: Path) -> HouseholdStore:
    """A second person's household, on a machine of their own."""
    store = HouseholdStore(tmp_path / "phone")
    store.create(*new_household(DAY - 5, 7, SeededEntropy(2).take).book(DAY - 5))
    return store


def book_of(store: HouseholdStore) -> KeyBook:
    return decode_book(store.book_path.read_bytes(), store.load().signing_key.public)


def test_an_added_viewer_stands_in_the_next_book_with_keys_of_later_days(
    owner: HouseholdStore, phone: HouseholdStore, capsys: Shown
) -> None:
    before = book_of(owner)
    assert main(["owner", "add-viewer", "Ada", str(phone.book_path)]) == 0
    book = book_of(owner)
    assert book.number == before.number + 1
    assert book.viewers[1].first_day == DAY
    assert str(phone.load().ratchet.day_identity(DAY).recipient) in book.recipients(DAY)
    shown = capsys.readouterr()
    assert fingerprint(phone.load().signing_key.public) in shown.out
    for said in (
        "compare these words",
        "none before",
        "keeps each for 7 day(s)",
        "longer than anybody else: clips now live for 7 day(s)",
        "can be copied",
        "nothing changes at a doorbell before the book is there",
    ):
        assert said in shown.err


def test_a_viewer_sees_faces_only_when_told_so_and_members_lists_who_does(
    owner: HouseholdStore, phone: HouseholdStore, capsys: Shown
) -> None:
    for options, told, listed, count in (
        ([], "sees no faces", "keeps 7 day(s), no faces", 1),
        (["--faces"], "sees faces that the doorbell keeps, for 1 day(s)", "keeps 7 day(s), faces 1", 2),
        ([], "sees no faces", "keeps 7 day(s), no faces", 1),
    ):
        assert main(["owner", "add-viewer", "Ada", str(phone.book_path), *options]) == 0
        assert told in capsys.readouterr().err
        assert len(book_of(owner).face_recipients(DAY)) == count
        main(["owner", "members"])
        lines = capsys.readouterr().out.splitlines()
        assert "keeps 3 day(s), faces 1" in lines[0]
        assert listed in lines[1]


def test_the_words_to_compare_are_those_that_the_viewer_sees(
    owner: HouseholdStore, phone: HouseholdStore, capsys: Shown
) -> None:
    main(["owner", "add-viewer", "Ada", str(phone.book_path)])
    told = capsys.readouterr().out.strip().removeprefix("Ada: ")
    assert main(["owner", "members", "--household", str(phone.folder)]) == 0
    assert f"owner   {told}\n" in capsys.readouterr().out


def test_a_viewer_who_knows_the_doorbell_erases_by_the_days_it_signs(
    owner: HouseholdStore, phone: HouseholdStore, capsys: Shown
) -> None:
    there = ["--household", str(phone.folder)]
    assert main(["owner", "advance", *there]) == 0
    assert phone.load().ratchet.day == DAY - 5
    key = owner.load().devices[0].public.hex()
    assert main(["owner", "trust-device", "Bob's door", key, *there]) == 0
    assert "take this key from its owner only" in capsys.readouterr().err
    phone.change(lambda state: state.heard(DOOR, DAY + 7).advance(DAY + 7))
    assert phone.load().ratchet.day == DAY
    assert main(["owner", "trust-device", "other", "12", *there]) == 5


def test_members_lists_everybody(owner: HouseholdStore, phone: HouseholdStore, capsys: Shown) -> None:
    main(["owner", "add-viewer", "Ada", str(phone.book_path)])
    main(["owner", "revoke", "--yes", "doorbell", "--since", day_text(DAY - 1)])
    capsys.readouterr()
    assert main(["owner", "members"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[:2] for line in lines[:3]] == [
        ["viewer", "you"],
        ["viewer", "Ada"],
        ["device", "doorbell"],
    ]
    assert f"not believed from {day_text(DAY - 1)} on" in lines[2]


def test_revoking_again_for_a_later_day_says_the_day_that_holds(owner: HouseholdStore, capsys: Shown) -> None:
    main(["owner", "revoke", "--yes", "doorbell", "--since", day_text(DAY - 3)])
    capsys.readouterr()
    assert main(["owner", "revoke", "--yes", "doorbell"]) == 0
    assert f"not believed from {day_text(DAY - 3)} on" in capsys.readouterr().err
    assert owner.load().devices[0].revoked_day == DAY - 3


def test_what_takes_the_place_of_a_revoked_device_has_its_name(owner: HouseholdStore, capsys: Shown) -> None:
    new = SigningKey(b"n" * 32).public.hex()
    assert main(["owner", "trust-device", "doorbell", new]) == 2
    main(["owner", "revoke", "--yes", "doorbell", "--since", day_text(DAY - 3)])
    assert main(["owner", "trust-device", "doorbell", new]) == 0
    assert [one.revoked_day for one in owner.load().devices] == [DAY - 3, None]
    capsys.readouterr()
    main(["owner", "revoke", "--yes", "doorbell"])
    assert f"not believed from {day_text(DAY)} on" in capsys.readouterr().err
    assert [one.revoked_day for one in owner.load().devices] == [DAY - 3, DAY]


def test_revoking_for_an_earlier_day_by_a_name_that_was_given_again_leaves_the_stolen_one(
    owner: HouseholdStore,
) -> None:
    old, new = owner.load().devices[0].public.hex(), SigningKey(b"n" * 32).public.hex()
    main(["owner", "revoke", "--yes", "doorbell", "--since", day_text(DAY - 3)])
    main(["owner", "trust-device", "doorbell", new])
    main(["owner", "revoke", "--yes", old, "--since", day_text(DAY - 5)])
    assert [one.revoked_day for one in owner.load().devices] == [DAY - 5, None]
    main(["owner", "revoke", "--yes", "doorbell", "--since", day_text(DAY - 1)])
    assert [one.revoked_day for one in owner.load().devices] == [DAY - 5, DAY - 1]


def test_a_revoked_viewer_is_out_of_the_next_book_and_what_stays_is_said(
    owner: HouseholdStore, phone: HouseholdStore, capsys: Shown
) -> None:
    main(["owner", "add-viewer", "Ada", str(phone.book_path)])
    assert main(["owner", "revoke", "Ada"]) == 0
    assert len(book_of(owner).viewers) == 1
    said = capsys.readouterr().err
    assert "what was recorded before stays readable for Ada" in said
    assert "no revoking can change this" in said


def test_a_stolen_device_is_not_believed_from_a_day_on_and_what_it_can_still_do_is_said(
    owner: HouseholdStore, capsys: Shown
) -> None:
    assert main(["owner", "revoke", "--yes", "doorbell", "--since", day_text(DAY - 2)]) == 0
    device = owner.load().devices[0]
    assert (device.trusted_on(DAY - 3), device.trusted_on(DAY - 2)) == (True, False)
    said = capsys.readouterr().err
    assert f"not believed from {day_text(DAY - 2)} on, clips of that day too" in said
    assert "can sign with an earlier date" in said
    assert "holds no key that opens a clip" in said
    assert main(["owner", "revoke", "--yes", "doorbell"]) == 0
    assert owner.load().devices[0].revoked_day == DAY - 2


@pytest.mark.parametrize(("typed", "code"), [("yes", 0), ("y", 1), ("no", 1)])
def test_a_device_is_revoked_after_a_yes_in_full_for_there_is_no_way_back(
    owner: HouseholdStore, sit: Callable[..., Person], typed: str, code: int
) -> None:
    session = sit("owner", "revoke", "doorbell", "--since", day_text(DAY - 2))
    session.sees(f"not believed from {day_text(DAY - 2)} on, and never again under its key\n")
    session.sees("revoke doorbell")
    session.types(typed)
    assert session.ends() == code
    assert ("nothing was revoked" in session.shown) is (code != 0)
    assert owner.load().devices[0].revoked_day == (None if code else DAY - 2)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["revoke", "doorbell"], 2, "revoking a device needs a terminal"),
        (["revoke", "nobody"], 2, "no viewer or device nobody"),
        (["revoke", "you"], 2, "you cannot be revoked"),
        (["revoke", "doorbell", "--since", "soon"], 2, "soon is not a day"),
        (["revoke", "doorbell", "--since", day_text(DAY + 1)], 2, "is still to come"),
        (["revoke", "Ada", "--since", "2026-01-01"], 2, "--since is for devices"),
        (["add-viewer", "Eve", "missing.json"], 2, "cannot read missing.json"),
        (["add-viewer", "Eve", "damaged.json"], 5, "damaged.json is no key book"),
        (["add-viewer", "", "phone/book.json"], 2, "a name is 1 to 40"),
    ],
)
def test_bad_input_changes_nothing_and_is_one_clear_line(
    owner: HouseholdStore,
    phone: HouseholdStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Shown,
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("damaged.json").write_bytes(phone.book_path.read_bytes().replace(b'"days":7', b'"days":9'))
    main(["owner", "add-viewer", "Ada", str(phone.book_path)])
    before = owner.load()
    capsys.readouterr()
    assert main(["owner", *arguments]) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert said in shown.err.splitlines()[0]
    assert owner.load() == before
