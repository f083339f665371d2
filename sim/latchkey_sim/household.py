"""A household in memory: an owner whose keys, days and orders are at hand; readers for tests of the vault.

Never for real keys: all of it comes from a seed or is written here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from latchkey.clip import X25519Identity
from latchkey.clip.signing import SigningKey
from latchkey.owner.household import Household, KnownDevice, new_household
from latchkey.units import utc_day
from latchkey.vault.book import KEY_DAYS, HoldingKey, KeyBook, Viewer, encode_book
from latchkey_sim.entropy import SeededEntropy

OWNER = X25519Identity(b"o" * 32)
"""One key for every day: where a test is about something else than days."""

_OWNER_PUBLIC = str(OWNER.recipient)

DEVICE = SigningKey(b"d" * 32)


@dataclass(slots=True)
class SimHousehold:
    """An owner's state in memory that is advanced only when asked to."""

    state: Household

    @classmethod
    def begun(cls, day: int, days: int = 3, seed: int = 1) -> "SimHousehold":
        """Make a household on a UTC day, with a device it knows."""
        state = new_household(day, days, SeededEntropy(seed).take)
        return cls(replace(state, devices=(KnownDevice(DEVICE.public),)))

    def book(self, day: int) -> bytes:
        """Sign a new book on a day."""
        self.state, data = self.state.book(day)
        return data

    def time(self, day: int) -> bytes:
        """Sign that it is `day`."""
        self.state, data = self.state.time_order(day)
        return data

    def use(self, day: int) -> Household:
        """Use the state on a day on which a device was heard: it advances. Gives a copy of it."""
        self.state = self.state.heard(DEVICE.public, day).advance(day)
        return self.state


def one_key_book(day: int, identity: X25519Identity = OWNER, days: int = 1, holding: int = 0) -> bytes:
    """Give a signed book in which one key stands for every day from the day before `day` on, and faces.

    It is also each of the `holding` keys, for clips of days that nobody knows.
    """
    key, point = SigningKey(b"s" * 32), identity.recipient.point
    viewer = Viewer("a" * 32, days, day - 1, (point,) * KEY_DAYS, 1, (point,) * KEY_DAYS)
    held = tuple(HoldingKey(number + 1, point) for number in range(holding))
    return encode_book(KeyBook(1, key.public, day, (viewer,), held, point), key)


def write_book(folder: Path, wall_ns: int) -> Path:
    """Write a `one_key_book` of today into a folder, as settings name it; give its path."""
    path = folder / "book.json"
    path.write_bytes(one_key_book(utc_day(wall_ns)))
    return path


@dataclass(slots=True)
class FixedReaders:
    """Readers for tests of the vault: these keys, this day, whatever the clock says."""

    keys: Sequence[str] = field(default_factory=lambda: (_OWNER_PUBLIC,))
    now_day: int = 20_781
    days: int = 30
    face_days: int = 30
    face_keys: Sequence[str] | None = None
    """None = the same as for clips."""

    def day(self) -> int:
        """Give the day of a clip that begins now."""
        return self.now_day

    def today(self) -> int:
        """Give the day by which clips expire."""
        return self.now_day

    def recipients(self, day: int) -> tuple[str, ...]:  # noqa: ARG002 -- the port's signature
        """Give the keys."""
        return tuple(self.keys)

    def face_recipients(self, day: int) -> tuple[str, ...]:  # noqa: ARG002 -- the port's signature
        """Give the keys for faces."""
        return tuple(self.keys if self.face_keys is None else self.face_keys)
