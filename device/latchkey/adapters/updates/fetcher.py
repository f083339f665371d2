"""How tuf reaches the network: through our gate, into our ledger, with limits on size and on time."""

import io
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from tuf.api.exceptions import DownloadError, DownloadHTTPError
from tuf.ngclient import FetcherInterface

from latchkey.egress import SYSTEM_UPDATE, Ledger
from latchkey.egress.downloads import DownloadFailed, stream

METADATA_LIMIT_BYTES = 2 << 20


@dataclass(frozen=True, slots=True)
class Pace:
    """How slow a server may be: so long until the first byte of a file comes, and so many bytes a second
    then.

    Who sends more slowly for long holds the device up, on purpose or not. 64 kbit/s is less than any line
    has.
    """

    start_s: float = 30.0
    least_bytes_per_s: int = 8 << 10

    def limit_s(self, size_bytes: int) -> float:
        """How long a file of that size may take."""
        return self.start_s + size_bytes / self.least_bytes_per_s


class LedgerFetcher(FetcherInterface):
    """Fetches for one update."""

    def __init__(self, ledger: Ledger, trust: ssl.SSLContext | None = None, pace: Pace | None = None) -> None:
        self._ledger = ledger
        self._trust = trust
        self._pace = pace or Pace()

    def pieces(self, url: str, limit_bytes: int) -> Iterator[bytes]:
        """Give a file in pieces. Raises DownloadFailed."""
        return stream(
            url,
            limit_bytes,
            ledger=self._ledger,
            purpose=SYSTEM_UPDATE,
            trust=self._trust,
            limit_s=self._pace.limit_s(limit_bytes),
        )

    def _fetch(self, url: str) -> Iterator[bytes]:
        return self.pieces(url, METADATA_LIMIT_BYTES)

    @contextmanager
    def download_file(self, url: str, max_length: int) -> Iterator[IO[bytes]]:
        """Give a small file. In memory: `/tmp` is the same memory on a Pi, and metadata is small."""
        try:
            data = b"".join(self.pieces(url, min(max_length, METADATA_LIMIT_BYTES)))
        except DownloadFailed as error:
            if error.status is not None:
                raise DownloadHTTPError(str(error), error.status) from error
            raise DownloadError(str(error)) from error
        yield io.BytesIO(data)
