"""A device touches its board and nothing else: no real file, no real socket, no other process."""

from typing import TYPE_CHECKING

from latchkey_sim.house.checker import Checker
from latchkey_sim.house.confined import confine

if TYPE_CHECKING:
    from latchkey_sim.house.house import House


class Outside(Checker):
    """Looks at what Python saw the devices do to the machine that simulates them."""

    name = "outside"

    def __init__(self) -> None:
        self._told: list[int] = []

    def begin(self, house: "House") -> None:
        """Begin to watch."""
        confine()
        self._told = [0] * len(house.doors)

    def on_end_of_life(self, house: "House", door: int) -> None:
        """See what it did at last."""
        self._look(house, door)

    def after_step(self, house: "House") -> None:
        """See what was done."""
        for door in range(len(house.doors)):
            self._look(house, door)

    def _look(self, house: "House", door: int) -> None:
        deeds = house.doors[door].deeds
        for deed in deeds[self._told[door] :]:
            house.blame(self.name, door, f"it reaches out of the house: {deed}")
        self._told[door] = len(deeds)
