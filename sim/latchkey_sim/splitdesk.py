"""A doorbell as two sides on the desk, in virtual time: each can end at any moment and start again.

What `latchkey_sim.desk` is to a device in one process, with a line in memory between the sides.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from latchkey import wire
from latchkey.adapters.encoder import H264Encoder
from latchkey.adapters.uplink import NoUplink
from latchkey.device.capture_process import CaptureProcess
from latchkey.device.link_process import LinkProcess
from latchkey.frames import RawFrame
from latchkey.ports import CaptureBoard, Ground, LinkBoard, Publication
from latchkey.settings import Settings
from latchkey.units import NS_PER_S, utc_day
from latchkey_sim.bell import ScriptedBell
from latchkey_sim.broker import MemoryBroker
from latchkey_sim.clock import VirtualClock
from latchkey_sim.desk import DEVICE_ID, START_WALL_NS
from latchkey_sim.disk import MemoryDisk, MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import one_key_book
from latchkey_sim.journal import ListJournal
from latchkey_sim.lamp import RecordingLamp
from latchkey_sim.simline import SimLine, SimWire
from latchkey_sim.simlink import SimLink
from latchkey_sim.strip import StripCamera
from latchkey_sim.workers import VirtualWorkers

STEP_NS = NS_PER_S // 20


class SplitDesk:
    """The two sides, and what outlives them: disks, broker, time. They meet whenever both are there."""

    def __init__(self, frames: Iterable[RawFrame], settings: Settings) -> None:
        self.settings = replace(settings, mqtt=replace(settings.mqtt, host="broker.home"))
        self.clock = VirtualClock(START_WALL_NS)
        self.broker, self.journal = MemoryBroker(self.clock), ListJournal()
        self.vault, self.state, self.index = MemoryDisk(), MemoryDisk(), MemoryIndex()
        self.bell, self.lamp = ScriptedBell(self.clock), RecordingLamp(self.clock)
        self.capture: CaptureProcess | None = None
        self.link: LinkProcess | None = None
        self.capture_end, self.link_end = SimLine(), SimLine()
        self.wire = SimWire(self.capture_end, self.link_end)
        self._frames = list(frames)
        self._lives = 0

    def start_capture(self) -> None:
        """Start the side with the camera, which plays its frames from now."""
        ground, self.capture_end = self._ground(), SimLine()
        board = CaptureBoard(
            **ground,
            camera=StripCamera(self.clock, [_later(frame, self.clock.now_ns()) for frame in self._frames]),
            lamp=self.lamp,
            vault=self.vault,
            index=self.index,
            finder=None,
            encoder=H264Encoder(self.settings.recording),
            book=one_key_book(utc_day(START_WALL_NS)),
        )
        self.capture = CaptureProcess(board, self.settings, self.capture_end)
        self.capture.start()
        self._meet()

    def start_link(self) -> None:
        """Start the side with the bell and the broker."""
        ground, self.link_end = self._ground(), SimLine()
        board = LinkBoard(
            **ground,
            bell=self.bell,
            state=self.state,
            link=SimLink(self.broker, self.clock),
            uplink=NoUplink(),
            traffic=list,
        )
        self.link = LinkProcess(board, self.settings, DEVICE_ID, self.link_end)
        self.link.start()
        self._meet()

    def crash_capture(self, *, losing: bool = False) -> None:
        """End the capture side as a kill does; with `losing`, what it had just said is not heard either."""
        self.capture = None
        self.wire.cut(losing=losing)

    def crash_link(self, *, losing: bool = False) -> None:
        """End the link side as a kill does: its broker notices."""
        self.link = None
        with suppress(KeyError):  # it is not connected
            self.broker.kick("doorbell")
        self.wire.cut(losing=losing)

    def run(self, seconds: float) -> None:
        """Step whoever is there until so much later."""
        until_ns = self.clock.now_ns() + round(seconds * NS_PER_S)
        while self.clock.now_ns() < until_ns:
            now_ns = self.clock.now_ns()
            wakes_ns = [side.step() for side in (self.link, self.capture) if side is not None]
            wake_ns = min([*wakes_ns, now_ns + STEP_NS])
            self.clock.wait_until(max(min(wake_ns, until_ns), now_ns + NS_PER_S // 1000))
            self.broker.run_due()

    def command(self, topic: wire.Topic, value: str) -> None:
        """Publish a command as anybody on the broker might."""
        self.broker.publish(Publication(wire.topic_name(DEVICE_ID, topic), value.encode()))

    def heard(self, topic: wire.Topic) -> list[Any]:
        """Give what reached the broker on a topic, JSON parsed."""
        name = wire.topic_name(DEVICE_ID, topic)
        found = (heard.publication for heard in self.broker.heard)
        return [json.loads(item.payload) for item in found if item.topic == name]

    def ends(self) -> list[str]:
        """Give the ids of the clips whose end was announced, each as often as it was."""
        return [clip["id"] for clip in self.heard(wire.CLIP) if clip["event_type"] == "end"]

    def said(self, text: str) -> int:
        """Tell how many lines of the log hold a text."""
        return sum(text in line.text for line in self.journal.lines)

    def _meet(self) -> None:
        if self.capture is None or self.link is None:
            return
        self.wire = SimWire(self.capture_end, self.link_end)
        self.wire.join()

    def _ground(self) -> dict[str, Any]:
        """Give the pieces of a ground of its own: a process that starts has new chance and no jobs."""
        self._lives += 1
        ground = Ground(
            name="desk",
            clock=self.clock,
            entropy=SeededEntropy(self._lives),
            workers=VirtualWorkers(self.clock, {}),
            journal=self.journal,
        )
        return dict(vars(ground))


def _later(frame: RawFrame, by_ns: int) -> RawFrame:
    return replace(frame, at_ns=frame.at_ns + by_ns)
