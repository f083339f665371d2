"""Pairing: both sides show one code, and who sits in between cannot make them."""

import pytest

from latchkey.clip.bech32 import encode
from latchkey.owner.pairing import (
    ANSWER,
    OFFER,
    REVEAL,
    DevicePairing,
    OwnerPairing,
    PairingBroken,
    ShortCode,
    read_message,
    short_code,
    spelled,
)
from latchkey.owner.phrase import PhraseWrong
from latchkey_sim.entropy import SeededEntropy

DEVICE, OWNER, EVE = b"d" * 32, b"o" * 32, b"e" * 32


def nonces(seed: int) -> tuple[bytes, bytes, bytes, bytes]:
    take = SeededEntropy(seed).take
    return take("d", 16), take("o", 16), take("e", 16), take("f", 16)


def pair(seed: int = 1) -> tuple[ShortCode, ShortCode]:
    """Without anybody in between."""
    nonce_d, nonce_o, _, _ = nonces(seed)
    device = DevicePairing(DEVICE, nonce_d)
    owner = OwnerPairing(OWNER, nonce_o, device.offer())
    reveal, owner_public, shown = device.take_answer(owner.answer())
    device_public, seen = owner.take_reveal(reveal)
    assert (device_public, owner_public) == (DEVICE, OWNER)
    return shown, seen


def pair_through_eve(seed: int) -> tuple[ShortCode, ShortCode]:
    """Eve plays the owner to the device and the device to the owner, with keys of her own."""
    nonce_d, nonce_o, nonce_to_owner, nonce_to_device = nonces(seed)
    device = DevicePairing(DEVICE, nonce_d)
    false_device = DevicePairing(EVE, nonce_to_owner)
    owner = OwnerPairing(OWNER, nonce_o, false_device.offer())
    false_owner = OwnerPairing(EVE, nonce_to_device, device.offer())
    _, _, shown = device.take_answer(false_owner.answer())
    reveal, _, _ = false_device.take_answer(owner.answer())
    device_public, seen = owner.take_reveal(reveal)
    assert device_public == EVE
    return shown, seen


def test_both_sides_show_the_same_three_words_and_six_digits() -> None:
    shown, seen = pair()
    assert shown == seen
    assert len(shown.words) == 3
    assert len(shown.digits) == 6
    assert str(shown) == f"{' '.join(shown.words)} ({shown.digits[:3]} {shown.digits[3:]})"


def test_no_two_pairings_show_the_same_code() -> None:
    assert len({pair(seed)[0].words for seed in range(300)}) == 300


def test_who_swaps_the_keys_gives_the_two_sides_different_codes() -> None:
    for seed in range(300):
        shown, seen = pair_through_eve(seed)
        assert shown.words != seen.words
        assert shown.digits != seen.digits


def test_the_commitment_stops_who_would_search_for_a_nonce_afterwards() -> None:
    """Eve learns the owner's nonce, and now wants another nonce than the one she committed to."""
    nonce_d, nonce_o, nonce_e, _ = nonces(1)
    owner = OwnerPairing(OWNER, nonce_o, DevicePairing(EVE, nonce_e).offer())
    for tried in range(100):
        reveal = encode(REVEAL, EVE + tried.to_bytes(16))
        with pytest.raises(PairingBroken, match="somebody may have meddled"):
            owner.take_reveal(reveal)
    other = encode(REVEAL, DEVICE + nonce_e)
    with pytest.raises(PairingBroken, match="somebody may have meddled"):
        owner.take_reveal(other)
    assert nonce_d not in read_message(OFFER, DevicePairing(DEVICE, nonce_d).offer())


def test_control_without_the_commitment_a_search_finds_nonces_that_give_both_sides_one_code() -> None:
    """Eve sees both nonces before she chooses hers, one for each side: some thousand tries do."""
    nonce_d, nonce_o, _, _ = nonces(1)
    shown = {short_code(DEVICE, nonce_d, EVE, n.to_bytes(16)).digits: n for n in range(3000)}
    seen = (short_code(EVE, n.to_bytes(16), OWNER, nonce_o).digits for n in range(10_000))
    assert any(digits in shown for digits in seen)


def test_an_offer_takes_one_answer_so_that_nobody_can_try_codes() -> None:
    nonce_d, nonce_o, nonce_e, _ = nonces(1)
    device = DevicePairing(DEVICE, nonce_d)
    device.take_answer(OwnerPairing(OWNER, nonce_o, device.offer()).answer())
    with pytest.raises(PairingBroken, match="answered already"):
        device.take_answer(OwnerPairing(EVE, nonce_e, device.offer()).answer())


@pytest.mark.parametrize("changed", range(4))
def test_each_key_and_each_nonce_changes_the_code(changed: int) -> None:
    values = [DEVICE, b"1" * 16, OWNER, b"2" * 16]

    def code() -> ShortCode:
        device = DevicePairing(values[0], values[1])
        return device.take_answer(OwnerPairing(values[2], values[3], device.offer()).answer())[2]

    before = code()
    values[changed] = bytes([values[changed][0] ^ 1]) + values[changed][1:]
    assert code() != before


def test_every_message_can_be_typed_as_words() -> None:
    nonce_d, nonce_o, _, _ = nonces(1)
    device = DevicePairing(DEVICE, nonce_d)
    offered = spelled(OFFER, device.offer())
    assert len(offered) == 18
    owner = OwnerPairing(OWNER, nonce_o, " ".join(offered))
    reveal, _, shown = device.take_answer(" ".join(spelled(ANSWER, owner.answer())))
    assert owner.take_reveal(" ".join(spelled(REVEAL, reveal))) == (DEVICE, shown)


@pytest.mark.parametrize("at", [0, 20, -1])
def test_a_mistyped_message_is_noticed(at: int) -> None:
    offer = list(DevicePairing(DEVICE, b"1" * 16).offer())
    offer[at] = "q" if offer[at] != "q" else "p"
    with pytest.raises((PairingBroken, PhraseWrong)):
        OwnerPairing(OWNER, b"2" * 16, "".join(offer))


def test_a_message_of_another_kind_or_length_is_refused() -> None:
    device = DevicePairing(DEVICE, b"1" * 16)
    with pytest.raises(PairingBroken, match="this is not the answer"):
        device.take_answer(device.offer())
    with pytest.raises(PairingBroken, match="this is not the answer"):
        device.take_answer(encode(ANSWER, b"short"))
    with pytest.raises(PhraseWrong):
        device.take_answer("hello")


def test_keys_and_nonces_of_other_lengths_are_our_own_mistakes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        DevicePairing(b"", b"1" * 16)
    with pytest.raises(ValueError, match="32 bytes"):
        OwnerPairing(OWNER, b"", "")
