"""Camera, face detector, encoder."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from latchkey.frames import Bgr, Box, Colour, RawFrame, SafeFrame


@dataclass(frozen=True, slots=True)
class Still:
    """No new picture comes before monotonic `until_ns`: the scene stands still, or it is early."""

    until_ns: int


class Camera(Protocol):
    """Pictures in time order."""

    @property
    def fps(self) -> float:
        """Nominal pictures a second, > 0."""
        ...

    def read(self) -> RawFrame | Still | None:
        """Give the next picture if one is due; None = ask again at the next wake. Never blocks.

        Raises CameraLost once the sensor is gone, FootageEnded at the end of a recording.
        """
        ...

    def restart(self) -> None:
        """Try to bring a lost camera back. Raises CameraLost if it is still gone."""
        ...

    def close(self) -> None:
        """Let go of the sensor; `read` raises CameraLost until `restart`."""
        ...


class FaceFinder(Protocol):
    """A face detector. Boxes and scores leave it, nothing else: no landmarks, no features.

    It finds `vision.drawn_face`, too: one that does not is taken for blind.
    """

    @property
    def name(self) -> str:
        """What to call it in logs and manifests, like `centerface`."""
        ...

    @property
    def long_side_px(self) -> int:
        """The longer side of the picture it wants."""
        ...

    def find(self, bgr: Bgr) -> list[Box]:
        """Find faces in a (height, width, 3) uint8 picture; boxes in its pixels. Raises FinderError."""
        ...


@dataclass(frozen=True, slots=True)
class ClipSpec:
    """What an encoder must know before the first frame. Sizes in pixels, even."""

    width: int
    height: int
    fps: float
    colour: Colour


class Coded(Protocol):
    """One encoded picture, not muxed yet."""

    @property
    def is_key(self) -> bool:
        """Whether a closed group of pictures begins with it."""
        ...


class ClipEncoder(Protocol):
    """One clip being encoded to H.264, and muxed into fragmented MP4. It takes only `SafeFrame`s.

    Encoding and muxing are apart, so that a group of pictures can be looked at and encoded again
    before any byte of it exists. All methods raise EncoderError.
    """

    def feed(self, frame: SafeFrame, *, key: bool) -> list[Coded]:
        """Take the next frame, `key` = begin a group with it; give the pictures that are encoded now."""
        ...

    def flush(self) -> list[Coded]:
        """Give the pictures that are still inside; only `renew`, `decode`, `mux`, `close` may follow."""
        ...

    def renew(self) -> None:
        """Forget the pictures that are still inside; frames are fed again, from a key frame on."""
        ...

    def decode(self, key: Coded) -> RawFrame:
        """Give a key picture as whoever plays the clip will see it."""
        ...

    def mux(self, group: Sequence[Coded]) -> bytes:
        """Give the bytes of a whole group."""
        ...

    def close(self) -> bytes:
        """Give the last bytes. The encoder is of no use afterwards."""
        ...


class Encoder(Protocol):
    """Opens clip encoders."""

    def start(self, spec: ClipSpec) -> ClipEncoder:
        """Begin a clip. Raises EncoderError."""
        ...
