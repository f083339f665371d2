"""The plaintext of a sealed file as a file that can seek: only the chunks asked for are opened."""

import io
from typing import BinaryIO

from latchkey.clip.errors import ClipDamaged, TrailingBytes
from latchkey.clip.stream import (
    CHUNK_BYTES,
    SEALED_CHUNK_BYTES,
    TAG_BYTES,
    open_chunk,
    open_chunks,
    read_fully,
)


class PlainReader(io.RawIOBase):
    """Random access to a payload that begins where `source` stands. Keeps the last chunk it opened.

    The end is verified first, so a source that was cut short is refused before anything is read.
    Raises ClipTruncated, ClipDamaged, TrailingBytes, at the start or while reading.
    """

    def __init__(self, source: BinaryIO, key: bytes) -> None:
        self._source, self._key = source, key
        self._start = source.tell()
        sealed_bytes = source.seek(0, io.SEEK_END) - self._start
        self._chunks = max(1, -(-sealed_bytes // SEALED_CHUNK_BYTES))
        self._size_bytes = sealed_bytes - self._chunks * TAG_BYTES
        self._at = 0
        self._number = self._chunks - 1
        self._chunk = self._last_chunk()

    def readable(self) -> bool:
        """Give True."""
        return True

    def seekable(self) -> bool:
        """Give True."""
        return True

    def tell(self) -> int:
        """Give the place in the plaintext, in bytes from its start."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move, past the end too, as in any file. Raises ValueError for a place before the start."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size_bytes}[whence]
        if base + offset < 0:
            raise ValueError("a place before the start")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer, in the base
        """Read at most to the end of one chunk. Raises ClipDamaged, TrailingBytes."""
        if self._at >= self._size_bytes:
            return 0
        number, offset = divmod(self._at, CHUNK_BYTES)
        if number != self._number:
            self._chunk = self._open(number)
            self._number = number
        part = self._chunk[offset : offset + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _open(self, number: int) -> bytes:
        self._go_to(number)
        sealed = read_fully(self._source, SEALED_CHUNK_BYTES)
        last = number == self._chunks - 1
        data = open_chunk(self._key, number, sealed, last=last)
        if data is not None:
            return data
        if not last and open_chunk(self._key, number, sealed, last=True) is not None:
            raise TrailingBytes(number)
        raise ClipDamaged(number)

    def _go_to(self, number: int) -> None:
        self._source.seek(self._start + number * SEALED_CHUNK_BYTES)

    def _last_chunk(self) -> bytes:
        last = self._chunks - 1
        self._go_to(last)
        try:
            return b"".join(open_chunks(self._source, self._key, last))
        except ClipDamaged:
            if last:  # the chunk before tells whether the end mark is there, and something follows it
                self._go_to(last - 1)
                for _ in open_chunks(self._source, self._key, last - 1):
                    pass
            raise
