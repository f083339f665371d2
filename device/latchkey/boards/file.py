"""The `file` board: a recorded video as camera, the Enter key as bell."""

import sys
from pathlib import Path

from latchkey.ports import CaptureBoard, Ground, LinkBoard
from latchkey.settings import Settings


def open_capture(settings: Settings, ground: Ground) -> CaptureBoard:
    """Open `camera.source` as a video or GIF, played once in real time. Raises CameraLost."""
    from latchkey.adapters.cameras import VideoCamera
    from latchkey.boards.capture import linux_capture

    camera = VideoCamera(Path(settings.camera.source), ground.clock)
    return linux_capture(settings, ground, camera)


def open_link(settings: Settings, ground: Ground) -> LinkBoard:
    """Listen to the Enter key, where there is a terminal."""
    from latchkey.adapters.bell import EnterBell
    from latchkey.boards.link import linux_link

    bell = EnterBell(ground.clock, sys.stdin if sys.stdin.isatty() else None)
    return linux_link(settings, ground, bell)
