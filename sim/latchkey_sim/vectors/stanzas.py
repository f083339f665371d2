"""Vectors of X25519 recipients, and of recipients of other kinds. Authentication codes are sound."""

from collections.abc import Callable, Iterator

from latchkey.clip.header import Stanza, from_base64, to_base64
from latchkey_sim.vectors.draft import OTHER, READER, SMALL, Draft, spelled
from latchkey_sim.vectors.spelling import Vector

Edit = Callable[[bytes, bytes], Stanza]
"""Share and body, to a stanza."""

_ORDER_8 = bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")


def _stanza(share: bytes, body: bytes, *more: str, kind: str = "X25519") -> Stanza:
    return Stanza((kind, to_base64(share).decode("ascii"), *more), body)


_BROKEN: list[tuple[str, str, str, Edit]] = [
    ("x25519_no_share", "no share", "header", lambda _, body: Stanza(("X25519",), body)),
    ("x25519_third_word", "a word too many", "header", lambda share, body: _stanza(share, body, "x")),
    ("x25519_share_short", "a share of 31 bytes", "header", lambda share, body: _stanza(share[:31], body)),
    ("x25519_share_long", "a share of 33 bytes", "header", lambda share, body: _stanza(share + b"\0", body)),
    ("x25519_share_zero", "a share of zeros", "header", lambda _, body: _stanza(bytes(32), body)),
    ("x25519_share_one", "the neutral share", "header", lambda _, body: _stanza(b"\1" + bytes(31), body)),
    ("x25519_share_order_8", "a share of order 8", "header", lambda _, body: _stanza(_ORDER_8, body)),
    ("x25519_body_short", "a body of 31 bytes", "header", lambda share, body: _stanza(share, body[:31])),
    ("x25519_body_empty", "an empty body", "header", lambda share, _: _stanza(share, b"")),
    (
        "x25519_body_flipped",
        "a changed body",
        "no match",
        lambda share, body: _stanza(share, bytes([body[0] ^ 1]) + body[1:]),
    ),
    (
        "x25519_share_changed",
        "the share of somebody else",
        "no match",
        lambda _, body: _stanza(OTHER.recipient.point, body),
    ),
    (
        "x25519_lower_case",
        "another kind",
        "no match",
        lambda share, body: _stanza(share, body, kind="x25519"),
    ),
]


def stanza_vectors() -> Iterator[Vector]:
    """Make all vectors of recipients."""
    for name, comment, expect, edit in _BROKEN:
        draft = Draft(name)
        share, body = _parts(draft.stanza())
        yield draft.vector(comment, expect, draft.header(spelled(edit(share, body))) + draft.small)
    yield from _bodies()
    yield from _other_kinds()
    yield from _sound()


def _parts(stanza: bytes) -> tuple[bytes, bytes]:
    words, body, _ = stanza.split(b"\n")
    return from_base64(words.split(b" ")[2]), from_base64(body)


def _bodies() -> Iterator[Vector]:
    draft = Draft("x25519_share_not_canonical")
    stanza = draft.stanza().split(b"\n")
    spare = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    stanza[0] = stanza[0][:-1] + bytes([spare[spare.index(stanza[0][-1:]) + 1]])
    file = draft.header(b"\n".join(stanza)) + draft.small
    yield draft.vector("a share with unused bits set", "header", file)
    draft = Draft("x25519_long_file_key")
    stanza_of_17 = draft.stanza(file_key=draft.file_key + b"x")
    yield draft.vector("a file key of 17 bytes", "header", draft.header(stanza_of_17) + draft.small)


def _other_kinds() -> Iterator[Vector]:
    draft = Draft("no_match")
    file = draft.header() + draft.small
    yield draft.vector("sealed to somebody else", "no match", file, identities=(OTHER,))
    draft = Draft("no_identity")
    yield draft.vector("no key at all", "no match", draft.header() + draft.small, identities=())
    draft = Draft("unknown_kind")
    file = draft.header(b"-> later-kind x\nAAAA\n") + draft.small
    yield draft.vector("a recipient of an unknown kind", "no match", file)
    draft = Draft("passphrase")
    file = draft.header(b"-> scrypt bBjlhJVYZeE4aqUdmtRHfw 10\n" + b"A" * 43 + b"\n") + draft.small
    yield draft.vector("sealed with a passphrase", "no match", file)


def _sound() -> Iterator[Vector]:
    draft = Draft("two_recipients")
    file = draft.header(draft.stanza(OTHER), draft.stanza()) + draft.small
    yield draft.vector("the second of two recipients", "success", file, SMALL)
    draft = Draft("two_identities")
    file = draft.header() + draft.small
    yield draft.vector("the second of two keys", "success", file, SMALL, identities=(OTHER, READER))
    draft = Draft("unknown_kinds_beside")
    file = draft.header(b"-> a\n\n", draft.stanza(), b"-> b !~\n" + b"A" * 64 + b"\nAAAA\n") + draft.small
    yield draft.vector("unknown kinds around the recipient", "success", file, SMALL)
    draft = Draft("most_recipients")
    file = draft.header(b"-> abc\n\n" * 127, draft.stanza()) + draft.small
    yield draft.vector("128 recipients, the most that are read", "success", file, SMALL)
