"""OpenCV's own log lines: off. They go to stderr around every journal and say nothing we do not."""

import os
from contextlib import suppress

import cv2


def silence_opencv() -> None:
    """Turn the native log off, for this process and for those it starts."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    with suppress(AttributeError):  # builds of some distributions lack the logging module
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
