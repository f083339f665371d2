"""A whole board on a Linux machine, around a camera and a bell: both halves in one process."""

from latchkey.boards.capture import linux_capture
from latchkey.boards.ground import linux_ground
from latchkey.boards.link import linux_link
from latchkey.ports import Bell, Board, Camera, Clock, Journal, Workers, join
from latchkey.settings import Settings


def linux_board(
    name: str,
    settings: Settings,
    journal: Journal,
    clock: Clock,
    camera: Camera,
    bell: Bell,
    *,
    workers: Workers | None = None,
) -> Board:
    """Put a board together. Raises DiskError, SettingsError.

    `workers` is for boards in virtual time; by default jobs take as long as they take.
    """
    ground = linux_ground(name, journal, clock, workers)
    return join(linux_capture(settings, ground, camera), linux_link(settings, ground, bell))
