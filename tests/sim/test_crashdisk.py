"""What the simulated power cut may leave, and what it may not."""

from collections.abc import Callable
from random import Random

import pytest

from latchkey.errors import DiskError
from latchkey.pipeline.durable import write_whole
from latchkey_sim.crashdisk import SECTOR_BYTES, CrashDisk, Files, Power, PowerCut, cut_after, rot

OLD, NEW = b"o" * 1300, b"n" * 1700


def images(prepare: Callable[[CrashDisk], object], count: int = 2000) -> list[Files]:
    disk = CrashDisk(Power())
    prepare(disk)
    return [disk.draw(Random(number)) for number in range(count)]


def put(disk: CrashDisk, name: str, data: bytes, *, sync: bool = True) -> None:
    file = disk.create(name)
    file.append(data)
    if sync:
        file.sync()
    file.close()


def test_what_is_synced_under_a_synced_name_is_in_every_image() -> None:
    def prepare(disk: CrashDisk) -> None:
        put(disk, "a/b", NEW)
        disk.sync_folder("a")

    assert all(image == {"a/b": NEW} for image in images(prepare))


def test_a_name_that_is_not_synced_is_there_or_not() -> None:
    found = images(lambda disk: put(disk, "a", NEW))
    assert {tuple(image) for image in found} == {(), ("a",)}
    assert all(image.get("a", NEW) == NEW for image in found)


def test_bytes_that_are_not_synced_are_torn_by_sectors_and_what_is_durable_stays() -> None:
    def prepare(disk: CrashDisk) -> None:
        file = disk.create("a")
        file.append(OLD)
        file.sync()
        file.append(NEW)
        disk.sync_folder("")

    found = [image["a"] for image in images(prepare)]
    assert all(data.startswith(OLD) and len(data) <= len(OLD + NEW) for data in found)
    assert OLD in found
    assert OLD + NEW in found
    torn = [data for data in found if not (OLD + NEW).startswith(data)]
    assert torn
    for data in torn:
        for at in range(0, len(data), SECTOR_BYTES):
            sector, written = data[at : at + SECTOR_BYTES], (OLD + NEW)[at : at + SECTOR_BYTES]
            fresh = slice(max(0, len(OLD) - at), None)
            is_there = sector[fresh] == written[: len(sector)][fresh]
            assert is_there or b"n" * 20 not in sector, "a sector is there or it is not"


def test_changes_of_names_come_in_order() -> None:
    def prepare(disk: CrashDisk) -> None:
        for name in ("one", "two", "three"):
            put(disk, name, b"")
        disk.remove("one")

    orders = {tuple(image) for image in images(prepare)}
    assert orders == {(), ("one",), ("one", "two"), ("one", "two", "three"), ("two", "three")}


def test_folders_know_nothing_of_each_other() -> None:
    def prepare(disk: CrashDisk) -> None:
        put(disk, "a/1", b"")
        put(disk, "b/1", b"")

    assert {tuple(image) for image in images(prepare)} == {(), ("a/1",), ("b/1",), ("a/1", "b/1")}


def test_a_rename_between_folders_neither_loses_nor_doubles_a_file() -> None:
    def prepare(disk: CrashDisk) -> None:
        put(disk, "a/1", NEW)
        disk.sync_folder("a")
        disk.rename("a/1", "b/1")

    found = images(prepare)
    assert {tuple(image) for image in found} == {("a/1",), ("b/1",)}


def test_syncing_one_end_of_a_rename_makes_both_durable() -> None:
    def prepare(disk: CrashDisk) -> None:
        put(disk, "a/1", NEW)
        disk.rename("a/1", "b/1")
        disk.sync_folder("b")

    assert all(image == {"b/1": NEW} for image in images(prepare))


def test_a_failed_sync_leaves_bytes_pending_for_ever() -> None:
    def prepare(disk: CrashDisk) -> None:
        file = disk.create("a")
        file.append(NEW)
        disk.fail_next("sync", DiskError("Input/output error"))
        for _ in range(2):
            with pytest.raises(DiskError):
                file.sync()
        disk.sync_folder("")

    assert b"" in [image["a"] for image in images(prepare)]


def test_power_goes_before_the_operation_that_was_named() -> None:
    for operations in range(5):
        disk = CrashDisk(cut_after(operations))
        with pytest.raises(PowerCut):
            write_whole(disk, "a", NEW)
        assert len(disk.log) == operations
    write_whole(CrashDisk(cut_after(5)), "a", NEW)


def test_a_small_file_is_the_old_or_the_new_one_wherever_power_goes() -> None:
    found: set[bytes] = set()
    disk = CrashDisk(Power(), {"a": OLD})
    power = Power(lambda _: found.update(disk.draw(Random(number))["a"] for number in range(300)))
    disk = CrashDisk(power, {"a": OLD})
    write_whole(disk, "a", NEW)
    assert found == {OLD, NEW}
    assert {disk.draw(Random(number))["a"] for number in range(300)} == {NEW}


def test_the_same_chance_draws_the_same_image() -> None:
    disk = CrashDisk(Power())
    put(disk, "a", bytes(5000), sync=False)
    assert [disk.draw(Random(7)) for _ in range(3)] == [disk.draw(Random(7))] * 3


def test_rot_flips_one_bit_of_one_file() -> None:
    files = {"a": bytes(10), "b": b"", "c": bytes(5)}
    before = dict(files)
    name = rot(files, Random(1))
    changed = [key for key in files if files[key] != before[key]]
    assert changed == [name]
    assert sum(byte.bit_count() for byte in files[name]) == 1
    assert rot({"b": b""}, Random(1)) == ""
