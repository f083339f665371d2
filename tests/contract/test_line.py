"""What every line between the sides does, over a socket or in memory."""

import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.unix_line import INBOX_LIMIT, UnixLine
from latchkey.errors import LineUnusable
from latchkey.ports import RECORD_LIMIT_BYTES, Heard, Line, LineDown, LineNews, LineUp
from latchkey.units import NS_PER_S
from latchkey_sim.simline import SimLine, SimWire

US = frozenset({os.geteuid()})
LIMIT_NS = 10 * NS_PER_S


class Ends:
    """Two ends that can be driven, real or in memory, and what each has heard."""

    def __init__(self, one: Line, other: Line, wait: Callable[[], None], meet: Callable[[], None]) -> None:
        self.one, self.other = one, other
        self.meet = meet
        self._wait = wait
        self._heard: dict[int, list[LineNews]] = {id(one): [], id(other): []}

    def news(self, end: Line) -> list[LineNews]:
        self._heard[id(end)] += end.news()
        return self._heard[id(end)]

    def until(self, end: Line, holds: Callable[[list[LineNews]], bool]) -> list[LineNews]:
        limit_ns = SystemClock().now_ns() + LIMIT_NS
        while not holds(self.news(end)):
            assert SystemClock().now_ns() < limit_ns, self.news(end)
            self._wait()
        return self.news(end)

    def met(self) -> None:
        self.meet()
        for end in (self.one, self.other):
            self.until(end, lambda news: LineUp() in news)


def seconds_of(act: Callable[[], object]) -> float:
    began_ns = SystemClock().now_ns()
    act()
    return (SystemClock().now_ns() - began_ns) / NS_PER_S


