"""Every error a user can meet, with its exit code and, where there is one, the way out.

Adapters turn the errors of libraries into these; nothing above an adapter sees a foreign
exception. Each class is one kind of trouble; facts travel as attributes, not in the text alone.
Exit codes are documented API (README, "Exit codes"): a number never changes its meaning.
"""

import re
from typing import ClassVar

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_SETTINGS = 3
EXIT_CAMERA = 4
EXIT_KEY = 5
EXIT_DAMAGED = 6
EXIT_VAULT = 7
EXIT_NETWORK = 8
EXIT_DETECTOR = 9
EXIT_UNCOVERED = 10
EXIT_PARTIAL = 11
EXIT_UNKNOWN_DEVICE = 12
EXIT_CHAIN = 13
EXIT_NO_CLIP = 14
EXIT_RECORD = 15
EXIT_BROKEN_PROMISE = 16
EXIT_SCENE = 17
EXIT_LIMIT = 18
EXIT_UPDATE_REFUSED = 19
EXIT_UPDATE_UNHEALTHY = 20
EXIT_FINDINGS = 21
EXIT_NOT_KNOWN = 22
EXIT_INTERRUPTED = 130
"""By Ctrl-C, or by a reader of our output that went away; other signals give 128 and their number."""


_SECRET_KEY = re.compile(r"(AGE-(SECRET-KEY|PLUGIN)-)[0-9A-Z-]{6,}", re.IGNORECASE)


def masked(text: str) -> str:
    """Give `text` with `AGE-SECRET-KEY-...` for whatever looks like a secret key in it."""
    return _SECRET_KEY.sub(r"\1...", text)


class LatchkeyError(Exception):
    """Anything that goes wrong for a reason a person can be told.

    `hint` is one sentence on what to do about it, without a full stop, or None.
    """

    exit_code: ClassVar[int] = EXIT_FAILED

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(LatchkeyError):
    """The command line asks for something that cannot be."""

    exit_code = EXIT_USAGE


class OutputFailed(LatchkeyError):
    """What was asked for could not be written to standard output."""


class SettingsError(LatchkeyError):
    """The settings file cannot be used: file, line and key are in the message."""

    exit_code = EXIT_SETTINGS


class CameraLost(LatchkeyError):
    """The camera is gone, or never came; `restart` may bring it back."""

    exit_code = EXIT_CAMERA


class FootageEnded(CameraLost):
    """A recorded video has no more pictures. Not a fault: nothing is to be restarted."""


class FinderError(LatchkeyError):
    """The face detector is missing, failed its check, or answered nonsense."""

    exit_code = EXIT_DETECTOR


class DetectorBlind(FinderError):
    """The face detector raises nothing, and does not find the face that is drawn for it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is blind: it does not find the face that is drawn for it")
        self.name = name


class FilterError(LatchkeyError):
    """A picture or a plan of covers is not what the privacy filter can work with."""


class EncoderError(LatchkeyError):
    """The video encoder refused a frame or could not be opened."""


class OwnerKeyError(LatchkeyError):
    """A key is missing, unreadable, or not the one that opens this clip."""

    exit_code = EXIT_KEY


class ClipError(LatchkeyError):
    """A sealed clip is not what it claims to be."""

    exit_code = EXIT_DAMAGED


class DiskError(LatchkeyError):
    """A file operation failed: the disk is missing, broken or read-only."""

    exit_code = EXIT_VAULT


class DiskFull(DiskError):
    """No room is left for the bytes that were to be written."""


class NotOnDisk(DiskError):
    """There is no file of that name."""


class VaultBusy(DiskError):
    """Somebody else deletes clips, or seals them anew, at this moment: it is for the next time."""


class LinkDown(LatchkeyError):
    """There is no connection to the broker at this moment."""

    exit_code = EXIT_NETWORK


class LineUnusable(LatchkeyError):
    """The socket between the two sides of a device cannot be made."""


class EgressRefused(LatchkeyError):
    """Something tried to open a connection that is not on the list."""

    exit_code = EXIT_NETWORK


class UpdateRefused(LatchkeyError):
    """An update is not what its signers vouch for, older than what is there, expired, or not for this
    machine.
    """

    exit_code = EXIT_UPDATE_REFUSED


class UpdateUnhealthy(LatchkeyError):
    """A release was tried, was not well or could not be asked, and the one before it runs again."""

    exit_code = EXIT_UPDATE_UNHEALTHY


class NotAsked(LatchkeyError):
    """Whether a release is well could not be asked, so nobody can say that it is not."""

    exit_code = EXIT_UPDATE_UNHEALTHY


class WorkerBusy(LatchkeyError):
    """A worker's queue is full: the caller keeps the job and asks again later."""
