"""The automation under test: whoever rings at night gets light at the door, for five minutes.

It knows nothing of Latchkey but its topics, and nothing of its tests: it is given a way to publish, a clock
and a timer, as a program on a real broker would have them.
"""

import json
from collections.abc import Callable
from datetime import datetime

LIGHT = "home/porch/light/set"
ON_FOR_S = 300
NIGHT_BEGINS, NIGHT_ENDS = 20, 6
"""Hours, UTC."""


class PorchLight:
    """Hears what the doorbell says, and switches the light."""

    def __init__(
        self,
        publish: Callable[[str, str], None],
        now: Callable[[], datetime],
        after: Callable[[float, Callable[[], None]], None],
    ) -> None:
        self._publish = publish
        self._now = now
        self._after = after
        self._rung = 0
        self._last_id = ""

    def on_doorbell(self, payload: bytes) -> None:
        """Take a message of `event/doorbell`: light for a ring, but not for one that is told too late."""
        event = json.loads(payload)
        if event["event_type"] != "ring" or event["id"] == self._last_id or not self._is_night():
            return
        self._last_id = event["id"]
        self._rung += 1
        rung = self._rung
        self._publish(LIGHT, "ON")
        self._after(ON_FOR_S, lambda: self._off(rung))

    def _off(self, rung: int) -> None:
        """Switch it off, unless somebody has rung again meanwhile."""
        if rung == self._rung:
            self._publish(LIGHT, "OFF")

    def _is_night(self) -> bool:
        hour = self._now().hour
        return hour >= NIGHT_BEGINS or hour < NIGHT_ENDS
