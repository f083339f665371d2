"""Units of time and size. Everything inside counts in integer nanoseconds and bytes.

A float loop at 0.1 s loses a frame in a day; an integer one does not.
"""

NS_PER_US = 1_000
NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
S_PER_DAY = 86_400
NS_PER_HOUR = 3_600 * NS_PER_S

TICKS_PER_S = 90_000
"""Clips count time in it, as H.264 in MPEG systems does: whole ticks for every usual frame rate."""

KIB = 1 << 10
MIB = 1 << 20


def to_ns(seconds: float) -> int:
    """Turn seconds (as a person writes them) into whole nanoseconds."""
    return round(seconds * NS_PER_S)


def to_s(duration_ns: int) -> float:
    """Turn nanoseconds into seconds for a person to read; never used in logic."""
    return duration_ns / NS_PER_S


def size_text(n_bytes: int) -> str:
    """Say a size for a person, in the unit in which it is a number of a few digits."""
    if n_bytes < KIB:
        return f"{n_bytes} B"
    return f"{n_bytes / KIB:.1f} KiB" if n_bytes < MIB else f"{n_bytes / MIB:.1f} MiB"


def next_ticks(since_start_ns: int, last_ticks: int) -> int:
    """Give the time of a clip's next picture in ticks: rounded, but after `last_ticks`, as MP4 demands.

    `since_start_ns` counts from the clip's first picture, for which `last_ticks` is -1.
    """
    ticks = (since_start_ns * TICKS_PER_S + NS_PER_S // 2) // NS_PER_S
    return max(ticks, last_ticks + 1)


def utc_day(wall_ns: int) -> int:
    """Give the UTC day as whole days since 1970-01-01 for a wall-clock time in ns."""
    return wall_ns // (S_PER_DAY * NS_PER_S)
