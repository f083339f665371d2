"""One device under power cuts: its disks, its index, what it has promised, and what is found afterwards."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal, Protocol

from latchkey.errors import DiskError, DiskFull
from latchkey.owner.opening import GrowingDisk
from latchkey.ports import ClipEntry, ClipIndex, Publication
from latchkey.units import NS_PER_HOUR, NS_PER_S, S_PER_DAY
from latchkey_sim.broker import MemoryBroker
from latchkey_sim.clock import VirtualClock
from latchkey_sim.crashdisk import CrashDisk, Files, Power
from latchkey_sim.disk import DiskOperation, MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import FixedReaders
from latchkey_sim.simlink import SimLink
from latchkey_sim.workers import VirtualWorkers

DAY = 20_781
WALL_NS = (DAY * S_PER_DAY * NS_PER_S) + 6 * NS_PER_HOUR
FAILING: tuple[DiskOperation, ...] = ("create", "append", "sync", "rename", "remove", "sync_folder")
PAST_LIMIT = 8
"""Earlier states of the index that may come back."""

EventKey = tuple[str, int]
"""Id and sequence number of an event: what makes it the same event when it arrives twice."""

Trouble = Literal["did not start", "acknowledged lost", "torn visible", "half-written", "two effects"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A promise that was broken, of which kind, and how."""

    trouble: Trouble
    text: str


@dataclass(slots=True)
class Promises:
    """What holds at this moment, whatever happens to the power.

    `whole` are announced clips, `leaving` those of them that may be gone by now, `kept_bytes` says how much
    plaintext of a clip in the making is durable for sure. `layers` are clips whose face layer is finished.
    `stored` are the events that wait durably. `small` says of each small thing of the state folder what it
    may be now. `told` is the highest number of a clip in a head that was told to others.
    """

    whole: set[str] = field(default_factory=set)
    leaving: set[str] = field(default_factory=set)
    layers: set[str] = field(default_factory=set)
    kept_bytes: dict[str, int] = field(default_factory=dict)
    stored: set[EventKey] = field(default_factory=set)
    small: dict[str, tuple[object, ...]] = field(default_factory=dict)
    told: int = 0

    @property
    def fingerprint(self) -> int:
        """The same for the same promises; two others share it once in 2^64."""
        clips = (frozenset(self.whole), frozenset(self.leaving), frozenset(self.layers))
        sizes = (tuple(self.kept_bytes.items()), self.told)
        return hash((clips, frozenset(self.stored), sizes, tuple(self.small.items())))


class PastIndex(MemoryIndex):
    """An index that may come back as it was earlier, or empty: SQLite is not on the `Disk` port."""

    def __init__(self, entries: Sequence[ClipEntry] = ()) -> None:
        super().__init__()
        super().rebuild(entries)
        self._past = [self.entries()]

    def put(self, entry: ClipEntry) -> None:
        """Add or replace an entry."""
        super().put(entry)
        self._remember()

    def drop(self, clip: str) -> None:
        """Forget a clip."""
        super().drop(clip)
        self._remember()

    def rebuild(self, entries: Sequence[ClipEntry]) -> None:
        """Hold exactly these."""
        super().rebuild(entries)
        self._remember()

    def draw(self, chance: Random) -> list[ClipEntry]:
        """Draw what is found: what was put last, something earlier, or nothing (moved aside as damaged)."""
        luck = chance.random()
        if luck < 0.6:
            return self._past[-1]
        return [] if luck < 0.8 else chance.choice(self._past)

    def _remember(self) -> None:
        self._past = [*self._past[1 - PAST_LIMIT :], self.entries()]


@dataclass(slots=True)
class Found:
    """What a power cut left: both disks, the index, and what the broker had heard. `rotten` names the
    file in which a bit has flipped, if one has.
    """

    vault: Files
    state: Files
    index: list[ClipEntry]
    heard: tuple[Publication, ...]
    rotten: str = ""

    @property
    def fingerprint(self) -> int:
        """The same for the same image; two others share it once in 2^64."""
        disks = (frozenset(self.vault.items()), frozenset(self.state.items()))
        return hash((disks, tuple(self.index), self.heard, self.rotten))


class Home:
    """A device's surroundings in one life, from one power cut to the next. All follows from `chance`.

    `is_last` = nothing is looked for after this life: a check may change what was promised.
    """

    def __init__(
        self,
        chance: Random,
        power: Power,
        *,
        found: Found | None = None,
        disk: Callable[[Power, Files], CrashDisk] = CrashDisk,
    ) -> None:
        self.chance = chance
        self.clock = VirtualClock(WALL_NS, 1000 * NS_PER_S)
        self.entropy = SeededEntropy(chance.getrandbits(64))
        self._vault = disk(power, found.vault if found else {})
        self._state = disk(power, found.state if found else {})
        self._index = PastIndex(found.index if found else ())
        self.vault: GrowingDisk = self._vault
        self.state: GrowingDisk = self._state
        self.index: ClipIndex = self._index
        self.broker = MemoryBroker(self.clock)
        self.brokers = [self.broker]
        self.link = SimLink(self.broker, self.clock)
        self.workers = VirtualWorkers(self.clock, {})
        self.promises = Promises()
        self.readers = FixedReaders(now_day=DAY)
        self.rotten = found.rotten if found else ""
        self.is_last = True
        self._heard_before = found.heard if found else ()

    @property
    def heard(self) -> tuple[Publication, ...]:
        """What has reached the broker, in this life and those before."""
        now = (heard.publication for broker in self.brokers for heard in broker.heard)
        return (*self._heard_before, *now)

    @property
    def disks(self) -> tuple[CrashDisk, CrashDisk]:
        """Vault and state as the disks that power can be taken from."""
        return self._vault, self._state

    def new_id(self) -> str:
        """Give an id as of a clip or an event."""
        return self.entropy.take("id", 16).hex()

    def draw(self, chance: Random) -> Found:
        """Draw what may be found if power goes now."""
        disks = self._vault.draw(chance), self._state.draw(chance)
        return Found(*disks, self._index.draw(chance), self.heard, self.rotten)

    def fail_sometime(self, which: Literal["vault", "state"]) -> None:
        """In one life of three, let one of the next operations of a disk fail, or its room end."""
        disk = self._vault if which == "vault" else self._state
        if self.chance.random() < 1 / 3:
            operation = self.chance.choice(FAILING)
            error = DiskFull("no room") if operation == "append" else DiskError("Input/output error")
            disk.fail_next(operation, error, skip=self.chance.randrange(8))
        if self.chance.random() < 1 / 8:
            disk.limit_bytes = self.chance.randrange(200, 100_000)


class WritePath(Protocol):
    """One thing that a device does with its disks. To add one: write these two, and list it in `PATHS`."""

    @property
    def name(self) -> str:
        """What it is called on the command line."""
        ...

    def run(self, home: Home) -> None:
        """Do it through the production code, and note in `home.promises` what holds from then on."""
        ...

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:
        """Start the production code on what was found; give what is wrong.

        It may be called on a home whose power goes once more, and lets `PowerCut` pass.
        """
        ...
