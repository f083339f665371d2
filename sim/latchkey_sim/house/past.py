"""Clips of days gone by, for vaults that are not new."""

from collections.abc import Sequence

from latchkey.events import Trigger
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.vault import ClipMeta
from latchkey_sim.house.doorbell import Doorbell
from latchkey_sim.house.owner import DAYS
from latchkey_sim.household import FixedReaders

_STATES = {"ok": 1, "fallback_region": 0, "fallback_full": 0}
_FOOTAGE = b"no footage that anybody will look at\n" * 20


def keep_past(bell: Doorbell, days: Sequence[int]) -> None:
    """Put a clip of each of these UTC days into a vault, in their order, before the device's first start."""
    if not days:
        return
    readers, take = FixedReaders(now_day=days[0], days=DAYS), bell.entropy.take
    keeper = VaultKeeper(bell.vault, bell.index, readers, take, bell.settings.vault)
    for day in days:
        readers.now_day = day
        clip = take("past", 16).hex()
        opened = keeper.begin(clip)
        opened.append(_FOOTAGE)
        opened.finish(ClipMeta(clip, Trigger.MOTION, (Trigger.MOTION,), 1, 2, 3, 1, 0, _STATES, "none", 0, 1))
        bell.past.add(clip)
