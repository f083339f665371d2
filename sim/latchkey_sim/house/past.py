"""What days gone by have left: clips in a vault, events in an outbox."""

from collections.abc import Sequence

from latchkey import wire
from latchkey.events import Trigger
from latchkey.pipeline.durable import with_check
from latchkey.pipeline.outbox import Entry, encode_entry
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.units import NS_PER_S
from latchkey.vault import ClipMeta
from latchkey_sim.house.doorbell import Doorbell
from latchkey_sim.house.owner import DAYS
from latchkey_sim.household import FixedReaders

_STATES = {"ok": 1, "fallback_region": 0, "fallback_full": 0}
_FOOTAGE = b"no footage that anybody will look at\n"
_OLD_S = 3600


def keep_past(bell: Doorbell, days: Sequence[int], size_bytes: int) -> None:
    """Put a clip of each of these UTC days into a vault, in their order, before the device's first start."""
    if not days:
        return
    readers, take = FixedReaders(now_day=days[0], days=DAYS), bell.entropy.take
    keeper = VaultKeeper(bell.vault, bell.index, readers, take, bell.settings.vault)
    for day in days:
        readers.now_day = day
        clip = take("past", 16).hex()
        opened = keeper.begin(clip)
        opened.append(_FOOTAGE * (size_bytes // len(_FOOTAGE)))
        opened.finish(ClipMeta(clip, Trigger.MOTION, (Trigger.MOTION,), 1, 2, 3, 1, 0, _STATES, "none", 0, 1))
        bell.past.add(clip)


def keep_events(bell: Doorbell, count: int) -> None:
    """Let so many events of clips wait in an outbox: beginnings of clips of an hour ago."""
    if not count:
        return
    wall_ns, files = bell.house_clock.wall_ns(), {}
    start = wire.stamp(wall_ns // NS_PER_S - _OLD_S)
    for number in range(count):
        clip = bell.entropy.take("past", 16).hex()
        values: dict[str, wire.Value] = {"event_type": "start", "v": 1, "id": clip, "seq": 0}
        values |= {"start": start, "trigger": "motion", "zones": ()}
        entry = Entry(number, wire.CLIP, values, -_OLD_S * NS_PER_S)
        files[entry.name] = with_check(entry.name, encode_entry(entry, 0, wall_ns))
    bell.take_over(files)
