"""Copies of the state that the recovery phrase opens: a file, a page, a device's; what is made of one. Pure.

Limits, to be said where copies are made: whoever holds a copy of day d and the phrase opens every day from
d - T on, for ever; a copy does not know who was added or revoked after it.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from latchkey.clip import Take, X25519Identity
from latchkey.clip.bech32 import LIMIT_CHARS, decode, encode
from latchkey.errors import OwnerKeyError, UsageError
from latchkey.owner.household import Household
from latchkey.owner.sealing import StateDamaged
from latchkey.owner.store import open_copy, sealed_copy
from latchkey.vault.deposit import decode_deposit

PAPER = "latchkey-paper-"
_PAPER_TEXT = re.compile(f"{PAPER}1[a-z0-9]+", re.ASCII | re.IGNORECASE)
ORDERS_SKIPPED = 10_000
"""Orders that may have been signed since a copy was made: devices refuse a number that they have seen."""


def paper_text(state: Household, take: Take) -> str:
    """Give the sealed state as one word of capitals and digits, short enough for one QR code.

    Left out are the keys of further viewers and the holding keys: those viewers hand in their books anew, and
    clips whose day was unknown do not open. Raises UsageError for more devices than a page takes,
    OwnerKeyError where there is no recovery phrase.
    """
    short = replace(state, others=(), names=(), holding=())
    text = encode(PAPER, sealed_copy(short, take)).upper()
    if len(text) > LIMIT_CHARS:
        raise UsageError(
            "that are too many devices for one page", hint="keep recovery.state as a file instead"
        )
    return text


def read_copy(data: bytes) -> bytes:
    """Give the sealed state in a copy: a file's bytes, a device's file, a page, or its text.

    Raises StateDamaged, OrderWrong.
    """
    if data.startswith(b"{"):
        return decode_deposit(data).copy
    whole = data.decode("ascii", "replace")
    text = "".join(whole.split())
    if not text.lower().startswith(PAPER):
        inside = _PAPER_TEXT.search(whole)
        if inside is None:
            return data
        text = inside[0]
    try:
        prefix, sealed = decode(text)
    except ValueError as error:
        raise StateDamaged(f"this is not the text of the page: {error}") from error
    if prefix != PAPER:
        raise StateDamaged("this is not the text of the page")
    return sealed


def open_newest(copies: Sequence[bytes], identity: X25519Identity) -> Household:
    """Read the first of the copies that opens: others may be of somebody else.

    Raises WordsWrong, StateDamaged, OwnerKeyError as the last of them.
    """
    for copy in copies[:-1]:
        with suppress(OwnerKeyError):
            return open_copy(copy, identity)
    return open_copy(copies[-1], identity)


def recovered(state: Household, take: Take, seen: int = 0) -> Household:
    """Give the state to go on with: no passphrase yet, the same phrase, numbers that no device has seen.

    `seen` is the highest that a vault has seen, where there is one.

    A copy from before face layers had keys of their own gains them.
    """
    after = replace(
        state,
        number=max(state.number + ORDERS_SKIPPED, seen),
        custody=replace(state.custody, passphrase=None),
    )
    return after.with_face_ratchet(take).with_holding_keys(take)
