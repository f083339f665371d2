"""Pairing a device with its owner over a channel that anybody may alter. Sans-I/O: text in, text out.

    device                                   owner
    offer:   commitment(device, nonce_d)  ->
                                          <- answer: owner, nonce_o
    reveal:  device, nonce_d              ->
    short code of all that was said           the same, if nobody meddled; people compare the two

Who sits in between has to choose its own answer before it knows `nonce_d`, and its own offer before it knows
`nonce_o`. So it cannot search for nonces that give both sides one code: it can only guess, once per try that
people make. Without the commitment some thousand tries find six equal digits; the tests do that too.
One offer takes one answer, for the same reason.

Three words are 30 bits, six digits nearly 20: comparing either will do.
"""

from dataclasses import dataclass
from hashlib import blake2b

from latchkey.clip.bech32 import decode, encode
from latchkey.clip.signing import PUBLIC_BYTES
from latchkey.errors import OwnerKeyError
from latchkey.owner.phrase import WORD_BITS, read_words, spell, words

NONCE_BYTES = 16
COMMITMENT_BYTES = 20
"""160 bits: to open one in two ways takes 2^80 tries, and gains one more guess at the code."""

CODE_WORDS = 3
CODE_DIGITS = 6

OFFER, ANSWER, REVEAL = "latchkey-offer-", "latchkey-answer-", "latchkey-reveal-"
_LENGTHS = {OFFER: COMMITMENT_BYTES, ANSWER: PUBLIC_BYTES + NONCE_BYTES, REVEAL: PUBLIC_BYTES + NONCE_BYTES}


class PairingBroken(OwnerKeyError):
    """What was received does not belong to this pairing, or came out of turn."""


@dataclass(frozen=True, slots=True)
class ShortCode:
    """What both sides show, and people compare."""

    words: tuple[str, ...]
    digits: str

    def __str__(self) -> str:
        return f"{' '.join(self.words)} ({self.digits[:3]} {self.digits[3:]})"


class DevicePairing:
    """The device's side of one pairing. `nonce` is 16 bytes of real entropy, used once."""

    def __init__(self, public: bytes, nonce: bytes) -> None:
        _check_lengths(public, nonce)
        self._public = public
        self._nonce = nonce
        self._answered = False

    def offer(self) -> str:
        """Give the first message."""
        return _message(OFFER, _commit(self._public, self._nonce))

    def take_answer(self, text: str) -> tuple[str, bytes, ShortCode]:
        """Give the last message, the owner's public key (not to be trusted yet), and the code to compare.

        Raises PairingBroken: also for a second answer, with another offer it is fine.
        """
        if self._answered:
            raise PairingBroken("this offer was answered already", hint="begin again: `latchkey pair`")
        owner, owner_nonce = _split(read_message(ANSWER, text))
        self._answered = True
        code = short_code(self._public, self._nonce, owner, owner_nonce)
        return _message(REVEAL, self._public + self._nonce), owner, code


class OwnerPairing:
    """The owner's side of one pairing, begun by a device's offer.

    `nonce` is 16 bytes of real entropy, used once. Raises PairingBroken for what is not an offer.
    """

    def __init__(self, public: bytes, nonce: bytes, offer: str) -> None:
        _check_lengths(public, nonce)
        self._public = public
        self._nonce = nonce
        self._commitment = read_message(OFFER, offer)

    def answer(self) -> str:
        """Give the second message."""
        return _message(ANSWER, self._public + self._nonce)

    def take_reveal(self, text: str) -> tuple[bytes, ShortCode]:
        """Give the device's public key (not to be trusted yet) and the code to compare.

        Raises PairingBroken where it is not what the offer committed to.
        """
        device, device_nonce = _split(read_message(REVEAL, text))
        if _commit(device, device_nonce) != self._commitment:
            raise PairingBroken(
                "this does not belong to the offer: somebody may have meddled",
                hint="begin again: `latchkey pair`",
            )
        return device, short_code(device, device_nonce, self._public, self._nonce)


def read_message(kind: str, text: str) -> bytes:
    """Give the contents of a message, as one long word or spelled in words.

    Raises PairingBroken, PhraseWrong.
    """
    typed = text.strip()
    name = kind.removeprefix("latchkey-").removesuffix("-")
    if "1" not in typed.split(" ")[0] or not typed.lower().startswith("latchkey-"):
        return read_words(typed, _LENGTHS[kind])
    try:
        prefix, data = decode(typed)
    except ValueError as error:
        raise PairingBroken(f"this is not the {name}: {error}") from error
    if prefix != kind or len(data) != _LENGTHS[kind]:
        raise PairingBroken(f"this is not the {name}, it begins with {kind}1")
    return data


def spelled(kind: str, text: str) -> tuple[str, ...]:
    """Give the words of a message, for who has to type it. Raises PairingBroken."""
    return spell(read_message(kind, text))


def _message(kind: str, data: bytes) -> str:
    return encode(kind, data)


def _split(data: bytes) -> tuple[bytes, bytes]:
    return data[:PUBLIC_BYTES], data[PUBLIC_BYTES:]


def _commit(public: bytes, nonce: bytes) -> bytes:
    return blake2b(public + nonce, digest_size=COMMITMENT_BYTES, person=b"lk-pair-offer").digest()


def short_code(device: bytes, device_nonce: bytes, owner: bytes, owner_nonce: bytes) -> ShortCode:
    """Give the code of two public keys and two nonces. Worth something only after a commitment."""
    said = (
        device + device_nonce + owner + owner_nonce
    )  # all of fixed length; the commitment follows from them
    drawn = int.from_bytes(blake2b(said, digest_size=32, person=b"lk-pair-code").digest())
    shown = []
    for _ in range(CODE_WORDS):
        drawn, value = divmod(drawn, 1 << WORD_BITS)
        shown.append(words()[value])
    return ShortCode(tuple(shown), f"{drawn % 10**CODE_DIGITS:0{CODE_DIGITS}}")


def _check_lengths(public: bytes, nonce: bytes) -> None:
    if len(public) != PUBLIC_BYTES or len(nonce) != NONCE_BYTES:
        raise ValueError("a public key is 32 bytes, a nonce 16")
