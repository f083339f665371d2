"""The owner's state: what it opens, what it erases, and that a file holds all of it."""

import fcntl
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.adapters.disk import FolderDisk
from latchkey.cli.household import change_and_sign, own_day
from latchkey.clip import X25519Identity, X25519Recipient, parse_identity
from latchkey.clip.signing import SigningKey
from latchkey.errors import OwnerKeyError, UsageError
from latchkey.owner.household import ClockBehind, ClockWrong, Household, KnownDevice, new_household
from latchkey.owner.store import HouseholdStore, decode_household, encode_household
from latchkey.vault.book import decode_book
from latchkey.vault.days import day_text
from latchkey_sim.entropy import SeededEntropy

DAY, T = 20_000, 3
DEVICE = SigningKey(b"d" * 32).public
HOUSE = replace(new_household(DAY, T, SeededEntropy(1).take), devices=(KnownDevice(DEVICE),))


def recipient_of(key: str) -> X25519Recipient:
    identity = parse_identity(key)
    assert isinstance(identity, X25519Identity)
    return identity.recipient


def test_a_book_names_the_next_400_days_and_its_number_rises() -> None:
    after, data = HOUSE.book(DAY + 2)
    book = decode_book(data, HOUSE.signing_key.public)
    assert (after.number, book.number, book.time, book.days, book.end_day) == (1, 1, DAY + 2, T, DAY + 402)
    assert book.recipients(DAY + 2) == (str(HOUSE.ratchet.day_identity(DAY + 2).recipient),)
    assert book.recipients(DAY + 1) == () == book.recipients(DAY + 402)
    assert decode_book(after.book(DAY + 2)[1]).number == 2


def test_a_state_of_day_d_opens_exactly_the_days_from_d_minus_t_on() -> None:
    for day in range(DAY, DAY + 20):
        state = HOUSE.heard(DEVICE, day).advance(day)
        floor = max(DAY, day - T)
        assert state.ratchet.day == floor
        for other in range(DAY, DAY + 25):
            key = HOUSE.ratchet.day_identity(other).text
            assert (key in state.identities(other)) is (other >= floor)


def test_a_state_of_day_d_opens_faces_of_exactly_the_days_from_d_minus_their_own_t_on() -> None:
    for day in range(DAY, DAY + 10):
        state = HOUSE.heard(DEVICE, day).advance(day)
        for other in range(DAY, DAY + 12):
            key = HOUSE.face_keys(other)
            assert (state.face_keys(other) == key) is (other >= max(DAY, day - 1))
            assert key[0] not in state.identities(other)


def test_a_book_has_keys_for_faces_of_the_same_days_and_none_of_them_is_a_clips() -> None:
    state = new_household(DAY, 7, SeededEntropy(1).take, face_days=2)
    (viewer,) = decode_book(state.book(DAY)[1]).viewers
    assert (viewer.days, viewer.face_days, len(viewer.face_keys)) == (7, 2, 400)
    assert viewer.face_key_of(DAY + 9) == recipient_of(state.face_keys(DAY + 9)[0]).point
    assert not set(viewer.keys) & set(viewer.face_keys)


def test_erased_ahead_keys_for_faces_are_missing_from_a_book_until_their_day_and_clips_are_not() -> None:
    state = HOUSE.advance_to(DAY + T)  # clips of DAY open still, faces begin two days later
    (viewer,) = decode_book(state.book(DAY)[1]).viewers
    assert viewer.keys == decode_book(HOUSE.book(DAY)[1]).viewers[0].keys
    assert [viewer.face_key_of(day) is None for day in range(DAY, DAY + 4)] == [True, True, False, False]
    assert viewer.face_key_of(DAY + 2) == recipient_of(HOUSE.face_keys(DAY + 2)[0]).point
    far = replace(state, face_ratchet=replace(HOUSE, days=30).advance_to(DAY + 500).face_ratchet)
    assert decode_book(far.book(DAY)[1]).viewers[0].face_keys == ()


@pytest.mark.parametrize("face_days", [0, T + 1])
def test_faces_go_after_a_day_at_the_least_and_no_later_than_their_clips(face_days: int) -> None:
    with pytest.raises(OwnerKeyError):
        new_household(DAY, T, SeededEntropy(1).take, face_days)


def test_a_state_from_before_there_were_keys_for_faces_loads_and_gains_fresh_ones(tmp_path: Path) -> None:
    old = replace(HOUSE, face_ratchet=None)
    fields = json.loads(encode_household(old))
    assert (fields["schema"], "faces" in fields) == (1, False)
    assert decode_household(encode_household(old)) == old
    assert decode_book(old.book(DAY)[1]).viewers[0].face_keys == ()
    stores = [HouseholdStore(tmp_path / name) for name in ("one", "two")]
    for store in stores:
        store.create(old, b"book")
        assert store.load() == old
        gained = store.change(lambda state: state.advance(DAY))
        assert store.load() == gained == store.change(lambda state: state)
        assert gained.face_keys(DAY)
        assert replace(gained, face_ratchet=None) == old
    assert stores[0].load().face_keys(DAY) != stores[1].load().face_keys(DAY)  # nobody can derive them


