"""Attacks on a sealed file by somebody without its key, and by readers on each other.

Whoever changes a file gets no more than a refusal. Spellings are attacked one by one in our own vectors
(`tests/vectors/age`) and in the public ones.
"""

import io
import tracemalloc
from collections.abc import Callable

import pytest

from latchkey.clip import (
    ClipDamaged,
    ClipTruncated,
    HeaderDamaged,
    NoIdentityMatched,
    TrailingBytes,
    X25519Identity,
    decrypt,
    open_seekable,
    seal,
)
from latchkey.clip.header import write_header
from latchkey.clip.stream import CHUNK_BYTES, SEALED_CHUNK_BYTES, open_chunks, payload_key
from latchkey.errors import ClipError
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.twokeys import chunk_for_two_keys

ALICE, BOB, EVE = (X25519Identity(letter * 32) for letter in (b"a", b"b", b"e"))
PLAIN = bytes(range(256)) * 640  # 2.5 chunks


def sealed(data: bytes, *readers: X25519Identity, seed: int = 1) -> bytes:
    return seal(data, [str(reader.recipient) for reader in readers or (ALICE,)], SeededEntropy(seed))


def opened(file: bytes, reader: X25519Identity = ALICE) -> bytes:
    return b"".join(decrypt(file, [reader]))


def payload_at(file: bytes) -> int:
    """Where the first chunk begins."""
    return file.index(b"\n--- ") + 49 + 16


def refused(file: bytes, reader: X25519Identity = ALICE) -> None:
    """Neither way of opening gives the whole plaintext."""
    with pytest.raises(ClipError):
        opened(file, reader)
    with pytest.raises(ClipError):
        open_seekable(io.BytesIO(file), [reader]).read()


def test_truncated_at_every_byte_a_small_clip_is_refused() -> None:
    file = sealed(b"a small clip")
    for length in range(len(file)):
        refused(file[:length])


def test_truncated_at_every_chunk_edge_a_clip_says_how_much_of_it_verifies() -> None:
    file = sealed(bytes(4 * CHUNK_BYTES + 7))
    start = payload_at(file)
    for chunks in range(5):
        with pytest.raises(ClipTruncated) as caught:
            opened(file[: start + chunks * SEALED_CHUNK_BYTES])
        assert caught.value.chunk == chunks
        refused(file[: start + chunks * SEALED_CHUNK_BYTES])


def test_truncated_around_every_chunk_edge_a_clip_is_refused() -> None:
    file = sealed(PLAIN)
    for edge in range(payload_at(file), len(file), SEALED_CHUNK_BYTES):
        for by in (-17, -16, -1, 1, 15, 16, 17):
            refused(file[: edge + by])


def test_extended_by_anything_a_clip_is_refused() -> None:
    for file in (sealed(b"small"), sealed(bytes(CHUNK_BYTES)), sealed(PLAIN)):
        for more in (b"\n", b"\0", bytes(16), bytes(SEALED_CHUNK_BYTES), file[-16:], file):
            refused(file + more)


def test_data_after_the_last_chunk_is_named_and_what_came_before_it_is_given() -> None:
    chunks = decrypt(sealed(bytes(CHUNK_BYTES)) + b"x", [ALICE])
    assert next(chunks) == bytes(CHUNK_BYTES)
    with pytest.raises(TrailingBytes):
        next(chunks)


@pytest.mark.slow
def test_every_bit_of_a_small_clip_counts() -> None:
    file = sealed(b"a small clip", ALICE, BOB)
    for at in range(len(file)):
        for bit in range(8):
            changed = bytearray(file)
            changed[at] ^= 1 << bit
            refused(bytes(changed), BOB)


def test_a_flipped_bit_names_its_chunk_and_releases_the_sound_ones_before_it() -> None:
    file = bytearray(sealed(PLAIN))
    file[payload_at(bytes(file)) + SEALED_CHUNK_BYTES + 5] ^= 1
    chunks = decrypt(bytes(file), [ALICE.text])
    assert next(chunks) == PLAIN[:CHUNK_BYTES]
    with pytest.raises(ClipDamaged) as caught:
        next(chunks)
    assert caught.value.chunk == 1


