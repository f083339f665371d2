"""The copy of the owner's state that a device holds: the newest, sealed, the owner's; and none besides."""

from dataclasses import replace

import pytest

from latchkey.clip import Take
from latchkey.clip.signing import SigningKey
from latchkey.errors import DiskError, OwnerKeyError
from latchkey.owner.custody import Custody, draw_phrase, identity_of
from latchkey.owner.depositing import copies_in, leave_deposit, sign_deposit
from latchkey.owner.household import Household
from latchkey.owner.rescue import open_newest, read_copy
from latchkey.owner.sealing import WordsWrong, seal_state
from latchkey.owner.store import encode_household, open_copy
from latchkey.pipeline.orders import DEPOSIT
from latchkey.pipeline.pinning import forget_owner, pin_owner
from latchkey.pipeline.readers import Readers
from latchkey.units import NS_PER_S, S_PER_DAY
from latchkey.vault.deposit import CONTEXT, DEPOSIT_LIMIT_BYTES, Deposit, decode_deposit, encode_deposit
from latchkey.vault.signed import OrderWrong, key_text, sign_order
from latchkey_sim.clock import VirtualClock
from latchkey_sim.disk import DiskOperation, MemoryDisk
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import SimHousehold

DAY, DAY_NS = 20_781, S_PER_DAY * NS_PER_S
PHRASE = identity_of(" ".join(draw_phrase(SeededEntropy(5).take)))
OTHER_PHRASE = identity_of(" ".join(draw_phrase(SeededEntropy(6).take)))


class Door:
    """A doorbell whose owner has a recovery phrase."""

    def __init__(self, seed: int = 1) -> None:
        self.take: Take = SeededEntropy(2).take
        self.house = SimHousehold.begun(DAY, seed=seed)
        self.house.state = replace(self.house.state, custody=Custody(recovery=PHRASE.recipient.point))
        self.disk, self.book = MemoryDisk(), self.house.book(DAY)
        self.start()

    def start(self) -> None:
        self.readers = Readers(self.disk, VirtualClock(DAY * DAY_NS), self.book)
        self.check()

    def check(self) -> list[str]:
        """Look for orders; give what is told."""
        self.readers.check(lambda _: None)
        return [text for _, text in self.readers.news()]

    def signed(self) -> bytes:
        """Sign a copy of the state as it is."""
        self.house.state, order = sign_deposit(self.house.state, self.take)
        return order

    def leave(self, order: bytes) -> list[str]:
        """Leave a copy, and let the doorbell look; give what is told."""
        leave_deposit(self.disk, self.house.state.number, order)
        return self.check()

    def put(self, name: str, data: bytes) -> None:
        self.disk.create(f"orders/{name}").append(data)

    @property
    def held(self) -> bytes:
        return bytes(self.disk.files.get(DEPOSIT, b""))

    def recovered(self) -> Household:
        return open_newest(copies_in(self.disk), PHRASE)


def test_the_newest_copy_is_held_in_place_of_the_one_before_and_opens_with_the_phrase_alone() -> None:
    door = Door()
    for day in (DAY, DAY + 9):
        door.house.use(day)
        order = door.signed()
        (told,) = door.leave(order)
        assert f"copy {door.house.state.number} of the owner's state is held" in told
        assert door.held == order
        assert door.disk.names("orders") == []
        assert door.recovered() == door.house.state
    assert open_copy(read_copy(door.held), PHRASE) == door.house.state
    with pytest.raises(WordsWrong):
        open_newest(copies_in(door.disk), OTHER_PHRASE)
    door.start()
    assert door.held == order


def test_an_older_copy_cannot_come_back_and_is_not_left_lying() -> None:
    door = Door()
    old, new = door.signed(), door.signed()
    door.leave(new)
    door.start()
    door.put("old", old)
    (told,) = door.check()
    assert "is no newer than copy" in told
    assert door.held == new
    assert door.disk.names("orders") == []
    door.put("again", new)
    assert door.check() == []
    assert door.disk.names("orders") == []


def test_a_copy_takes_no_number_from_books_and_days() -> None:
    door = Door()
    order = door.signed()
    door.put("time", door.house.time(DAY + 1))
    door.check()
    assert "is held" in door.leave(order)[0]
    door.put("time", door.house.time(DAY + 2))
    assert door.check()[0] == "the owner says that it is 2026-11-26"


def test_of_copies_that_wait_the_newest_is_left_and_is_found_before_the_device_takes_it() -> None:
    door = Door()
    for _ in range(3):
        leave_deposit(door.disk, door.house.state.number + 1, door.signed())
    assert len(door.disk.names("orders")) == 1
    assert door.recovered() == door.house.state


