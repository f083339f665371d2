"""Ears of the trace and of checkers, put between a device and its board."""

from collections.abc import Callable, Sequence

from latchkey.frames import RawFrame, SafeFrame
from latchkey.ports import ClipEncoder, ClipSpec, Coded, Encoder

SeeFrame = Callable[[SafeFrame], None]


class WatchedEncoder:
    """An encoder that tells each frame it is given; otherwise the one it has."""

    def __init__(self, encoder: Encoder, see: SeeFrame) -> None:
        self._encoder = encoder
        self._see = see

    def start(self, spec: ClipSpec) -> ClipEncoder:
        """Begin a clip."""
        return _WatchedClip(self._encoder.start(spec), self._see)


class _WatchedClip:
    def __init__(self, clip: ClipEncoder, see: SeeFrame) -> None:
        self._clip = clip
        self._see = see

    def feed(self, frame: SafeFrame, *, key: bool) -> list[Coded]:
        self._see(frame)
        return self._clip.feed(frame, key=key)

    def flush(self) -> list[Coded]:
        return self._clip.flush()

    def renew(self) -> None:
        self._clip.renew()

    def decode(self, key: Coded) -> RawFrame:
        return self._clip.decode(key)

    def mux(self, group: Sequence[Coded]) -> bytes:
        return self._clip.mux(group)

    def close(self) -> bytes:
        return self._clip.close()
