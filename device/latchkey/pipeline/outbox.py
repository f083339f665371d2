"""Events that must reach the broker: kept on disk until it has acknowledged them.

An event is sent first and stored right behind, by a worker; its file goes once the broker has
acknowledged it. Rings go before everything else, the rest in order. What may arrive twice
carries the same id. Only events are queued; of a state, the latest value is sent when the link
comes up.

When more than `EVENTS_LIMIT` clip events wait, the oldest `update` goes, then the oldest clip
event. A ring is never dropped to make room: `RINGS_LIMIT` of them may wait, and one more than
that, a stuck button, is sent if the link is up but not kept.
"""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from latchkey.errors import DiskError, LinkDown, NotOnDisk, WorkerBusy
from latchkey.pipeline.durable import FileDamaged, read_checked, write_checked
from latchkey.ports import Disk, Link, Publication, Ticket, Workers
from latchkey.units import NS_PER_S
from latchkey.wire import CLIP, DEVICE_ID, DOORBELL, RING_FRESH_S, Topic, Value, WireError, record

FOLDER = "outbox"
DAMAGED_FOLDER = "outbox-damaged"
EVENTS_LIMIT = 500
RINGS_LIMIT = 2000
WINDOW = 16
"""Unacknowledged events at a time: enough for the link's round trip, few to repeat after a break."""

FILE_LIMIT_BYTES = 4096
SCHEMA = 1
_TOPICS: dict[str, Topic] = {topic.suffix: topic for topic in (DOORBELL, CLIP)}


@dataclass(slots=True)
class Entry:
    """An event on its way. `born_ns` is monotonic; `values` are the fields of its message."""

    number: int
    topic: Topic
    values: dict[str, Value]
    born_ns: int
    ticket: int | None = field(default=None)
    refused: bool = field(default=False)
    gone: bool = field(default=False)

    @property
    def is_ring(self) -> bool:
        """Whether somebody pressed the bell, as opposed to news of a clip."""
        return self.topic is DOORBELL

    @property
    def name(self) -> str:
        """Its file."""
        return f"{FOLDER}/{self.number:010d}-{self.values['id']}.json"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was found at the start."""

    waiting: int
    damaged: int


class Outbox:
    """The queue. It publishes through `link` and stores through `workers` on `disk`."""

    def __init__(self, device_id: str, link: Link, disk: Disk, workers: Workers) -> None:
        self._device_id = device_id
        self._link = link
        self._disk = disk
        self._workers = workers
        self._entries: dict[str, Entry] = {}  # by file name, in order
        self._by_ticket: dict[int, Entry] = {}
        self._next_number = 0
        self._up = False
        self._jobs: deque[Callable[[], None]] = deque()
        self._tickets: deque[Ticket[None]] = deque()

    def load(self, now_ns: int, wall_ns: int) -> Loaded:
        """Take up what the last run left. Damaged files are set aside. Raises DiskError."""
        damaged = 0
        for name in self._disk.names(FOLDER):
            if name.endswith(".part"):
                self._disk.remove(f"{FOLDER}/{name}")
                continue
            try:
                data = read_checked(self._disk, f"{FOLDER}/{name}")
                entry = decode_entry(name, data, now_ns, wall_ns)
            except (WireError, FileDamaged):
                self._disk.rename(f"{FOLDER}/{name}", f"{DAMAGED_FOLDER}/{name}")
                damaged += 1
                continue
            self._entries[entry.name] = entry
            self._next_number = max(self._next_number, entry.number + 1)
        return Loaded(len(self._entries), damaged)

    @property
    def waiting(self) -> int:
        """Events that the broker has not acknowledged."""
        return len(self._entries)

    def post(self, topic: Topic, values: dict[str, Value], born_ns: int, now_ns: int, wall_ns: int) -> bool:
        """Send an event and keep it until it is acknowledged; tell whether it was sent at once.

        News of a clip that waits already, told again after a restart, is not taken twice. Raises WireError
        for what the table of topics does not allow.
        """
        record(self._device_id, topic, values)
        if topic is not DOORBELL and self._holds(values):
            return False
        entry = Entry(self._next_number, topic, values, born_ns)
        self._next_number += 1
        fits = self._make_room(entry)
        sent = self._up and (entry.is_ring or not self._behind) and self._send(entry, now_ns)
        if fits:
            self._entries[entry.name] = entry
            data = encode_entry(entry, now_ns, wall_ns)
            self._jobs.append(lambda: _store(self._disk, entry, data))
        self._work()
        return sent

    def after_storing(self, job: Callable[[], None]) -> None:
        """Have the worker run `job` behind all that is to be stored or removed so far."""
        self._jobs.append(job)
        self._work()

    def came_up(self) -> None:
        """The link is up: everything unacknowledged will be sent (again)."""
        self._up = True
        self._forget_tickets()

    def went_down(self) -> None:
        """The link is gone, and what was in flight may be lost."""
        self._up = False
        self._forget_tickets()

    def delivered(self, ticket: int) -> bool:
        """The broker has it: drop the event and its file. Tells whether the ticket was an event's."""
        entry = self._by_ticket.pop(ticket, None)
        if entry is None:
            return False
        self._drop(entry)
        return True

    def refused(self, ticket: int) -> bool:
        """The broker will not have it: it waits for the next connection. Tells as `delivered`."""
        entry = self._by_ticket.pop(ticket, None)
        if entry is None:
            return False
        entry.ticket, entry.refused = None, True
        return True

    def pump(self, now_ns: int) -> list[str]:
        """Send what can be sent, store what is to be stored; give what went wrong, in words."""
        for entry in self._to_send() if self._up else ():
            if not self._send(entry, now_ns):
                break
        self._work()
        return self._complaints()

    def _holds(self, values: dict[str, Value]) -> bool:
        return any(_piece(entry.values) == _piece(values) for entry in self._entries.values())

    @property
    def _behind(self) -> bool:
        """Whether older events wait to be sent, or the window is full: then order says wait."""
        return len(self._by_ticket) >= WINDOW or any(self._waits(entry) for entry in self._entries.values())

    def _waits(self, entry: Entry) -> bool:
        return entry.ticket is None and not entry.refused

    def _to_send(self) -> list[Entry]:
        """Give what is due, rings first."""
        room = WINDOW - len(self._by_ticket)
        due = [entry for entry in self._entries.values() if self._waits(entry)]
        due.sort(key=lambda entry: (not entry.is_ring, entry.number))
        return due[: max(0, room)]

    def _send(self, entry: Entry, now_ns: int) -> bool:
        try:
            ticket = self._link.publish(self._publication(entry, now_ns))
        except LinkDown:
            return False
        entry.ticket = ticket
        self._by_ticket[ticket] = entry
        return True

    def _publication(self, entry: Entry, now_ns: int) -> Publication:
        if entry.is_ring:
            fresh = now_ns - entry.born_ns <= RING_FRESH_S * NS_PER_S
            return record(
                self._device_id, DOORBELL, entry.values | {"event_type": "ring" if fresh else "missed"}
            )
        return record(self._device_id, entry.topic, entry.values)

    def _make_room(self, entry: Entry) -> bool:
        """Drop the least important events for a new one; False = it cannot be kept."""
        others = [other for other in self._entries.values() if other.is_ring is entry.is_ring]
        if entry.is_ring:
            return len(others) < RINGS_LIMIT
        if len(others) >= EVENTS_LIMIT:
            updates = [other for other in others if other.values["event_type"] == "update"]
            self._drop((updates or others)[0])
        return True

    def _drop(self, entry: Entry) -> None:
        if entry.ticket is not None:
            self._by_ticket.pop(entry.ticket, None)
        entry.gone = True
        if self._entries.pop(entry.name, None) is not None:
            self._jobs.append(lambda: _forget(self._disk, entry))

    def _forget_tickets(self) -> None:
        self._by_ticket.clear()
        for entry in self._entries.values():
            entry.ticket, entry.refused = None, False

    def _work(self) -> None:
        """Hand jobs to the worker, in order; what it cannot take waits."""
        while self._jobs:
            try:
                self._tickets.append(self._workers.submit("disk", self._jobs[0]))
            except WorkerBusy:
                return
            self._jobs.popleft()

    def _complaints(self) -> list[str]:
        found = []
        while self._tickets and self._tickets[0].done():
            try:
                self._tickets.popleft().result()
            except DiskError as error:
                found.append(f"an event cannot be stored: {error}")
        return found


