"""Updates: what a release is, the slots that releases lie in, and how one takes the place of another.

Nothing here knows the network, signatures or systemd: what was verified comes in as bytes. A release is never
older than the one before it, and whatever moment power goes at, `current` names a whole release.
"""

from latchkey.update.course import Course, Verdict, left
from latchkey.update.installing import Device, Source, install, look
from latchkey.update.records import Records
from latchkey.update.release import Release, Wheel, decode_release, encode_release
from latchkey.update.slots import Interpreter, Slots

__all__ = [
    "Course",
    "Device",
    "Interpreter",
    "Records",
    "Release",
    "Slots",
    "Source",
    "Verdict",
    "Wheel",
    "decode_release",
    "encode_release",
    "install",
    "left",
    "look",
]
