"""The parts of a simulated house as a test holds them; times are in seconds."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from latchkey.ports import Publication
from latchkey.units import NS_PER_S
from latchkey.wire.table import BASE
from latchkey_sim.broker import Heard
from latchkey_sim.house.faults import KINDS
from latchkey_sim.house.house import PUSH_NS, House
from latchkey_sim.house.owner import OpenedClip
from latchkey_sim.house.scenario import Fault
from latchkey_sim.testing.amounts import SECONDS_LIMIT, must_be_sound, ns_of

VAULT, STATE = 1, 2


class Trouble:
    """Something that fails: for so many seconds, or until `end()`, or for a `with` block.

    Whatever still fails when the house finishes is over then.
    """

    def __init__(self, house: House, fault: Fault, seconds: float | None) -> None:
        self._end = house.fail(fault)
        if seconds is not None:
            house.agenda.at(house.clock.now_ns() + ns_of(seconds), self._end)

    def end(self) -> None:
        """End it, if it lasts."""
        self._end()

    def __enter__(self) -> "Trouble":
        return self

    def __exit__(self, *_error: object) -> None:
        self.end()


def begin(
    house: House,
    kind: str,
    seconds: float | None,
    value: int | None = None,
    *,
    operation: int | None = None,
    door: int = 0,
) -> Trouble:
    """Let a kind of fault begin now, with its usual value if none is given. Raises ValueError."""
    for_ns = ns_of(seconds) if seconds is not None else 0
    if value is None:
        value = KINDS[kind].takes.usual if kind in KINDS else 0
    fault = Fault(kind, house.clock.now_ns(), for_ns, door, value, operation)
    must_be_sound(fault, len(house.doors))
    house.begin()
    return Trouble(house, fault, seconds)


@dataclass(frozen=True, slots=True)
class Message:
    """A message that reached the broker."""

    at_s: float
    topic: str
    payload: bytes
    retained: bool
    client: str
    again: bool = False
    """Whether the network delivered it a second time."""

    @property
    def text(self) -> str:
        """Give the payload as text."""
        return self.payload.decode()

    @property
    def values(self) -> dict[str, Any]:
        """Give the payload's JSON object."""
        values: dict[str, Any] = json.loads(self.payload)
        return values


class SimBroker:
    """The MQTT broker: here the test, and the program under test, publish and subscribe."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._broker = house.broker

    def messages(self, topic: str = "") -> list[Message]:
        """Give what has reached the broker, in order: all, or on a topic.

        A topic is whole, or its end, like `event/doorbell`.
        """
        return [_message(heard) for heard in self._broker.heard if _is_on(topic, heard)]

    def retained(self, topic: str) -> bytes | None:
        """Give the retained payload of a topic, or None. An end, like `status`, is of the first device."""
        payload = self._broker.retained(topic)
        for device_id in self._house.doors[0].ids if payload is None else ():
            payload = self._broker.retained(f"{BASE}/{device_id}/{topic}") or payload
        return payload

    def subscribe(self, hear: Callable[[Message], object], topic: str = "") -> None:
        """Call `hear` with each message from now on, at its time; it may publish in turn."""

        def listen(heard: Heard) -> None:
            if _is_on(topic, heard):
                hear(_message(heard))

        self._broker.listeners.append(listen)

    def publish(
        self, topic: str, payload: str | bytes | Mapping[str, object], *, retain: bool = False
    ) -> None:
        """Say something, as a program in the home does; a mapping is sent as JSON."""
        if not isinstance(payload, str | bytes):
            payload = json.dumps(payload)
        data = payload.encode() if isinstance(payload, str) else payload
        self._broker.publish(Publication(topic, data, retain=retain))

    @property
    def clients(self) -> frozenset[str]:
        """Give who is connected; the first device is `door0`."""
        return self._broker.clients

    def stop(self, seconds: float | None = None, *, forget: bool = False) -> Trouble:
        """Stop it; `forget` loses what is retained."""
        return begin(self._house, "broker-down", seconds, int(forget))

    def slow(self, by_s: float, seconds: float | None = None) -> Trouble:
        """Let each message take so long each way."""
        return begin(self._house, "broker-slow", seconds, ns_of(by_s))

    def duplicate(self, count: int = 1, seconds: float | None = None) -> Trouble:
        """Deliver the next `count` messages twice."""
        return begin(self._house, "broker-duplicate", seconds, count)

    def refuse(self, seconds: float | None = None) -> Trouble:
        """Throw everybody out, and let nobody in."""
        return begin(self._house, "broker-refuse", seconds)


class SimNet:
    """The network between doorbell and broker."""

    def __init__(self, house: House) -> None:
        self._house = house

    def partition(self, seconds: float | None = None) -> Trouble:
        """Let nothing through, and tell nobody."""
        return begin(self._house, "net-partition", seconds)

    def lose(self, percent: int, seconds: float | None = None) -> Trouble:
        """Lose so many of a hundred packets; what follows waits until they were sent again."""
        return begin(self._house, "net-loss", seconds, percent)

    def delay(self, by_s: float, seconds: float | None = None) -> Trouble:
        """Let a message be so long under way."""
        return begin(self._house, "net-delay", seconds, ns_of(by_s))

    def portal(self, seconds: float | None = None) -> Trouble:
        """Accept connections, and answer nothing sensible, as a captive portal does."""
        return begin(self._house, "captive-portal", seconds)


class SimDisk:
    """The disks of a doorbell: the vault of clips, and the folder of its state. Both lie on one card."""

    def __init__(self, house: House, door: int) -> None:
        self._house = house
        self._door = door

    def fail(
        self,
        seconds: float | None = None,
        *,
        vault: bool = True,
        state: bool = True,
        operation: int | None = None,
    ) -> Trouble:
        """Let every change fail, or only the so many-th from now on."""
        which = vault * VAULT | state * STATE
        if not which:
            raise ValueError("one of vault and state must fail")
        return self._begin("disk-error", seconds, which, operation=operation)

    def fill(self, left_bytes: int = 0, seconds: float | None = None) -> Trouble:
        """Leave so many bytes free."""
        return self._begin("disk-full", seconds, left_bytes)

    def slow(self, by_s: float, seconds: float | None = None) -> Trouble:
        """Let each job on it take so much longer."""
        return self._begin("disk-slow", seconds, ns_of(by_s))

    def remove(self, seconds: float | None = None) -> Trouble:
        """Take the card out; it is put back afterwards."""
        return self._begin("sd-removed", seconds)

    @property
    def files(self) -> dict[str, bytes]:
        """Give what lies in the vault, by name."""
        return {name: bytes(data) for name, data in self._house.doors[self._door].vault.files.items()}

    @property
    def used_bytes(self) -> int:
        """Give how much lies in the vault."""
        return self._house.doors[self._door].vault.used_bytes

    def _begin(
        self, kind: str, seconds: float | None, value: int = 0, *, operation: int | None = None
    ) -> Trouble:
        return begin(self._house, kind, seconds, value, operation=operation, door=self._door)


class SimClock:
    """Time: of the house, which is true, and of a doorbell, which may be wrong."""

    def __init__(self, house: House, door: int) -> None:
        self._house = house
        self._door = door

    @property
    def now_s(self) -> float:
        """Give the seconds since the beginning."""
        return self._house.clock.now_ns() / NS_PER_S

    @property
    def utc(self) -> datetime:
        """Give the true date and time."""
        return _date(self._house.clock.wall_ns())

    @property
    def device_utc(self) -> datetime:
        """Give date and time as the doorbell believes them to be."""
        life = self._house.doors[self._door].life
        return self.utc if life is None else _date(life.clock.wall_ns())

    def jump(self, by_s: float, seconds: float | None = None) -> Trouble:
        """Let the doorbell's date and time jump, forwards or back; when it is over, they jump back."""
        return begin(self._house, "clock-step", seconds, ns_of(by_s, low=-SECONDS_LIMIT), door=self._door)


