"""Nothing announced is lost, nothing grows without end, and what is damaged is set aside."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey.errors import DiskFull
from latchkey.pipeline.durable import read_checked, write_checked
from latchkey.pipeline.outbox import EVENTS_LIMIT, RINGS_LIMIT, Entry, Outbox, decode_entry, encode_entry
from latchkey.ports import Delivered, LinkLost, LinkUp
from latchkey.units import NS_PER_S
from latchkey.wire import CLIP, DOORBELL, Value, WireError, stamp, will
from latchkey_sim.broker import MemoryBroker
from latchkey_sim.clock import VirtualClock
from latchkey_sim.disk import MemoryDisk
from latchkey_sim.simlink import SimLink
from latchkey_sim.workers import VirtualWorkers

DEVICE = "d0" * 16
WALL_NS = 1_790_000_000 * NS_PER_S


def ring_values(number: int) -> dict[str, Value]:
    return {"event_type": "ring", "id": f"{number:032x}", "ts": stamp(1_790_000_000)}


def clip_values(number: int, event_type: str = "start") -> dict[str, Value]:
    return {
        "event_type": event_type,
        "v": 1,
        "id": f"{number:032x}",
        "seq": 0,
        "start": stamp(1_790_000_000),
        "trigger": "motion",
        "zones": ("porch",),
    }


class Post:
    """An outbox with its disk and its broker, which is down at first."""

    def __init__(self) -> None:
        self.clock = VirtualClock(WALL_NS)
        self.broker = MemoryBroker(self.clock)
        self.broker.running = False
        self.disk = MemoryDisk()
        self.workers = VirtualWorkers(self.clock, {})
        self.live()

    def live(self) -> None:
        """Begin again with what is on the disk."""
        self.link = SimLink(self.broker, self.clock)
        self.outbox = Outbox(DEVICE, self.link, self.disk, self.workers)
        self.loaded = self.outbox.load(self.clock.now_ns(), self.clock.wall_ns())
        self.link.open(will(DEVICE), ())

    def ring(self, number: int) -> bool:
        now_ns = self.clock.now_ns()
        return self.outbox.post(DOORBELL, ring_values(number), now_ns, now_ns, self.clock.wall_ns())

    def clip(self, number: int, event_type: str = "start") -> bool:
        now_ns = self.clock.now_ns()
        return self.outbox.post(CLIP, clip_values(number, event_type), now_ns, now_ns, self.clock.wall_ns())

    def run(self, seconds: int) -> list[str]:
        complaints = []
        for _ in range(seconds * 5):
            for news in self.link.news():
                if isinstance(news, LinkUp):
                    self.outbox.came_up()
                elif isinstance(news, LinkLost):
                    self.outbox.went_down()
                elif isinstance(news, Delivered):
                    self.outbox.delivered(news.ticket)
            complaints += self.outbox.pump(self.clock.now_ns())
            self.clock.wake()
            self.clock.wait_until(0)
            self.clock.wait_until(self.clock.now_ns() + NS_PER_S // 5)
        return complaints

    def heard(self) -> list[str]:
        marker = b'"id":"'
        payloads = [h.publication.payload for h in self.broker.heard if h.client == "doorbell"]
        return [payload.split(marker)[1][:32].decode() for payload in payloads if marker in payload]


@given(
    st.lists(
        st.sampled_from(["ring", "clip", "down", "up", "power", "kick", "lose", "double", "wait"]),
        max_size=25,
    )
)
def test_whatever_happens_each_ring_and_clip_reaches_the_broker(happenings: list[str]) -> None:
    post = Post()
    posted = []
    for number, happening in enumerate(happenings):
        if happening in ("ring", "clip"):
            (post.ring if happening == "ring" else post.clip)(number)
            posted.append(f"{number:032x}")
        elif happening == "down":
            post.broker.go_down()
        elif happening == "up":
            post.broker.come_up()
        elif happening == "power":
            post.broker.go_down()
            post.live()
        elif happening == "lose":
            post.broker.lose_acks = 1
        elif happening == "double":
            post.broker.duplicate_next = 1
        elif happening == "kick" and "doorbell" in post.broker.clients:
            post.broker.kick("doorbell")
        post.run(1)
    post.broker.come_up()
    post.run(70)
    assert set(post.heard()) == set(posted)
    assert post.outbox.waiting == 0
    assert post.disk.names("outbox") == []


def test_what_is_stored_is_whole_or_not_there() -> None:
    post = Post()
    post.ring(1)
    [name] = post.disk.names("outbox")
    data = read_checked(post.disk, f"outbox/{name}")
    for length in range(len(data)):
        with pytest.raises(WireError):
            decode_entry(name, data[:length], 0, 0)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("0000000000-" + "0" * 32 + ".json", b"{}"),
        ("0000000000-" + "0" * 32 + ".json", b"\x00" * 300),
        ("0000000000-" + "0" * 32 + ".json", b"[" * 4000),
        ("0000000000-" + "0" * 32 + ".json", b"1" * 5000),
        ("stray.txt", b"hello"),
        ("0000000000-" + "0" * 32 + ".json", b'{"schema":1,"topic":"status","born_s":0,"values":{}}'),
        (
            "0000000000-" + "0" * 32 + ".json",
            b'{"schema":1,"topic":"event/doorbell","born_s":0,"values":{"event_type":"ring",'
            b'"id":"' + b"1" * 32 + b'","ts":"2026-01-01T00:00:00Z"}}',
        ),
    ],
)
def test_a_damaged_file_is_set_aside_and_the_rest_is_sent(name: str, data: bytes) -> None:
    post = Post()
    post.ring(7)
    write_checked(post.disk, f"outbox/{name}", data)
    post.live()
    assert (post.loaded.waiting, post.loaded.damaged) == (1, 1)
    assert post.disk.names("outbox-damaged") == [name]
    post.broker.come_up()
    post.run(5)
    assert post.heard() == [f"{7:032x}"]


def test_an_event_in_which_a_bit_has_flipped_is_set_aside_and_not_sent_as_another() -> None:
    post = Post()
    post.ring(7)
    [name] = post.disk.names("outbox")
    data = post.disk.files[f"outbox/{name}"]
    at = data.index(b"2026")
    data[at + 3] ^= 1  # the year before: as legal as any
    post.live()
    assert (post.loaded.waiting, post.loaded.damaged) == (0, 1)


def test_half_written_files_of_a_power_cut_are_removed() -> None:
    post = Post()
    post.disk.create("outbox/0000000000-" + "0" * 32 + ".json.part").close()
    post.live()
    assert (post.loaded.waiting, post.loaded.damaged) == (0, 0)
    assert post.disk.names("outbox") == []


def test_a_name_that_comes_back_after_a_power_cut_hides_no_newer_event() -> None:
    """Removals are not synced: an old file may return beside a new one of the same number."""
    post = Post()
    post.ring(1)
    [name] = post.disk.names("outbox")
    data = post.disk.read(f"outbox/{name}")
    post.disk.remove(f"outbox/{name}")
    post.live()
    post.ring(2)
    file = post.disk.create(f"outbox/{name}")
    file.append(data)
    file.close()
    post.live()
    post.broker.come_up()
    post.run(5)
    assert sorted(post.heard()) == [f"{1:032x}", f"{2:032x}"]


def test_when_full_updates_go_first_then_the_oldest_clip_news_and_never_a_ring() -> None:
    post = Post()
    post.ring(1)
    post.clip(2, "start")
    post.clip(3, "update")
    for number in range(EVENTS_LIMIT):
        post.clip(100 + number)
    post.broker.come_up()
    post.run(60)
    heard = post.heard()
    assert heard[0] == f"{1:032x}"
    assert len(heard) == 1 + EVENTS_LIMIT
    assert not {f"{2:032x}", f"{3:032x}"} & set(heard)


def test_a_stuck_button_does_not_fill_the_disk() -> None:
    post = Post()
    for number in range(RINGS_LIMIT + 20):
        post.ring(number)
    assert post.outbox.waiting == RINGS_LIMIT
    assert len(post.disk.names("outbox")) == RINGS_LIMIT


def test_a_full_disk_is_told_of_and_the_event_is_sent_all_the_same() -> None:
    post = Post()
    post.disk.fail_next("create", DiskFull("no room"))
    post.ring(1)
    assert "no room" in post.run(1)[0]
    post.broker.come_up()
    post.run(5)
    assert post.heard() == [f"{1:032x}"]


def test_an_event_outside_the_table_is_neither_sent_nor_stored() -> None:
    post = Post()
    values = clip_values(1) | {"size": 4711}
    with pytest.raises(WireError):
        post.outbox.post(CLIP, values, 0, 0, WALL_NS)
    assert (post.outbox.waiting, post.disk.names("outbox")) == (0, [])


@given(st.integers(0, 10**15), st.integers(0, 10**15), st.sampled_from(["start", "update"]))
def test_stored_events_come_back_as_they_were(
    age_ns: int, now_ns: int, event_type: Literal["start", "update"]
) -> None:
    entry = Entry(3, CLIP, clip_values(5, event_type), now_ns - age_ns)
    data = encode_entry(entry, now_ns, WALL_NS)
    back = decode_entry(entry.name.removeprefix("outbox/"), data, now_ns, WALL_NS)
    assert (back.number, back.topic) == (3, CLIP)
    assert back.values == entry.values | {"zones": ["porch"]}
