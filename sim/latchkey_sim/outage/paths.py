"""All write paths of a device, by their names on the command line; and the controls, which must fail."""

from latchkey_sim.outage.clips import Clips, Retention
from latchkey_sim.outage.controls import DISCIPLINES, WRONG_ORDERS
from latchkey_sim.outage.deposits import Handover, OwnersCopy
from latchkey_sim.outage.device import WholeDevice
from latchkey_sim.outage.events import Events, Visit
from latchkey_sim.outage.home import WritePath
from latchkey_sim.outage.household import OwnersState
from latchkey_sim.outage.keeping import Keeping
from latchkey_sim.outage.keys import ClockFloor, DeviceKey, HoldingKeys, OwnersOrders, Pinning
from latchkey_sim.outage.notes import Acts, HeadRemovedFirst, Memory, PlainLog
from latchkey_sim.outage.small import DeviceId, Modes

_ALL: tuple[WritePath, ...] = (
    Clips("clip", face_hours=0),
    Clips("faces", face_hours=24),
    Retention(),
    Keeping(),
    Visit(),
    Events(),
    Modes(),
    DeviceId(),
    OwnersOrders(),
    ClockFloor(),
    HoldingKeys(),
    Pinning(),
    DeviceKey(),
    OwnersState(),
    OwnersCopy(),
    Acts(),
    Memory(),
    WholeDevice(),
)
PATHS: dict[str, WritePath] = {path.name: path for path in _ALL}
SHORT = frozenset(
    {"modes", "device-id", "device-key", "outbox", "clock", "holding", "acts", "owner-copy", "memory"}
)
"""Paths of which a run has few images: a soak runs them more often, else they would hardly be seen."""

_CONTROLS: tuple[WritePath, ...] = (
    *DISCIPLINES,
    *WRONG_ORDERS,
    Handover("copy-removed-first", holds_first=False),
    Handover("copy-held-first", holds_first=True),
    PlainLog("line-unsynced", syncs=False, ends_cut_line=True),
    PlainLog("line-after-cut", syncs=True, ends_cut_line=False),
    PlainLog("line-right", syncs=True, ends_cut_line=True),
    HeadRemovedFirst(),
)
CONTROLS: dict[str, WritePath] = {path.name: path for path in _CONTROLS}
"""Ways of writing a file that lose it; and the right one, beside them."""
