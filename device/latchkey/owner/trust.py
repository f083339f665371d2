"""Which devices the owner trusts to vouch for clips."""

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from latchkey.errors import NotOnDisk, OwnerKeyError
from latchkey.pipeline.identity import PUBLIC_NAME
from latchkey.ports import Disk
from latchkey.reading import read_small


class TrustSource(StrEnum):
    """Who says that a device is to be believed: the person at the keyboard, who named it; the household,
    which was paired with it or told of it; or the folder of the clips, where whoever writes
    there could put both.
    """

    GIVEN = "given"
    HOUSEHOLD = "household"
    VAULT = "vault"


FILE_LIMIT_BYTES = 4096
_PUBLIC = re.compile(r"[0-9a-f]{64}")


def trusted_devices(vault: Disk | None, given: Sequence[str]) -> frozenset[bytes]:
    """Give the public keys of the devices to trust: those `given`, as hexadecimal digits or as files of them.

    Where none is given it is the vault's own, which whoever can write there could replace. Raises
    OwnerKeyError.
    """
    if given:
        return frozenset(_read(text) for text in given)
    if vault is None:
        return frozenset()
    try:
        text = vault.read(PUBLIC_NAME).decode("ascii", "replace").strip()
    except NotOnDisk:
        return frozenset()
    return frozenset({bytes.fromhex(text)}) if _PUBLIC.fullmatch(text) else frozenset()


def _read(text: str) -> bytes:
    if not _PUBLIC.fullmatch(text):
        try:
            text = read_small(Path(text), FILE_LIMIT_BYTES).decode("ascii", "replace").strip()
        except OSError as error:
            raise OwnerKeyError(
                f"the device's key is neither 64 hexadecimal digits nor a file: {error.strerror}",
                hint="it is keys/device.pub in the folder of the device's clips",
            ) from error
    if not _PUBLIC.fullmatch(text):
        raise OwnerKeyError("the file of the device's key does not hold 64 hexadecimal digits")
    return bytes.fromhex(text)
