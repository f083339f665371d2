"""What whoever has copies can open: nothing older than T days, whatever else they have."""

from dataclasses import replace

import pytest

from latchkey.clip import X25519Identity
from latchkey.owner.custody import Custody, draw_phrase, identity_of
from latchkey.owner.depositing import copies_in, leave_deposit, sign_deposit
from latchkey.owner.household import Household, KnownDevice, new_household
from latchkey.owner.keeping import keep_clip
from latchkey.owner.store import encode_household, open_copy
from latchkey.settings import VaultSettings
from latchkey.vault.book import decode_book
from latchkey_sim.dailydoor import DailyDoor, opens
from latchkey_sim.disk import MemoryDisk
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import DEVICE, SimHousehold

DAY, T = 20_781, 2
N_DAYS = 8


class Doorbell(DailyDoor):
    """A vault that records a clip a day, and a thief who copies every file of it every day."""

    def __init__(self, book: bytes) -> None:
        super().__init__(book, DAY, VaultSettings())
        self.stolen: dict[int, list[bytes]] = {}
        self.copied: dict[str, bytes] = {}

    def live(self, day: int) -> None:
        """Record the clip of a day, tidy, and be copied."""
        opened = self.begin(day)
        clip = opened.clip
        opened.append(b"footage")
        self.finish(opened)
        self.copied |= {name: bytes(data) for name, data in self.disk.files.items()}
        self.stolen[day] = [
            bytes(data) for name, data in self.disk.files.items() if clip in name and name.endswith(".age")
        ]

    @property
    def days_there(self) -> list[int]:
        return [entry.day for entry in self.index.entries()]


def derivable(state: Household) -> list[str]:
    """Give every key that can be made of a state: all later days, and each secret used as it stands."""
    days = range(state.ratchet.day, state.ratchet.day + 60)
    secrets = [state.seed, state.ratchet.secret, state.long_term, *(one.secret for one in state.holding)]
    found = [key for day in days for key in state.identities(day)[:1]]
    return [*found, *(X25519Identity(secret).text for secret in secrets)]


def open_days(door: Doorbell, state: Household) -> list[int]:
    """Give the days of whose clips and records anything opens with anything made of a state."""
    keys = derivable(state)
    return [day for day, files in door.stolen.items() if any(opens(data, keys) for data in files)]


@pytest.fixture(scope="module")
def lived() -> tuple[Doorbell, list[Household]]:
    """A doorbell after eight days, and the owner's state as it was on each of them."""
    house = SimHousehold.begun(DAY, T)
    door = Doorbell(house.book(DAY))
    states = []
    for day in range(DAY, DAY + N_DAYS):
        door.live(day)
        states.append(house.use(day))
    return door, states


def test_a_state_copied_on_day_d_opens_exactly_the_days_from_d_minus_t_on(
    lived: tuple[Doorbell, list[Household]],
) -> None:
    door, states = lived
    for day, state in enumerate(states, DAY):
        assert open_days(door, state) == list(range(max(DAY, day - T), DAY + N_DAYS))


def test_with_disk_and_every_earlier_copy_of_it_and_the_state_after_t_nothing_older_opens(
    lived: tuple[Doorbell, list[Household]],
) -> None:
    door, states = lived
    last, keys = states[-1], derivable(states[-1])
    floor = DAY + N_DAYS - 1 - T
    assert last.ratchet.day == floor
    assert door.days_there == list(range(floor, DAY + N_DAYS))
    sealed = {name: data for name, data in door.copied.items() if name.endswith(".age")}
    opened = {name for name, data in sealed.items() if opens(data, keys)}
    assert len(opened) == 3 * (T + 1)  # clip, record, companion
    assert len(sealed) == 3 * N_DAYS


def test_what_lies_on_the_device_holds_no_secret_of_the_owner(
    lived: tuple[Doorbell, list[Household]],
) -> None:
    door, states = lived
    everything = b"".join(door.copied.values())
    for state in states:
        for day in range(state.ratchet.day, DAY + N_DAYS):
            assert state.ratchet.day_identity(day).secret not in everything
        assert state.seed not in everything
        assert encode_household(state)[:40] not in everything


def test_a_viewer_who_was_away_for_two_months_opens_what_came_since_until_the_next_use() -> None:
    house = SimHousehold.begun(DAY, T)
    door, away = Doorbell(house.book(DAY)), house.use(DAY)
    for day in (DAY, DAY + 30, DAY + 58, DAY + 60):
        door.live(day)
    assert door.days_there == [DAY + 58, DAY + 60]  # the device deletes by itself
    assert open_days(door, away) == [DAY, DAY + 30, DAY + 58]  # `derivable` looks 60 days ahead
    back = away.heard(DEVICE.public, DAY + 60).advance(DAY + 60)
    assert open_days(door, back) == [DAY + 58, DAY + 60]


