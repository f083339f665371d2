"""What the camera may do, and who may change it: invariant I9. Pure.

The owner sets a baseline. Commands from the broker, which anybody there may send, can make the
camera more private than that (disarm, close the shutter, snooze) and take it back, to the
baseline and no further. So a command only ever moves `Wishes`, and wishes only ever add privacy.
"""

import json
from dataclasses import asdict, dataclass, replace

from latchkey.errors import LatchkeyError
from latchkey.events import ModesSet
from latchkey.settings import BaselineSettings
from latchkey.units import NS_PER_S
from latchkey.wire import ARMED_SET, SHUTTER_SET, SNOOZE_LIMIT_MIN, SNOOZE_SET, Command

SNOOZE_LIMIT_S = SNOOZE_LIMIT_MIN * 60
SCHEMA = 1


class ModesDamaged(LatchkeyError):
    """The stored modes cannot be read."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the broker asked for beyond the baseline. `snooze_until_ns` is monotonic, 0 = none."""

    disarmed: bool = False
    shutter_closed: bool = False
    snooze_until_ns: int = 0


MOST_PRIVATE = Wishes(disarmed=False, shutter_closed=True)
"""What holds when nobody can tell any more what was wished: the shutter is closed."""


def apply(wishes: Wishes, command: Command, now_ns: int) -> Wishes:
    """Follow a command; one that concerns no mode changes nothing."""
    if command.topic is ARMED_SET:
        return replace(wishes, disarmed=command.value == "OFF")
    if command.topic is SHUTTER_SET:
        return replace(wishes, shutter_closed=command.value == "ON")
    if command.topic is SNOOZE_SET and isinstance(command.value, int):
        minutes = min(command.value, SNOOZE_LIMIT_MIN)
        return replace(wishes, snooze_until_ns=now_ns + minutes * 60 * NS_PER_S if minutes > 0 else 0)
    return wishes


def effective(baseline: BaselineSettings, wishes: Wishes, now_ns: int) -> ModesSet:
    """Join baseline and wishes: whichever is more private wins, for each mode alone."""
    return ModesSet(
        armed=baseline.armed and not wishes.disarmed,
        shutter_closed=wishes.shutter_closed,
        snoozed=now_ns < wishes.snooze_until_ns,
    )


def snooze_left_ns(wishes: Wishes, now_ns: int) -> int:
    """Give how long the snooze lasts yet, 0 = none."""
    return max(0, wishes.snooze_until_ns - now_ns)


def encode_wishes(wishes: Wishes, now_ns: int, wall_ns: int) -> bytes:
    """Give the wishes as they are stored, with the snooze in wall-clock seconds."""
    record = {
        "schema": SCHEMA,
        "disarmed": wishes.disarmed,
        "shutter_closed": wishes.shutter_closed,
        "saved_s": wall_ns // NS_PER_S,
        "snooze_left_s": -(-snooze_left_ns(wishes, now_ns) // NS_PER_S),
    }
    return json.dumps(record, sort_keys=True, separators=(",", ":")).encode("ascii")


def decode_wishes(data: bytes, now_ns: int, wall_ns: int) -> Wishes:
    """Read stored wishes. Raises ModesDamaged.

    A clock that went back (no battery behind it) lets a snooze begin its rest anew, not longer.
    """
    stored = _stored(data)
    passed_s = max(0, wall_ns // NS_PER_S - stored.saved_s)
    left_s = max(0, stored.snooze_left_s - passed_s)
    until_ns = now_ns + left_s * NS_PER_S if left_s else 0
    return Wishes(stored.disarmed, stored.shutter_closed, until_ns)


@dataclass(frozen=True, slots=True)
class _Stored:
    schema: int
    disarmed: bool
    shutter_closed: bool
    saved_s: int
    snooze_left_s: int


def _stored(data: bytes) -> _Stored:
    try:
        record = json.loads(data)
        stored = _Stored(**record)
    except (ValueError, TypeError, RecursionError) as error:
        raise ModesDamaged("the stored modes cannot be read") from error
    types = {"schema": int, "disarmed": bool, "shutter_closed": bool, "saved_s": int, "snooze_left_s": int}
    if any(type(value) is not types[name] for name, value in asdict(stored).items()):
        raise ModesDamaged("the stored modes have values of the wrong type")
    if stored.schema != SCHEMA or not 0 <= stored.snooze_left_s <= SNOOZE_LIMIT_S:
        raise ModesDamaged("the stored modes have values out of range")
    return stored
