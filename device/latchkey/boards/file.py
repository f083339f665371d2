"""The `file` board: a recorded video as camera, the Enter key as bell."""

import sys
from pathlib import Path

from latchkey.adapters.bell import EnterBell
from latchkey.adapters.cameras import VideoCamera
from latchkey.adapters.clock import SystemClock
from latchkey.boards.common import linux_board
from latchkey.ports import Board, Journal
from latchkey.settings import Settings


def open_board(settings: Settings, journal: Journal) -> Board:
    """Open `camera.source` as a video or GIF, played once in real time. Raises CameraLost."""
    clock = SystemClock()
    camera = VideoCamera(Path(settings.camera.source), clock)
    bell = EnterBell(clock, sys.stdin if sys.stdin.isatty() else None)
    return linux_board("file", settings, journal, clock, camera, bell)
