"""What a doorbell knows of its owner, on a disk of its own, with the owner's household beside it."""

from latchkey.clip import X25519Identity
from latchkey.pipeline.readers import Readers
from latchkey.units import NS_PER_S, S_PER_DAY
from latchkey_sim.clock import VirtualClock
from latchkey_sim.disk import MemoryDisk
from latchkey_sim.household import SimHousehold

DAY, DAY_NS = 20_781, S_PER_DAY * NS_PER_S
NOON_NS = DAY * DAY_NS + DAY_NS // 2


class KeysDoor:
    """A doorbell's readers, its vault's disk, its clock, and the owner's household."""

    def __init__(self, ahead_days: int = 0) -> None:
        self.house = SimHousehold.begun(DAY)
        self.disk = MemoryDisk()
        self.book = self.house.book(DAY)
        self.dated: list[int] = []
        self.start(ahead_days)

    def start(self, ahead_days: int) -> None:
        """Start anew on the same disk, with a wall clock so many days ahead of `DAY`."""
        self.clock = VirtualClock(NOON_NS + ahead_days * DAY_NS)
        self.readers = Readers(self.disk, self.clock, self.book, wants_faces=True)
        self.told = self.check()

    def check(self) -> list[str]:
        """Look after the orders; give what is told."""
        self.readers.check(self.dated.append)
        return [text for _, text in self.readers.news()]

    def put(self, name: str, data: bytes) -> None:
        """Lay an order down, as the owner does."""
        file = self.disk.create(f"orders/{name}")
        file.append(data)
        file.close()

    def wait(self, days: int) -> None:
        """Let days pass."""
        self.clock.wait_until(self.clock.now_ns() + days * DAY_NS)

    def now(self) -> tuple[int, tuple[str, ...]]:
        """Give the day of a clip that begins now, and who can open it."""
        day = self.readers.day()
        return day, self.readers.recipients(day)

    def key(self, day: int) -> tuple[str, ...]:
        """Give who can open a clip of a day."""
        return (str(self.house.state.ratchet.day_identity(day).recipient),)

    def holding(self, number: int) -> tuple[str, ...]:
        """Give who can open a clip of unknown day, of so many-th start."""
        secret = self.house.state.holding[number - 1].secret
        return (str(X25519Identity(secret).recipient),)
