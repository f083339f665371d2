"""A device of the house: disks that outlive it, and the lives it leads between power cuts and kills."""

from collections.abc import Callable
from random import Random

from latchkey.adapters.encoder import H264Encoder
from latchkey.adapters.uplink import NoUplink
from latchkey.device import Device
from latchkey.frames import SafeFrame
from latchkey.pipeline.identity import device_id
from latchkey.ports import Board, FaceFinder, Lane
from latchkey.settings import Settings
from latchkey_sim.broker import MemoryBroker, SimLink
from latchkey_sim.clock import VirtualClock
from latchkey_sim.crashdisk import CrashDisk, Power, PowerCut
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.house.bell import HouseBell
from latchkey_sim.house.camera import HouseCamera
from latchkey_sim.house.finder import MoodyFinder
from latchkey_sim.house.footage import Footage
from latchkey_sim.house.times import DeviceClock
from latchkey_sim.house.watching import WatchedEncoder
from latchkey_sim.journal import ListJournal
from latchkey_sim.lamp import RecordingLamp
from latchkey_sim.outage.home import PastIndex
from latchkey_sim.workers import VirtualWorkers


class Life:
    """One life of a doorbell: everything that ends with the process."""

    def __init__(self, bell: "Doorbell", see: Callable[[SafeFrame], None]) -> None:
        self.clock = DeviceClock(bell.house_clock, bell.wall_offset_ns)
        self.camera = HouseCamera(bell.footage, self.clock)
        self.bell = HouseBell(self.clock)
        self.lamp = RecordingLamp(self.clock)
        self.journal = ListJournal()
        self.workers = VirtualWorkers(self.clock, bell.costs_ns)
        self.finder = MoodyFinder(bell.finder) if bell.finder is not None else None
        self.link = SimLink(bell.broker, bell.house_clock, bell.name)
        settings = bell.settings
        self.board = Board(
            name="house",
            clock=self.clock,
            entropy=bell.entropy,
            camera=self.camera,
            bell=self.bell,
            lamp=self.lamp,
            vault=bell.vault,
            state=bell.state,
            index=bell.index,
            link=self.link,
            uplink=NoUplink(),
            finder=self.finder,
            encoder=WatchedEncoder(H264Encoder(settings.recording), see),
            workers=self.workers,
            journal=self.journal,
            traffic=list,
            book=bell.book,
        )
        self.device_id = device_id(bell.state, bell.entropy)
        self.device = Device(self.board, settings, self.device_id)
        self.device.start()


class Doorbell:
    """A doorbell. While it has power, `life` is its life; disks, index and chance go from one to the next."""

    def __init__(
        self,
        name: str,
        house_clock: VirtualClock,
        broker: MemoryBroker,
        footage: Footage,
        settings: Settings,
        *,
        book: bytes,
        finder: FaceFinder | None,
        chance: Random,
        costs_ns: dict[Lane, int] | None = None,
    ) -> None:
        self.name = name
        self.house_clock = house_clock
        self.broker = broker
        self.footage = footage
        self.settings = settings
        self.book = book
        self.finder = finder
        self.costs_ns = dict(costs_ns or {})
        self.chance = chance
        self.entropy = SeededEntropy(chance.getrandbits(64))
        self.power = Power()
        self.vault = CrashDisk(self.power)
        self.state = CrashDisk(self.power)
        self.index = PastIndex()
        self.wall_offset_ns = 0
        self.life: Life | None = None
        self.lives = 0
        self.see: Callable[[SafeFrame], None] = lambda _frame: None

    def boot(self) -> None:
        """Begin a life, or lose power while starting."""
        self.lives += 1
        try:
            self.life = Life(self, lambda frame: self.see(frame))
        except PowerCut:
            self.cut_power()

    def step(self) -> int | None:
        """Step the device; give when it wants to be called next, in house time; None = it has no power."""
        if self.life is None:
            return None
        try:
            return self.life.clock.of_house(self.life.device.step())
        except PowerCut:
            self.cut_power()
            return None

    def cut_power(self) -> None:
        """Take the power: of what was not durable, some is lost. `boot` begins the next life."""
        self._end()
        self.power = Power()
        self.vault = CrashDisk(self.power, self.vault.draw(self.chance), limit_bytes=self.vault.limit_bytes)
        self.state = CrashDisk(self.power, self.state.draw(self.chance), limit_bytes=self.state.limit_bytes)
        self.index = PastIndex(self.index.draw(self.chance))

    def kill(self) -> None:
        """End the process as SIGKILL does: what was written stays, synced or not."""
        self._end()

    def close(self) -> None:
        """Tell the device to stop, and let it."""
        if self.life is not None:
            try:
                self.life.device.close()
            except PowerCut:
                self.cut_power()
            self.life = None

    def _end(self) -> None:
        if self.life is not None:
            self.wall_offset_ns = self.life.clock.wall_offset_ns
            self.broker.vanish(self.life.link)
            self.life = None
