"""The `webcam` board: a V4L2 device as camera, the Enter key as bell."""

from latchkey.boards.file import open_link
from latchkey.ports import CaptureBoard, Ground
from latchkey.settings import Settings

__all__ = ["open_capture", "open_link"]


def open_capture(settings: Settings, ground: Ground) -> CaptureBoard:
    """Open `camera.source`, a number or a path like /dev/video0. Raises CameraLost."""
    from latchkey.adapters.cameras import WebcamCamera, v4l2_device
    from latchkey.adapters.finders.quiet import silence_opencv
    from latchkey.boards.capture import linux_capture

    silence_opencv()
    wanted = settings.camera
    device = v4l2_device(wanted.source)
    camera = WebcamCamera(device, wanted.width, wanted.height, wanted.fps, ground.clock)
    return linux_capture(settings, ground, camera)
