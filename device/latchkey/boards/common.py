"""What every board on a Linux machine is made of, apart from its camera and bell."""

from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.encoder import H264Encoder
from latchkey.adapters.entropy import OsEntropy
from latchkey.adapters.finders import open_finder
from latchkey.adapters.index import SqliteIndex
from latchkey.adapters.lamp import JournalLamp
from latchkey.adapters.mqtt import PahoLink
from latchkey.adapters.nolink import NoLink
from latchkey.adapters.uplink import NoUplink
from latchkey.adapters.workers import ThreadWorkers
from latchkey.boards.book import read_book
from latchkey.egress import Destination, Egress, Ledger
from latchkey.pipeline.identity import device_id
from latchkey.ports import Bell, Board, Camera, Clock, Journal, JournalLine, Link, Severity, Workers
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
    """Put a board together around a camera and a bell. Raises DiskError, SettingsError.

    `workers` is for boards in virtual time; by default jobs take as long as they take.
    """
    state, vault = FolderDisk(settings.device.state), FolderDisk(settings.vault.path)
    for disk in (state, vault):
        disk.claim()  # before anything is read or written there
    found = open_finder(settings.privacy)
    severity: Severity = "info" if found.finder or found.chosen else "warning"
    journal.note(JournalLine(clock.now_ns(), "filter", found.note, severity))
    entropy, ledger = OsEntropy(), Ledger()
    return Board(
        name=name,
        clock=clock,
        entropy=entropy,
        camera=camera,
        bell=bell,
        lamp=JournalLamp(clock, journal),
        vault=vault,
        state=state,
        index=SqliteIndex(settings.vault.path / "index.sqlite"),
        link=_link(settings, device_id(state, entropy), ledger, clock),
        uplink=NoUplink(),
        finder=found.finder,
        encoder=H264Encoder(settings.recording),
        workers=workers or ThreadWorkers(clock),
        journal=journal,
        traffic=lambda: [row.line() for row in ledger.rows()],
        book=read_book(settings.owner),
    )


def _link(settings: Settings, client_id: str, ledger: Ledger, clock: Clock) -> Link:
    mqtt = settings.mqtt
    if not mqtt.host:
        return NoLink()
    egress = Egress(ledger, [Destination(mqtt.host, mqtt.port, "mqtt")])
    return PahoLink(mqtt, client_id, egress, clock)
