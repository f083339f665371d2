"""What every board on a Linux machine is made of, apart from its camera and bell."""

from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.encoder import H264Encoder
from latchkey.adapters.entropy import OsEntropy
from latchkey.adapters.finders import open_finder
from latchkey.adapters.index import SqliteIndex
from latchkey.adapters.lamp import JournalLamp
from latchkey.adapters.mqtt import open_link
from latchkey.adapters.uplink import NoUplink
from latchkey.adapters.workers import ThreadWorkers
from latchkey.ports import Bell, Board, Camera, Clock, Journal, JournalLine
from latchkey.settings import Settings


def linux_board(
    name: str, settings: Settings, journal: Journal, clock: Clock, camera: Camera, bell: Bell
) -> Board:
    """Put a board together around a camera and a bell. Raises DiskError."""
    found = open_finder(settings.privacy)
    journal.note(JournalLine(clock.now_ns(), "filter", found.note, "info" if found.finder else "warning"))
    entropy = OsEntropy()
    return Board(
        name=name,
        clock=clock,
        entropy=entropy,
        camera=camera,
        bell=bell,
        lamp=JournalLamp(clock, journal),
        vault=FolderDisk(settings.vault.path),
        state=FolderDisk(settings.device.state),
        index=SqliteIndex(settings.vault.path / "index.sqlite"),
        link=open_link(settings.mqtt, clock),
        uplink=NoUplink(),
        finder=found.finder,
        encoder=H264Encoder(settings.recording),
        workers=ThreadWorkers(clock),
        journal=journal,
    )
