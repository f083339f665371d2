"""One end of the line between the sides: what is said again after a break, and what was heard before. Pure.

    H  hello    version, session    first on each connection, from both ends
    M  event    number, message     kept and repeated until the other end has taken it
    S  state    message             only the latest of its kind counts; told anew on each connection
    T  taken    number              all events up to this one are kept safe there
    B  beat                         nothing to say, but alive

A record is a letter, a number of eight bytes, and at most one canonical message of `latchkey.events`. A
session is one run of a process; its events are numbered from 1, so that one repeated after a break is known.
Nothing that comes in is trusted: what is no record, no message, or a message of the wrong direction raises
CrossingError, and whoever drives this hangs up.
"""

from collections import deque

from latchkey.errors import LatchkeyError
from latchkey.events import (
    BellRang,
    CaptureHealth,
    ClipEnded,
    ClipExtended,
    ClipLost,
    ClipStarted,
    HeadTold,
    MessageError,
    ModesSet,
    MotionChanged,
    SideMessage,
    decode,
)

VERSION = 1
SESSION_BYTES = 16
EVENTS_LIMIT = 512
"""Events that wait while the other side is away. News of a clip is three to ten of them: days of visits."""

EVENT_KINDS = (BellRang, ClipStarted, ClipExtended, ClipEnded, ClipLost)
STATE_KINDS = (ModesSet, MotionChanged, CaptureHealth, HeadTold)
_HEADER_BYTES = 9


class CrossingError(LatchkeyError):
    """The other side said something that makes no sense."""


class Crossing:
    """Keeps what is to be said, tells what is new in what is heard.

    `hears` are the kinds of message that the other side may say. `session` names this run; `known` is the
    other side's session and number up to which its events are kept safe already, from an earlier run of ours.
    """

    def __init__(
        self, session: bytes, hears: tuple[type[SideMessage], ...], known: tuple[bytes, int] = (b"", 0)
    ) -> None:
        self._session = session
        self._hears = hears
        self._peer, self._heard = known
        self._taken = known[1]
        self._greeted = False
        self._up = False
        self._number = 0
        self._events: dict[int, bytes] = {}
        self._states: dict[type[SideMessage], bytes] = {}
        self._out: deque[bytes] = deque()
        self.dropped = 0
        """Events that were given up because too many waited."""

    @property
    def heard(self) -> tuple[bytes, int]:
        """The other side's session, and the number of its newest event that was given out."""
        return self._peer, self._heard

    @property
    def greeted(self) -> bool:
        """Whether the connection is up and the other side has said who it is."""
        return self._greeted

    @property
    def waiting(self) -> int:
        """How many events the other side has not taken yet."""
        return len(self._events)

    def connect(self) -> None:
        """The line is up: greet, tell all states, repeat what was not taken."""
        self.lose()
        self._up = True
        self._out.append(_record(b"H", VERSION, self._session))
        self._out.extend(_record(b"S", 0, data) for data in self._states.values())
        self._out.extend(_record(b"M", number, data) for number, data in self._events.items())

    def lose(self) -> None:
        """The line is down: what it had not carried is said again later."""
        self._up = self._greeted = False
        self._out.clear()

    def say(self, data: bytes) -> None:
        """Have a message said, now or once the line is up."""
        kind = type(decode(data))
        if kind in STATE_KINDS:
            self._say_state(kind, data)
            return
        self._make_room()
        self._number += 1
        self._events[self._number] = data
        self._put(_record(b"M", self._number, data))

    def take(self, number: int) -> None:
        """All events up to this one are safe here: the other side need not keep them any more."""
        stale, self._taken = _record(b"T", self._taken, b""), number
        self._out = deque(record for record in self._out if record != stale)
        self._put(_record(b"T", number, b""))

    def beat(self) -> None:
        """Show that this side lives, unless something waits to be sent anyway."""
        if not self._out:
            self._put(_record(b"B", 0, b""))

    @property
    def next(self) -> bytes | None:
        """What is to be sent next, or None."""
        return self._out[0] if self._out else None

    def sent(self) -> None:
        """The line took `next`."""
        self._out.popleft()

    def hear(self, record: bytes) -> bytes | None:
        """Take a record; give the message in it where there is a new one. Raises CrossingError.

        Whatever breaks while it is read is the fault of who said it: no record may end this process.
        """
        try:
            return self._hear(record)
        except CrossingError:
            raise
        except Exception as error:
            raise CrossingError(f"a record that cannot be read: {type(error).__name__}") from error

    def _hear(self, record: bytes) -> bytes | None:
        if len(record) < _HEADER_BYTES:
            raise CrossingError(f"a record of {len(record)} bytes")
        letter, number, body = (
            record[:1],
            int.from_bytes(record[1:_HEADER_BYTES], "big"),
            record[_HEADER_BYTES:],
        )
        if letter == b"H":
            self._greet(number, body)
        elif not self._greeted:
            raise CrossingError("it does not say who it is")
        elif letter == b"M":
            return self._hear_event(number, body)
        elif letter == b"S":
            return self._checked(body, STATE_KINDS)
        elif letter == b"T" and not body:
            self._drop_up_to(number)
        elif (letter, number, body) != (b"B", 0, b""):
            raise CrossingError("a record of no kind that there is")
        return None

    def _greet(self, version: int, session: bytes) -> None:
        if self._greeted:
            raise CrossingError("it says twice who it is")
        if version != VERSION or len(session) != SESSION_BYTES:
            what = f"it speaks version {version} of the line, not {VERSION}"
            raise CrossingError(f"{what}: both services must be of one release")
        self._greeted = True
        if session != self._peer:
            self._peer, self._heard, self._taken = session, 0, 0
        elif self._taken:
            self.take(self._taken)

    def _hear_event(self, number: int, body: bytes) -> bytes | None:
        message = self._checked(body, EVENT_KINDS)
        if number <= self._heard:
            return None
        self._heard = number
        return message

    def _checked(self, body: bytes, kinds: tuple[type[SideMessage], ...]) -> bytes:
        try:
            message = decode(body)
        except MessageError as error:
            raise CrossingError(str(error)) from error
        if not isinstance(message, self._hears) or not isinstance(message, kinds):
            raise CrossingError(f"{type(message).__name__} is not for this side to hear")
        return body

    def _drop_up_to(self, number: int) -> None:
        if number > self._number:
            raise CrossingError("it has taken an event that was never said")
        for old in [waiting for waiting in self._events if waiting <= number]:
            del self._events[old]

    def _say_state(self, kind: type[SideMessage], data: bytes) -> None:
        old = self._states.pop(kind, None)
        self._states[kind] = data
        if old is not None:
            stale = _record(b"S", 0, old)
            self._out = deque(record for record in self._out if record != stale)
        self._put(_record(b"S", 0, data))

    def _make_room(self) -> None:
        """Give up the oldest `ClipExtended`, else the oldest event: an end is worth more than an update."""
        if len(self._events) < EVENTS_LIMIT:
            return
        updates = (n for n, data in self._events.items() if isinstance(decode(data), ClipExtended))
        number = next(updates, next(iter(self._events)))
        data = self._events.pop(number)
        self._out = deque(record for record in self._out if record != _record(b"M", number, data))
        self.dropped += 1

    def _put(self, record: bytes) -> None:
        if self._up:
            self._out.append(record)


def _record(letter: bytes, number: int, body: bytes) -> bytes:
    return letter + number.to_bytes(_HEADER_BYTES - 1, "big") + body