def test_viewers_with_different_days_each_lose_their_own_and_the_laxest_bounds_the_clip() -> None:
    second = replace(
        new_household(DAY, 5, SeededEntropy(8).take), devices=(KnownDevice(DEVICE.public),), viewer="e" * 32
    )
    viewer = decode_book(second.book(DAY)[1]).viewers[0]
    house = SimHousehold.begun(DAY, 1)
    later = replace(viewer, first_day=DAY + 2, keys=viewer.keys[2:], face_keys=viewer.face_keys[2:])
    house.state = replace(house.state, others=(later,))
    door = Doorbell(house.book(DAY))
    for day in range(DAY, DAY + N_DAYS):
        door.live(day)
    today = DAY + N_DAYS - 1
    assert door.readers.days == 5
    assert door.days_there == list(range(today - 5, today + 1))
    assert open_days(door, house.use(today)) == [today - 1, today]
    assert open_days(door, second) == list(range(DAY + 2, today + 1))  # later clips only
    advanced = second.heard(DEVICE.public, today).advance(today)
    assert open_days(door, advanced) == list(range(today - 5, today + 1))


def test_after_advance_and_hand_over_disk_and_phrase_open_nothing_older_than_t() -> None:
    """A thief has all there is today: disk with the copy, sealed files of every day, state and phrase."""
    phrase = identity_of(" ".join(draw_phrase(SeededEntropy(5).take)))
    house = SimHousehold.begun(DAY, T)
    house.state = replace(house.state, custody=Custody(recovery=phrase.recipient.point))
    door, take = Doorbell(house.book(DAY)), SeededEntropy(6).take
    images: list[MemoryDisk] = []
    for day in range(DAY, DAY + N_DAYS):
        door.live(day)
        house.use(day)
        house.state, order = sign_deposit(house.state, take)
        leave_deposit(door.disk, house.state.number, order)
        door.readers.check(lambda _: None)
        images.append(door.disk.after_power_cut())
    today = DAY + N_DAYS - 1
    found = [open_copy(copy, phrase) for copy in copies_in(door.disk)]
    assert found == [house.state]
    everything = b"".join(bytes(data) for data in door.disk.files.values())
    assert all(state.ratchet.secret not in everything for state in found)
    assert open_days(door, found[0]) == list(range(today - T, today + 1))
    for day, image in enumerate(images, DAY):  # the limit that is printed: older images stay as they are
        (then,) = (open_copy(copy, phrase) for copy in copies_in(image))
        assert open_days(door, then) == list(range(max(DAY, day - T), today + 1))


@pytest.mark.parametrize("ahead_days", [3650, 399, 3, -14, -DAY])
def test_a_viewers_laptop_with_a_wrong_clock_erases_no_day_that_is_not_over(ahead_days: int) -> None:
    house = SimHousehold.begun(DAY, T)
    door = Doorbell(house.book(DAY))
    for day in range(DAY, DAY + N_DAYS):
        door.live(day)
        house.use(day)
    today, before = DAY + N_DAYS - 1, house.state
    wrong = before.advance(today + ahead_days)
    assert open_days(door, wrong) == open_days(door, before) == list(range(today - T, today + 1))
    assert wrong.advance(today) == before.advance(today)  # and nothing of it sticks


def test_a_viewer_whose_laptop_is_years_behind_still_opens_no_day_that_it_erased() -> None:
    house = SimHousehold.begun(DAY, T)
    door = Doorbell(house.book(DAY))
    for day in range(DAY, DAY + N_DAYS):
        door.live(day)
    today = DAY + N_DAYS - 1
    back = house.use(today).advance(0)
    assert open_days(door, back) == list(range(today - T, today + 1))


def test_what_was_kept_opens_for_its_owner_after_t_and_nothing_beside_it_does() -> None:
    house = SimHousehold.begun(DAY, T)
    door = Doorbell(house.book(DAY))
    door.live(DAY)
    door.live(DAY + 1)
    entry, recipient = door.index.entries()[0], house.state.long_term_recipient
    keep_clip(door.disk, door.index, entry, house.state.day_keys(DAY), recipient, lambda: None)
    for day in range(DAY + 2, DAY + N_DAYS):
        door.live(day)
    today = DAY + N_DAYS - 1
    late = derivable(house.use(today))
    sealed = {name: bytes(data) for name, data in door.disk.files.items() if name.endswith(".age")}
    there = {name for name, data in sealed.items() if opens(data, late)}
    assert {name for name in there if entry.clip in name} == {
        f"clips/2026-11-24.{entry.clip}.kept.age",
        f"clips/{entry.clip}.meta.age",
        f"clips/{entry.clip}.chain.age",
    }
    assert len(there) == 3 + 3 * (T + 1)
    assert open_days(door, house.state) == list(range(today - T, today + 1))  # copies made before it was kept
