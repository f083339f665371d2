"""A device of the house: disks that outlive it, and the lives it leads between power cuts and kills."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Literal

from latchkey.adapters.encoder import H264Encoder
from latchkey.adapters.uplink import NoUplink
from latchkey.device.device import Device
from latchkey.egress import Ledger
from latchkey.errors import DiskError
from latchkey.frames import SafeFrame
from latchkey.pipeline.identity import device_id
from latchkey.ports import Board, FaceFinder, Lane
from latchkey.settings import Settings
from latchkey.vault import parse_name
from latchkey_sim.broker import MemoryBroker
from latchkey_sim.clock import VirtualClock
from latchkey_sim.crashdisk import Files, Power, PowerCut, Watch, rot
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.house.bell import HouseBell
from latchkey_sim.house.camera import HouseCamera, Sensor
from latchkey_sim.house.confined import confined
from latchkey_sim.house.disks import HouseDisk, HouseIndex, Trouble, Which
from latchkey_sim.house.finder import MoodyFinder
from latchkey_sim.house.footage import Footage
from latchkey_sim.house.times import DeviceClock
from latchkey_sim.house.watching import WatchedEncoder
from latchkey_sim.house.workers import HouseWorkers, Load
from latchkey_sim.journal import ListJournal
from latchkey_sim.lamp import RecordingLamp
from latchkey_sim.simlink import SimLink

Farewell = Callable[[Which, str, bytearray], None]

Ending = Literal["lost", "killed", "stopped"]
"""How a life ends: its power goes, its process is killed, or told to stop."""

RESTART_NS = 5_000_000_000
"""A program that cannot start is started again after this, as by systemd."""


class Life:
    """One life of a doorbell: all that ends with the process. Raises DiskError where it cannot begin."""

    def __init__(self, bell: "Doorbell") -> None:
        self.clock = DeviceClock(bell.house_clock, bell.wall_offset_ns)
        self.journal = ListJournal()
        self.camera = HouseCamera(bell.footage, self.clock, bell.sensor)
        self.bell = HouseBell(self.clock, self.journal)
        self.lamp = RecordingLamp(self.clock)
        self.workers = HouseWorkers(self.clock, bell.load)
        self.ledger = Ledger()
        self.tapped_before = bell.tapped
        """What the tap had counted when it began."""
        self.link = SimLink(bell.broker, bell.house_clock, bell.name, self.ledger)
        settings = bell.settings
        self.device_id = device_id(bell.state, bell.entropy)
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
            finder=bell.finder,
            encoder=WatchedEncoder(H264Encoder(settings.recording), lambda frame: bell.see(frame)),
            workers=self.workers,
            journal=self.journal,
            traffic=lambda: [row.line() for row in self.ledger.rows()],
            book=bell.book,
        )
        self.device = Device(self.board, settings, self.device_id)

    def wake_ns(self, device_ns: int) -> int:
        """Give when something of it is to be done, the device itself being due at `device_ns`; house time."""
        own = (device_ns, self.workers.wake_ns, self.bell.wake_ns)
        wake_ns = self.clock.of_house(min(at_ns for at_ns in own if at_ns is not None))
        link_ns = self.link.wake_ns
        return wake_ns if link_ns is None else min(wake_ns, link_ns)


class Doorbell:
    """A doorbell. While it has power, `life` is its life; disks, index and chance go from one to the next.

    What is wrong with it outlives its lives too: `sensor`, `load`, `finder`, and the troubles of both disks.
    `births` tells for each clip that was begun the house time of the boot before it, `ids` the names that the
    device has had, `removed` the clips that it deleted, and `rotten` the files in which a bit flipped. `past`
    are the clips that lay there when all began. `sealed` tells for each clip that became whole when that was,
    in house time, `in_loop` what the loop itself asked of a disk, which nobody may wait for, and `ended` how
    the last life ended.
    """

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
        costs_ns: Mapping[Lane, int] | None = None,
    ) -> None:
        self.name = name
        self.house_clock = house_clock
        self.broker = broker
        self.footage = footage
        self.settings = settings
        self.book = book
        self.finder = MoodyFinder(finder) if finder is not None else None
        self.sensor = Sensor()
        self.load = Load.of(costs_ns)
        self.troubles = {"vault": Trouble(), "state": Trouble()}
        self.chance = chance
        self.entropy = SeededEntropy(chance.getrandbits(64))
        self.births: dict[str, int] = {}
        self.ids: list[str] = []
        self.removed: list[str] = []
        self.rotten: set[str] = set()
        self.past: set[str] = set()
        self.deeds: list[str] = []
        """What it did to the real machine."""

        self.farewells: list[Farewell] = []
        """Who is shown a file before it is removed, or another takes its name."""

        self.sealed: dict[str, int] = {}
        self.in_loop: list[str] = []
        self.ended: Ending = "lost"
        self._stepping = False
        self.watch: Watch = lambda _operation: None
        self.power = Power(self._before)
        self.vault, self.state = self._disk("vault", {}), self._disk("state", {})
        self.index = HouseIndex(self.troubles["vault"])
        self.wall_offset_ns = 0
        self.life: Life | None = None
        self.lives = 0
        self.see: Callable[[SafeFrame], None] = lambda _frame: None

    @confined
    def boot(self) -> str:
        """Begin a life, or lose power while starting; give why the program did not start, or nothing."""
        self.lives += 1
        try:
            life = Life(self)
            self.life = life
            if life.device_id not in self.ids:
                self.ids.append(life.device_id)
            life.device.start()
        except PowerCut:
            self.cut_power()
        except DiskError as error:
            self._end("lost")
            return str(error)
        return ""

    @confined
    def step(self) -> int | None:
        """Step the device; give when it wants to be called next, in house time; None = it has no power."""
        life = self.life
        if life is None:
            return None
        try:
            life.workers.run_until(life.clock.now_ns())
            self._stepping = True
            return life.wake_ns(life.device.step())
        except PowerCut:
            self.cut_power()
            return None
        finally:
            self._stepping = False

    def cut_power(self, *, rotting: bool = False) -> str:
        """Take the power: of what was not durable, some is lost. `boot` begins the next life.

        With `rotting`, a bit of what is left flips; gives the name of the file.
        """
        self._end("lost")
        vault, state = self.vault.draw(self.chance), self.state.draw(self.chance)
        rotten = ""
        if rotting:
            rotten = rot(vault if self.chance.random() < 0.7 else state, self.chance)
            self.rotten |= {rotten} - {""}
        self.power = Power(self._before)
        self.vault = self._disk("vault", vault, self.vault.limit_bytes)
        self.state = self._disk("state", state, self.state.limit_bytes)
        self.index = HouseIndex(self.troubles["vault"], self.index.draw(self.chance))
        return rotten

    @property
    def tapped(self) -> tuple[int, int, int]:
        """Give what somebody at its plug has counted: bytes out, bytes in, connections."""
        tap = self.broker.tap
        return tap[self.name, "out"], tap[self.name, "in"], self.broker.dials[self.name]

    def kill(self) -> None:
        """End the process as SIGKILL does: what was written stays, synced or not."""
        self._end("killed")

    @confined
    def close(self) -> None:
        """Tell the device to stop, and let it."""
        if self.life is not None:
            try:
                self.life.device.close()
            except PowerCut:
                self.cut_power()
            self._end("stopped")

    def take_over(self, files: Files) -> None:
        """Begin with these files in the state folder."""
        self.state = self._disk("state", files)

    def _disk(self, which: Which, files: Files, limit_bytes: int = 1 << 40) -> HouseDisk:
        def noted(operation: str) -> None:
            self._part(which, operation)
            self._noted(operation)

        trouble = self.troubles[which]
        return HouseDisk(self.power, trouble, noted, files, limit_bytes=limit_bytes, asked=self._asked)

    def _part(self, which: Which, operation: str) -> None:
        """Show a file that goes with this operation."""
        kind, _, what = operation.partition(" ")
        disk, name = self.vault if which == "vault" else self.state, what.rpartition(" ")[2]
        if kind in ("remove", "rename") and name in disk.files:
            for farewell in self.farewells:
                farewell(which, name, disk.files[name])

    def _before(self, operation: str) -> None:
        self.watch(operation)

    def _asked(self, operation: str) -> None:
        if self._stepping and self.life is not None and not self.life.workers.is_at_work:
            self.in_loop.append(operation)

    def _noted(self, operation: str) -> None:
        """Take down the beginnings and ends of clips."""
        kind, _, what = operation.partition(" ")
        if kind not in ("create", "remove", "rename") or not what.startswith("clips/"):
            return
        name = parse_name(what.rpartition(" ")[2].removeprefix("clips/"))
        if name is None or self.life is None:
            return
        if kind == "create" and name.kind == "part":
            self.births.setdefault(name.clip, self.life.clock.of_house(0))
        elif kind == "rename" and name.kind == "whole":
            self.sealed.setdefault(name.clip, self.house_clock.now_ns())
        elif kind == "remove" and name.kind in ("whole", "torn"):
            self.removed.append(name.clip)

    def _end(self, how: Ending) -> None:
        if self.life is not None:
            self.ended = how
            self.wall_offset_ns = self.life.clock.wall_offset_ns
            self.broker.vanish(self.life.link)
            self.life = None
