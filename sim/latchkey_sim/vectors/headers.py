"""Vectors of the header: its lines, limits and authentication code."""

from collections.abc import Callable, Iterator

from latchkey.clip.header import FIRST_LINE, HEADER_LIMIT_BYTES, LINE_LIMIT_BYTES, STANZA_LIMIT, to_base64
from latchkey_sim.vectors.draft import OTHER, READER, SMALL, Draft
from latchkey_sim.vectors.spelling import Vector

Edit = Callable[[bytes], bytes]
_GREASE = b"-> abc\n\n"  # of 8 bytes, so that many are short as text
_LONG = b"-> g " + b"x" * 4000 + b"\n\n"


def _swap(old: bytes, new: bytes) -> Edit:
    return lambda data: data.replace(old, new, 1)


def _first_body(edit: Edit) -> Edit:
    """Edit the body of the first stanza, the third line."""

    def whole(data: bytes) -> bytes:
        lines = data.split(b"\n")
        lines[2] = edit(lines[2])
        return b"\n".join(lines)

    return whole


def _before(lines: bytes) -> Edit:
    return _swap(b"-> ", lines + b"-> ")


_SPELLINGS: list[tuple[str, str, Edit]] = [
    ("version_2", "a version that is not known", _swap(b"/v1", b"/v2")),
    ("version_crlf", "the first line ends in CR LF", _swap(b"v1\n", b"v1\r\n")),
    ("header_crlf", "all lines end in CR LF", lambda data: data.replace(b"\n", b"\r\n")),
    ("header_garbage_before", "an empty line before the first", lambda data: b"\n" + data),
    ("header_space_after_version", "a space after the version", _swap(b"v1\n", b"v1 \n")),
    ("header_no_stanza", "no recipient at all", lambda _: FIRST_LINE + b"---"),
    ("header_empty_line", "an empty line between recipients", _before(_GREASE + b"\n")),
    ("header_unknown_line", "a line that is no part of a header", _before(_GREASE + b"hello\n")),
    ("stanza_no_space", "no space after the arrow", _before(_GREASE + b"->g\n\n")),
    ("stanza_no_words", "an arrow alone", _before(b"-> \n\n")),
    ("stanza_double_space", "an empty word", _swap(b"X25519 ", b"X25519  ")),
    ("stanza_trailing_space", "a space after the last word", _before(b"-> g x \n\n")),
    ("stanza_tab", "a tab in a word", _before(b"-> g\tx\n\n")),
    ("stanza_not_ascii", "a letter outside ASCII", _before("-> ü\n\n".encode())),
    ("stanza_carriage_return", "CR before a line break", _before(b"-> g\r\n\n")),
    ("body_missing", "no body line at all", _before(b"-> g\n")),
    ("body_no_short_line", "no short line after a full one", _before(b"-> g\n" + b"A" * 64 + b"\n")),
    ("body_long_line", "a body line of 65 characters", _before(b"-> g\n" + b"A" * 65 + b"\n")),
    ("body_two_short_lines", "a short line before the last", _before(b"-> g\nAAAA\nAAAA\n")),
    ("body_padded", "base64 with padding", _first_body(lambda body: body + b"=")),
    ("body_url_alphabet", "base64 of the URL alphabet", _before(b"-> g\n-_-_\n")),
    ("body_not_canonical", "unused bits of base64 are set", _before(b"-> g\nAB\n")),
    ("body_one_character", "base64 of an impossible length", _before(b"-> g\nA\n")),
    ("body_space", "a space in base64", _before(b"-> g\nAA AA\n")),
    ("limit_stanzas", "one recipient more than 128", _before(_GREASE * STANZA_LIMIT)),
    ("limit_line", "a line of 4 KiB", _before(b"-> g " + b"x" * (LINE_LIMIT_BYTES - 5) + b"\n\n")),
    ("limit_header", "longer than 64 KiB", _before(_LONG * (HEADER_LIMIT_BYTES // len(_LONG) + 1))),
    ("scrypt_beside_others", "a passphrase beside recipients", _before(b"-> scrypt AAAA 10\n\n")),
]  # fmt: skip
"""Each header has the authentication code that belongs to it: its spelling alone is wrong."""


_CODES: list[tuple[str, str, Edit]] = [
    ("mac_missing", "no authentication code", lambda _: b"\n"),
    ("mac_no_space", "no space before the code", lambda line: line[1:]),
    ("mac_two_spaces", "two spaces before the code", lambda line: b" " + line),
    ("mac_trailing_space", "a space after the code", lambda line: line[:-1] + b" \n"),
    ("mac_crlf", "CR after the code", lambda line: line[:-1] + b"\r\n"),
    ("mac_padded", "a code with padding", lambda line: line[:-1] + b"=\n"),
    ("mac_short", "a code of 31 bytes", lambda _: b" " + to_base64(bytes(31)) + b"\n"),
    ("mac_long", "a code of 33 bytes", lambda _: b" " + to_base64(bytes(33)) + b"\n"),
    ("mac_zero", "a code of zeros", lambda _: b" " + to_base64(bytes(32)) + b"\n"),
    ("mac_no_line_break", "nothing after the code, not even a line break", lambda line: line[:-1]),
]


Stanzas = Callable[[Draft], tuple[list[bytes], list[bytes]]]
"""The stanzas that the authentication code was made for, and those that the file shows."""

_OTHERS: list[tuple[str, str, Stanzas]] = [
    ("recipient_added", "a recipient added", lambda d: ([d.stanza()], [d.stanza(), _GREASE])),
    ("recipient_removed", "a recipient removed", lambda d: ([d.stanza(), _GREASE], [d.stanza()])),
    (
        "recipient_replaced",
        "a recipient replaced by another",
        lambda d: ([d.stanza(), _GREASE], [d.stanza(), d.stanza(OTHER, bytes(16))]),
    ),
    (
        "recipients_swapped",
        "recipients in another order",
        lambda d: ([d.stanza(), _GREASE], [_GREASE, d.stanza()]),
    ),
    ("recipient_doubled", "a recipient twice", lambda d: ([d.stanza()], [d.stanza(), d.stanza()])),
]


def header_vectors() -> Iterator[Vector]:
    """Make all vectors of the header."""
    yield Draft("empty").vector("an empty file", "header", b"")
    armor = b"-----BEGIN AGE ENCRYPTED FILE-----\n"
    yield Draft("armored").vector("an armored file, which a clip never is", "armored", armor)
    yield from _spellings()
    yield from _codes()
    yield from _other_stanzas()
    yield from _cut_short()


def _spellings() -> Iterator[Vector]:
    for name, comment, edit in _SPELLINGS:
        draft = Draft(name)
        yield draft.vector(comment, "header", draft.closed(edit(draft.signed())) + draft.small)


def _codes() -> Iterator[Vector]:
    for name, comment, edit in _CODES:
        draft = Draft(name)
        signed = draft.signed()
        line = draft.closed(signed)[len(signed) :]
        rest = b"" if name == "mac_no_line_break" else draft.small
        yield draft.vector(comment, "header", signed + edit(line) + rest)


def _other_stanzas() -> Iterator[Vector]:
    """Recipients changed by somebody who lacks the file key, so the old code is all there is."""
    for name, comment, stanzas in _OTHERS:
        draft = Draft(name)
        sealed, shown = stanzas(draft)
        header = draft.signed(*shown) + draft.header(*sealed)[len(draft.signed(*sealed)) :]
        yield draft.vector(comment, "header", header + draft.small)
    draft = Draft("two_file_keys")
    other_key = draft.take("second file key", 16)
    file = draft.header(draft.stanza(OTHER), draft.stanza(READER, other_key)) + draft.small
    yield draft.vector("the second recipient is given another file key", "header", file)
    draft = Draft("two_file_keys_first")
    file = draft.header(draft.stanza(OTHER, other_key), draft.stanza(READER)) + draft.small
    yield draft.vector("as before, seen by the one whose file key is the header's", "success", file, SMALL)


def _cut_short() -> Iterator[Vector]:
    draft = Draft("cut_in_version")
    yield draft.vector("it ends in the first line", "header", FIRST_LINE[:-4])
    draft = Draft("cut_in_stanza")
    yield draft.vector("it ends in a recipient", "header", draft.signed()[:60])
    draft = Draft("cut_before_code")
    yield draft.vector("it ends before the authentication code", "header", draft.signed())
    draft = Draft("cut_before_nonce")
    yield draft.vector("it ends after the header", "header", draft.header())
    draft = Draft("cut_in_nonce")
    yield draft.vector("it ends in the nonce", "header", draft.header() + draft.nonce[:15])
