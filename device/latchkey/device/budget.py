"""How much the capture side may tell of in an hour: a wall with a thin, measured slit. Pure.

The messages of `latchkey.events` have no room for a picture, but whoever took the capture side over may
choose ids and signatures at will, and what is published anybody on the broker can read. So the link side
tells on only what a doorbell has to tell: the latest of each state, at its pace; pieces of news as they come,
if there are not more for hours than any door has visits. What is over that is dropped and said once.
"""

from dataclasses import replace

from latchkey.device.bucket import Bucket
from latchkey.events import (
    CaptureHealth,
    ClipEnded,
    ClipExtended,
    ClipStarted,
    HeadTold,
    MotionChanged,
    SideMessage,
    decode,
    encode,
)
from latchkey.units import NS_PER_S

PACE_NS: dict[type[SideMessage], int] = {
    MotionChanged: NS_PER_S,
    CaptureHealth: 5 * NS_PER_S,
    HeadTold: 10 * NS_PER_S,
}
"""The shortest time between two of a state; between them only the latest is kept."""

REFILL_NS: dict[type[SideMessage], int] = {
    ClipStarted: 20 * NS_PER_S,
    ClipExtended: 10 * NS_PER_S,
    ClipEnded: 20 * NS_PER_S,
}
"""How often a piece of news may come for hours. A busy street makes one clip a minute."""

BURST = 512
"""Pieces of news of a kind at once: as many as wait at most while the link side is away."""

LONE_HEAD_NS = 3600 * NS_PER_S
"""How often a head may come for which no clip ended here: after a start, or after a clip that was torn."""


class Budget:
    """Lets through what may be told now; `zones` are the names that the settings give."""

    def __init__(self, zones: frozenset[str]) -> None:
        self._zones = zones
        self._news = {kind: Bucket(BURST, refill_ns) for kind, refill_ns in REFILL_NS.items()}
        self._held: dict[type[SideMessage], bytes] = {}
        self._next_ns: dict[type[SideMessage], int] = {}
        self._ends: set[str] = set()
        self._head = (0, 0)
        self._lone_at_ns: int | None = None
        self._said: set[str] = set()

    def fit(self, messages: list[bytes], now_ns: int) -> tuple[list[bytes], list[str]]:
        """Give what may be told now, in order, then states whose time has come; and what went wrong."""
        passed: list[bytes] = []
        troubles: list[str] = []
        for data in messages:
            message = decode(data)
            kind = type(message)
            if kind in PACE_NS:
                self._held[kind] = data
            elif kind not in self._news:
                passed.append(data)
            elif self._news[kind].take(now_ns):
                passed.append(encode(self._known(message)))
            else:
                troubles += self._once(f"too many pieces of news of the kind {kind.__name__}")
        for kind, data in list(self._held.items()):
            if now_ns >= self._next_ns.get(kind, now_ns) and self._may(decode(data), now_ns, troubles):
                self._next_ns[kind] = now_ns + PACE_NS[kind]
                passed.append(data)
        return passed, troubles

    def forget_states(self) -> None:
        """The capture side is away: what it said of motion and health holds no more, and is told anew."""
        self._held.pop(MotionChanged, None)
        self._held.pop(CaptureHealth, None)

    def wake_ns(self, now_ns: int) -> int | None:
        """When a state that is held back may go; None = none waits for the time."""
        return min(
            (at_ns for kind in self._held if (at_ns := self._next_ns.get(kind, 0)) > now_ns), default=None
        )

    def _known(self, message: SideMessage) -> SideMessage:
        """Give a piece of news with zones of the settings only, in one order; note an end."""
        if isinstance(message, ClipStarted | ClipExtended | ClipEnded):
            if isinstance(message, ClipEnded):
                if len(self._ends) >= BURST:
                    self._ends.clear()
                self._ends.add(message.clip)
            return replace(message, zones=tuple(sorted(self._zones & set(message.zones))))
        return message

    def _may(self, message: SideMessage, now_ns: int, troubles: list[str]) -> bool:
        """Take a state from those that are held; tell whether it goes. A head may have to wait."""
        if isinstance(message, HeadTold):
            numbers = (message.sequence, message.whole)
            if numbers <= self._head:
                if numbers < self._head:
                    troubles += self._once("a head of the clips that goes back")
                del self._held[HeadTold]
                return False
            if message.clip in self._ends:
                self._ends.clear()
            elif self._lone_at_ns is None or now_ns - self._lone_at_ns >= LONE_HEAD_NS:
                self._lone_at_ns = now_ns
            else:
                return False
            self._head = numbers
        del self._held[type(message)]
        return True

    def _once(self, what: str) -> list[str]:
        if what in self._said:
            return []
        self._said.add(what)
        return [what]
