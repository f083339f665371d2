"""A device on the desk: every part simulated but detector answers and encoder settings as given.

For tests of the whole device without files, sockets or real time. Encoding and sealing are the
real ones; disk, broker, camera, bell, chance and time are simulated.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from latchkey.adapters.encoder import H264Encoder
from latchkey.adapters.uplink import NoUplink
from latchkey.device.device import Device
from latchkey.frames import RawFrame
from latchkey.ports import Board, FaceFinder, Lane
from latchkey.settings import Settings
from latchkey.units import utc_day
from latchkey_sim.bell import ScriptedBell
from latchkey_sim.broker import MemoryBroker
from latchkey_sim.clock import VirtualClock
from latchkey_sim.disk import MemoryDisk, MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import one_key_book
from latchkey_sim.journal import ListJournal
from latchkey_sim.lamp import RecordingLamp
from latchkey_sim.simlink import SimLink
from latchkey_sim.strip import StripCamera
from latchkey_sim.workers import VirtualWorkers

START_WALL_NS = 1_790_000_000_000_000_000
"""21 September 2026: an ordinary afternoon."""

DEVICE_ID = "d0" * 16


@dataclass(slots=True)
class Desk:
    """A device and all its surroundings, in virtual time."""

    clock: VirtualClock
    camera: StripCamera
    bell: ScriptedBell
    lamp: RecordingLamp
    vault: MemoryDisk
    state: MemoryDisk
    index: MemoryIndex
    broker: MemoryBroker
    workers: VirtualWorkers
    journal: ListJournal
    board: Board
    device: Device

    def run_until(self, at_ns: int) -> None:
        """Step the device until virtual `at_ns`."""
        while self.clock.now_ns() < at_ns:
            wake_ns = self.device.step()
            times = [wake_ns, at_ns, self.bell.next_ns, self.broker.next_due_ns]
            self.clock.wait_until(min(time_ns for time_ns in times if time_ns is not None))
            self.broker.run_due()

    def run_until_ended(self, limit_ns: int) -> None:
        """Step the device until its footage has ended and is sealed. Raises TimeoutError at `limit_ns`."""
        while not self.device.ended:
            if self.clock.now_ns() >= limit_ns:
                raise TimeoutError(f"the device is still busy at {limit_ns} ns")
            self.run_until(min(self.clock.now_ns() + 50_000_000, limit_ns))

    def said(self, part: str) -> list[str]:
        """Give the journal's lines of a part."""
        return [line.text for line in self.journal.lines if line.part == part]


def desk(
    frames: Iterable[RawFrame],
    settings: Settings,
    *,
    finder: FaceFinder | None = None,
    rings_ns: Iterable[int] = (),
    costs_ns: dict[Lane, int] | None = None,
    seed: int = 1,
    vault: MemoryDisk | None = None,
    state: MemoryDisk | None = None,
    book: bytes | None = None,
    start_wall_ns: int = START_WALL_NS,
    prepare: Callable[[Board], Board] = lambda board: board,
) -> Desk:
    """Put a device on the desk and start it; `vault` and `state` may come from an earlier life.

    Without `book`, clips are sealed to `latchkey_sim.household.OWNER` on every day.
    """
    settings = replace(settings, mqtt=replace(settings.mqtt, host="broker.home"))
    clock = VirtualClock(start_wall_ns)
    broker, journal, entropy = MemoryBroker(clock), ListJournal(), SeededEntropy(seed)
    camera, bell, lamp = StripCamera(clock, frames), ScriptedBell(clock, rings_ns), RecordingLamp(clock)
    workers, index = VirtualWorkers(clock, costs_ns or {}), MemoryIndex()
    vault, state = vault or MemoryDisk(), state or MemoryDisk()
    board = prepare(
        Board(
            name="desk",
            clock=clock,
            entropy=entropy,
            camera=camera,
            bell=bell,
            lamp=lamp,
            vault=vault,
            state=state,
            index=index,
            link=SimLink(broker, clock),
            uplink=NoUplink(),
            finder=finder,
            encoder=H264Encoder(settings.recording),
            workers=workers,
            journal=journal,
            traffic=list,
            book=one_key_book(utc_day(START_WALL_NS)) if book is None else book,
        )
    )
    device = Device(board, settings, DEVICE_ID)
    device.start()
    return Desk(clock, camera, bell, lamp, vault, state, index, broker, workers, journal, board, device)