class SimDevice:
    """A doorbell: the production code, on simulated hardware."""

    def __init__(self, house: House, door: int = 0) -> None:
        self._house = house
        self._door = door
        self._bell = house.doors[door]

    @property
    def id(self) -> str:
        """Give its id, as in its topics; empty before its first start."""
        return self._bell.ids[-1] if self._bell.ids else ""

    @property
    def is_on(self) -> bool:
        """Whether it has power, and runs."""
        return self._bell.life is not None

    @property
    def lamp(self) -> str:
        """Give what its lamp shows; empty while it is off."""
        life = self._bell.life
        return life.lamp.shown[-1][1] if life is not None and life.lamp.shown else ""

    @property
    def log(self) -> list[str]:
        """Give the lines that it has logged since its last start."""
        return (
            [f"{line.part}: {line.text}" for line in self._bell.life.journal.lines] if self._bell.life else []
        )

    def press(self, held_s: float = PUSH_NS / NS_PER_S) -> bool:
        """Press its button now, and let it go later; tell whether it has felt it. Raises ValueError for
        what is shorter than a press, or longer than anybody leans on a button.
        """
        held_ns = ns_of(held_s)
        must_be_sound(Fault("bell-held", 0, value=held_ns), 1)
        self._house.begin()
        return self._house.press(self._door, held_ns)

    def cut_power(self, off_s: float = 3.0) -> None:
        """Take its power now, for a while: of what was not durable, some is lost."""
        begin(self._house, "power-cut", 0, ns_of(off_s), door=self._door)

    def kill(self, off_s: float = 3.0) -> None:
        """Kill its process now; it begins again after a while."""
        begin(self._house, "kill", 0, ns_of(off_s), door=self._door)

    def command(self, topic: str, payload: str | bytes | Mapping[str, object]) -> None:
        """Send it a command, by the end of the topic: `command("snooze/set", "30")`."""
        self._house.begin()
        SimBroker(self._house).publish(f"{BASE}/{self.id}/{topic}", payload)

    def clips(self) -> list[OpenedClip]:
        """Give its whole clips, opened with the owner's key: `meta`, and `frames` as the owner sees them."""
        rows = self._bell.index.rows()
        opened = [self._house.owner.clip(self._bell, entry) for entry in rows if entry.state != "torn"]
        return [clip for clip in opened if clip is not None]


def _message(heard: Heard) -> Message:
    said = heard.publication
    return Message(heard.at_ns / NS_PER_S, said.topic, said.payload, said.retain, heard.client, heard.again)


def _is_on(topic: str, heard: Heard) -> bool:
    return not topic or heard.publication.topic == topic or heard.publication.topic.endswith(f"/{topic}")


def _date(wall_ns: int) -> datetime:
    return datetime.fromtimestamp(wall_ns // NS_PER_S, UTC)
