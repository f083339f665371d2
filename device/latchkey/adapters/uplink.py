"""The uplink of a device that keeps its clips at home: it takes none."""

from latchkey.ports import SealedClip


class NoUplink:
    """`ports.Uplink` that is off, as it is unless the owner switches one on."""

    def offer(self, clip: SealedClip) -> bool:
        """Decline. Raises TypeError for anything but a `SealedClip`, as every uplink does."""
        if not isinstance(clip, SealedClip):
            raise TypeError("an uplink takes only SealedClip")
        return False
