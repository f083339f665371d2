"""The payload of an age v1 file: STREAM over ChaCha20-Poly1305 in chunks of 64 KiB.

The nonce of a chunk is its number (11 bytes) and a flag that marks the last one, so chunks
cannot be reordered, dropped or appended. A chunk is never sealed twice: a rewritten one would
share its nonce with the first.
"""

from collections.abc import Iterator
from typing import BinaryIO

from nacl.bindings import (
    crypto_aead_chacha20poly1305_ietf_decrypt,
    crypto_aead_chacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError

from latchkey.clip.errors import ClipDamaged, ClipTruncated, TrailingBytes
from latchkey.clip.header import hkdf
from latchkey.units import KIB

CHUNK_BYTES = 64 * KIB
TAG_BYTES = 16
SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES
NONCE_BYTES = 16
"""Length of the nonce between header and first chunk."""


def payload_key(file_key: bytes, nonce: bytes) -> bytes:
    """Derive the key of the chunks."""
    return hkdf(file_key, nonce, b"payload")


def chunk_nonce(number: int, *, last: bool) -> bytes:
    """Give the nonce of a chunk, 12 bytes."""
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def seal_chunk(key: bytes, number: int, data: bytes, *, last: bool) -> bytes:
    """Seal one chunk of at most 64 KiB."""
    return crypto_aead_chacha20poly1305_ietf_encrypt(data, None, chunk_nonce(number, last=last), key)


def open_chunk(key: bytes, number: int, sealed: bytes, *, last: bool) -> bytes | None:
    """Open one sealed chunk; None where it does not verify with this number and flag."""
    if len(sealed) < TAG_BYTES:
        return None
    try:
        return crypto_aead_chacha20poly1305_ietf_decrypt(sealed, None, chunk_nonce(number, last=last), key)
    except CryptoError:
        return None


def open_chunks(source: BinaryIO, key: bytes, first: int = 0) -> Iterator[bytes]:
    """Give the plaintext chunk by chunk, each verified; complete only if nothing is raised.

    `source` stands at the chunk with the number `first`. Every chunk that verifies is given before
    the error that follows it is raised.
    Raises ClipTruncated, ClipDamaged, TrailingBytes.
    """
    number = first
    sealed = read_fully(source, SEALED_CHUNK_BYTES)
    while following := read_fully(source, SEALED_CHUNK_BYTES):
        data = open_chunk(key, number, sealed, last=False)
        if data is None:
            yield from _end_too_early(key, number, sealed)
            return
        yield data
        sealed = following
        number += 1
    data = open_chunk(key, number, sealed, last=True)
    if data is None:
        yield from _no_end(key, number, sealed)
        return
    if not data and number:
        raise ClipDamaged(number)  # an empty last chunk has no legal reason
    yield data


def read_fully(source: BinaryIO, n_bytes: int) -> bytes:
    """Read `n_bytes`, or what is left; sources may give less than they are asked for."""
    data = source.read(n_bytes)
    if not data or len(data) == n_bytes:
        return data
    parts = [data]
    missing = n_bytes - len(data)
    while missing and (data := source.read(missing)):
        parts.append(data)
        missing -= len(data)
    return b"".join(parts)


def _end_too_early(key: bytes, number: int, sealed: bytes) -> Iterator[bytes]:
    """Handle a chunk that should not be the last: it is, or it does not verify at all."""
    data = open_chunk(key, number, sealed, last=True)
    if data is None or (number and not data):
        raise ClipDamaged(number)
    yield data
    raise TrailingBytes(number)


def _no_end(key: bytes, number: int, sealed: bytes) -> Iterator[bytes]:
    """Handle a last chunk without an end mark: cut off at its edge, or it does not verify at all."""
    if not sealed:
        raise ClipTruncated(number)
    data = open_chunk(key, number, sealed, last=False)
    if data is None or len(data) < CHUNK_BYTES:  # only the last chunk may be short
        raise ClipDamaged(number)
    yield data
    raise ClipTruncated(number + 1)
