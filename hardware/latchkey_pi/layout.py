"""Where luma and colour lie in a buffer of the camera: pure.

libcamera aligns rows: 32 bytes on a Pi 4, 64 on a Pi 5, so a row may be longer than the picture is wide, and
colour rows are half as long, padding included. What is between is memory of whoever had it before: it is
left out.
"""

from dataclasses import dataclass

import numpy as np

from latchkey.errors import CameraLost
from latchkey.frames import Plane


@dataclass(frozen=True, slots=True)
class Layout:
    """A stream of YUV 4:2:0 pictures, as the camera was configured in the end."""

    width: int
    height: int
    stride: int
    """Bytes from one row of luma to the next."""

    def __post_init__(self) -> None:
        if self.width % 2 or self.height % 2 or self.stride % 2 or not 0 < self.width <= self.stride:
            raise CameraLost(
                f"the camera offers pictures of {self.width}x{self.height} in rows of {self.stride} bytes"
            )

    @property
    def size_bytes(self) -> int:
        """Bytes of a picture in a buffer of the camera, padding included."""
        return self.stride * self.height * 3 // 2

    def copied(self, buffer: Plane) -> tuple[Plane, Plane, Plane]:
        """Copy Y, U and V out of a buffer into memory of our own, in one piece and without padding.

        Raises CameraLost where the buffer is shorter than its layout.
        """
        flat = buffer.reshape(-1)
        if flat.size < self.size_bytes:
            raise CameraLost(f"the camera gives {flat.size} bytes for a picture of {self.size_bytes}")
        height, width = self.height, self.width
        luma_end = self.stride * height
        quarter = luma_end // 4
        luma = flat[:luma_end].reshape(height, self.stride)[:, :width]
        half = (height // 2, self.stride // 2)
        colours = (flat[luma_end + n * quarter :][:quarter].reshape(half)[:, : width // 2] for n in (0, 1))
        whole = np.empty(width * height * 3 // 2, np.uint8)
        y = whole[: width * height].reshape(height, width)
        u, v = whole[width * height :].reshape(2, height // 2, width // 2)
        for ours, theirs in zip((y, u, v), (luma, *colours), strict=True):
            np.copyto(ours, theirs)
        return y, u, v

    def luma(self, buffer: Plane) -> Plane:
        """Copy luma alone. Raises CameraLost where the buffer is shorter than its layout."""
        flat = buffer.reshape(-1)
        if flat.size < self.size_bytes:
            raise CameraLost(f"the camera gives {flat.size} bytes for a picture of {self.size_bytes}")
        rows = flat[: self.stride * self.height].reshape(self.height, self.stride)
        return rows[:, : self.width].copy()
