"""A limit on real time, for what must never hang."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

REPEAT_S = 1.0
"""Who swallows the first reminder gets another."""


class OutOfTime(BaseException):
    """The real time is over. No Exception: nothing that is simulated may mistake it for one of its own."""


@contextmanager
def wall_limit(limit_s: float) -> Iterator[None]:
    """Raise OutOfTime in the block once it has taken so long.

    In other threads than the main one there is no limit, nor where somebody else's alarm rings before this.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    other_s, _ = signal.getitimer(signal.ITIMER_REAL)
    if 0 < other_s <= limit_s:
        yield
        return

    def remind(_number: int, _frame: FrameType | None) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, remind)
    began_s = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, limit_s, REPEAT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if other_s:
            left_s = max(other_s - (time.monotonic() - began_s), 1e-3)
            signal.setitimer(signal.ITIMER_REAL, left_s)
