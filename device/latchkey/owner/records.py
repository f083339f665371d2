"""Whether a clip's record says what the clip itself says.

The record (`ID.meta.age`) is sealed and not signed: whoever can write in the vault can seal another one. The
clip's manifest says the same things, and is signed with the clip.
"""

from collections.abc import Sequence

from latchkey.clip import Manifest
from latchkey.errors import ClipError, DiskError, NotOnDisk
from latchkey.owner.opening import ReadableDisk, read_meta

SHARED = {
    "trigger": "why",
    "triggers": "why",
    "start_wall_ns": "when",
    "span_ns": "how long",
    "frames": "how many frames",
    "frames_with_covers": "how many frames with covers",
    "states": "what the filter did",
    "detector": "the detector",
}
"""What `latchkey clips list` shows of a record, and what that is in words; every schema has it."""


def record_trouble(disk: ReadableDisk, clip: str, identities: Sequence[str], manifest: Manifest) -> str:
    """Say what is wrong with the record of a whole clip, nothing where it says the same."""
    try:
        meta = read_meta(disk, clip, identities)
    except NotOnDisk:
        return "its record is missing"
    except (ClipError, DiskError) as error:
        return f"its record cannot be read: {error}"
    differing = (name for name in SHARED if getattr(meta, name) != getattr(manifest, name))
    other = dict.fromkeys(SHARED[name] for name in differing)
    if not other:
        return ""
    return f"its record, which `clips list` shows, says otherwise than the clip: {', '.join(other)}"
