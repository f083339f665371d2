"""The `sim` board: a scene as camera, its script at the bell; everything else is real.

As an entry point it plays the scene in real time, so that a real broker and Home Assistant can
watch (`camera.source` is the seed). The demo plays the same board in virtual time.
"""

from collections.abc import Iterable

from latchkey.adapters.workers import ThreadWorkers
from latchkey.boards.capture import linux_capture
from latchkey.boards.common import linux_board
from latchkey.boards.link import linux_link
from latchkey.errors import SettingsError
from latchkey.ports import Board, CaptureBoard, Clock, Ground, Journal, LinkBoard
from latchkey.settings import Settings
from latchkey_sim.bell import ScriptedBell
from latchkey_sim.clock import VirtualClock
from latchkey_sim.scene import Lens, Scene, SceneCamera

SEED_LIMIT_DIGITS = 18
"""More visitors than anybody will ever look at."""


def open_capture(settings: Settings, ground: Ground) -> CaptureBoard:
    """Open the visit of seed `camera.source`, in real time. Raises SettingsError, DiskError."""
    return linux_capture(settings, ground, SceneCamera(_scene(settings), ground.clock))


def open_link(settings: Settings, ground: Ground) -> LinkBoard:
    """Open the visit's bell, its presses counted from now. Raises SettingsError, DiskError."""
    now_ns = ground.clock.now_ns()
    presses = [now_ns + ring_ns for ring_ns in _scene(settings).script.rings_ns]
    return linux_link(settings, ground, ScriptedBell(ground.clock, presses))


def _scene(settings: Settings) -> Scene:
    source = settings.camera.source
    if not (source.isascii() and source.isdecimal() and len(source) <= SEED_LIMIT_DIGITS):
        raise SettingsError(
            f"camera.source {source!r} is no seed",
            hint=f"for the sim board it is a whole number of up to {SEED_LIMIT_DIGITS} digits",
        )
    camera = settings.camera
    return Scene(int(source), lens=Lens(camera.width & ~1, camera.height & ~1), fps=camera.fps)


def scene_board(
    settings: Settings, journal: Journal, clock: Clock, scene: Scene, rings_ns: Iterable[int]
) -> Board:
    """Put a board together around a scene that begins now. Raises SettingsError, DiskError."""
    camera = SceneCamera(scene, clock)
    bell = ScriptedBell(clock, [camera.start_ns + ring_ns for ring_ns in rings_ns])
    return linux_board("sim", settings, journal, clock, camera, bell, workers=workers_for(clock))


def workers_for(clock: Clock) -> ThreadWorkers:
    """Give workers that suit a clock: in virtual time work takes none of it."""
    return ThreadWorkers(clock, lockstep=isinstance(clock, VirtualClock))
