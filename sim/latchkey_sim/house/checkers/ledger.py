"""What the device says that it sent and received is what somebody counts who taps its wire."""

from typing import TYPE_CHECKING

from latchkey_sim.broker import HOST, PORT
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.doorbell import Life

if TYPE_CHECKING:
    from latchkey_sim.house.house import House


class LedgerIsTap(Checker):
    """Compares, for each life, the ledger with the tap."""

    name = "ledger"

    def __init__(self) -> None:
        self._lives: list[Life | None] = []
        self._before: list[tuple[int, int]] = []
        self._compared: list[tuple[int, int]] = []

    def begin(self, house: "House") -> None:
        """Begin with nothing."""
        self._lives = [None] * len(house.doors)
        self._before = [(0, 0)] * len(house.doors)
        self._compared = [(-1, -1)] * len(house.doors)

    def at_end(self, house: "House") -> None:
        """Compare once more, though nothing passed."""
        self._compared = [(-1, -1)] * len(house.doors)
        self.after_step(house)

    def after_step(self, house: "House") -> None:
        """Compare where something passed; what the tap counted before a life began is not of that."""
        for door, bell in enumerate(house.doors):
            life = bell.life
            if life is None:
                continue
            tapped = house.broker.tap[bell.name, "out"], house.broker.tap[bell.name, "in"]
            if self._compared[door] == tapped and self._lives[door] is life:
                continue
            self._compared[door] = tapped
            if self._lives[door] is not life:
                self._lives[door], self._before[door] = life, life.tapped_before
            expected = tapped[0] - self._before[door][0], tapped[1] - self._before[door][1]
            self._compare(house, door, life, expected)

    def _compare(self, house: "House", door: int, life: Life, expected: tuple[int, int]) -> None:
        rows = life.ledger.rows()
        strange = [row for row in rows if (row.host, row.port, row.purpose) != (HOST, PORT, "mqtt")]
        if strange:
            house.blame(self.name, door, f"the ledger knows {strange[0].line()}, which nobody allowed")
        said = sum(row.bytes_out or 0 for row in rows), sum(row.bytes_in or 0 for row in rows)
        if said != expected:
            house.blame(self.name, door, f"the ledger says {said} bytes (out, in), the tap {expected}")
