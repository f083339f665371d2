"""Keeping the C allocator from keeping our frames.

glibc gives each thread an arena and, once a large block was freed, stops returning blocks of that size
to the system: frames that four threads hand around then stay resident after they are gone. Measured
at 720p15 (`make bench`, peak memory): some 30 MB, which a board of 512 MB does not have.
"""

import ctypes
from contextlib import suppress

_M_MMAP_THRESHOLD = -3  # malloc.h of glibc
_M_ARENA_MAX = -8
THRESHOLD_BYTES = 256 << 10
"""Blocks above this (any plane of a 720p frame) go back to the system when freed."""

ARENAS = 2


def return_memory_early() -> None:
    """Set glibc's allocator up for large short-lived blocks; on another C library do nothing."""
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(_M_MMAP_THRESHOLD, THRESHOLD_BYTES)
        libc.mallopt(_M_ARENA_MAX, ARENAS)
