"""The sealed face layer: patches in, sealed bytes out.

The one module that turns raw pixels into bytes for a disk, and nothing here gives those bytes before
they are sealed. A layer is an age file of its own, with a file key and recipients of its own.
"""

from collections.abc import Sequence

import cv2

from latchkey.clip import Sealer, Streams, Take
from latchkey.errors import FilterError
from latchkey.frames import Plane
from latchkey.units import next_ticks
from latchkey.vault import LayerHead, encode_head, encode_record
from latchkey.vision import FacePatches

QUALITY = 95
"""JPEG quality: PNG takes 1.7 times the bytes and 8 times the time of it, and the encoder of the opened
clip loses more than JPEG at this quality does."""


class FaceSealer:
    """Seals the layer of one clip, piece by piece. Draws its keys from entropy streams of its own, so
    that a clip's bytes do not depend on whether it has a layer.

    Raises OwnerKeyError where a recipient is not a key, or there is none.
    """

    def __init__(self, recipients: Sequence[str], take: Take, head: LayerHead, first_ns: int) -> None:
        self._sealer = Sealer(recipients, Streams(take, "faces/"))
        self._head = encode_head(head)
        self._first_ns = first_ns
        self._ticks = -1

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
        images = [(cover, _compressed(patch)) for cover, patch in patches.patches]
        return self._sealer.feed(encode_record(self._ticks, patches.covers, images))

    def close(self) -> bytes:
        """Give the last bytes of the file and forget the key."""
        return self._sealer.close()


def _compressed(patch: Plane) -> bytes:
    try:
        ok, data = cv2.imencode(".jpg", patch, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    except cv2.error as error:
        raise FilterError("a patch cannot be compressed") from error
    if not ok:
        raise FilterError("a patch cannot be compressed")
    return data.tobytes()
