"""Secrets that systemd hands to a service (LoadCredential=), in a folder that no other process can read."""

import os
from pathlib import Path

from latchkey.settings import CREDENTIALS


def is_credential(path: Path | None) -> bool:
    """Whether a setting names what systemd hands over."""
    return path is not None and path.parts[0] == CREDENTIALS


def is_out_of_sight(path: Path | None) -> bool:
    """Whether it does, and this process is not the service that gets it."""
    return is_credential(path) and "CREDENTIALS_DIRECTORY" not in os.environ


def found(path: Path) -> Path:
    """Give where the file lies that a setting names. Raises FileNotFoundError out of the service's sight."""
    if not is_credential(path):
        return path
    if is_out_of_sight(path):
        raise FileNotFoundError(2, "only the service that LoadCredential= names it for can read it")
    return Path(os.environ["CREDENTIALS_DIRECTORY"], *path.parts[1:])
