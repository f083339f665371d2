"""Loading what only a Raspberry Pi has, with one clear line where it is missing."""

from importlib import import_module
from typing import Any

from latchkey.errors import SettingsError

PACKAGES = {
    "picamera2": "python3-picamera2",
    "libcamera": "python3-libcamera",
    "gpiozero": "python3-gpiozero",
    "lgpio": "python3-lgpio",
}
"""Debian's packages. Those of PyPI do not fit the system's libcamera and kernel."""

SEEN = "a virtual environment sees it only if made with --system-site-packages"


def load_library(name: str) -> Any:
    """Import a library of the board. Raises SettingsError with the command that brings it."""
    package = PACKAGES[name.partition(".")[0]]
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or name
        raise SettingsError(
            f"the pi board needs {missing}, which is missing",
            hint=f"apt install {PACKAGES.get(missing, package)}; {SEEN}",
        ) from error
    except (ImportError, ValueError, AttributeError, OSError) as error:  # built for another NumPy, say
        reason = str(error).split("\n")[0]
        raise SettingsError(
            f"{name} does not load: {reason}",
            hint=f"apt install --reinstall {package}; parts of it from pip hide the system's",
        ) from error
