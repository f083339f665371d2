"""Slips and heads: closed, signed, and of use to a device that lost its index."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from latchkey.clip import SigningKey, verify
from latchkey.errors import DiskError
from latchkey.pipeline.clipchain import ClipChain
from latchkey.pipeline.durable import write_whole
from latchkey.pipeline.identity import KEY_NAME, PUBLIC_NAME, device_key
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.settings import VaultSettings
from latchkey.vault import (
    HEAD_NAME,
    ChainHead,
    Slip,
    SlipDamaged,
    decode_chain_head,
    decode_slip,
    encode_chain_head,
    encode_slip,
    expires_day,
    slip_name,
)
from latchkey_sim.disk import MemoryDisk, MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import FixedReaders
from latchkey_sim.tinyclip import record_tiny

DEVICE = SigningKey(b"d" * 32)
SLIP = Slip("ab" * 16, 20_781, 20_789, 7)
HEAD = ChainHead(7, 5, b"h" * 32)
IDS = [f"{n:032x}" for n in range(9, 0, -1)]


def check(context: bytes, message: bytes, signature: bytes) -> None:
    verify(DEVICE.public, context, message, signature)


def keeper_of(
    disk: MemoryDisk, take: Callable[[str, int], bytes], day: int = 20_781
) -> tuple[VaultKeeper, MemoryIndex]:
    index = MemoryIndex()
    return VaultKeeper(disk, index, FixedReaders(now_day=day), take, VaultSettings()), index


def test_slip_and_head_are_read_as_they_were_written() -> None:
    assert decode_slip(encode_slip(SLIP, DEVICE.sign), check) == SLIP
    for head in (HEAD, ChainHead()):
        assert decode_chain_head(encode_chain_head(head, DEVICE.sign), check) == head


def test_a_changed_slip_or_head_is_refused_at_every_byte() -> None:
    for data, read in (
        (encode_slip(SLIP, DEVICE.sign), decode_slip),
        (encode_chain_head(HEAD, DEVICE.sign), decode_chain_head),
    ):
        for at in range(len(data)):
            with pytest.raises(SlipDamaged):
                read(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], check)
            with pytest.raises(SlipDamaged):
                read(data[:at], check)


def test_without_the_signature_some_of_those_changes_would_pass() -> None:
    """The control of the test before: the shape alone does not refuse a day or a number of another clip."""
    for data, read in (
        (encode_slip(SLIP, DEVICE.sign), decode_slip),
        (encode_chain_head(HEAD, DEVICE.sign), decode_chain_head),
    ):
        passed = 0
        for at in range(len(data)):
            with suppress(SlipDamaged):
                read(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], lambda *_: None)
                passed += 1
        assert passed


class Trusting(ClipChain):
    """A chain that believes heads and slips whatever their signature says."""

    def _check(self, *_: bytes) -> None:
        pass


@pytest.mark.parametrize(("kind", "given"), [(ClipChain, 4), (Trusting, 2)])
def test_a_number_is_never_given_twice_because_of_a_lower_head_that_another_signed(
    kind: type[ClipChain], given: int
) -> None:
    """With the control: a chain that checks no signature gives number 2 again."""
    disk, entropy = MemoryDisk(), SeededEntropy(1)
    keeper, _ = keeper_of(disk, entropy.take)
    for clip in IDS[:3]:
        record_tiny(keeper, clip, entropy.take)
    lower = ChainHead(1, 1, b"h" * 32, IDS[0])
    disk.files[HEAD_NAME] = bytearray(encode_chain_head(lower, SigningKey(b"e" * 32).sign))
    chain = kind(disk, entropy.take)
    chain.start()
    recipients = FixedReaders().recipients(20_781)
    assert chain.begin(IDS[3], 20_781, 20_789, b"k" * 32, recipients).sequence == given


@pytest.mark.parametrize(("kind", "number"), [(ClipChain, None), (Trusting, 7)])
def test_a_slip_that_another_signed_gives_a_clip_no_number(kind: type[ClipChain], number: int | None) -> None:
    """With the control: a chain that checks no signature believes it."""
    disk = MemoryDisk()
    write_whole(disk, slip_name(SLIP.clip), encode_slip(SLIP, SigningKey(b"e" * 32).sign))
    chain = kind(disk, SeededEntropy(1).take)
    chain.start()
    assert chain.number_of(SLIP.clip) == number


def test_a_slip_never_passes_for_a_head_nor_another_devices_for_ours() -> None:
    message = encode_slip(SLIP, DEVICE.sign)[:-64]
    with pytest.raises(SlipDamaged):
        decode_slip(message + DEVICE.sign(b"latchkey/head/1\n", message), check)
    with pytest.raises(SlipDamaged):
        decode_slip(encode_slip(SLIP, SigningKey(b"e" * 32).sign), check)


def test_a_slip_holds_what_a_device_without_keys_must_know_and_no_more() -> None:
    disk, entropy = MemoryDisk(), SeededEntropy(1)
    keeper, _ = keeper_of(disk, entropy.take)
    record_tiny(keeper, IDS[0], entropy.take)
    public = bytes.fromhex(disk.read(PUBLIC_NAME).decode())
    slip = decode_slip(disk.read(slip_name(IDS[0])), lambda *signed: verify(public, *signed))
    assert slip == Slip(IDS[0], 20_781, expires_day(20_781, FixedReaders().days), 1)


def test_the_order_of_recording_outlives_the_index_and_a_clock_that_jumps() -> None:
    disk, entropy = MemoryDisk(), SeededEntropy(1)
    index = MemoryIndex()
    readers = FixedReaders()
    keeper = VaultKeeper(disk, index, readers, entropy.take, VaultSettings())
    for clip, readers.now_day in zip(IDS[:4], (20_781, 0, 25_000, 20_781), strict=True):
        record_tiny(keeper, clip, entropy.take)
    again, rebuilt = keeper_of(disk, entropy.take)
    again.start()
    assert rebuilt.entries() == index.entries()


@pytest.mark.parametrize("lost", ["head", "damaged head", "head and slips"])
def test_numbers_go_on_when_the_head_is_lost(lost: str) -> None:
    disk, entropy = MemoryDisk(), SeededEntropy(1)
    keeper, _ = keeper_of(disk, entropy.take)
    for clip in IDS[:3]:
        record_tiny(keeper, clip, entropy.take)
    if lost == "damaged head":
        disk.files[HEAD_NAME][5] ^= 1
    else:
        del disk.files[HEAD_NAME]
    if lost == "head and slips":
        for clip in IDS[:3]:
            del disk.files[slip_name(clip)]
    again, index = keeper_of(disk, entropy.take)
    again.start()
    record_tiny(again, IDS[3], entropy.take)
    chain = ClipChain(disk, entropy.take)
    chain.start()
    assert chain.number_of(IDS[3]) == (1 if lost == "head and slips" else 4)
    assert len(index.entries()) == 4


def test_a_torn_clip_that_is_deleted_gives_its_number_to_no_other() -> None:
    disk, entropy = MemoryDisk(), SeededEntropy(1)
    keeper, _ = keeper_of(disk, entropy.take, 20_000)
    opened = keeper.begin(IDS[0])
    opened.append(b"footage")
    opened.sync()
    keeper_of(disk, entropy.take)[0].start()
    keeper, _ = keeper_of(disk, entropy.take)
    keeper.start()
    assert len(keeper.tidy().removed) == 1
    keeper, _ = keeper_of(disk, entropy.take)
    record_tiny(keeper, IDS[1], entropy.take)
    chain = ClipChain(disk, entropy.take)
    chain.start()
    assert chain.number_of(IDS[1]) == 2


def test_the_device_key_is_made_once_and_durable_before_it_is_used() -> None:
    disk = MemoryDisk()
    key = device_key(disk, SeededEntropy(1).take)
    assert device_key(disk, SeededEntropy(2).take) == key
    assert device_key(disk.after_power_cut(), SeededEntropy(2).take) == key
    assert disk.read(PUBLIC_NAME).decode() == f"{key.public.hex()}\n"
    assert key.seed.hex().encode() not in disk.read(PUBLIC_NAME)


@pytest.mark.parametrize("content", [b"", b"\0" * 65, b"zz" * 32 + b"\n", b"ab" * 31])
def test_a_damaged_device_key_is_set_aside_and_the_device_records_on(content: bytes) -> None:
    disk = MemoryDisk()
    old = device_key(disk, SeededEntropy(1).take)
    disk.files[KEY_NAME] = bytearray(content)
    new = device_key(disk, SeededEntropy(2).take)
    assert new != old
    assert disk.read(f"{KEY_NAME}.damaged") == content
    assert disk.read(PUBLIC_NAME).decode() == f"{new.public.hex()}\n"


def test_a_disk_that_takes_no_key_is_told_and_none_is_half_written() -> None:
    for operation in ("create", "append", "sync", "rename", "sync_folder"):
        disk = MemoryDisk()
        disk.fail_next(operation, DiskError("broken"))
        with pytest.raises(DiskError):
            device_key(disk, SeededEntropy(1).take)
        assert len(device_key(disk, SeededEntropy(2).take).seed) == 32
        assert not [name for name in disk.files if name.endswith(".part")]
