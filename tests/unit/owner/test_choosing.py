"""Which keys are tried for which clip: enough to open it, and few where there are many clips."""

from dataclasses import replace
from typing import BinaryIO

from latchkey.clip import Streams, X25519Identity, seal
from latchkey.owner import list_clips
from latchkey.owner.choosing import UNSIGNED_LIMIT, held_numbers, keys_for, quick_keys_for
from latchkey.owner.household import Household, KnownDevice, new_household
from latchkey.owner.keyring import HouseholdKeys, dated_holding, seen_holding
from latchkey.pipeline.dating import date_clips
from latchkey.pipeline.identity import PUBLIC_NAME
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.settings import VaultSettings
from latchkey.vault import UNDATED, sealed_name, slip_name
from latchkey_sim.disk import MemoryDisk, MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import FixedReaders
from latchkey_sim.tinyclip import record_tiny

DAY, IDS = 20_781, [f"{n:032x}" for n in range(1, 9)]
STRANGER = str(X25519Identity(b"x" * 32).recipient)


class CountingDisk(MemoryDisk):
    """A disk that counts the files whose bytes are looked at."""

    looked_at = 0

    def reader(self, name: str) -> BinaryIO:
        self.looked_at += 1
        return super().reader(name)


class Home:
    """A household, and a device that records to its keys."""

    def __init__(self) -> None:
        self.disk, self.index, self.entropy = CountingDisk(), MemoryIndex(), SeededEntropy(1)
        self.readers = FixedReaders(now_day=DAY)
        self.keeper = VaultKeeper(self.disk, self.index, self.readers, self.entropy.take, VaultSettings())
        self.state = new_household(DAY, 3, SeededEntropy(3).take)

    def record(self, clip: str, *, held: int | None = None) -> None:
        """Record a clip to the key of its day, or of an unknown day to a holding key."""
        secrets = {one.number: one.secret for one in self.state.holding}
        self.readers.now_day = DAY if held is None else UNDATED
        key = None if held is None else str(X25519Identity(secrets[held]).recipient)
        self.readers.keys = self.state.readers_of(DAY) if key is None else (key,)
        record_tiny(self.keeper, clip, self.entropy.take)

    def plant(self, count: int, day: int, *readers: str) -> None:
        """Put files with names of clips into the vault."""
        for number in range(count):
            name = sealed_name(f"{number + 999:032x}", day, "whole")
            self.disk.files[name] = bytearray(seal(b"x" * 99, readers, Streams(self.entropy.take)))

    def trusting(self) -> Household:
        device = KnownDevice(bytes.fromhex(self.disk.read(PUBLIC_NAME).decode()))
        return replace(self.state, devices=(device,))

    def held(self) -> dict[str, int]:
        self.disk.looked_at = 0
        return held_numbers(self.disk, list_clips(self.disk), self.trusting())


def test_a_clip_without_a_day_is_known_by_its_holding_key_also_once_it_has_a_day() -> None:
    home = Home()
    home.record(IDS[0])
    home.record(IDS[1], held=7)
    assert home.held() == {IDS[1]: 7}
    date_clips(home.disk, home.index, DAY)
    assert home.held() == {IDS[1]: 7}
    assert seen_holding(home.held(), home.state) == [7]
    assert dated_holding(home.held(), list_clips(home.disk)) == {7: DAY}


def test_clips_with_a_day_cost_no_look_at_them_however_many_they_are() -> None:
    home = Home()
    home.record(IDS[0])
    home.plant(200, DAY, STRANGER)
    assert (home.held(), home.disk.looked_at) == ({}, 0)


def test_of_clips_without_a_day_that_no_device_signed_few_are_looked_at_and_hide_no_other() -> None:
    home = Home()
    home.plant(200, UNDATED, STRANGER)
    home.record("f" * 32, held=7)
    assert (home.held(), home.disk.looked_at) == ({"f" * 32: 7}, 1 + UNSIGNED_LIMIT)


def test_a_clip_for_more_than_one_reader_is_sealed_to_no_holding_key() -> None:
    home = Home()
    home.record(IDS[0])
    secret = home.state.holding[0].secret
    home.plant(1, UNDATED, str(X25519Identity(secret).recipient), STRANGER)
    assert home.held() == {}


def test_of_many_clips_each_is_tried_with_few_keys_and_one_that_is_opened_with_all() -> None:
    home = Home()
    home.record(IDS[0])
    home.record(IDS[1], held=7)
    keys, held = HouseholdKeys(home.state, DAY), home.held()
    tried = [len(quick_keys_for(home.disk, entry, keys, held)) for entry in list_clips(home.disk)]
    assert tried == [2, 2]
    assert [len(keys_for(home.disk, entry, keys)) for entry in list_clips(home.disk)] == [66, 65]


def test_the_key_of_the_day_on_the_slip_is_tried_where_the_name_says_another() -> None:
    home = Home()
    home.record(IDS[0])
    (key,) = home.state.day_keys(DAY)
    home.disk.rename(sealed_name(IDS[0], DAY, "whole"), sealed_name(IDS[0], DAY + 9, "whole"))
    (entry,) = list_clips(home.disk)
    keys = HouseholdKeys(home.state, DAY)
    assert key in keys_for(home.disk, entry, keys)
    assert key in quick_keys_for(home.disk, entry, keys, {})
    home.disk.remove(slip_name(IDS[0]))
    assert key not in keys_for(home.disk, entry, keys)
