"""A tap writes down every byte and does to a line what networks do, and nothing of it stays."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from latchkey.egress.ledger import tcp_bytes
from latchkey.units import KIB, NS_PER_MS, NS_PER_S
from latchkey_sim.brokers import LOOPBACK, Broker
from latchkey_sim.tap import Tap
from latchkey_sim.tap_faults import GOOD, LOSSES_LIMIT, Line, Network
from latchkey_sim.tap_pair import LINE_BYTES
from latchkey_sim.tap_record import PIECE_BYTES, Connection, Record

WAIT_S = 5.0


class Far:
    """What stands behind the tap: a listening socket whose clients the test takes in by hand."""

    def __init__(self) -> None:
        self._server = socket.create_server((LOOPBACK, 0))
        self._server.settimeout(WAIT_S)
        self.broker = Broker(LOOPBACK, self._server.getsockname()[1], "test")
        self._taken: list[socket.socket] = []

    def accept(self, wait_s: float = WAIT_S) -> socket.socket:
        self._server.settimeout(wait_s)
        sock, _ = self._server.accept()
        sock.settimeout(WAIT_S)
        self._taken.append(sock)
        return sock

    def close(self) -> None:
        for sock in (self._server, *self._taken):
            sock.close()


@pytest.fixture
def far() -> Iterator[Far]:
    made = Far()
    yield made
    made.close()


@pytest.fixture
def tap(far: Far) -> Iterator[Tap]:
    with Tap(far.broker) as made:
        yield made


@contextmanager
def client(tap: Tap) -> Iterator[socket.socket]:
    with socket.create_connection((tap.broker.host, tap.broker.port), timeout=WAIT_S) as sock:
        yield sock


def took(tap: Tap, n_bytes: int) -> bool:
    """Wait until so many bytes of clients are written down."""
    return tap.wait_for(lambda: tap.totals.bytes_out >= n_bytes, WAIT_S)


def read_all(sock: socket.socket, n_bytes: int) -> bytes:
    data = b""
    while len(data) < n_bytes and (more := sock.recv(n_bytes - len(data))):
        data += more
    return data


def only(tap: Tap) -> Connection:
    [found] = tap.connections
    return found


def is_silent(sock: socket.socket, wait_s: float = 0.05) -> bool:
    sock.settimeout(wait_s)
    try:
        return sock.recv(1) == b"never"
    except TimeoutError:
        return True
    finally:
        sock.settimeout(WAIT_S)


def test_bytes_of_both_directions_are_written_down_in_order_with_their_times(far: Far, tap: Tap) -> None:
    began_ns = time.monotonic_ns()
    with client(tap) as near:
        behind = far.accept()
        for number in range(5):
            near.sendall(b"to %d" % number)
            assert read_all(behind, 4) == b"to %d" % number
            behind.sendall(b"from %d" % number)
            assert read_all(near, 6) == b"from %d" % number
    assert read_all(behind, 1) == b""
    behind.close()
    assert tap.drain()
    found = only(tap)
    assert found.stream("out") == b"to 0to 1to 2to 3to 4"
    assert found.stream("in") == b"from 0from 1from 2from 3from 4"
    assert [piece.direction for piece in found.pieces] == ["out", "in"] * 5
    times = [began_ns, *(piece.at_ns for piece in found.pieces), time.monotonic_ns()]
    assert times == sorted(times)
    assert (found.bytes_out, found.bytes_in, found.whole, found.ending) == (
        20,
        30,
        True,
        "the client hung up",
    )


def test_connections_are_kept_apart_and_summed(far: Far, tap: Tap) -> None:
    with client(tap) as one, client(tap) as two:
        one.sendall(b"a")
        two.sendall(b"bb")
        assert took(tap, 3)
        assert sorted(found.stream("out") for found in tap.connections) == [b"a", b"bb"]
        assert (tap.totals.connections, tap.totals.bytes_out) == (2, 3)


def test_with_its_block_it_leaves_no_port_no_thread_and_no_socket(far: Far) -> None:
    before = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
    with Tap(far.broker) as tap, client(tap) as near:
        behind = far.accept()
        near.sendall(b"x")
        assert took(tap, 1)
        port = tap.broker.port
    behind.close()
    assert (len(list(Path("/proc/self/fd").iterdir())), threading.active_count()) == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((LOOPBACK, port), timeout=WAIT_S)
    with socket.create_server((LOOPBACK, port)):
        pass


def test_an_end_is_passed_on_after_all_that_was_said(far: Far, tap: Tap) -> None:
    tap.set(Network(delay_ns=30 * NS_PER_MS))
    with client(tap) as near:
        behind = far.accept()
        behind.sendall(b"bye")
        behind.close()
        assert read_all(near, 10) == b"bye"
        near.sendall(b"too late")
    assert tap.drain()
    assert (only(tap).bytes_out, only(tap).bytes_in, only(tap).ending) == (8, 3, "the broker hung up")


def test_where_there_is_no_broker_the_client_is_cut_off() -> None:
    gone = Far()
    gone.close()
    with Tap(gone.broker) as tap:
        with pytest.raises(ConnectionResetError), client(tap) as near:
            near.recv(1)
        assert tap.wait_for(lambda: tap.connections[0].ending != "")
        assert only(tap).ending == "the broker was not there"


def test_a_delay_holds_bytes_up_and_no_longer(far: Far, tap: Tap) -> None:
    tap.set(Network(delay_ns=80 * NS_PER_MS))
    with client(tap) as near:
        behind = far.accept()
        began_ns = time.monotonic_ns()
        near.sendall(b"x")
        assert read_all(behind, 1) == b"x"
        assert time.monotonic_ns() - began_ns >= 80 * NS_PER_MS
        tap.set(GOOD)
        near.sendall(b"y")
        assert read_all(behind, 1) == b"y"


def test_nothing_passes_a_partition_and_all_of_it_comes_when_it_heals(far: Far, tap: Tap) -> None:
    with client(tap) as near:
        behind = far.accept()
        tap.set(Network(partition=True))
        near.sendall(b"to")
        behind.sendall(b"from")
        assert is_silent(near)
        assert is_silent(behind)
        with client(tap) as late:
            late.sendall(b"late")
            with pytest.raises(TimeoutError):
                far.accept(0.05)
            tap.set(GOOD)
            assert (read_all(behind, 2), read_all(near, 4)) == (b"to", b"from")
            assert read_all(far.accept(), 4) == b"late"


def test_who_gives_up_during_a_partition_is_still_written_down(far: Far, tap: Tap) -> None:
    tap.set(Network(partition=True))
    with client(tap) as near:
        near.sendall(b"hello?")
    assert tap.drain()
    assert (only(tap).stream("out"), only(tap).ending) == (b"hello?", "the client hung up")
    with pytest.raises(TimeoutError):
        far.accept(0.05)


def test_a_reset_breaks_both_ends_and_counts_what_was_sent(far: Far, tap: Tap) -> None:
    with client(tap) as near:
        behind = far.accept()
        near.sendall(b"x" * 1000)
        tap.reset()
        for sock in (near, behind):
            with pytest.raises(ConnectionResetError):
                read_all(sock, 2000)
        assert (only(tap).bytes_out, only(tap).ending) == (1000, "reset")


def test_half_open_the_broker_hears_a_break_and_the_client_nothing(far: Far, tap: Tap) -> None:
    with client(tap) as near:
        behind = far.accept()
        tap.half_open()
        with pytest.raises(ConnectionResetError):
            behind.recv(1)
        near.sendall(b"is anybody there?")
        assert took(tap, 17)
        assert is_silent(near)
    assert tap.drain()


def test_a_captive_portal_answers_for_the_broker_in_http(far: Far, tap: Tap) -> None:
    tap.set(Network(portal=True))
    with client(tap) as near:
        assert is_silent(near)
        near.sendall(b"\x10\x0c\x00\x04MQTT")
        answer = read_all(near, 10_000)
        assert answer.startswith(b"HTTP/1.1 302 Found\r\n")
        with pytest.raises(TimeoutError):
            far.accept(0.05)
    assert tap.drain()
    assert only(tap).stream("in") == answer


def test_a_closed_port_refuses_stays_ours_and_leaves_connections_alone(far: Far, tap: Tap) -> None:
    with client(tap) as near:
        behind = far.accept()
        tap.set(Network(closed=True))
        with pytest.raises(ConnectionRefusedError), client(tap):
            pass
        near.sendall(b"still here")
        assert read_all(behind, 10) == b"still here"
        tap.set(GOOD)
        with client(tap) as again:
            again.sendall(b"again")
            assert read_all(far.accept(), 5) == b"again"
    assert tap.totals.connections == 2


@pytest.mark.slow
def test_a_slow_line_takes_its_time(far: Far, tap: Tap) -> None:
    tap.set(Network(bytes_per_s=10 * KIB))
    with client(tap) as near:
        behind = far.accept()
        began_ns = time.monotonic_ns()
        near.sendall(b"x" * 4 * KIB)
        assert len(read_all(behind, 4 * KIB)) == 4 * KIB
        assert 0.4 * NS_PER_S <= time.monotonic_ns() - began_ns < 2 * NS_PER_S


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_bad_line_loses_and_swaps_nothing(far: Far, seed: int) -> None:
    chance = Random(seed)
    sent = [chance.randbytes(chance.randint(1, 3000)) for _ in range(40)]
    with Tap(far.broker, seed=seed) as tap, client(tap) as near:
        behind = far.accept()
        echo = threading.Thread(target=_echo, args=(behind,))
        echo.start()
        for number, data in enumerate(sent):
            tap.set(Network(delay_ns=number % 3 * NS_PER_MS, loss=0.05, bytes_per_s=number % 2 * 1_000_000))
            near.sendall(data)
        got = read_all(near, sum(map(len, sent)))
        near.shutdown(socket.SHUT_WR)
        echo.join(WAIT_S)
        assert got == b"".join(sent)
        assert only(tap).stream("out") == only(tap).stream("in") == got


def _echo(sock: socket.socket) -> None:
    with sock:
        while data := sock.recv(65536):
            sock.sendall(data)


def test_a_broker_that_does_not_read_costs_no_more_memory_than_a_line_holds(far: Far, tap: Tap) -> None:
    tap.set(Network(partition=True))
    with client(tap) as near:
        near.settimeout(0.2)
        with pytest.raises(TimeoutError):
            near.sendall(bytes(100 * LINE_BYTES))
        assert tap.totals.bytes_out == LINE_BYTES


def test_what_is_kept_is_bounded_and_what_is_counted_is_exact() -> None:
    record = Record(kept_bytes=3 * (PIECE_BYTES + 10), kept_connections=2)
    made = [record.begin(number) for number in range(5)]
    for _ in range(4):
        record.passed(made[0], 0, "out", bytes(10))
    assert (len(made[0].pieces), made[0].whole, made[0].bytes_out) == (3, False, 40)
    for connection in made:
        record.end(connection, 9, "over")
    assert [one.number for one in record.connections()] == [4, 5]
    assert (record.totals.connections, record.totals.bytes_out) == (5, 40)
    last = record.begin(10)
    record.passed(last, 10, "in", bytes(10))
    assert last.whole, "the oldest connection gave its room back"


def test_lines_keep_order_whatever_the_network_becomes_and_repeat_by_seed() -> None:
    def play(seed: int) -> list[tuple[int, bytes]]:
        line, found = Line(Random(seed), KIB), list[tuple[int, bytes]]()
        for number in range(20):
            state = Network(delay_ns=(20 - number) * NS_PER_MS, loss=0.5)
            line.put(bytes([number]), number * NS_PER_MS, state)
        while (due_ns := line.due_ns()) is not None:
            assert line.take(due_ns - 1) == b""
            found.append((due_ns, line.take(due_ns)))
        return found

    assert play(1) == play(1) != play(2)
    assert [data for _, data in play(1)] == [bytes([number]) for number in range(20)]


def test_even_a_line_that_loses_everything_delivers_after_its_last_try() -> None:
    line = Line(Random(1), KIB)
    line.put(b"x", 0, Network(loss=1.0))
    assert line.due_ns() == 200 * NS_PER_MS * ((1 << LOSSES_LIMIT) - 1)


def test_its_counts_are_those_of_the_clients_kernel_where_the_client_closes_early(far: Far, tap: Tap) -> None:
    """What is on its way to a client that has closed never was on its wire."""
    for number in range(20):
        with client(tap) as near:
            behind = far.accept()
            behind.sendall(b"y" * 100)
            if number % 2:
                read_all(near, 100)
            near.sendall(b"x" * 50)
            assert took(tap, 50 * (number + 1))
            behind.sendall(b"z" * 100)
            reading = tcp_bytes(near, end_seen=False)
        behind.close()
        assert tap.wait_for(lambda: not any(not one.ending for one in tap.connections))
        found = tap.connections[-1]
        assert reading is not None
        assert found.bytes_out == reading[0]
        assert reading[1] <= found.bytes_in <= 200
