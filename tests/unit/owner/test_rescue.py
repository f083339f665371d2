"""Copies that the recovery phrase opens: a file, a page; and going on from one, also from an old one."""

from dataclasses import replace

import pytest

from latchkey.clip.bech32 import encode
from latchkey.clip.signing import SigningKey
from latchkey.errors import OwnerKeyError, UsageError
from latchkey.owner.custody import Custody, draw_phrase, identity_of
from latchkey.owner.household import KnownDevice, new_household
from latchkey.owner.members import with_device, with_viewer
from latchkey.owner.rescue import ORDERS_SKIPPED, paper_text, read_copy, recovered
from latchkey.owner.sealing import StateDamaged, WordsWrong
from latchkey.owner.store import open_copy, sealed_copy
from latchkey.vault.book import decode_book
from latchkey_sim.entropy import SeededEntropy

DAY, T = 20_000, 3
TAKE = SeededEntropy(1).take
PHRASE = draw_phrase(TAKE)
KEY = identity_of(" ".join(PHRASE))
DOOR = SigningKey(b"d" * 32).public
PHONE = new_household(DAY, 7, SeededEntropy(2).take)
CUSTODY = Custody().with_passphrase("correct horse", TAKE).with_phrase(PHRASE)
HOUSE = with_viewer(
    with_device(replace(new_household(DAY, T, TAKE), custody=CUSTODY), "doorbell", DOOR),
    "Ada",
    decode_book(PHONE.book(DAY)[1]),
    DAY,
)


def test_a_page_brings_back_who_signs_who_reads_and_which_devices_are_trusted() -> None:
    text = paper_text(HOUSE, TAKE)
    assert len(text) < 2000  # one QR code takes 3391 of these characters at level M
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
    back = open_copy(read_copy(text.encode()), KEY)
    assert back == replace(HOUSE, others=(), names=(), holding=())


def test_a_page_may_be_typed_in_lines_and_in_small_letters() -> None:
    text = paper_text(HOUSE, TAKE).lower()
    lines = "\n".join(text[at : at + 40] for at in range(0, len(text), 40)) + "\n"
    assert open_copy(read_copy(lines.encode()), KEY).seed == HOUSE.seed


def test_the_text_is_found_in_the_page_that_it_stands_on() -> None:
    page = f"<html><h1>Latchkey: the owner's state</h1>\n<p><code>{paper_text(HOUSE, TAKE)}</code></p></html>"
    assert open_copy(read_copy(page.encode()), KEY).seed == HOUSE.seed
    with pytest.raises(StateDamaged, match="not the text of the page"):
        read_copy(page.replace("LATCHKEY-PAPER-1", "LATCHKEY-PAPER-1Q").encode())


def test_a_file_brings_back_everything() -> None:
    assert open_copy(read_copy(sealed_copy(HOUSE, TAKE)), KEY) == HOUSE


def test_a_page_with_a_slip_in_it_is_refused() -> None:
    text = paper_text(HOUSE, TAKE)
    for at in range(20, len(text), 97):
        slipped = text[:at] + ("Q" if text[at] != "Q" else "P") + text[at + 1 :]
        with pytest.raises(StateDamaged, match="not the text of the page"):
            read_copy(slipped.encode())
    with pytest.raises(StateDamaged, match="not the text of the page"):
        read_copy(encode("latchkey-paper-x", b"other").encode())


@pytest.mark.parametrize("copy", [b"", b"hello", b"\xff" * 100, b"latchkey-sealed-state/1 -\n"])
def test_what_is_no_copy_is_refused(copy: bytes) -> None:
    with pytest.raises(StateDamaged):
        open_copy(read_copy(copy), KEY)


def test_another_phrase_opens_no_page() -> None:
    with pytest.raises(WordsWrong):
        open_copy(read_copy(paper_text(HOUSE, TAKE).encode()), identity_of(" ".join(draw_phrase(TAKE))))


def test_a_household_of_too_many_devices_fits_on_no_page_and_the_way_out_is_told() -> None:
    many = replace(HOUSE, devices=tuple(KnownDevice(bytes([n]) * 32, DAY, "x" * 40) for n in range(64)))
    with pytest.raises(UsageError, match="too many devices") as caught:
        paper_text(many, TAKE)
    assert "recovery.state" in (caught.value.hint or "")


def test_without_a_phrase_there_is_no_page() -> None:
    with pytest.raises(OwnerKeyError, match="no recovery phrase"):
        paper_text(replace(HOUSE, custody=Custody()), TAKE)


def test_an_old_copy_goes_on_with_numbers_that_no_device_has_seen() -> None:
    old = HOUSE
    state = HOUSE
    for _ in range(5):
        state, _book = state.book(DAY)
    back = recovered(old, TAKE)
    book = decode_book(back.book(DAY + 100)[1])
    assert book.number > state.number + ORDERS_SKIPPED - 10
    assert book.owner == HOUSE.signing_key.public
    assert back.custody.passphrase is None
    assert back.custody.recovery == HOUSE.custody.recovery


def test_an_old_copy_that_goes_on_erases_what_is_over_as_far_as_is_sure() -> None:
    copy = sealed_copy(HOUSE.heard(DOOR, DAY + 50), TAKE)
    back = recovered(open_copy(copy, KEY), TAKE).advance(DAY + 100)
    assert back.ratchet.day == DAY + 50 - T


def test_a_page_makes_new_holding_keys_for_the_ones_it_left_out() -> None:
    back = recovered(open_copy(read_copy(paper_text(HOUSE, TAKE).encode()), KEY), TAKE)
    assert len(back.holding) == 64
