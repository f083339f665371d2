"""The file that says whom a doorbell obeys: what a flipped bit does to it, with and without a book."""

import pytest

from latchkey.errors import DiskError
from latchkey.pipeline.pinning import pin_owner, pinned_owner
from latchkey_sim.household import SimHousehold
from latchkey_sim.keysdoor import DAY
from latchkey_sim.keysdoor import KeysDoor as Door


def flip(door: Door, name: str, at: int) -> None:
    """Let a bit of a file flip."""
    door.disk.files[name] = bytearray(door.disk.files[name])
    door.disk.files[name][at] ^= 4


@pytest.mark.parametrize("at", range(0, 66, 5))
@pytest.mark.parametrize("named", [True, False])
def test_a_flipped_bit_in_the_owners_file_is_mended_from_the_book_in_use(at: int, named: bool) -> None:
    """A seed found it: the real owner was refused, and nothing was recorded any more."""
    door = Door()
    sound = door.disk.read("keys/owner.pub")
    flip(door, "keys/owner.pub", at)
    damaged = door.disk.read("keys/owner.pub")
    if not named:
        door.book = b""
    door.start(1)
    assert "keys/owner.pub was damaged" in " ".join(door.told)
    assert door.now() == (DAY + 1, door.key(DAY + 1))
    assert door.disk.read("keys/owner.pub") == sound
    assert door.disk.read("keys/owner.pub.damaged") == damaged
    door.put("book", door.house.book(DAY + 1))
    assert "key book 2 is in use" in " ".join(door.check())
    door.start(1)
    assert "damaged" not in " ".join(door.told)


def test_an_owners_file_without_a_check_is_read_and_a_flipped_bit_found_by_the_book() -> None:
    door = Door()
    owner = door.house.state.signing_key.public
    for stored in (owner, bytes([owner[0] ^ 1]) + owner[1:]):
        door.disk.files["keys/owner.pub"] = bytearray(stored)
        door.start(1)
        assert ("damaged" in " ".join(door.told)) == (stored != owner)
        assert pinned_owner(door.disk) == owner
        assert door.now() == (DAY + 1, door.key(DAY + 1))


@pytest.mark.parametrize("book", [b"", b"\xff" * 40], ids=["none", "damaged"])
def test_without_a_book_a_damaged_owners_file_lets_nobody_be_obeyed(book: bytes) -> None:
    """Who a device obeyed cannot be told; what the settings name may be older than what was revoked."""
    door = Door()
    flip(door, "keys/owner.pub", 3)
    door.disk.files["keys/book.json"] = bytearray(book)
    door.start(1)
    assert "keys/owner.pub is damaged" in " ".join(door.told)
    assert door.readers.is_out
    door.put("book", door.house.book(DAY))
    assert "`latchkey pair --replace`" in " ".join(door.check())
    assert door.readers.is_out
    with pytest.raises(DiskError, match="is damaged"):
        pinned_owner(door.disk)
    pin_owner(door.disk, door.house.state.signing_key.public)
    door.start(1)
    assert door.now() == (DAY + 1, door.key(DAY + 1))


def test_a_power_cut_at_any_step_of_mending_the_owners_file_leaves_the_same_owner() -> None:
    for skip in range(8):
        door = Door()
        door.disk.sync_folder("keys")
        flip(door, "keys/owner.pub", 3)
        door.book = SimHousehold.begun(DAY, seed=2).book(DAY)  # of somebody else, who must not get in
        door.disk.fail_next("sync_folder" if skip % 2 else "rename", DiskError("cut"), skip=skip // 2)
        try:
            door.start(1)
        except DiskError:
            door.disk = door.disk.after_power_cut()
        door.start(1)
        assert pinned_owner(door.disk) == door.house.state.signing_key.public
        assert door.now() == (DAY + 1, door.key(DAY + 1))
