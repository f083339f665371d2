"""Write paths of the outbox: presses and news of clips, and a whole visit, vault and outbox together."""

import json
from collections.abc import Iterator

from latchkey.pipeline.outbox import Outbox
from latchkey.ports import ClipEntry, Delivered, LinkLost, LinkUp, Publication
from latchkey.units import NS_PER_S
from latchkey.vault import expires_day
from latchkey.wire import CLIP, DOORBELL, Topic, Value, day, stamp, will
from latchkey_sim.desk import DEVICE_ID
from latchkey_sim.outage.clips import DAYS, check_vault, keeper_of, record
from latchkey_sim.outage.home import DAY, EventKey, Home, Problem, Promises

STEPS_LIMIT = 40
"""Steps within which everything that waits must have reached a broker that answers at once."""

_AT = stamp(1_790_000_000)


class Post:
    """The outbox of one life, and its link."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.outbox = Outbox(DEVICE_ID, home.link, home.state, home.workers)
        self.loaded = self.outbox.load(home.clock.now_ns(), home.clock.wall_ns())

    def connect(self) -> None:
        """Begin to connect."""
        self._home.link.open(will(DEVICE_ID), ())

    def send(self, topic: Topic, values: dict[str, Value]) -> None:
        """Hand an event over, as the link side does; once its file is there it is promised."""
        clock = self._home.clock
        self.outbox.post(topic, values, clock.now_ns(), clock.now_ns(), clock.wall_ns())
        if not self.outbox.pump(clock.now_ns()):  # the workers here are done at once, or complain
            self._home.promises.stored.add(key_of(values))

    def step(self) -> list[str]:
        """Move on by a second; give complaints."""
        home = self._home
        home.clock.wait_until(home.clock.now_ns() + NS_PER_S)
        home.broker.run_due()
        for news in home.link.news():
            if isinstance(news, LinkUp):
                self.outbox.came_up()
            elif isinstance(news, LinkLost):
                self.outbox.went_down()
            elif isinstance(news, Delivered):
                self.outbox.delivered(news.ticket)
        return self.outbox.pump(home.clock.now_ns())


class Events:
    """Presses and news of clips while the broker comes and goes."""

    name = "outbox"

    def run(self, home: Home) -> None:
        """Send some, let some through."""
        post = Post(home)
        post.connect()
        home.fail_sometime("state")
        home.broker.running = home.chance.random() < 0.5
        for number in range(home.chance.randint(3, 6)):
            if number % 3:
                post.send(CLIP, clip_event("start", home.new_id(), 0))
            else:
                post.send(DOORBELL, {"event_type": "ring", "id": home.new_id(), "ts": _AT})
            if home.chance.random() < 0.7:
                post.step()
            if home.chance.random() < 0.2:
                home.broker.lose_acks = 1
        home.broker.running = True
        for _ in range(home.chance.randint(0, 4)):
            post.step()

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:
        """Start with what waits, and let it all through."""
        yield from check_events(home, promises)


class Visit:
    """A press, a clip, its end announced: the order of vault and outbox."""

    name = "visit"

    def run(self, home: Home) -> None:
        """Two visits."""
        keeper, post = keeper_of(home), Post(home)
        keeper.start()
        post.connect()
        post.step()
        for _ in range(2):
            clip = home.new_id()
            post.send(DOORBELL, {"event_type": "ring", "id": home.new_id(), "ts": _AT})
            post.send(CLIP, clip_event("start", clip, 0))
            entry = record(home, keeper, clip)
            if entry is not None:
                post.send(CLIP, clip_end(entry))
            post.step()

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:
        """Start both; every end that was heard is of a clip that is there."""
        yield from check_vault(home, promises, keeper_of(home))
        yield from check_events(home, promises)
        yield from check_announced(home)


def check_events(home: Home, promises: Promises) -> Iterator[Problem]:
    """Start an outbox on what was found, let everything through, and count the effects."""
    post = Post(home)
    if post.loaded.damaged and not home.rotten:
        yield Problem("half-written", f"{post.loaded.damaged} events were set aside")
    post.connect()
    for _ in range(STEPS_LIMIT):
        complaints = post.step()
        if complaints:
            yield Problem("did not start", complaints[0])
        if not post.outbox.waiting:
            break
    effects: dict[EventKey, bytes] = {}
    for publication in home.heard:
        values = event_of(publication)
        if values is None:
            continue
        effect = json.dumps({**values, "event_type": _effect(values)}, sort_keys=True).encode()
        if effects.setdefault(key_of(values), effect) != effect:
            yield Problem("two effects", f"event {key_of(values)} arrived as two different ones")
    for key in promises.stored - effects.keys():
        if key[0] not in home.rotten:
            yield Problem("acknowledged lost", f"event {key} never arrived")


def check_announced(home: Home) -> Iterator[Problem]:
    """Hold what the broker has heard against the vault."""
    whole = {entry.clip for entry in home.index.entries() if entry.state == "whole"}
    for publication in home.heard:
        values = event_of(publication)
        if values and values["event_type"] == "end" and values["id"] not in {*whole, home.rotten[16:48]}:
            yield Problem("acknowledged lost", f"clip {values['id']} was announced and is not whole")


def event_of(publication: Publication) -> dict[str, Value] | None:
    """Give what an event said; None for what is none."""
    if not publication.topic.endswith((DOORBELL.suffix, CLIP.suffix)):
        return None
    values: dict[str, Value] = json.loads(publication.payload)
    return values


def key_of(values: dict[str, Value]) -> EventKey:
    """Give what makes an event the same when it arrives twice."""
    return str(values["id"]), int(str(values.get("seq", 0)))


def clip_event(event_type: str, clip: str, seq: int) -> dict[str, Value]:
    """Give the values of an event of a clip."""
    values: dict[str, Value] = {"event_type": event_type, "v": 1, "id": clip, "seq": seq}
    return values | {"start": _AT, "trigger": "ring", "zones": ("porch",)}


def clip_end(entry: ClipEntry) -> dict[str, Value]:
    """Give the values of the end of a clip."""
    return clip_event("end", entry.clip, 1) | {"filter": "ok", "expires": day(expires_day(DAY, DAYS))}


def _effect(values: dict[str, Value]) -> Value:
    """A press that arrives late arrives as `missed`: the same press."""
    return "ring" if values["event_type"] == "missed" else values["event_type"]
