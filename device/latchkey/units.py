"""Units of time and size. Everything inside counts in integer nanoseconds and bytes.

A float loop at 0.1 s loses a frame in a day; an integer one does not.
"""

NS_PER_US = 1_000
NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
S_PER_DAY = 86_400

KIB = 1 << 10
MIB = 1 << 20


def to_ns(seconds: float) -> int:
    """Turn seconds (as a person writes them) into whole nanoseconds."""
    return round(seconds * NS_PER_S)


def to_s(duration_ns: int) -> float:
    """Turn nanoseconds into seconds for a person to read; never used in logic."""
    return duration_ns / NS_PER_S


def utc_day(wall_ns: int) -> int:
    """Give the UTC day as whole days since 1970-01-01 for a wall-clock time in ns."""
    return wall_ns // (S_PER_DAY * NS_PER_S)
