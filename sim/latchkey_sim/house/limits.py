"""A limit on real time, for what must never hang."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

REPEAT_S = 1.0
"""Who swallows the first reminder gets another."""


class OutOfTime(BaseException):
    """The real time is over. No Exception: nothing that is simulated may mistake it for one of its own."""


@contextmanager
def wall_limit(limit_s: float) -> Iterator[None]:
    """Raise OutOfTime in the block once it has taken so long. In the main thread only."""

    def remind(_number: int, _frame: FrameType | None) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, remind)
    signal.setitimer(signal.ITIMER_REAL, limit_s, REPEAT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
