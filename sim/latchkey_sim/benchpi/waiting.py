"""Waiting for the threads of drivers."""

from collections.abc import Callable
from threading import Event

PAUSE_S = 0.005
LIMIT_TURNS = 2_000
"""Ten seconds, in which a thread that has anything to do has done it on any machine."""


def until(question: Callable[[], bool]) -> None:
    """Wait for another thread until it is so."""
    pause = Event()
    for _ in range(LIMIT_TURNS):
        if question():
            return
        pause.wait(PAUSE_S)
    raise AssertionError("the other thread did not come to it")
