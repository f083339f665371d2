"""The half with the camera, on a Linux machine: nothing here knows of a network."""

from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.encoder import H264Encoder
from latchkey.adapters.finders import open_finder
from latchkey.adapters.index import SqliteIndex
from latchkey.adapters.lamp import JournalLamp
from latchkey.boards.book import read_book
from latchkey.ports import Camera, CaptureBoard, Encoder, Ground, JournalLine, Lamp, Senses, Severity
from latchkey.settings import Settings


def linux_capture(
    settings: Settings,
    ground: Ground,
    camera: Camera,
    *,
    lamp: Lamp | None = None,
    encoder: Encoder | None = None,
    senses: Senses | None = None,
) -> CaptureBoard:
    """Put the half together around a camera. Raises DiskError, SettingsError.

    Without a lamp of the board's own the journal tells what it would show; the encoder is x264.
    """
    vault = FolderDisk(settings.vault.path)
    vault.claim()  # before anything is read or written there
    found = open_finder(settings.privacy)
    severity: Severity = "info" if found.finder or found.chosen else "warning"
    ground.journal.note(JournalLine(ground.clock.now_ns(), "filter", found.note, severity))
    return CaptureBoard(
        name=ground.name,
        clock=ground.clock,
        entropy=ground.entropy,
        workers=ground.workers,
        journal=ground.journal,
        camera=camera,
        lamp=lamp or JournalLamp(ground.clock, ground.journal),
        vault=vault,
        index=SqliteIndex(settings.vault.path / "index.sqlite"),
        finder=found.finder,
        encoder=encoder or H264Encoder(settings.recording),
        book=read_book(settings.owner),
        senses=senses,
    )
