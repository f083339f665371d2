"""What whoever has copies sees of faces: none older than their own days, though clips open for longer."""

from dataclasses import replace

import numpy as np
import pytest

from latchkey.clip import X25519Identity
from latchkey.errors import NotOnDisk
from latchkey.frames import Colour, Cover, FilterState, RawFrame
from latchkey.owner.custody import Custody, draw_phrase, identity_of
from latchkey.owner.household import Household, new_household
from latchkey.owner.keeping import keep_clip
from latchkey.owner.keyring import HouseholdKeys, face_identity_file, identity_file
from latchkey.owner.members import with_viewer
from latchkey.owner.rescue import recovered
from latchkey.owner.store import open_copy, sealed_copy
from latchkey.ports import ClipSpec
from latchkey.settings import VaultSettings
from latchkey.vault import UNDATED, faces_name, sealed_name
from latchkey.vault.book import KeyBook, decode_book
from latchkey.vision import FacePatches, cut_patches
from latchkey_sim.dailydoor import DailyDoor, opens
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import DEVICE, SimHousehold

DAY, T, FACE_T = 20_781, 5, 1
N_DAYS = 9
SPEC = ClipSpec(64, 48, 10, Colour())


def patches() -> FacePatches:
    noise = np.random.default_rng(1).integers(0, 256, (48, 64), dtype=np.uint8)
    raw = RawFrame(noise, noise[:24, :32], noise[24:, 32:], 0)
    cut = cut_patches(raw, FilterState.OK, (Cover(8, 8, 24, 24),))
    assert cut is not None
    return cut


class Doorbell(DailyDoor):
    """A vault that records a clip with its face layer each day, and a thief who copies both at once."""

    def __init__(self, book: bytes, day: int = DAY) -> None:
        super().__init__(book, day, VaultSettings(days=30), face_hours=720)
        self.clips: dict[int, bytes] = {}
        self.layers: dict[int, bytes] = {}

    def live(self, day: int) -> None:
        """Record the clip of a day, tidy, and be copied."""
        opened = self.begin(day)
        opened.begin_faces(SPEC, self.clock.now_ns())
        opened.append(b"footage")
        opened.add_faces(self.clock.now_ns(), patches())
        entry, clip = self.finish(opened), opened.clip
        self.clips[day] = self.disk.read(sealed_name(clip, entry.day, "whole"))
        try:
            self.layers[day] = self.disk.read(faces_name(clip, entry.day))
        except NotOnDisk:
            return

    @property
    def layer_days_there(self) -> list[int]:
        return [day for day in self.layers if faces_name(f"{day:032x}", day) in self.disk.files]


def derivable(state: Household) -> list[str]:
    """Give every key that can be made of a state: of all later days, and each secret as it stands."""
    faces = state.face_ratchet
    assert faces is not None
    days = range(min(state.ratchet.day, faces.day), DAY + N_DAYS)
    keys = [key for day in days for key in (*state.identities(day)[:1], *state.face_keys(day))]
    secrets = [state.seed, state.ratchet.secret, faces.secret, state.long_term]
    secrets += [one.secret for one in state.holding[:2]]
    swapped = [replace(state.ratchet, use=faces.use), replace(faces, use=state.ratchet.use)]
    keys += [ratchet.day_identity(ratchet.day + ahead).text for ratchet in swapped for ahead in range(N_DAYS)]
    return [*keys, *(X25519Identity(secret).text for secret in secrets)]


def seen(files: dict[int, bytes], state: Household) -> list[int]:
    """Give the days whose files open with anything made of a state."""
    keys = derivable(state)
    return [day for day, data in files.items() if opens(data, keys)]


@pytest.fixture(scope="module")
def lived() -> tuple[Doorbell, list[Household]]:
    """A doorbell after nine days, and the owner's state as it was on each of them."""
    house = SimHousehold.begun(DAY, T)
    door = Doorbell(house.book(DAY))
    states = []
    for day in range(DAY, DAY + N_DAYS):
        door.live(day)
        states.append(house.use(day))
    assert len(door.layers) == N_DAYS
    return door, states


def test_a_state_copied_on_day_d_opens_faces_of_exactly_the_days_from_d_minus_their_t_on(
    lived: tuple[Doorbell, list[Household]],
) -> None:
    door, states = lived
    for day, state in enumerate(states, DAY):
        assert seen(door.layers, state) == list(range(max(DAY, day - FACE_T), DAY + N_DAYS))
        assert seen(door.clips, state) == list(range(max(DAY, day - T), DAY + N_DAYS))


def test_with_every_file_copied_before_its_deletion_and_all_state_after_t_clips_open_and_their_faces_do_not(
    lived: tuple[Doorbell, list[Household]],
) -> None:
    door, states = lived
    today = DAY + N_DAYS - 1
    between = range(today - T, today - FACE_T)
    assert len(between) == T - FACE_T
    for day in between:
        assert opens(door.clips[day], derivable(states[-1]))
        assert not opens(door.layers[day], derivable(states[-1]))


