"""A state without a passphrase that flash has changed is refused; one of before it had a check is read."""

from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.errors import OwnerKeyError
from latchkey.owner.household import KnownDevice, new_household
from latchkey.owner.sealing import StateDamaged
from latchkey.owner.store import STATE_NAME, HouseholdStore, decode_household, encode_household
from latchkey_sim.entropy import SeededEntropy

DAY = 20_781
HOUSE = replace(
    new_household(DAY, 3, SeededEntropy(1).take), devices=(KnownDevice(b"d" * 32, name="door"),), holding=()
)


@pytest.fixture
def store(tmp_path: Path) -> HouseholdStore:
    store = HouseholdStore(tmp_path / "owner")
    store.create(HOUSE, b"book")
    return store


def test_every_flipped_bit_of_a_state_is_refused(store: HouseholdStore) -> None:
    path = store.folder / STATE_NAME
    stored = path.read_bytes()
    for place in range(len(stored)):
        flipped = bytearray(stored)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        with pytest.raises(OwnerKeyError):
            store.load()


def test_a_flip_that_leaves_a_possible_state_is_refused_as_damage(store: HouseholdStore) -> None:
    path = store.folder / STATE_NAME
    other = path.read_bytes().replace(b'"door"', b'"doos"')
    assert decode_household(other.splitlines()[0]) != HOUSE  # what it says could be: only the check tells
    path.write_bytes(other)
    with pytest.raises(StateDamaged, match=r"state.json is damaged"):
        store.load()


def test_a_state_of_before_there_was_a_check_is_read_and_gets_one_with_its_next_change(
    store: HouseholdStore,
) -> None:
    path = store.folder / STATE_NAME
    path.write_bytes(encode_household(HOUSE))
    assert store.load() == HOUSE
    store.change(lambda state: state.heard(b"d" * 32, DAY))
    assert path.read_bytes() != encode_household(store.load())
    assert path.read_bytes().startswith(encode_household(store.load()))
