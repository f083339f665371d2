"""The proof of a clip, checked while the clip is read for another purpose."""

from collections.abc import Callable, Iterable, Iterator

from latchkey.clip import Progress, ProofReader
from latchkey.errors import ClipError


class ProofWatch:
    """Checks the proof of a clip while it is read for another purpose, and lets every piece through."""

    def __init__(self) -> None:
        self._reader = ProofReader()

    @property
    def progress(self) -> Progress:
        """How far it is proved."""
        return self._reader.progress

    def through(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Give the pieces on. Errors of `chunks` rise and are noted; those of the proof are only noted."""
        try:
            for chunk in chunks:
                self._feed(chunk)
                yield chunk
        except ClipError as error:
            self.progress.failure = self.progress.failure or error
            raise
        self._note(self._reader.close)

    def _feed(self, chunk: bytes) -> None:
        if self.progress.failure is None:
            self._note(lambda: self._reader.feed(chunk))

    def _note(self, check: Callable[[], None]) -> None:
        try:
            check()
        except ClipError as error:
            self.progress.failure = self.progress.failure or error
