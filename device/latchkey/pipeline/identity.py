"""The device's name on the wire: 128 random bits, made at first start.

It is no MAC address, serial number or host name, holds no time, and says nothing of who or where.
"""

import re

from latchkey.errors import NotOnDisk
from latchkey.pipeline.durable import write_whole
from latchkey.ports import Disk, Entropy

NAME = "device-id"
PATTERN = re.compile(r"[0-9a-f]{32}")


def device_id(state: Disk, entropy: Entropy) -> str:
    """Give the id, making it first where there is none. A damaged one is replaced. Raises DiskError."""
    try:
        known = state.read(NAME).decode("ascii", "replace")
    except NotOnDisk:
        known = ""
    if PATTERN.fullmatch(known):
        return known
    made = entropy.take("device-id", 16).hex()
    write_whole(state, NAME, made.encode("ascii"))
    return made
