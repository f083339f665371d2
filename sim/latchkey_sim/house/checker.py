"""What watches over a house. Checkers know nothing of scenarios, and scenarios nothing of checkers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from latchkey.frames import SafeFrame
from latchkey.units import NS_PER_S
from latchkey_sim.broker import Heard

if TYPE_CHECKING:
    from latchkey_sim.house.house import House


@dataclass(frozen=True, slots=True)
class Verdict:
    """A promise that was broken, at which door, when and how."""

    checker: str
    at_ns: int
    door: int
    text: str

    def __str__(self) -> str:
        return f"{self.at_ns / NS_PER_S:.3f} s, door{self.door}, {self.checker}: {self.text}"


class Checker:
    """Looks at one promise. What it finds it tells with `house.blame`; it changes nothing."""

    name = "checker"

    def begin(self, house: "House") -> None:
        """Be told that a house begins."""

    def on_press(self, house: "House", door: int) -> None:
        """See a press that a living device felt."""

    def on_frame(self, house: "House", door: int, frame: SafeFrame) -> None:
        """See a frame that the encoder is given."""

    def on_message(self, house: "House", heard: Heard) -> None:
        """See a message that reached the broker."""

    def on_end_of_life(self, house: "House", door: int) -> None:
        """See that a device lost its power, or was killed."""

    def after_step(self, house: "House") -> None:
        """Look around after a step of all devices."""

    def at_end(self, house: "House") -> None:
        """Look around when all is over, and what waited was sent."""
