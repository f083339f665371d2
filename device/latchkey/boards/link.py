"""The half with the bell and the network, on a Linux machine: nothing here knows of a camera or a vault."""

from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.mqtt import PahoLink
from latchkey.adapters.nolink import NoLink
from latchkey.adapters.uplink import NoUplink
from latchkey.egress import Destination, Egress, Ledger
from latchkey.pipeline.identity import device_id
from latchkey.ports import Bell, Clock, Ground, Link, LinkBoard
from latchkey.settings import Settings


def linux_link(settings: Settings, ground: Ground, bell: Bell) -> LinkBoard:
    """Put the half together around a bell. Raises DiskError, SettingsError."""
    state, ledger = FolderDisk(settings.device.state), Ledger()
    state.claim()  # before anything is read or written there
    return LinkBoard(
        name=ground.name,
        clock=ground.clock,
        entropy=ground.entropy,
        workers=ground.workers,
        journal=ground.journal,
        bell=bell,
        state=state,
        link=_link(settings, device_id(state, ground.entropy), ledger, ground.clock),
        uplink=NoUplink(),
        traffic=lambda: [row.line() for row in ledger.rows()],
    )


def _link(settings: Settings, client_id: str, ledger: Ledger, clock: Clock) -> Link:
    mqtt = settings.mqtt
    if not mqtt.host:
        return NoLink()
    egress = Egress(ledger, [Destination(mqtt.host, mqtt.port, "mqtt")])
    return PahoLink(mqtt, client_id, egress, clock)
