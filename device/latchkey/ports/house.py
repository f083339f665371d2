"""What is at the door besides the camera: time, chance, the button, the light, the log."""

from dataclasses import dataclass
from typing import Literal, Protocol


class Clock(Protocol):
    """Time. `now_ns` is monotonic and the only time that logic may use."""

    def now_ns(self) -> int:
        """Nanoseconds since some moment; never goes back."""
        ...

    def wall_ns(self) -> int:
        """Nanoseconds since 1970 in UTC, for metadata; may jump either way."""
        ...

    def wait_until(self, at_ns: int) -> None:
        """Return once `now_ns() >= at_ns`, or earlier if somebody calls `wake`."""
        ...

    def wake(self) -> None:
        """End a `wait_until` early, now or the next one. May be called from any thread."""
        ...


class Entropy(Protocol):
    """Chance, in named streams: a stream's bytes do not depend on what other streams gave."""

    def take(self, stream: str, n_bytes: int) -> bytes:
        """Give the next `n_bytes` of `stream`, fit for keys where the board is real."""
        ...


class Bell(Protocol):
    """The button."""

    def presses(self) -> list[int]:
        """Monotonic times of the presses since the last call, debounced. Never blocks."""
        ...


LampState = Literal["idle", "recording", "ringing", "closed", "trouble"]


Trouble = Literal["", "camera", "disk_full", "disk_failed", "no_keys"]
"""What is wrong, where the lamp shows trouble: for one that can tell it apart."""


class Lamp(Protocol):
    """The light that tells people at the door what the camera does."""

    def show(self, state: LampState, trouble: Trouble = "") -> None:
        """Show `state` until told otherwise."""
        ...


class Senses(Protocol):
    """Contacts and sensors beside the camera, for whoever has them. Asked in each step; never block."""

    def shutter_closed(self) -> bool:
        """Whether something covers the lens: then nothing is recorded."""
        ...

    def somebody(self) -> bool:
        """Whether a sensor of its own sees somebody move."""
        ...


Severity = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One line of the log. `part` is a word like camera, bell, motion, clip, filter, link, vault.

    Never holds pixels, keys, or what a clip shows.
    """

    at_ns: int
    part: str
    text: str
    severity: Severity = "info"


class Journal(Protocol):
    """Where log lines go."""

    def note(self, line: JournalLine) -> None:
        """Take a line; never raises, never blocks for long."""
        ...
