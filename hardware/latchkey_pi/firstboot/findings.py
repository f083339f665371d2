"""What can be wrong at the first boot: a code for programs, flashes of the light, and the way out."""

import errno
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of trouble. `flashes` of the Pi's own green light, then a pause; `fix` is for people."""

    code: str
    flashes: int
    fix: str


FINDINGS = {
    finding.code: finding
    for finding in (
        Finding("card-full", 3, "use a larger SD card (16 GB or more), or make room on this one"),
        Finding("card-broken", 4, "the SD card takes no files: flash another one"),
        Finding(
            "no-network",
            6,
            "plug in a network cable, or check the Wi-Fi name and password: then `make pi-card` again, and"
            " copy its files onto the card",
        ),
        Finding(
            "clock-unset",
            7,
            "the clock is set over the network: wait ten minutes; if it stays, your router blocks NTP (port"
            " 123)",
        ),
        Finding(
            "files-damaged", 8, "files on the card are missing or damaged: copy those of `make pi-card` again"
        ),
        Finding(
            "settings-wrong",
            8,
            "latchkey/door.toml on the card is wrong: mend the line that is named, put the card back",
        ),
        Finding(
            "install-failed",
            9,
            "wait: it is tried again. If it stays, latchkey-log.txt on the card says what failed",
        ),
    )
}


class Failed(Exception):
    """A step could not be done. `detail` says what happened, in one line."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.finding = FINDINGS[code]
        self.detail = detail


_DISK = {
    errno.ENOSPC: "card-full",
    errno.EDQUOT: "card-full",
    errno.EROFS: "card-broken",
    errno.EIO: "card-broken",
}


def from_os_error(error: OSError) -> Failed:
    """Give the finding that an error of the system means. What is no disk's fault is an install-failed."""
    detail = (
        f"{error.strerror or error}: {error.filename}" if error.filename else str(error.strerror or error)
    )
    return Failed(_DISK.get(error.errno or 0, "install-failed"), detail)