def test_the_device_deletes_a_layer_when_its_keys_are_gone_though_its_hours_are_not_over(
    lived: tuple[Doorbell, list[Household]],
) -> None:
    door, _ = lived
    today = DAY + N_DAYS - 1
    assert door.layer_days_there == [today - FACE_T, today]
    assert [entry.day for entry in door.index.entries()] == list(range(today - T, today + 1))


def test_what_opens_a_clip_opens_no_face_and_the_other_way_round(
    lived: tuple[Doorbell, list[Household]],
) -> None:
    door, states = lived
    today = DAY + N_DAYS - 1
    keys = HouseholdKeys(states[-1], today)
    assert opens(door.clips[today], keys.of(today))
    assert opens(door.layers[today], keys.faces_of(today))
    assert not opens(door.layers[today], (*keys.of(today), *keys.every()))
    assert not opens(door.clips[today], keys.faces_of(today))
    assert keys.faces_of(today - FACE_T - 1) == ()


def test_identity_files_of_clips_and_of_faces_have_no_key_in_common(
    lived: tuple[Doorbell, list[Household]],
) -> None:
    _, states = lived
    today = DAY + N_DAYS - 1
    clips, faces = (
        [line for line in write(states[-1], today).splitlines() if not line.startswith("#")]
        for write in (identity_file, face_identity_file)
    )
    assert not set(clips) & set(faces)
    assert len(faces) == FACE_T + 2  # and tomorrow's


def test_a_kept_clip_outlives_its_faces() -> None:
    house = SimHousehold.begun(DAY, T)
    door = Doorbell(house.book(DAY))
    door.live(DAY)
    state = house.use(DAY)
    (entry,) = door.index.entries()
    to = state.long_term_recipient
    keep_clip(door.disk, door.index, entry, state.identities(DAY), to, lambda: None)
    for day in (DAY + 1, DAY + 2, DAY + T + 1):
        door.live(day)
    (kept,) = (one for one in door.index.entries() if one.state == "kept")
    late = house.use(DAY + T + 1)
    assert kept.clip == entry.clip
    assert opens(door.disk.read(sealed_name(kept.clip, DAY, "kept")), late.identities(DAY))
    assert DAY not in seen(door.layers, late)
    assert DAY not in door.layer_days_there


def test_a_recovery_copy_of_day_d_shows_faces_of_the_days_from_d_minus_their_t_on(
    lived: tuple[Doorbell, list[Household]],
) -> None:
    door, states = lived
    phrase = draw_phrase(SeededEntropy(4).take)
    state = replace(states[4], custody=Custody().with_phrase(phrase))
    copy = open_copy(sealed_copy(state, SeededEntropy(5).take), identity_of(" ".join(phrase)))
    back = recovered(copy, SeededEntropy(6).take)
    assert seen(door.layers, back) == list(range(DAY + 4 - FACE_T, DAY + N_DAYS))
    old = recovered(replace(copy, face_ratchet=None), SeededEntropy(6).take)
    assert old.face_keys(DAY + 4) != copy.face_keys(DAY + 4)
    assert seen(door.layers, old) == []


def test_viewers_see_faces_for_days_of_their_own_and_only_where_the_owner_lets_them() -> None:
    def book_of(house: Household) -> KeyBook:
        return decode_book(house.book(DAY)[1])

    ada = new_household(DAY, T, SeededEntropy(8).take, face_days=3)
    bob = new_household(DAY, T, SeededEntropy(9).take, face_days=2)
    house = SimHousehold.begun(DAY, T)
    house.state = with_viewer(house.state, "Ada", book_of(ada), DAY, faces=True)
    house.state = with_viewer(house.state, "Bob", book_of(bob), DAY)
    door = Doorbell(house.book(DAY))
    days = list(range(DAY, DAY + N_DAYS))
    for day in days:
        door.live(day)
    today = days[-1]
    assert door.layer_days_there == [day for day in days if day >= today - 3]  # the laxest bounds it
    assert seen(door.layers, house.use(today)) == [today - 1, today]
    assert seen(door.layers, ada.advance_to(today)) == [day for day in days if day >= today - 3]
    assert seen(door.clips, bob) == days
    assert seen(door.layers, bob) == []


@pytest.mark.parametrize("ahead_days", [399, -14, -DAY])
def test_a_spoofed_clock_leaves_no_face_at_all_and_the_clip_is_kept(ahead_days: int) -> None:
    house = SimHousehold.begun(DAY, T)
    door = Doorbell(house.book(DAY), DAY + ahead_days)
    door.live(DAY + ahead_days)
    assert not [name for name in door.disk.files if ".faces." in name]
    assert [entry.day for entry in door.index.entries()] == [UNDATED]


def test_a_viewers_laptop_at_ten_years_ahead_erases_no_key_for_faces() -> None:
    state = SimHousehold.begun(DAY, T).state.heard(DEVICE.public, DAY + 3)
    assert state.advance(DAY + 3650).face_keys(DAY + 2)
    assert state.advance(DAY + 3650).face_keys(DAY + 1) == ()
