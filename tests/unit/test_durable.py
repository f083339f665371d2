"""Small files: whole or not there, and never something else than what was written."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey.errors import DiskError, NotOnDisk
from latchkey.pipeline.durable import FileDamaged, read_checked, write_checked, write_whole
from latchkey.pipeline.identity import KEY_NAME, NAME, device_id, device_key
from latchkey_sim.crashdisk import CrashDisk, Power
from latchkey_sim.disk import MemoryDisk
from latchkey_sim.entropy import SeededEntropy


@given(st.binary(max_size=100))
def test_what_was_written_is_read_back(data: bytes) -> None:
    disk = MemoryDisk()
    write_checked(disk, "state/a", data)
    assert read_checked(disk, "state/a") == data


def test_every_flipped_bit_every_cut_and_every_other_name_is_noticed() -> None:
    disk = MemoryDisk()
    write_checked(disk, "a", b"data")
    whole = disk.read("a")
    damaged = [whole[:length] for length in range(len(whole))] + [whole + b"\n", b""]
    for bit in range(len(whole) * 8):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        damaged.append(bytes(flipped))
    for data in damaged:
        write_whole(disk, "a", data)
        with pytest.raises(FileDamaged):
            read_checked(disk, "a")
    write_whole(disk, "b", whole)
    with pytest.raises(FileDamaged):
        read_checked(disk, "b")
    with pytest.raises(NotOnDisk):
        read_checked(disk, "c")


def test_a_device_whose_id_has_rotted_takes_a_new_one_rather_than_anothers() -> None:
    disk = MemoryDisk()
    known = device_id(disk, SeededEntropy(1))
    assert device_id(disk, SeededEntropy(2)) == known
    disk.files[NAME][0] ^= 1  # another hexadecimal digit
    made = device_id(disk, SeededEntropy(2))
    assert made[1:] != known[1:]
    assert device_id(disk, SeededEntropy(3)) == made


def test_an_id_that_is_used_outlives_a_power_cut_though_the_start_that_made_it_ended_early() -> None:
    disk = CrashDisk(Power())
    disk.fail_next("sync_folder", DiskError("Input/output error"))
    with pytest.raises(DiskError):
        device_id(disk, SeededEntropy(1))
    known = device_id(disk, SeededEntropy(2))
    for seed in range(50):
        found = CrashDisk(Power(), disk.draw(Random(seed)))
        assert device_id(found, SeededEntropy(3)) == known


def test_a_device_whose_key_has_rotted_signs_with_a_new_one_rather_than_an_unknown_one() -> None:
    disk = MemoryDisk()
    known = device_key(disk, SeededEntropy(1).take).public
    assert device_key(disk, SeededEntropy(2).take).public == known
    disk.files[KEY_NAME][0] ^= 1
    made = device_key(disk, SeededEntropy(2).take).public
    assert made == device_key(MemoryDisk(), SeededEntropy(2).take).public
    assert made == device_key(disk, SeededEntropy(3).take).public
    assert disk.names("keys") == ["device.key", "device.key.damaged", "device.pub"]