@pytest.mark.parametrize(
    "order", [[1, 0, 2], [0, 2, 1], [2, 1, 0], [0, 2], [1, 2], [2], [0, 0, 1, 2], [0, 1, 1, 2], [0, 1, 2, 2]]
)
def test_chunks_reordered_dropped_or_duplicated_are_refused(order: list[int]) -> None:
    file = sealed(PLAIN)
    start = payload_at(file)
    chunks = [file[start + n * SEALED_CHUNK_BYTES : start + (n + 1) * SEALED_CHUNK_BYTES] for n in range(3)]
    refused(file[:start] + b"".join(chunks[n] for n in order))


def test_two_clips_spliced_at_a_chunk_edge_are_refused() -> None:
    one, other = sealed(PLAIN, seed=1), sealed(PLAIN, seed=2)
    cut = payload_at(one) + SEALED_CHUNK_BYTES
    refused(one[:cut] + other[cut:])


def test_the_header_of_another_clip_does_not_open_the_payload() -> None:
    one, other = sealed(PLAIN, seed=1), sealed(PLAIN, seed=2)
    refused(one[: payload_at(one)] + other[payload_at(other) :])
    refused(one[: payload_at(one) - 16] + other[payload_at(other) - 16 :])


def stanzas_of(file: bytes) -> tuple[bytes, list[bytes], bytes]:
    """Version line, recipients, and everything from the authentication code on."""
    code = file.index(b"--- ")
    start, *stanzas = file[:code].split(b"-> ")
    return start, [b"-> " + stanza for stanza in stanzas], file[code:]


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda alice, bob, eve: [alice], id="stripped"),
        pytest.param(lambda alice, bob, eve: [alice, eve], id="replaced"),
        pytest.param(lambda alice, bob, eve: [alice, bob, eve], id="added"),
        pytest.param(lambda alice, bob, eve: [alice, alice, bob], id="doubled"),
        pytest.param(lambda alice, bob, eve: [bob, alice], id="swapped"),
    ],
)
def test_recipients_stripped_replaced_or_added_are_refused(
    edit: Callable[[bytes, bytes, bytes], list[bytes]],
) -> None:
    start, (alice, bob), rest = stanzas_of(sealed(PLAIN, ALICE, BOB))
    _, (eve,), _ = stanzas_of(sealed(PLAIN, EVE, seed=2))
    changed = start + b"".join(edit(alice, bob, eve)) + rest
    with pytest.raises(HeaderDamaged, match="authentication code"):
        opened(changed)
    refused(changed, EVE)


def test_who_lacks_the_file_key_cannot_make_a_header_for_somebody_else() -> None:
    file = sealed(PLAIN)
    forged = write_header([EVE.recipient.wrap(b"g" * 16, SeededEntropy(5).take)], b"g" * 16)
    refused(forged + file[payload_at(file) - 16 :], EVE)
    with pytest.raises(NoIdentityMatched):
        opened(file, EVE)


class TwoFileKeys:
    """A file made by a liar: Alice and Bob get a file key each, and one chunk opens under both."""

    def __init__(self) -> None:
        take = SeededEntropy(7).take
        self.file_keys = (take("one", 16), take("other", 16))
        self.nonce = take("nonce", 16)
        readers = zip((ALICE, BOB), self.file_keys, strict=True)
        self.stanzas = [reader.recipient.wrap(file_key, take) for reader, file_key in readers]
        self.texts = (b"nobody was there" * 40, b"a man broke in.." * 40)
        self.chunk = chunk_for_two_keys((self.key(0), self.key(1)), self.texts, 0)

    def key(self, which: int) -> bytes:
        return payload_key(self.file_keys[which], self.nonce)

    def file(self, which: int) -> bytes:
        """The whole file, its header made with the file key of one of the two."""
        return write_header(self.stanzas, self.file_keys[which]) + self.nonce + self.chunk


def test_two_file_keys_for_two_recipients_pass_a_bare_stream() -> None:
    """The control: without the header's code, each reader would be shown another video."""
    made = TwoFileKeys()
    shown = [b"".join(open_chunks(io.BytesIO(made.chunk), made.key(which))) for which in range(2)]
    assert shown[0] != shown[1]
    assert made.texts[0] in shown[0]
    assert made.texts[0] not in shown[1]
    assert made.texts[1] in shown[1]