@pytest.mark.parametrize(("own_day", "heard_day"), [(DAY + 3650, DAY + 5), (DAY + 5, DAY + 399)])
def test_a_clock_that_is_wrong_alone_erases_nothing(own_day: int, heard_day: int) -> None:
    assert HOUSE.heard(DEVICE, heard_day).advance(own_day).ratchet.day == DAY + 5 - T


def test_before_a_device_was_heard_nothing_is_erased_without_a_yes() -> None:
    assert HOUSE.advance(DAY + 3650) == HOUSE
    assert HOUSE.advance_to(DAY + 10).ratchet.day == DAY + 10 - T


def test_a_clock_at_1970_changes_nothing() -> None:
    assert HOUSE.heard(DEVICE, DAY).advance(0).ratchet == HOUSE.ratchet


@pytest.mark.parametrize("wrong_day", [DAY + T + 401, DAY + 3650, DAY + 366 * 70])
def test_a_clock_that_runs_far_ahead_signs_no_day_by_which_a_doorbell_would_delete(wrong_day: int) -> None:
    for sign in (HOUSE.book, HOUSE.time_order):
        with pytest.raises(ClockWrong) as caught:
            sign(wrong_day)
        assert f"advance --to {day_text(wrong_day)}" in (caught.value.hint or "")
    assert HOUSE.heard(DEVICE, wrong_day - 400).book(wrong_day)[0].number == 1
    assert HOUSE.advance_to(wrong_day).time_order(wrong_day)[0].number == 1


def test_a_clock_before_the_oldest_day_that_is_held_signs_nothing() -> None:
    for sign in (HOUSE.book, HOUSE.time_order):
        with pytest.raises(ClockBehind, match="past by what is known") as caught:
            sign(DAY - 1)
        assert caught.value.hint == "set the clock"


@pytest.mark.parametrize("behind", [3, 8, 14])
def test_a_clock_behind_what_a_doorbell_has_signed_signs_no_day_that_takes_its_day_away(behind: int) -> None:
    state = HOUSE.heard(DEVICE, DAY + 20)
    for sign in (state.book, state.time_order):
        with pytest.raises(ClockBehind, match="past by what is known") as caught:
            sign(DAY + 20 - behind)
        assert f"owner book --vault DIR --today {day_text(DAY + 20 - behind)}" in (caught.value.hint or "")
        assert sign(DAY + 18)[0].number == 1  # so far ahead a doorbell's own clock may be, and be believed
    right = state.put_back(DAY + 20 - behind)
    assert right.newest_day == DAY + 20 - behind
    assert right.time_order(DAY + 20 - behind)[0].number == 1


def test_a_holding_key_lives_for_t_days_after_what_a_doorbell_has_signed_whatever_the_owners_clock_says() -> (
    None
):
    for clock_day in (0, DAY - 14, DAY + 3650):
        seen = HOUSE.heard(DEVICE, DAY + 2).saw_holding([2]).advance(clock_day).advance(DAY + T)
        assert [one.seen_day for one in seen.holding if one.number == 2] == [DAY + 2]
    assert HOUSE.saw_holding([2]) == HOUSE  # no day is known: its days have not begun
    erased = HOUSE.advance_to(DAY + 50).heard(DEVICE, DAY + 2).saw_holding([2])
    assert [one.seen_day for one in erased.holding if one.number == 2] == [DAY + 50 - T]


def test_a_holding_key_of_one_doorbell_does_not_go_by_the_days_of_another() -> None:
    other = SigningKey(b"e" * 32).public
    both = replace(HOUSE, devices=(KnownDevice(DEVICE), KnownDevice(other)))
    seen = both.heard(DEVICE, DAY).saw_holding([2], DEVICE).saw_holding([3], other).saw_holding([4])

    def held(state: Household, day: int) -> list[int]:
        return [one.number for one in state.advance(day).holding if one.number in (2, 3, 4)]

    later = seen.heard(other, DAY + 10)
    assert decode_household(encode_household(later)) == later
    assert held(later, DAY + 10) == [2]  # its doorbell has given the clip no day yet
    dated = later.heard(DEVICE, DAY + 10).dated_holding({2: DAY + 9}, DAY + 10)
    assert held(dated, DAY + 10) == [2]
    assert held(dated.heard(DEVICE, DAY + 9 + T + 1).heard(other, DAY + 9 + T + 1), DAY + 30) == []
    assert held(later.advance_to(DAY + 10), DAY + 10) == []  # a typed day erases it all the same
    revoked = replace(later, devices=(KnownDevice(DEVICE, DAY, "", DAY + 1), later.devices[1]))
    assert held(revoked, DAY + 10) == []


