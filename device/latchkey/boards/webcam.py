"""The `webcam` board: a V4L2 device as camera, the Enter key as bell."""

import sys

from latchkey.adapters.bell import EnterBell
from latchkey.adapters.cameras import WebcamCamera, v4l2_device
from latchkey.adapters.clock import SystemClock
from latchkey.adapters.finders.quiet import silence_opencv
from latchkey.boards.common import linux_board
from latchkey.ports import Board, Journal
from latchkey.settings import Settings


def open_board(settings: Settings, journal: Journal) -> Board:
    """Open `camera.source`, a number or a path like /dev/video0. Raises CameraLost."""
    silence_opencv()
    clock = SystemClock()
    wanted = settings.camera
    camera = WebcamCamera(v4l2_device(wanted.source), wanted.width, wanted.height, wanted.fps, clock)
    bell = EnterBell(clock, sys.stdin if sys.stdin.isatty() else None)
    return linux_board("webcam", settings, journal, clock, camera, bell)
