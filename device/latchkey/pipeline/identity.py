"""Who the device is: its name on the wire, and the key it signs with. Both are made at first start.

The name is 128 random bits: no MAC address, serial number or host name; it holds no time, and says nothing
of who or where. The signing key vouches for clips; it opens none.
"""

import re
from contextlib import suppress

from latchkey.clip import SEED_BYTES, SigningKey, Take
from latchkey.errors import DiskError, NotOnDisk
from latchkey.pipeline.durable import FileDamaged, read_checked, write_checked, write_whole
from latchkey.ports import Disk, Entropy

NAME = "device-id"
PATTERN = re.compile(r"[0-9a-f]{32}")
KEY_NAME = "keys/device.key"
PUBLIC_NAME = "keys/device.pub"
_SEED = re.compile(r"[0-9a-f]{64}")


def device_id(state: Disk, entropy: Entropy) -> str:
    """Give the id, making it first where there is none. A damaged one is replaced. Raises DiskError."""
    try:
        known = read_checked(state, NAME).decode("ascii", "replace")
    except (NotOnDisk, FileDamaged):
        known = ""
    if PATTERN.fullmatch(known):
        with suppress(DiskError):  # the start that made it may have ended before its name was durable
            state.sync_folder("")
        return known
    made = entropy.take("device-id", 16).hex()
    write_checked(state, NAME, made.encode("ascii"))
    return made


def device_key(vault: Disk, take: Take) -> SigningKey:
    """Give the signing key of the device, making it first where there is none; durable when it is given.

    Its public half lies beside it for whoever pairs with the device. A damaged key is set aside and a new one
    made: the device records on, and its clips are an unknown device's until it is paired again. Raises
    DiskError.
    """
    seed = _known_seed(vault)
    if seed is None:
        seed = take("device-key", SEED_BYTES)
        write_checked(vault, KEY_NAME, seed.hex().encode("ascii"))
        vault.sync_folder("")
    key = SigningKey(seed)
    public = f"{key.public.hex()}\n".encode("ascii")
    try:
        known = vault.read(PUBLIC_NAME)
    except NotOnDisk:
        known = b""
    if known != public:
        write_whole(vault, PUBLIC_NAME, public)
    return key


def _known_seed(vault: Disk) -> bytes | None:
    """Give the seed on the disk; None where there is none any more."""
    try:
        text = read_checked(vault, KEY_NAME).decode("ascii", "replace")
    except NotOnDisk:
        return None
    except DiskError:  # damaged, or unreadable blocks; a disk that is gone altogether refuses the rename too
        text = ""
    if _SEED.fullmatch(text):
        return bytes.fromhex(text)
    vault.rename(KEY_NAME, f"{KEY_NAME}.damaged")
    return None
