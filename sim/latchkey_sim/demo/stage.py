"""What a demo is played with: which camera, which clock, which bell; and the playing itself.

Three stages: a simulated visit or a video in virtual time (or in real time, if asked), a webcam
always in real time. The broker is a real one on the loopback, the subscriber a separate client.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from latchkey.adapters.bell import EnterBell
from latchkey.adapters.cameras import VideoCamera, WebcamCamera, v4l2_device
from latchkey.adapters.clock import SystemClock
from latchkey.adapters.finders.quiet import silence_opencv
from latchkey.boards.common import linux_board
from latchkey.cli import Stop
from latchkey.cli.progress import Progress
from latchkey.device.device import Device
from latchkey.errors import LinkDown, UsageError
from latchkey.pipeline.identity import device_id
from latchkey.ports import Bell, Board, Clock, JournalLine
from latchkey.settings import (
    CameraSettings,
    DeviceSettings,
    MqttSettings,
    OwnerSettings,
    PrivacySettings,
    Settings,
    VaultSettings,
)
from latchkey.units import NS_PER_MS, NS_PER_S, to_ns
from latchkey_sim.bell import ScriptedBell
from latchkey_sim.board import scene_board, workers_for
from latchkey_sim.brokers import Broker, Delivery, Listener
from latchkey_sim.clock import VirtualClock
from latchkey_sim.demo.owner_side import VAULT_NAME
from latchkey_sim.journal import PrintingJournal
from latchkey_sim.scene import Scene

START_NS = 1000 * NS_PER_S
"""Virtual monotonic time when a demo begins: any but 0, as on a machine that has been up a while."""

LINK_LIMIT_NS = 10 * NS_PER_S
DELIVERY_LIMIT_NS = 5 * NS_PER_S
"""Real time that the broker gets to accept us, and to deliver the last message."""

NAP_S = 0.02
GOODBYE_S = 2.0
LONGEST_WAIT_NS = 100 * NS_PER_MS
"""Virtual or real time between two steps at most, so that the progress bar moves."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asks for. `seconds` ends a webcam's demo; `scene` stands in for `sim`."""

    camera: str = "sim"
    rings_s: tuple[float, ...] = ()
    seed: int = 1
    real_time: bool = False
    seconds: float = 30.0
    scene: Scene | None = None
    privacy: PrivacySettings = field(default_factory=PrivacySettings)


@dataclass(frozen=True, slots=True)
class Stage:
    """A board ready to play."""

    board: Board
    settings: Settings
    scene: Scene | None
    start_ns: int
    total_ns: int | None
    """How long it plays, None = until the footage ends."""

    journal: PrintingJournal


@dataclass(frozen=True, slots=True)
class Played:
    """What came of it."""

    real_ns: int
    scene_ns: int
    deliveries: list[Delivery]
    traffic: list[str]


class _Bells:
    """Several buttons on one wire."""

    def __init__(self, *bells: Bell) -> None:
        self._bells = bells

    def presses(self) -> list[int]:
        """Give the presses of all, in order."""
        return sorted(at_ns for bell in self._bells for at_ns in bell.presses())


def demo_settings(
    folder: Path, state: Path, book: Path, broker: Broker, privacy: PrivacySettings
) -> Settings:
    """Give the settings of a demo: the defaults, with its own folders, key book and broker."""
    return Settings(
        device=DeviceSettings(state=state),
        camera=CameraSettings(board="sim"),
        vault=VaultSettings(path=folder / VAULT_NAME),
        mqtt=MqttSettings(host=broker.host, port=broker.port),
        privacy=privacy,
        owner=OwnerSettings(book=book),
    )


