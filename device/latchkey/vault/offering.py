"""What of the vault may be offered to an uplink: whole clips. The one place that makes a `SealedClip`."""

from latchkey.errors import ClipError
from latchkey.ports import ClipEntry, SealedClip
from latchkey.vault.names import sealed_name


def sealed_clip(entry: ClipEntry) -> SealedClip:
    """Give a whole clip as an uplink takes it. Raises ClipError for a torn one, and for what is no id."""
    if entry.state != "whole":
        raise ClipError(f"clip {entry.clip} is {entry.state}: only whole clips may be offered")
    return SealedClip(entry.clip, sealed_name(entry.clip, entry.day, "whole"), entry.size_bytes)
