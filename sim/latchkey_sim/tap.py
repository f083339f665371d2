"""A wire tap: a TCP proxy between a real MQTT client and a real broker, with the faults of networks.

    client <-> Tap (records every byte, does what `Network` says) <-> broker

One thread owns all sockets; `set`, `reset` and `half_open` are orders to it, done when they return. What it
holds is bounded: a direction that is full is not read from, as by a router. It ends with its block, and
leaves no port, socket or thread.
"""

import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Self

from latchkey.units import NS_PER_MS
from latchkey_sim.brokers import LOOPBACK, Broker
from latchkey_sim.tap_faults import GOOD, Network
from latchkey_sim.tap_pair import Pair
from latchkey_sim.tap_record import Connection, Record, Totals

PAIRS_LIMIT = 64
"""Connections at a time; more wait in the kernel's queue until one ends."""

BACKLOG = 64
ORDER_LIMIT_S = 10.0
IDLE_MS = 1000
_IN, _OUT, _GONE = select.POLLIN, select.POLLOUT, select.POLLERR | select.POLLHUP | select.POLLNVAL


class Tap:
    """A context manager. Connect the client to `broker`, which stands for the real one behind it.

    `seed` decides which pieces a lossy network loses.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        seed: int = 1,
        record: Record | None = None,
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._behind = broker
        self._now_ns = now_ns
        self._chance = Random(seed)  # noqa: S311 -- a simulation, no keys
        self._changed = threading.Condition()
        self._record = record or Record()
        self._network = GOOD
        self._orders: list[tuple[Callable[[], None], threading.Event]] = []
        self._pairs: list[Pair] = []
        self._over = False
        self._draining = False
        self._listener: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, name="tap", daemon=True)

    def __enter__(self) -> Self:
        """Begin to listen. Raises OSError."""
        self._keeper = _bound(0)  # the port stays ours while it is closed to clients
        self._waker, self._wakes = socket.socketpair()
        self._waker.setblocking(False)
        self._wakes.setblocking(False)
        port: int = self._keeper.getsockname()[1]
        self.broker = Broker(LOOPBACK, port, self._behind.name)
        self._listen()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Cut all connections and let go of the port."""
        self._over = True
        self._wake()
        self._thread.join(ORDER_LIMIT_S)
        for sock in (self._keeper, self._waker, self._wakes):
            sock.close()

    def set(self, network: Network) -> None:
        """Make the network so from now on: for what comes, not for what is on its way."""

        def order() -> None:
            self._network = network
            if network.closed:
                self._stop_listening()
            elif self._listener is None and not self._draining:
                self._listen()

        self._do(order)

    def reset(self) -> None:
        """Break every connection at both ends, as a router does that has forgotten them."""
        self._do(lambda: self._end_all("reset"))

    def half_open(self) -> None:
        """Break every connection at the broker's end alone: the client hears nothing of it."""

        def order() -> None:
            for pair in self._pairs:
                pair.go_mute()

        self._do(order)

    def drain(self, timeout_s: float = 5.0) -> bool:
        """Take no more connections; tell whether all there are have ended by themselves in time."""

        def order() -> None:
            self._draining = True
            self._stop_listening()

        self._do(order)
        return self.wait_for(lambda: self._record.live == 0, timeout_s)

    def wait_for(self, enough: Callable[[], bool], timeout_s: float = 5.0) -> bool:
        """Wait until something holds of what passed; tell whether it did, in time."""
        with self._changed:
            return self._changed.wait_for(enough, timeout_s)

    @property
    def totals(self) -> Totals:
        """Sums over all connections so far."""
        with self._changed:
            return self._record.totals

    @property
    def connections(self) -> list[Connection]:
        """Copies of what was written down of each connection, in order."""
        with self._changed:
            return self._record.connections()

    def _do(self, order: Callable[[], None]) -> None:
        done = threading.Event()
        with self._changed:
            self._orders.append((order, done))
        self._wake()
        if not done.wait(ORDER_LIMIT_S):
            raise TimeoutError("the tap does not answer")

    def _wake(self) -> None:
        with suppress(BlockingIOError):
            self._waker.send(b"!")

    def _listen(self) -> None:
        self._listener = _bound(self.broker.port)
        self._listener.listen(BACKLOG)

    def _stop_listening(self) -> None:
        """Close the port, with no byte lost of those who knocked already."""
        if self._listener is not None:
            while self._accept():
                pass
            self._listener.close()
            self._listener = None

    def _run(self) -> None:
        try:
            while not self._over:
                self._turn()
        finally:
            self._end_all("the tap ended")
            self._stop_listening()
            self._end_all("the tap ended")
            with self._changed:
                for _, done in self._orders:
                    done.set()

    def _turn(self) -> None:
        """Wait for whatever comes first, and do all that can be done."""
        found = dict(self._poll())
        with self._changed:
            if self._wakes.fileno() in found:
                with suppress(BlockingIOError):
                    self._wakes.recv(4096)
            orders, self._orders = self._orders, []
            for order, done in orders:
                order()
                done.set()
            if self._listener is not None and self._listener.fileno() in found:
                self._accept()
            now_ns = self._now_ns()
            for pair in self._pairs:
                pair.work(now_ns, self._network, found, self._behind)
            self._pairs = [pair for pair in self._pairs if not pair.over]
            self._changed.notify_all()

    def _poll(self) -> list[tuple[int, int]]:
        poll = select.poll()
        poll.register(self._wakes, _IN)
        if self._listener is not None and len(self._pairs) < PAIRS_LIMIT:
            poll.register(self._listener, _IN)
        now_ns, wait_ms = self._now_ns(), IDLE_MS
        for pair in self._pairs:
            for sock, mask in pair.wants(now_ns, self._network):
                poll.register(sock, mask)
            due_ns = pair.due_ns(self._network)
            if due_ns is not None and due_ns > now_ns:
                wait_ms = min(wait_ms, (due_ns - now_ns) // NS_PER_MS + 1)
        return poll.poll(wait_ms)

    def _accept(self) -> bool:
        """Take one client in, if one knocks."""
        assert self._listener is not None
        try:
            near, _ = self._listener.accept()
        except OSError:
            return False
        now_ns = self._now_ns()
        self._pairs.append(
            Pair(near, self._record, self._record.begin(now_ns), self._chance, portal=self._network.portal)
        )
        return True

    def _end_all(self, ending: str) -> None:
        now_ns = self._now_ns()
        for pair in self._pairs:
            pair.reset(now_ns, ending)
        self._pairs = []


def _bound(port: int) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setblocking(False)
    sock.bind((LOOPBACK, port))
    return sock
