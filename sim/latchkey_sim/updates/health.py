"""A doorbell's health as a test wants it, without systemd."""

from collections.abc import Callable
from dataclasses import dataclass, field

from latchkey.errors import NotAsked


@dataclass
class SimHealth:
    """`sick` are releases that do not hold out, with what `look` says; `unfit` those that fail the rehearsal.
    `unasked` are what cannot be asked, "rehearse" or "look", and why.

    `current` tells which release a restart would begin; `restarts` are those that were begun.
    """

    current: Callable[[], int | None]
    sick: dict[int, str] = field(default_factory=dict)
    unfit: dict[int, str] = field(default_factory=dict)
    unasked: dict[str, str] = field(default_factory=dict)
    watches: bool = True
    restarts: list[int | None] = field(default_factory=list)

    def rehearse(self, number: int) -> str:
        """Judge the release of that slot."""
        self._meet("rehearse")
        return self.unfit.get(number, "")

    def restart(self) -> str:
        """Begin what is current."""
        self.restarts.append(self.current())
        return ""

    def look(self) -> str:
        """Tell how what runs is."""
        self._meet("look")
        running = self.restarts[-1] if self.restarts else None
        return "nothing runs" if running is None else self.sick.get(running, "")

    def _meet(self, question: str) -> None:
        if question in self.unasked:
            raise NotAsked(self.unasked[question])