def test_days_of_strangers_and_older_days_are_not_taken_for_news() -> None:
    assert HOUSE.heard(b"x" * 32, DAY + 9) == HOUSE
    assert HOUSE.heard(DEVICE, DAY + 9).heard(DEVICE, DAY + 4).newest_day == DAY + 9


def test_a_holding_key_is_erased_t_days_after_its_clip_was_first_seen() -> None:
    seen = HOUSE.heard(DEVICE, DAY).saw_holding([2])
    seen = seen.heard(DEVICE, DAY + 2).saw_holding([2])
    key = X25519Identity(seen.holding[1].secret).text
    for day in range(DAY, DAY + 6):
        assert (key in seen.heard(DEVICE, day).advance(day).identities(0)) is (day <= DAY + T)
    numbers = [one.number for one in decode_book(seen.book(DAY)[1]).holding]
    assert numbers == [1, *range(3, 65)]
    assert [one.number for one in seen.with_holding_keys(SeededEntropy(2).take).holding] == list(range(1, 66))


def test_the_state_survives_its_file_and_says_no_secret() -> None:
    state = HOUSE.heard(DEVICE, DAY).saw_holding([1])
    other = decode_book(new_household(DAY, 2, SeededEntropy(5).take).book(DAY)[1]).viewers[0]
    state = replace(state, others=(other,))
    assert decode_household(encode_household(state)) == state
    assert state.others[0].face_keys
    assert repr(state.seed)[2:-1] not in repr(state)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b"[" * 100_000, encode_household(HOUSE)[:-1], encode_household(HOUSE) + b" "]
)
def test_a_damaged_state_is_refused(data: bytes) -> None:
    with pytest.raises(OwnerKeyError, match="damaged"):
        decode_household(data)


def test_the_file_is_private_whole_and_never_made_twice(tmp_path: Path) -> None:
    store = HouseholdStore(tmp_path / "deep" / "owner")
    state, book = HOUSE.book(DAY)
    store.create(state, book)
    assert {path.name: path.stat().st_mode & 0o777 for path in store.folder.iterdir()} == {
        "state.json": 0o600,
        "book.json": 0o600,
        "lock": 0o600,
    }
    assert store.folder.stat().st_mode & 0o777 == 0o700
    assert store.load() == state
    with pytest.raises(UsageError, match="already"):
        store.create(state, book)
    assert store.change(lambda now: now.heard(DEVICE, DAY + 7)).newest_day == DAY + 7
    assert store.load().newest_day == DAY + 7


def test_the_folders_made_above_a_state_are_private_too_under_any_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        HouseholdStore(tmp_path / "deep" / "deeper" / "owner").create(*HOUSE.book(DAY))
    finally:
        os.umask(before)
    made = [path for path in tmp_path.rglob("*") if path.is_dir()]
    assert [path.stat().st_mode & 0o777 for path in made] == [0o700] * 3


@pytest.mark.parametrize("name", ["state.json", "recovery.state", "book.json"])
def test_what_a_kill_left_half_written_is_gone_at_the_next_use(tmp_path: Path, name: str) -> None:
    store = HouseholdStore(tmp_path / "owner")
    store.create(*HOUSE.book(DAY))
    (store.folder / f"{name}.part").write_bytes((store.folder / "state.json").read_bytes())
    store.change(lambda now: now.heard(DEVICE, DAY + 9).advance(DAY + 9))
    assert list(store.folder.glob("*.part")) == []


class Watched(FolderDisk):
    """Notes for each file that is written whether somebody else could change the state meanwhile."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.lock = folder / "lock"
        self.writes: list[tuple[str, bool]] = []

    def rename(self, name: str, new_name: str) -> None:
        with self.lock.open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.writes.append((new_name, True))
            except BlockingIOError:
                self.writes.append((new_name, False))
        super().rename(name, new_name)


def test_no_other_command_comes_between_a_state_and_its_book(tmp_path: Path) -> None:
    disk = Watched(tmp_path / "owner")
    store = HouseholdStore(tmp_path / "owner", disk=disk)
    state, book = HOUSE.book(DAY)
    store.create(state.heard(DEVICE, own_day()), book)
    disk.writes.clear()
    after, book = change_and_sign(store, lambda now: now)
    assert disk.writes == [("state.json", False), ("book.json", False)]
    assert store.load() == after
    assert store.book_path.read_bytes() == book