def _piece(values: dict[str, Value]) -> tuple[Value | None, ...]:
    """Give what names one piece of news; a press has no `seq`, and its id is its own."""
    return values["id"], values.get("seq"), values["event_type"]


def encode_entry(entry: Entry, now_ns: int, wall_ns: int) -> bytes:
    """Give the bytes of an event's file; its birth in wall-clock time, for want of another."""
    born_s = (wall_ns - (now_ns - entry.born_ns)) // NS_PER_S
    stored = {"schema": SCHEMA, "topic": entry.topic.suffix, "born_s": born_s, "values": entry.values}
    return json.dumps(stored, sort_keys=True, separators=(",", ":")).encode("ascii")


def decode_entry(name: str, data: bytes, now_ns: int, wall_ns: int) -> Entry:
    """Read an event's file. Raises WireError unless it holds one legal event.

    Where the clock is now behind the event's birth, its age is unknown: it counts as old.
    """
    try:
        if len(data) > FILE_LIMIT_BYTES:
            raise WireError(f"{name} is too long")
        number = int(name.partition("-")[0])
        stored = json.loads(data)
        if set(stored) != {"schema", "topic", "born_s", "values"} or stored["schema"] != SCHEMA:
            raise WireError(f"{name} is not of schema {SCHEMA}")
        topic = _TOPICS[stored["topic"]]
        age_s = wall_ns // NS_PER_S - int(stored["born_s"])
        record("0" * DEVICE_ID.digits, topic, stored["values"])
        entry = Entry(number, topic, stored["values"], 0)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise WireError(f"{name} cannot be read") from error
    if entry.name != f"{FOLDER}/{name}":
        raise WireError(f"{name} is not the name of what it holds")
    old_s = RING_FRESH_S + 1
    entry.born_ns = now_ns - (min(age_s, old_s) if age_s >= 0 else old_s) * NS_PER_S
    return entry


def _store(disk: Disk, entry: Entry, data: bytes) -> None:
    """Write an event's file so that it is whole or not there; not at all if it is needless by now."""
    if entry.gone:
        return
    write_checked(disk, entry.name, data)


def _forget(disk: Disk, entry: Entry) -> None:
    """Remove an event's file. Not synced: one that comes back is sent twice, with the same id."""
    for name in (entry.name, f"{entry.name}.part"):
        try:
            disk.remove(name)
        except NotOnDisk:
            continue
