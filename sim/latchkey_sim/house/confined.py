"""What a simulated device does to the real machine: nothing. Whatever Python sees it try is written down.

    confine()            from now on this process is watched, once and for good: an audit hook has no end
    @confined            a method in which nothing may happen; what does is added to the `deeds` of its object

Files opened for writing, sockets, processes, and changes of real folders are deeds. Reading is none: modules
are loaded late. What a library in C does by itself, Python does not see.
"""

import os
import sys
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
DEEDS = (
    "socket.",
    "subprocess.",
    "shutil.",
    "tempfile.",
    "sqlite3.",
    "urllib.",
    "ftplib.",
    "smtplib.",
    "mmap.",
)
DEEDS_OF_OS = frozenset(
    f"os.{name}"
    for name in (
        *("system", "exec", "posix_spawn", "spawn", "fork", "forkpty", "kill", "putenv"),
        *("rename", "remove", "mkdir", "rmdir", "link", "symlink", "truncate"),
        *("chmod", "chown", "utime", "setxattr"),
    )
)
CACHE = "__pycache__"
"""Where Python keeps what it has compiled of a module."""


class _Confined(Protocol):
    deeds: list[str]


Q = TypeVar("Q", bound=_Confined)


class _Watch:
    """Who is watched now, and in which thread: others, of whoever runs the tests, may do as they like."""

    def __init__(self) -> None:
        self.is_on = False
        self.deeds: list[str] | None = None
        self.thread = 0

    def hear(self, event: str, about: tuple[Any, ...]) -> None:
        if self.deeds is None or not _is_deed(event, about) or threading.get_ident() != self.thread:
            return
        self.deeds.append(f"open {about[0]}" if event == "open" else event)


_WATCH = _Watch()


def confine() -> None:
    """Watch this process from now on."""
    if not _WATCH.is_on:
        _WATCH.is_on = True
        sys.addaudithook(_WATCH.hear)


def confined(method: Callable[Concatenate[Q, P], T]) -> Callable[Concatenate[Q, P], T]:
    """Let nothing real happen in a method: what does is added to its object's `deeds`."""

    @wraps(method)
    def watched(self: Q, /, *args: P.args, **options: P.kwargs) -> T:
        before, _WATCH.deeds = _WATCH.deeds, self.deeds
        _WATCH.thread = threading.get_ident()
        try:
            return method(self, *args, **options)
        finally:
            _WATCH.deeds = before

    return watched


def _is_deed(event: str, about: tuple[Any, ...]) -> bool:
    if event == "open":
        path, mode, flags = about
        writes = bool(flags & WRITING) if isinstance(flags, int) else set(str(mode)) & set("wax+")
        return bool(writes) and CACHE not in str(path)
    return event.startswith(DEEDS) or (event in DEEDS_OF_OS and CACHE not in str(about))
