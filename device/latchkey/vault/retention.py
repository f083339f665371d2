"""Which clips have to go. Rules on values; who deletes is `latchkey.pipeline.vaultkeeper`.

A clip that is still being written is never among the entries, so it is never chosen.
"""

from collections.abc import Callable, Sequence

from latchkey.events import DiskState
from latchkey.ports import ClipEntry
from latchkey.units import MIB, NS_PER_HOUR, NS_PER_S, S_PER_DAY
from latchkey.vault.days import LAST_DAY

CLIP_LIMIT_BYTES = 32 << 30
"""No clip takes more: the longest (`longest_clip_s` and the pre-roll) comes to this at 400 Mbit/s."""

FULL_SHARE = 4
"""Below a quarter of the spare room no new clip begins: outbox and index need the rest."""

CROWDED_SHARE = 4
"""Kept clips that leave less than a quarter of the room to others are worth a warning."""


def expires_day(day: int, days: int) -> int:
    """Give the UTC day on which a clip of `day` is deleted: `days` whole days have passed since its own.

    An undated clip is never deleted for its age.
    """
    return min(day + days + 1, LAST_DAY)


def expired(
    entries: Sequence[ClipEntry],
    today: int,
    days: int,
    day_of: Callable[[ClipEntry], int] = lambda entry: entry.day,
) -> list[ClipEntry]:
    """Choose the clips after whose day `days` whole days have passed.

    A clip from the future (the clock went back) stays, and counts, until its day is past. So a
    clock that falls back to 1970 deletes nothing. `day_of` gives the day that counts of a clip whose name
    says one that is over or has not come: anybody can give a file another name.
    """

    def is_due(entry: ClipEntry) -> bool:
        by_name = expires_day(entry.day, days) <= today
        if by_name or 0 < today < entry.day:
            return expires_day(day_of(entry), days) <= today
        return False

    return [entry for entry in entries if is_due(entry)]


def faces_left_ns(day: int, hours: int, wall_ns: int) -> int:
    """Say how long a face layer of UTC day `day` may stay from now on, where no more is known of it.

    It is taken to be of that day's first moment: so it never stays longer than its hours, and up to a
    day less. Where the clock is behind the day, it stays its hours from now on at most.
    """
    most_ns = hours * NS_PER_HOUR
    return min(max(day * S_PER_DAY * NS_PER_S + most_ns - wall_ns, 0), most_ns)


def faces_surely_over(day: int, hours: int, wall_ns: int) -> bool:
    """Whether the hours of even the last moment of UTC day `day` are over, by the wall clock."""
    return wall_ns >= (day + 1) * S_PER_DAY * NS_PER_S + hours * NS_PER_HOUR


def oversized(entries: Sequence[ClipEntry], max_bytes: int) -> list[ClipEntry]:
    """Choose the files that no clip can be, or that want all the room for themselves: a sparse one may be of
    any length. They go first, lest all others are deleted for them.
    """
    return [entry for entry in entries if entry.size_bytes > min(CLIP_LIMIT_BYTES, max_bytes)]


def overflow(
    entries: Sequence[ClipEntry],
    *,
    max_bytes: int,
    free_bytes: int,
    spare_bytes: int,
    open_bytes: int = 0,
) -> list[ClipEntry]:
    """Choose the clips to delete for want of room, in the order of `entries`: oldest first.

    Clips and the `open_bytes` of those being written may take `max_bytes`, and `spare_bytes` of
    the disk stay free. Where not even deleting every clip would free that much, something else
    fills the disk: then none is deleted for it.
    """
    held_bytes = open_bytes + sum(entry.size_bytes for entry in entries)
    excess_bytes = held_bytes - max_bytes
    missing_bytes = spare_bytes - free_bytes
    if missing_bytes > held_bytes - open_bytes:
        missing_bytes = 0
    chosen, freed_bytes = [], 0
    for entry in entries:
        if freed_bytes >= max(excess_bytes, missing_bytes):
            break
        chosen.append(entry)
        freed_bytes += entry.size_bytes
    return chosen


def to_delete(
    entries: Sequence[ClipEntry],
    *,
    today: int,
    days: int,
    day_of: Callable[[ClipEntry], int],
    max_bytes: int,
    free_bytes: int,
    spare_bytes: int,
    open_bytes: int = 0,
) -> list[ClipEntry]:
    """Choose what has to go: first clips past their days and files larger than any, then for room."""
    first = {entry.clip for entry in (*expired(entries, today, days, day_of), *oversized(entries, max_bytes))}
    due = [entry for entry in entries if entry.clip in first]
    over = overflow(
        [entry for entry in entries if entry.clip not in first],
        max_bytes=max_bytes,
        free_bytes=free_bytes + sum(entry.size_bytes for entry in due),
        spare_bytes=spare_bytes,
        open_bytes=open_bytes,
    )
    return due + over


def kept_bytes(entries: Sequence[ClipEntry]) -> int:
    """Give what kept clips take. A file larger than any clip is none, whatever its name, and counts for
    nothing: only its owner deletes it.
    """
    kept = [entry for entry in entries if entry.state == "kept" and entry.size_bytes <= CLIP_LIMIT_BYTES]
    return sum(entry.size_bytes for entry in kept)


def crowding(kept_bytes: int, max_bytes: int) -> str:
    """Say in words that kept clips leave too little room to others, which goes on; "" where they do not.

    They are never deleted and count as room: the more of it they take, the sooner new clips go.
    """
    left_bytes = max_bytes - kept_bytes
    if left_bytes * CROWDED_SHARE >= max_bytes:
        return ""
    taken = f"kept clips take {kept_bytes / MIB:.0f} of the {max_bytes / MIB:.0f} MiB for clips"
    if left_bytes <= 0:
        return f"{taken}: every new clip is deleted within minutes"
    return f"{taken}: new clips are deleted before their days are over"


def room_state(free_bytes: int, spare_bytes: int) -> DiskState:
    """Say in a word how much room there is, after whatever could be deleted was deleted."""
    if free_bytes >= spare_bytes:
        return DiskState.OK
    return DiskState.LOW if free_bytes * FULL_SHARE >= spare_bytes else DiskState.FULL
