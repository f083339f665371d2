"""The device itself: two sides, one message boundary, one loop."""

from latchkey.device.capture_side import CaptureSide
from latchkey.device.device import Device, run
from latchkey.device.link_side import LinkSide

__all__ = ["CaptureSide", "Device", "LinkSide", "run"]