def test_two_file_keys_for_two_recipients_are_refused() -> None:
    """The header's code is made with one file key: whoever holds the other is told."""
    made = TwoFileKeys()
    for which, (shown, fooled) in enumerate(((ALICE, BOB), (BOB, ALICE))):
        assert made.texts[which] in opened(made.file(which), shown)
        with pytest.raises(HeaderDamaged, match="authentication code"):
            opened(made.file(which), fooled)
        refused(made.file(which), fooled)


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda file: file.replace(b"\n", b"\r\n", 3), id="crlf"),
        pytest.param(lambda file: b"\n" + file, id="garbage before"),
        pytest.param(lambda file: b"\xef\xbb\xbf" + file, id="byte order mark"),
        pytest.param(lambda file: file.replace(b"\n--- ", b"=\n--- "), id="padding"),
        pytest.param(lambda file: file.replace(b"\n--- ", b" \n--- "), id="space at the end"),
        pytest.param(lambda file: file.replace(b"--- ", b"---  "), id="space inside"),
        pytest.param(lambda file: file.replace(b"+", b"-").replace(b"/", b"_"), id="another alphabet"),
        pytest.param(lambda file: last_bits_set(file), id="base64 that is not canonical"),
        pytest.param(lambda file: file.replace(b"X25519", b"x25519"), id="lower case"),
    ],
)
def test_another_spelling_of_the_same_header_is_refused(edit: Callable[[bytes], bytes]) -> None:
    start = payload_at(sealed(PLAIN))
    file = sealed(PLAIN)
    changed = edit(file[: start - 16]) + file[start - 16 :]
    assert changed != file
    refused(changed)


def last_bits_set(file: bytes) -> bytes:
    """Spell the authentication code so that it decodes to the same bytes: 43 digits hold 258 bits."""
    digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return file[:-2] + digits[digits.index(file[-2]) + 1 :][:1] + file[-1:]


class Endless(io.RawIOBase):
    """A hostile file: a start, then one pattern for ever."""

    def __init__(self, start: bytes, pattern: bytes) -> None:
        self._start, self._pattern, self.given_bytes = start, pattern, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        n_bytes, past = len(buffer), self.given_bytes - len(self._start)
        shift = past % len(self._pattern)
        endless = self._pattern[shift:] + self._pattern * (n_bytes // len(self._pattern) + 1)
        data = (self._start[self.given_bytes :] if past < 0 else endless)[:n_bytes]
        buffer[: len(data)] = data
        self.given_bytes += len(data)
        return len(data)


@pytest.mark.parametrize(
    "pattern", [b"-> X25519 AAAA\n\n", b"-> a\n\n", b"-> a\n" + b"A" * 64, b"A", b"\n", b"-> "]
)
def test_an_endless_header_costs_little(pattern: bytes) -> None:
    source = Endless(b"age-encryption.org/v1\n", pattern)
    with pytest.raises(HeaderDamaged):
        decrypt(io.BufferedReader(source), [ALICE.text])
    assert source.given_bytes < 200_000


def test_a_million_recipients_are_refused_before_any_key_agreement() -> None:
    stanza = b"-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc\n" + b"A" * 43 + b"\n"
    source = io.BytesIO(b"age-encryption.org/v1\n" + stanza * 1_000_000)
    tracemalloc.start()
    with pytest.raises(HeaderDamaged, match="more than 128 recipients"):
        decrypt(source, [ALICE.text])
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 1_000_000
    assert source.tell() < 20_000


class Claims(io.BytesIO):
    """A file that says it is as long as a file can be."""

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return (1 << 63) - 1 if whence == io.SEEK_END else super().seek(offset, whence)


def test_a_length_of_2_to_the_63_costs_nothing() -> None:
    tracemalloc.start()
    with pytest.raises(ClipError):
        open_seekable(Claims(sealed(PLAIN)), [ALICE])
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 1_000_000


def test_an_endless_payload_is_opened_in_bounded_memory() -> None:
    file = sealed(bytes(CHUNK_BYTES + 1))
    source = Endless(file[: payload_at(file) + SEALED_CHUNK_BYTES], b"\0")
    tracemalloc.start()
    chunks = decrypt(io.BufferedReader(source), [ALICE])
    assert next(chunks) == bytes(CHUNK_BYTES)
    with pytest.raises(ClipDamaged):
        next(chunks)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 1_000_000