def test_a_copy_that_is_foreign_changed_open_or_too_large_is_refused() -> None:
    door = Door()
    good = door.signed()
    door.leave(good)
    state, key = door.house.state, door.house.state.signing_key
    sealed = decode_deposit(good).copy
    changed = good.replace(b'"number":', b'"number":1')
    foreign = Door(seed=9)
    foreign.house.state = replace(foreign.house.state, number=50)
    names = {"schema": 1, "number": 60, "owner": key_text(key.public)}
    salted = seal_state(b"", [str(PHRASE.recipient)], bytes(16), door.take)
    for name, data in {
        "changed": changed,
        "foreign": foreign.signed(),
        "open": sign_order({**names, "copy": key_text(encode_household(state))}, CONTEXT, key),
        "passphrase": sign_order({**names, "copy": key_text(salted)}, CONTEXT, key),
        "text": sign_order({**names, "copy": "ä"}, CONTEXT, key),
        "list": sign_order({**names, "copy": [1]}, CONTEXT, key),
        "large": sign_order({**names, "copy": key_text(sealed + bytes(700_000))}, CONTEXT, key),
    }.items():
        door.put(name, data)
        (told,) = door.check()
        assert told.startswith(f"orders/{name} is refused"), told
        door.disk.remove(f"orders/{name}")
        assert door.held == good


def test_every_flipped_byte_of_a_copy_is_noticed() -> None:
    data = Door().signed()
    for at in [*range(200), *range(200, len(data), 97), *range(len(data) - 200, len(data))]:
        with pytest.raises(OrderWrong):
            decode_deposit(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


def test_a_deposit_is_signed_by_its_owner_and_no_larger_than_a_device_takes() -> None:
    good = decode_deposit(Door().signed())
    with pytest.raises(OwnerKeyError, match="signed by the owner"):
        encode_deposit(good, SigningKey(b"x" * 32))
    key = Door().house.state.signing_key
    with pytest.raises(OwnerKeyError, match="larger"):
        encode_deposit(replace(good, copy=good.copy + bytes(DEPOSIT_LIMIT_BYTES)), key)
    with pytest.raises(OrderWrong, match="not sealed"):
        Deposit(1, key.public, b"{}")


def test_the_copy_is_erased_when_the_owner_is_pinned_anew() -> None:
    door = Door()
    door.leave(door.signed())
    door.disk.files[f"{DEPOSIT}.part"] = bytearray(b"half")
    pin_owner(door.disk, b"n" * 32)
    assert [name for name in door.disk.files if name.startswith(DEPOSIT)] == []


@pytest.mark.parametrize("skip", range(1, 4))
def test_a_copy_that_a_power_cut_left_is_erased_when_the_next_owner_comes(skip: int) -> None:
    door, second = Door(), Door(seed=9)
    door.leave(door.signed())
    door.disk.fail_next("remove", DiskError("power cut"), skip=skip)
    with pytest.raises(DiskError):
        forget_owner(door.disk)
    door.disk = door.disk.after_power_cut()
    assert door.held
    door.book = second.book
    door.start()
    assert door.held == b""


@pytest.mark.parametrize("operation", ["create", "append", "sync", "rename", "remove", "sync_folder"])
def test_power_lost_while_a_copy_is_taken_leaves_the_old_one_or_the_new(operation: DiskOperation) -> None:
    door = Door()
    old = door.signed()
    door.leave(old)
    new = door.signed()
    leave_deposit(door.disk, door.house.state.number, new)
    door.disk.fail_next(operation, DiskError("power cut"))
    try:
        door.check()
    except DiskError:
        door.disk = door.disk.after_power_cut()
    assert door.held in (old, new)
    door.start()
    assert door.held == new
    assert [name for name in door.disk.files if name.startswith(DEPOSIT)] == [DEPOSIT]


@pytest.mark.parametrize("rot", [b"", b"{}", b"\xff" * 99, b"x" * (DEPOSIT_LIMIT_BYTES + 1)])
def test_a_rotten_copy_counts_as_missing_and_the_next_takes_its_place(rot: bytes) -> None:
    door = Door()
    door.leave(door.signed())
    door.disk.files[DEPOSIT] = bytearray(rot)
    door.start()
    with pytest.raises(OwnerKeyError, match="no copy"):
        copies_in(door.disk)
    order = door.signed()
    door.leave(order)
    assert door.held == order


def test_a_stranger_who_leaves_a_copy_of_their_own_in_the_vault_hides_none() -> None:
    door, stranger = Door(), Door(seed=9)
    stranger.house.state = replace(
        stranger.house.state, number=9_000, custody=Custody(recovery=OTHER_PHRASE.recipient.point)
    )
    door.leave(door.signed())
    door.put("state-9001.json", stranger.signed())
    assert door.recovered() == door.house.state