def set_stage(wishes: Wishes, settings: Settings, out: TextIO, keys: TextIO | None) -> Stage:
    """Build the board. `keys` is where Enter is read from. Raises UsageError, CameraLost, DiskError."""
    silence_opencv()
    kind, _, source = wishes.camera.partition(":")
    live = wishes.real_time or kind == "webcam"
    wall = SystemClock()
    clock: Clock = wall if live else VirtualClock(wall.wall_ns(), START_NS)
    start_ns = clock.now_ns()
    journal = PrintingJournal(out, start_ns)
    rings_ns = [to_ns(ring_s) for ring_s in wishes.rings_s]
    if kind == "sim" and not source:
        scene = wishes.scene or Scene(wishes.seed)
        start_ns = clock.now_ns()
        rings = rings_ns or scene.script.rings_ns
        board = scene_board(settings, journal, clock, scene, rings)
        return Stage(board, settings, scene, start_ns, scene.duration_ns, journal)
    bell = _Bells(
        ScriptedBell(clock, [start_ns + at_ns for at_ns in rings_ns]),
        EnterBell(clock, keys if live else None),
    )
    if kind == "file" and source:
        camera: VideoCamera | WebcamCamera = VideoCamera(Path(source), clock)
        total_ns = None
    elif kind == "webcam":
        wanted = settings.camera
        camera = WebcamCamera(v4l2_device(source or "0"), wanted.width, wanted.height, wanted.fps, clock)
        total_ns = to_ns(wishes.seconds)
    else:
        raise UsageError(f"there is no camera {wishes.camera!r}", hint="sim, file:VIDEO or webcam:NUMBER")
    board = linux_board(kind, settings, journal, clock, camera, bell, workers=workers_for(clock))
    return Stage(board, settings, None, start_ns, total_ns, journal)


def play(stage: Stage, listener: Listener, progress: Progress, stop: Stop) -> Played:
    """Run the device over the whole visit, until its last message is delivered.

    Raises LinkDown, Interrupted.
    """
    board, wall = stage.board, SystemClock()
    device = Device(board, stage.settings, device_id(board.state, board.entropy))
    device.start()
    try:
        if not _step_until(device, listener, _is_online, LINK_LIMIT_NS, stop):
            raise LinkDown("the demo's own broker does not accept the doorbell")
        began_ns = wall.now_ns()
        _run(stage, device, progress, wall, stop)
        real_ns, scene_ns = wall.now_ns() - began_ns, board.clock.now_ns() - stage.start_ns
        _step_until(device, listener, _is_complete, DELIVERY_LIMIT_NS, stop)
    finally:
        progress.finish()
        device.close()
    listener.wait_for(_is_offline, GOODBYE_S)
    return Played(real_ns, scene_ns, listener.deliveries, board.traffic())


def _run(stage: Stage, device: Device, progress: Progress, wall: Clock, stop: Stop) -> None:
    """Step the device to the end of its footage; a webcam's ends by time or Ctrl-C, and that well."""
    clock, began_ns = stage.board.clock, wall.now_ns()
    moments = list(stage.scene.script.moments) if stage.scene else []
    while not device.ended:
        scene_ns = clock.now_ns() - stage.start_ns
        if stage.scene is None and stage.total_ns is not None and scene_ns >= stage.total_ns:
            return
        if stage.board.name == "webcam" and stop.heed():
            stage.journal.note(JournalLine(clock.now_ns(), "device", "stopped by Ctrl-C"))
            return
        stop.check()
        while moments and to_ns(moments[0].at_s) <= scene_ns:
            at_ns = stage.start_ns + to_ns(moments[0].at_s)
            stage.journal.note(JournalLine(at_ns, "visitor", moments.pop(0).text))
        progress.show(scene_ns, wall.now_ns() - began_ns)
        clock.wait_until(min(device.step(), clock.now_ns() + LONGEST_WAIT_NS))


def _step_until(
    device: Device,
    listener: Listener,
    enough: Callable[[list[Delivery]], bool],
    limit_ns: int,
    stop: Stop,
) -> bool:
    """Step while the broker does its part in real time; virtual time stands still meanwhile."""
    wall = SystemClock()
    until_ns = wall.now_ns() + limit_ns
    while wall.now_ns() < until_ns:
        stop.check()
        device.step()
        if listener.wait_for(enough, NAP_S):
            return True
    return False


def _is_online(got: list[Delivery]) -> bool:
    return any(one.topic.endswith("/status") and one.payload == "online" for one in got)


def _is_offline(got: list[Delivery]) -> bool:
    return any(one.topic.endswith("/status") and one.payload == "offline" for one in got)


def _is_complete(got: list[Delivery]) -> bool:
    """Whether each clip that began has also been announced as kept."""
    return _clips(got, "start") <= _clips(got, "end")


def _clips(got: list[Delivery], event_type: str) -> set[str]:
    payloads = [json.loads(one.payload) for one in got if one.topic.endswith("/event/clip")]
    return {payload["id"] for payload in payloads if payload["event_type"] == event_type}
