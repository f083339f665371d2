"""How the files of the vault are called.

    clips/2026-11-24.ID.age.part   being written
    clips/2026-11-24.ID.age        whole
    clips/2026-11-24.ID.torn.age   recording ended before it was whole
    clips/2026-11-24.ID.kept.age   whole, and kept by its owner; .part while it is sealed anew
    clips/ID.meta.age              sealed facts about it; ID.meta.age.part while being written
    clips/ID.chain.age             sealed companion: its device, and its place among the clips
    clips/ID.tail.age              sealed end of a clip that is being written, or was torn
    clips/ID.slip                  signed day, last day and number, for a device that lost its index
    clips/2026-11-24.ID.faces.age  its face layer, if the owner asked for one; .part while being written

ID is 32 lower-case hexadecimal digits, 128 random bits. The UTC day stands in the name so that a
lost index is rebuilt from names and sizes alone, without any key; 9999-12-31 = the day is not known.
"""

import re
from dataclasses import dataclass
from typing import Literal

from latchkey.errors import ClipError, DiskError
from latchkey.ports import ClipState
from latchkey.vault.days import day_text, parse_day

CLIPS = "clips"
INDEX_NAME = "index.sqlite"

FileKind = Literal[
    "part", "whole", "torn", "kept", "kept_part", "faces", "faces_part",
    "meta", "meta_part", "chain", "chain_part", "tail", "tail_part", "slip", "slip_part",
]  # fmt: skip

_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_CLIP_SUFFIXES: dict[FileKind, str] = {
    "part": ".age.part",
    "whole": ".age",
    "torn": ".torn.age",
    "kept": ".kept.age",
    "kept_part": ".kept.age.part",
    "faces": ".faces.age",
    "faces_part": ".faces.age.part",
}
_ASIDE_SUFFIXES: dict[FileKind, str] = {
    "meta": ".meta.age",
    "meta_part": ".meta.age.part",
    "chain": ".chain.age",
    "chain_part": ".chain.age.part",
    "tail": ".tail.age",
    "tail_part": ".tail.age.part",
    "slip": ".slip",
    "slip_part": ".slip.part",
}
_CLIP_KINDS = {suffix: kind for kind, suffix in _CLIP_SUFFIXES.items()}
_ASIDE_KINDS = {suffix: kind for kind, suffix in _ASIDE_SUFFIXES.items()}
_NAME_LIMIT_CHARS = 255


@dataclass(frozen=True, slots=True)
class FileName:
    """What a name in `clips/` says. `day` is None for files beside a clip."""

    clip: str
    kind: FileKind
    day: int | None


def is_clip_id(text: str) -> bool:
    """Whether `text` is 32 lower-case hexadecimal digits."""
    return _ID.fullmatch(text) is not None


def part_name(clip: str, day: int) -> str:
    """Name of a clip while it is written."""
    return _clip_name(clip, day, "part")


def sealed_name(clip: str, day: int, state: ClipState) -> str:
    """Name of a whole, torn or kept clip."""
    return _clip_name(clip, day, state)


def rewrapped_name(clip: str, day: int) -> str:
    """Name of a clip while it is sealed anew, to be kept or no longer kept."""
    return _clip_name(clip, day, "kept_part")


def meta_name(clip: str) -> str:
    """Name of the sealed facts about a clip."""
    return _aside_name(clip, "meta")


def chain_name(clip: str) -> str:
    """Name of the sealed companion of a clip."""
    return _aside_name(clip, "chain")


def tail_name(clip: str) -> str:
    """Name of the sealed end of a clip that is not whole."""
    return _aside_name(clip, "tail")


def slip_name(clip: str) -> str:
    """Name of the plain signed slip of a clip."""
    return _aside_name(clip, "slip")


def faces_name(clip: str, day: int) -> str:
    """Name of a face layer. It has the day of its clip, so it says no more than the clip's name does."""
    return _clip_name(clip, day, "faces")


def faces_part_name(clip: str, day: int) -> str:
    """Name of a face layer while it is written."""
    return _clip_name(clip, day, "faces_part")


def parse_name(name: str) -> FileName | None:
    """Read a name as listed in `clips/`; None for files that are not ours."""
    text, dot, rest = name.partition(".")
    if is_clip_id(text):
        kind = _ASIDE_KINDS.get(dot + rest)
        return None if kind is None else FileName(text, kind, None)
    clip, dot, suffix = rest.partition(".")
    kind, day = _CLIP_KINDS.get(dot + suffix), parse_day(text)
    return None if kind is None or day is None or not is_clip_id(clip) else FileName(clip, kind, day)


def check_disk_name(name: str) -> None:
    """Raise DiskError for a name that could leave the root of a `Disk`, or is no name at all."""
    parts = name.split("/")
    if any(part in ("", ".", "..") or len(part) > _NAME_LIMIT_CHARS for part in parts) or "\0" in name:
        raise DiskError(f"{name!r} is not a name inside the folder")


def _clip_name(clip: str, day: int, kind: FileKind) -> str:
    return f"{CLIPS}/{day_text(day)}.{_checked(clip)}{_CLIP_SUFFIXES[kind]}"


def _aside_name(clip: str, kind: FileKind) -> str:
    return f"{CLIPS}/{_checked(clip)}{_ASIDE_SUFFIXES[kind]}"


def _checked(clip: str) -> str:
    if not is_clip_id(clip):
        raise ClipError(f"{clip!r} is not the id of a clip")
    return clip
