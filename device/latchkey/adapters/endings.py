"""Whether a video file lacks its end, where its format shows that in the last bytes or in an index."""

from pathlib import Path

from av.container import InputContainer
from av.video.stream import VideoStream

TAIL_BYTES = 128 * 1024
"""Where the end is looked for: a page of Ogg has 64 KiB at most, and a file may be padded."""

LAST_BYTES = {"gif": b";", "apng": b"IEND\xaeB`\x82"}
"""What a whole file ends with, padding aside."""

OGG_PAGE, OGG_FLAGS_AT, OGG_END = b"OggS\0", 5, 4
"""How a page begins, where its flags are, and the one of the last page of a stream."""


def is_cut(path: Path, container: InputContainer, stream: VideoStream) -> bool:
    """Whether the end is missing; False where nothing tells."""
    name = container.format.name
    if name in LAST_BYTES:
        return not _tail(path).rstrip(b"\0").endswith(LAST_BYTES[name])
    if name == "ogg":
        tail = _tail(path)
        flags = tail[tail.rfind(OGG_PAGE) :][OGG_FLAGS_AT : OGG_FLAGS_AT + 1]
        return not (flags and flags[0] & OGG_END)
    entries = getattr(stream, "index_entries", None)  # newer than the oldest PyAV supported
    if entries is None or not len(entries):
        return False
    last = entries[len(entries) - 1]
    return bool(last.pos + last.size > path.stat().st_size)


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-min(TAIL_BYTES, path.stat().st_size), 2)
        return file.read()
