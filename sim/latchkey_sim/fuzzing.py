"""What a fuzzer does with bytes of its choice. A target returns, or its exception is a finding.

The first byte chooses a door; the rest goes through it. A fuzzer cannot guess an authentication code, so
some doors add the right one to whatever it made up.
"""

import io
from collections.abc import Callable

from latchkey.clip import Sealer, X25519Identity, decrypt, new_header, open_seekable, parse_identity
from latchkey.clip.header import FIRST_LINE, MAC_START
from latchkey.clip.keys import parse_recipient
from latchkey.errors import ClipError, OwnerKeyError
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.vectors.draft import READER, Draft

Target = Callable[[bytes], None]

_DRAFT = Draft("fuzzing")
_SOUND = _DRAFT.header() + _DRAFT.nonce


def attack_age(data: bytes) -> None:
    """Seal and open: raise AssertionError for a wrong answer; any error but ours goes through."""
    door, rest = data[:1], data[1:]
    _DOORS[door[0] % len(_DOORS) if door else 0](rest)


def _as_file(data: bytes) -> None:
    _open_both_ways(data)


def _as_stanzas(data: bytes) -> None:
    """Put it between version and code, and the code is right."""
    header = _DRAFT.closed(FIRST_LINE + _DRAFT.stanza() + data + MAC_START)
    _open_both_ways(header + _DRAFT.small)
    _rewrap(header)


def _as_stanza_lines(data: bytes) -> None:
    """Give it as the words and body of an X25519 recipient."""
    _open_both_ways(_DRAFT.closed(FIRST_LINE + b"-> X25519 " + data + MAC_START) + _DRAFT.small)


def _as_header(data: bytes) -> None:
    _rewrap(data)


def _as_payload(data: bytes) -> None:
    _open_both_ways(_SOUND + data)


def _as_last_chunk(data: bytes) -> None:
    sealed = _DRAFT.chunk(0, data, last=True)
    if b"".join(decrypt(_SOUND + sealed, [READER])) != data:
        raise AssertionError("it does not come back")


def _as_plaintext(data: bytes) -> None:
    """Seal it in pieces of the length of the first byte's choice."""
    sealer = Sealer([str(READER.recipient)], SeededEntropy(1))
    step = data[0] + 1 if data else 1
    parts = [sealer.feed(data[at : at + step]) for at in range(0, len(data), step)]
    if b"".join(decrypt(b"".join([*parts, sealer.close()]), [READER])) != data:
        raise AssertionError("it does not come back")


def _as_key(data: bytes) -> None:
    text = data.decode("latin-1")
    for read in (parse_identity, parse_recipient):
        try:
            read(text)
        except OwnerKeyError:
            continue


_DOORS: tuple[Target, ...] = (
    _as_file, _as_stanzas, _as_stanza_lines, _as_header, _as_payload, _as_last_chunk, _as_plaintext, _as_key,
)  # fmt: skip

TARGETS: dict[str, Target] = {"age": attack_age}
"""By name, for `tests/fuzz/fuzz.py`."""


def _open_both_ways(file: bytes) -> None:
    if _opened(lambda: b"".join(decrypt(file, [READER]))) != _opened(
        lambda: open_seekable(io.BytesIO(file), [READER]).read()
    ):
        raise AssertionError("the two ways of opening differ")


def _opened(job: Callable[[], bytes]) -> bytes | None:
    try:
        return job()
    except ClipError:
        return None


def _rewrap(header: bytes) -> None:
    other = X25519Identity(b"o" * 32)
    _opened(lambda: new_header(header, READER, [str(other.recipient)]))
