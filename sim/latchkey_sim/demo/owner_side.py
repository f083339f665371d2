"""What the owner does in a demo: makes a key, and opens the clips as `latchkey clips open` does."""

from pathlib import Path

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.entropy import OsEntropy
from latchkey.owner import list_clips, load_identities, make_identity_file, open_clip, read_meta
from latchkey_sim.demo.review import OpenedClip

KEY_NAME, VAULT_NAME = "owner.key", "vault"


def make_key(folder: Path) -> str:
    """Write `owner.key`, an age identity file, and give its public key."""
    return make_identity_file(folder / KEY_NAME, OsEntropy().take, SystemClock().wall_ns())


def open_clips(folder: Path) -> list[OpenedClip]:
    """Open all clips, the longest as visit.mp4, the others as visit-2.mp4 and so on, in time order."""
    disk = FolderDisk(folder / VAULT_NAME)
    keys = load_identities(folder / KEY_NAME).identities
    found = [(read_meta(disk, entry.clip, keys), entry) for entry in list_clips(disk)]
    found.sort(key=lambda pair: (-pair[0].span_ns, pair[0].start_at_ns))
    clips = []
    for number, (meta, entry) in enumerate(found, 1):
        path = folder / ("visit.mp4" if number == 1 else f"visit-{number}.mp4")
        open_clip(disk, entry, keys, path)
        clips.append(OpenedClip(path, meta, entry.size_bytes))
    return sorted(clips, key=lambda clip: clip.meta.start_at_ns)
