"""Days that a device signed: the household hears its own devices and nobody else."""

from dataclasses import replace

from latchkey.clip import SigningKey
from latchkey.owner import list_clips
from latchkey.owner.hearing import by_signer, hear
from latchkey.owner.household import Household, KnownDevice, new_household
from latchkey.pipeline.identity import PUBLIC_NAME
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.settings import VaultSettings
from latchkey.vault import UNDATED, Slip, day_text, encode_slip, sealed_name, slip_name
from latchkey_sim.disk import MemoryDisk, MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import FixedReaders
from latchkey_sim.tinyclip import record_tiny

DAY, IDS = 20_781, [f"{n:032x}" for n in range(1, 99)]


def vault(*days: int) -> tuple[MemoryDisk, Household]:
    """Give a vault with a clip of each day, and a household that knows its device."""
    disk, readers, take = MemoryDisk(), FixedReaders(), SeededEntropy(1).take
    keeper = VaultKeeper(disk, MemoryIndex(), readers, take, VaultSettings())
    for clip, readers.now_day in zip(IDS, days, strict=False):
        record_tiny(keeper, clip, take)
    device = KnownDevice(bytes.fromhex(disk.read(PUBLIC_NAME).decode()))
    return disk, replace(new_household(DAY - 9, 3, take), devices=(device,))


def heard_day(disk: MemoryDisk, state: Household) -> int | None:
    return hear(disk, list_clips(disk), state, DAY).newest_day


def test_the_newest_signed_day_is_heard_and_the_keys_before_it_go() -> None:
    disk, state = vault(DAY - 1, DAY, DAY - 2)
    assert heard_day(disk, state) == DAY
    assert hear(disk, list_clips(disk), state, DAY).advance(DAY + 1).ratchet.day == DAY - 3


def test_clips_without_a_day_say_nothing() -> None:
    disk, state = vault(UNDATED)
    assert heard_day(disk, state) is None


def test_a_name_that_lies_a_slip_of_a_stranger_or_of_another_clip_is_not_heard() -> None:
    disk, state = vault(DAY)
    for clip in IDS[1:3]:
        file = disk.create(f"clips/2035-01-01.{clip}.age")
        file.append(b"forged")
    stranger = SigningKey(b"x" * 32)
    disk.create(slip_name(IDS[1])).append(encode_slip(Slip(IDS[1], DAY + 99, DAY + 102, 1), stranger.sign))
    disk.create(slip_name(IDS[2])).append(disk.read(slip_name(IDS[0])))
    assert heard_day(disk, state) == DAY
    assert heard_day(disk, replace(state, devices=())) is None


def test_clips_of_two_devices_are_told_apart_by_their_slips() -> None:
    disk, state = vault(DAY, UNDATED)
    entries, one = list_clips(disk), state.devices[0]
    assert by_signer(disk, entries, state) == [(None, entries)]
    other = SigningKey(b"x" * 32)
    disk.create(f"clips/9999-12-31.{IDS[2]}.age").append(b"of the other")
    disk.create(slip_name(IDS[2])).append(encode_slip(Slip(IDS[2], UNDATED, UNDATED, 1), other.sign))
    disk.create(f"clips/9999-12-31.{IDS[3]}.age").append(b"of nobody")
    both = replace(state, devices=(one, KnownDevice(other.public)))
    told = {device: [entry.clip for entry in own] for device, own in by_signer(disk, list_clips(disk), both)}
    assert told == {one.public: IDS[:2], other.public: [IDS[2]], None: [IDS[3]]}


def test_many_names_of_far_days_hide_no_device() -> None:
    disk, state = vault(DAY)
    for number in range(200):
        disk.create(f"clips/{'9990-01-01' if number % 2 else day_text(DAY + 1)}.{number + 999:032x}.age")
    assert heard_day(disk, state) == DAY


def test_old_clips_that_are_given_far_days_hide_no_newer_one() -> None:
    disk, state = vault(*[DAY - 5] * 70, DAY)
    for clip in IDS[:70]:
        disk.rename(sealed_name(clip, DAY - 5, "whole"), sealed_name(clip, DAY + 99, "whole"))
    assert heard_day(disk, state) == DAY


def test_a_device_is_heard_by_an_owner_whose_clock_is_behind() -> None:
    disk, state = vault(DAY)
    assert hear(disk, list_clips(disk), state, 0).newest_day == DAY
