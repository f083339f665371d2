"""The sealed face layer: patches in, sealed bytes out.

The one module that turns raw pixels into bytes for a disk, and nothing here gives those bytes before
they are sealed. A layer is an age file of its own, with a file key and recipients of its own.
"""

from collections import Counter
from collections.abc import Sequence

import cv2

from latchkey.clip import Sealer, Streams, Take
from latchkey.errors import FilterError
from latchkey.frames import Plane
from latchkey.units import next_ticks
from latchkey.vault import LayerEnd, LayerHead, encode_end, encode_head, encode_record
from latchkey.vision import FacePatches, Withheld

QUALITY = 95
"""JPEG quality: PNG takes 1.7 times the bytes and 8 times the time of it, and the encoder of the opened
clip loses more than JPEG at this quality does."""

LARGE_SHARE, LARGE_QUALITY = 0.5, 85
"""A patch of more than this share of the picture shows somebody close to the lens, and large. All of a
picture takes no more bytes at that quality than half of it at `QUALITY`: 107 to 128 KiB of 720p with a
sensor's noise, at 41 dB, in 2.1 ms of a desktop's core."""


class FaceSealer:
    """Seals the layer of one clip, piece by piece. Draws its keys from entropy streams of its own, so
    that a clip's bytes do not depend on whether it has a layer. Once a picture finds no room in
    `limit_bytes`, no further one is kept.

    Raises OwnerKeyError where a recipient is not a key, or there is none.
    """

    def __init__(
        self, recipients: Sequence[str], take: Take, head: LayerHead, first_ns: int, limit_bytes: int
    ) -> None:
        self._sealer = Sealer(recipients, Streams(take, "faces/"))
        self._head = encode_head(head)
        self._large_samples = LARGE_SHARE * head.width * head.height * 3 // 2
        self._first_ns = first_ns
        self._ticks = -1
        self._left_bytes = limit_bytes
        self._withheld: Counter[Withheld] = Counter()
        self._n_crowded_out = 0

    def begin(self) -> bytes:
        """Give the first bytes of the file."""
        return self._sealer.feed(self._head)

    def add(self, at_ns: int, patches: FacePatches | None) -> bytes:
        """Take the patches of the next picture of the clip (all are told, also those without).

        Raises FilterError where they cannot be compressed.
        """
        self._ticks = next_ticks(at_ns - self._first_ns, self._ticks)
        if patches is None:
            return b""
        if not isinstance(patches, FacePatches):
            raise TypeError("a face layer takes only FacePatches")
        record = b""
        if patches.patches and not self._n_crowded_out:
            images = [
                (place, _compressed(patch, is_large=patch.size > self._large_samples))
                for place, patch in patches.patches
            ]
            record = encode_record(self._ticks, patches.covers, images)
        if patches.patches and not 0 < len(record) <= self._left_bytes:
            self._n_crowded_out += 1
            return b""
        if patches.withheld is not None:
            self._withheld[patches.withheld] += 1
        self._left_bytes -= len(record)
        return self._sealer.feed(record)

    def end(self) -> bytes:
        """Take down in how many pictures covers stay, once all have been told."""
        withheld = self._withheld
        counts = LayerEnd(withheld[Withheld.SAFETY], withheld[Withheld.SCENE], self._n_crowded_out)
        return self._sealer.feed(encode_end(counts))

    def close(self) -> bytes:
        """Give the last bytes of the file and forget the key."""
        return self._sealer.close()


def _compressed(patch: Plane, *, is_large: bool) -> bytes:
    quality = LARGE_QUALITY if is_large else QUALITY
    try:
        ok, data = cv2.imencode(".jpg", patch, [cv2.IMWRITE_JPEG_QUALITY, quality])
    except cv2.error as error:
        raise FilterError("a patch cannot be compressed") from error
    if not ok:
        raise FilterError("a patch cannot be compressed")
    return data.tobytes()
