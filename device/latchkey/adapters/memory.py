"""Keeping what is in memory there: no core files, and no frames that the C allocator holds on to.

A core file is all of memory on a disk: raw pictures, file keys. So none is written, whatever the limits say.

glibc gives each thread an arena and, once a large block was freed, stops returning blocks of that size
to the system: frames that four threads hand around then stay resident after they are gone. Measured
at 720p15 (`make bench`, peak memory): some 30 MB, which a board of 512 MB does not have.
"""

import ctypes
import resource
from contextlib import suppress

_M_MMAP_THRESHOLD = -3  # malloc.h of glibc
_M_ARENA_MAX = -8
_PR_SET_DUMPABLE = 4  # linux/prctl.h
THRESHOLD_BYTES = 256 << 10
"""Blocks above this (any plane of a 720p frame) go back to the system when freed."""

ARENAS = 2


def forbid_core_files() -> None:
    """Let no crash of this process write its memory to a disk (core limit 0; on Linux not dumpable)."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)  # a program that takes cores ignores the limit


def return_memory_early() -> None:
    """Set glibc's allocator up for large short-lived blocks; on another C library do nothing."""
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(_M_MMAP_THRESHOLD, THRESHOLD_BYTES)
        libc.mallopt(_M_ARENA_MAX, ARENAS)
