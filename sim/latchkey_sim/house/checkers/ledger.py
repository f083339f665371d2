"""What the device says that it sent and received is what somebody counts who taps its wire."""

from typing import TYPE_CHECKING

from latchkey_sim.broker import HOST, PORT
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.doorbell import Life

if TYPE_CHECKING:
    from latchkey_sim.house.house import House


Counts = tuple[int, int, int]
"""Bytes out, bytes in, connections."""


class LedgerIsTap(Checker):
    """Compares, for each life, the ledger with the tap."""

    name = "ledger"

    def __init__(self) -> None:
        self._lives: list[Life | None] = []
        self._before: list[Counts] = []
        self._compared: list[Counts] = []

    def begin(self, house: "House") -> None:
        """Begin with nothing."""
        self._lives = [None] * len(house.doors)
        self._before = [(0, 0, 0)] * len(house.doors)
        self._compared = [(-1, -1, -1)] * len(house.doors)

    def at_end(self, house: "House") -> None:
        """Compare once more, though nothing passed."""
        self._compared = [(-1, -1, -1)] * len(house.doors)
        self.after_step(house)

    def after_step(self, house: "House") -> None:
        """Compare where something passed; what the tap counted before a life began is not of that."""
        for door, bell in enumerate(house.doors):
            life = bell.life
            if life is None:
                continue
            tapped = bell.tapped
            if self._compared[door] == tapped and self._lives[door] is life:
                continue
            self._compared[door] = tapped
            if self._lives[door] is not life:
                self._lives[door], self._before[door] = life, life.tapped_before
            self._compare(house, door, life, tapped, self._before[door])

    def _compare(self, house: "House", door: int, life: Life, tapped: Counts, before: Counts) -> None:
        rows = life.ledger.rows()
        strange = [row for row in rows if (row.host, row.port, row.purpose) != (HOST, PORT, "mqtt")]
        if strange:
            house.blame(self.name, door, f"the ledger knows {strange[0].line()}, which nobody allowed")
        said = (
            sum(row.bytes_out or 0 for row in rows),
            sum(row.bytes_in or 0 for row in rows),
            sum(row.connections for row in rows),
        )
        expected = tuple(now - then for now, then in zip(tapped, before, strict=True))
        if said != expected:
            text = f"the ledger says {said} (bytes out, bytes in, connections), the tap {expected}"
            house.blame(self.name, door, text)