@pytest.fixture(params=["socket", "memory"])
def ends(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ends]:
    """Give two ends that have not met."""
    if request.param == "memory":
        one, other = SimLine(), SimLine()
        yield Ends(one, other, lambda: None, SimWire(one, other).join)
        return
    clock = SystemClock()
    listening = UnixLine(tmp_path / "s", clock, US, listens=True)
    calling = UnixLine(tmp_path / "s", clock, US, listens=False)

    def meet() -> None:
        listening.open()
        calling.open()

    yield Ends(listening, calling, lambda: clock.wait_until(clock.now_ns() + NS_PER_S // 100), meet)
    calling.close()
    listening.close()


def test_nothing_can_be_sent_before_they_meet(ends: Ends) -> None:
    assert not ends.one.send(b"hello")


def test_records_arrive_whole_and_in_order_both_ways(ends: Ends) -> None:
    ends.met()
    for end, peer in ((ends.one, ends.other), (ends.other, ends.one)):
        records = [bytes([number]) * (1 + number * 60) for number in range(20)]
        assert all(end.send(record) for record in records)
        ends.until(peer, lambda news: len(news) == 21)
        assert ends.news(peer)[1:] == [Heard(record) for record in records]


def test_the_largest_record_arrives(ends: Ends) -> None:
    ends.met()
    assert ends.one.send(bytes(RECORD_LIMIT_BYTES))
    ends.until(ends.other, lambda news: Heard(bytes(RECORD_LIMIT_BYTES)) in news)


def test_a_side_that_does_not_read_is_not_waited_for_and_loses_nothing(ends: Ends) -> None:
    ends.met()
    sent = 0
    while sent < 100_000 and ends.one.send(b"%06d" % sent):
        sent += 1
    assert sent < 100_000
    assert min(seconds_of(lambda: ends.one.send(b"too much")) for _ in range(5)) < 0.05  # the bell waits
    ends.until(ends.other, lambda news: len(news) == sent + 1)
    assert ends.news(ends.other)[-1] == Heard(b"%06d" % (sent - 1))
    ends.until(ends.other, lambda _: ends.one.send(b"again"))


def test_both_hear_when_one_hangs_up(ends: Ends) -> None:
    ends.met()
    ends.one.drop("it makes no sense")
    ends.until(ends.one, lambda news: LineDown("it makes no sense") in news)
    ends.until(ends.other, lambda news: isinstance(news[-1], LineDown))
    assert not ends.one.send(b"hello")


def test_both_hear_when_one_ends(ends: Ends) -> None:
    ends.met()
    ends.one.close()
    ends.until(ends.other, lambda news: isinstance(news[-1], LineDown))


def _line(path: Path, *, listens: bool, peers: frozenset[int] = US) -> UnixLine:
    return UnixLine(path, SystemClock(), peers, listens=listens)


def _hears(line: UnixLine, wanted: Callable[[LineNews], bool]) -> LineNews:
    clock, found = SystemClock(), list[LineNews]()
    limit_ns = clock.now_ns() + LIMIT_NS
    while not any(map(wanted, found)):
        assert clock.now_ns() < limit_ns, found
        clock.wait_until(clock.now_ns() + NS_PER_S // 100)
        found += line.news()
    return next(filter(wanted, found))


def test_they_meet_again_after_one_was_away(tmp_path: Path) -> None:
    calling = _line(tmp_path / "s", listens=False)
    calling.open()
    try:
        for _ in range(2):
            listening = _line(tmp_path / "s", listens=True)
            listening.open()
            _hears(calling, lambda news: news == LineUp())
            listening.close()
            _hears(calling, lambda news: isinstance(news, LineDown))
    finally:
        calling.close()


def test_another_user_is_hung_up_on_by_either_end(tmp_path: Path) -> None:
    stranger = frozenset({os.geteuid() + 1})
    for listens in (True, False):
        wary = _line(tmp_path / "s", listens=listens, peers=stranger)
        open_hearted = _line(tmp_path / "s", listens=not listens)
        first, second = (wary, open_hearted) if listens else (open_hearted, wary)
        first.open()
        second.open()
        reason = f"user {os.geteuid()} is not who should be there"
        _hears(wary, lambda news, reason=reason: news == LineDown(reason))  # type: ignore[misc]
        assert not wary.send(b"hello")
        second.close()
        first.close()


def test_the_socket_is_for_the_two_users_only(tmp_path: Path) -> None:
    for peers, mode in ((US, 0o600), (frozenset({os.geteuid() + 1}), 0o660)):
        line = _line(tmp_path / "s", listens=True, peers=peers)
        line.open()
        assert (tmp_path / "s").stat().st_mode & 0o777 == mode
        line.close()
        assert not (tmp_path / "s").exists()


def test_a_socket_that_a_killed_process_left_is_replaced(tmp_path: Path) -> None:
    left = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    left.bind(str(tmp_path / "s"))
    left.close()
    line = _line(tmp_path / "s", listens=True)
    line.open()
    line.close()


def test_what_is_no_socket_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("somebody's")
    with pytest.raises(LineUnusable):
        _line(tmp_path / "s", listens=True).open()
    assert (tmp_path / "s").read_text() == "somebody's"


@pytest.mark.parametrize("name", ["missing/s", "x" * 200])
def test_a_place_where_no_socket_can_be_is_refused_with_a_hint(tmp_path: Path, name: str) -> None:
    with pytest.raises(LineUnusable) as caught:
        _line(tmp_path / name, listens=True).open()
    assert caught.value.hint


@pytest.mark.parametrize("last", [b"", b"hello"])
def test_who_comes_and_goes_at_once_gets_fewer_turns_each_time(tmp_path: Path, last: bytes) -> None:
    """Each turn costs lines in the log, and a thread."""
    line = _line(tmp_path / "s", listens=True)
    line.open()
    clock, turns = SystemClock(), 0
    until_ns = clock.now_ns() + 2 * NS_PER_S
    while clock.now_ns() < until_ns:
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as raw:
            raw.settimeout(0.1)
            raw.connect(str(tmp_path / "s"))
            raw.send(last)
        clock.wait_until(clock.now_ns() + NS_PER_S // 50)
        turns += sum(news == LineUp() for news in line.news())
    line.close()
    assert 0 < turns <= 3


def test_a_stranger_who_calls_again_and_again_keeps_nobody_waiting_for_long(tmp_path: Path) -> None:
    """Between two calls the listener pauses for as long as after a break, no longer."""
    line = _line(tmp_path / "s", listens=True, peers=frozenset({os.geteuid() + 1}))
    line.open()
    clock, turned_away = SystemClock(), 0
    until_ns = clock.now_ns() + NS_PER_S
    while clock.now_ns() < until_ns:
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as raw:
            raw.settimeout(0.1)
            raw.connect(str(tmp_path / "s"))
        clock.wait_until(clock.now_ns() + NS_PER_S // 50)
        turned_away += sum(isinstance(news, LineDown) for news in line.news())
    line.close()
    assert turned_away >= 4


def test_a_record_that_is_too_long_is_told_as_too_long(tmp_path: Path) -> None:
    """It arrives cut off, longer than any that makes sense: whoever reads it hangs up."""
    line = _line(tmp_path / "s", listens=True)
    line.open()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as raw:
        raw.connect(str(tmp_path / "s"))
        raw.send(bytes(3 * RECORD_LIMIT_BYTES))
        heard = _hears(line, lambda news: isinstance(news, Heard))
    assert isinstance(heard, Heard)
    assert len(heard.record) == RECORD_LIMIT_BYTES + 1
    line.close()


def test_a_flood_fills_the_inbox_and_no_more(tmp_path: Path) -> None:
    line = _line(tmp_path / "s", listens=True)
    line.open()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as raw:
        raw.connect(str(tmp_path / "s"))
        raw.settimeout(0.5)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 200_000))
        with suppress(OSError):
            for _ in range(100_000):
                raw.send(b"x")
        assert len(line.news()) <= INBOX_LIMIT
    line.close()
