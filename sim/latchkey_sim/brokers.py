"""Real brokers for demos and tests, on a free loopback port, gone again afterwards.

`any_broker` takes mosquitto where it is installed and amqtt (pure Python, MQTT 3.1.1 only)
elsewhere. `Listener` is a separate subscriber that writes down what a broker delivers.
"""

import asyncio
import gc
import logging
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from latchkey.errors import LinkDown

LOOPBACK = "127.0.0.1"
READY_LIMIT_S = 10.0
_WATCHED = 'exec 3<&0; { read -r _ <&3; kill 0; } & exec "$@" 3<&- </dev/null'
"""Becomes the program, beside a watcher that ends their process group once nobody holds our end of
standard input any more: a broker never outlives us, even if we are killed. (A parent-death signal would be
forgotten when the broker changes its user.)"""

ATTEMPTS = 3
"""Somebody else may take the free port between finding and using it."""


class Broker(NamedTuple):
    """A broker that runs. `name` is `mosquitto` or `amqtt`."""

    host: str
    port: int
    name: str


def find_mosquitto() -> str | None:
    """Give the path of mosquitto, or None; Debian puts it where a user's PATH does not look."""
    return shutil.which("mosquitto", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))


@contextmanager
def any_broker() -> Iterator[Broker]:
    """Run mosquitto if there is one, else amqtt. Raises LinkDown."""
    with mosquitto_broker() if find_mosquitto() else amqtt_broker() as broker:
        yield broker


@contextmanager
def mosquitto_broker(extra: str = "") -> Iterator[Broker]:
    """Run mosquitto as a child; `extra` is added to its settings. Raises LinkDown."""
    program = find_mosquitto()
    if program is None:
        raise LinkDown("mosquitto is not installed", hint="apt install mosquitto")
    with tempfile.TemporaryDirectory(prefix="latchkey-broker-") as folder:  # it reads its settings once
        child, port = _start_mosquitto(program, Path(folder), extra)
    try:
        yield Broker(LOOPBACK, port, "mosquitto")
    finally:
        _end(child)


def _start_mosquitto(program: str, folder: Path, extra: str) -> tuple[subprocess.Popen[bytes], int]:
    for _ in range(ATTEMPTS):
        port = _free_port()
        config = folder / "mosquitto.conf"
        config.write_text(
            f"listener {port} {LOOPBACK}\nallow_anonymous true\npersistence false\n"
            f"set_tcp_nodelay true\nlog_dest none\n{extra}\n",
            encoding="utf-8",
        )
        child = subprocess.Popen(  # noqa: S603 -- a broker from the system's own folders
            ["/bin/sh", "-c", _WATCHED, "sh", program, "-c", str(config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,  # Ctrl-C in a terminal is for us: the broker goes last
        )
        if _ready(port, lambda child=child: child.poll() is None):  # type: ignore[misc]  # mypy cannot infer a default's type
            return child, port
        _end(child)
    raise LinkDown("mosquitto does not start")


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.stdin is not None:
        child.stdin.close()  # the watcher ends them both
    try:
        child.wait(2)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


@contextmanager
def amqtt_broker() -> Iterator[Broker]:
    """Run amqtt in a thread of this process. Raises LinkDown."""
    with _quiet("amqtt", "transitions"):
        thread = _AmqttThread()
        thread.start()
        try:
            if not thread.ready.wait(READY_LIMIT_S) or thread.port == 0:
                raise LinkDown("amqtt does not start", hint="pip install 'latchkey[sim]'")
            yield Broker(LOOPBACK, thread.port, "amqtt")
        finally:
            thread.stop()
            _sweep()


def _sweep() -> None:
    """Collect what amqtt leaves behind now: it closes not all of its sockets, and would be told off later."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


class _AmqttThread(threading.Thread):
    """An event loop of its own with a broker in it."""

    def __init__(self) -> None:
        super().__init__(name="amqtt", daemon=True)
        self.ready = threading.Event()
        self.port = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None

    def run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self.ready.set()

    def stop(self) -> None:
        """End the broker; its loop closes with the thread."""
        loop, over = self._loop, self._over
        if loop is not None and over is not None and self.is_alive():
            loop.call_soon_threadsafe(over.set)
        self.join(5)

    async def _serve(self) -> None:
        from amqtt.broker import Broker as Amqtt  # here, because it takes a tenth of a second to load
        from amqtt.errors import BrokerError

        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(lambda _loop, _context: None)  # it stumbles over broken connections
        for _ in range(ATTEMPTS):
            port = _free_port()
            broker = Amqtt(_amqtt_config(port))
            try:
                await broker.start()
            except (BrokerError, OSError):
                continue
            self.port = port
            self.ready.set()
            await self._over.wait()
            await broker.shutdown()
            return


def _amqtt_config(port: int) -> dict[str, Any]:
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"{LOOPBACK}:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }


@contextmanager
def _quiet(*names: str) -> Iterator[None]:
    """Silence loggers, and give them their voice back."""
    loggers = [logging.getLogger(name) for name in names]
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, (level, propagate) in zip(loggers, before, strict=True):
            logger.setLevel(level)
            logger.propagate = propagate


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _ready(port: int, alive: Callable[[], bool]) -> bool:
    limit_s = time.monotonic() + READY_LIMIT_S
    while time.monotonic() < limit_s and alive():
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return True
    return False


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as a broker delivered it. `retain` is as its sender set it where MQTT 5 tells."""

    at_ns: int
    topic: str
    qos: int
    retain: bool
    payload: str

    def record(self) -> dict[str, str | int | bool]:
        """Give the delivery as it stands in `mqtt.ndjson`; `at` is UTC in milliseconds."""
        at = datetime.fromtimestamp(self.at_ns / 1e9, UTC).isoformat(timespec="milliseconds")
        return {
            "at": at.replace("+00:00", "Z"),
            "topic": self.topic,
            "qos": self.qos,
            "retain": self.retain,
            "payload": self.payload,
        }


class Listener:
    """A subscriber of its own, beside the doorbell: knows only what the broker delivers.

    A context manager; `now_ns` is the UTC clock that deliveries are stamped with.
    """

    def __init__(
        self, broker: Broker, topics: tuple[str, ...] = ("#",), now_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self._broker = broker
        self._topics = topics
        self._now_ns = now_ns
        self._changed = threading.Condition()
        self._deliveries: list[Delivery] = []
        self._subscribed = False
        v5 = broker.name == "mosquitto"
        self._options = SubscribeOptions(qos=1, retainAsPublished=True) if v5 else None
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            protocol=MQTTProtocolVersion.MQTTv5 if v5 else MQTTProtocolVersion.MQTTv311,
        )
        self._client.on_socket_open = _send_at_once
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def __enter__(self) -> Self:
        """Connect and subscribe; return once the broker has confirmed. Raises LinkDown."""
        try:
            self._client.connect(self._broker.host, self._broker.port)
        except OSError as error:
            raise LinkDown(f"{self._broker.name} does not answer: {error}") from error
        self._client.loop_start()
        with self._changed:
            subscribed = self._changed.wait_for(lambda: self._subscribed, READY_LIMIT_S)
        if not subscribed:
            self.__exit__()
            raise LinkDown(f"{self._broker.name} does not let us listen")
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def deliveries(self) -> list[Delivery]:
        """Everything that came so far, in order."""
        with self._changed:
            return list(self._deliveries)

    def wait_for(self, enough: Callable[[list[Delivery]], bool], timeout_s: float = 5.0) -> bool:
        """Wait until what came is `enough`; tell whether it was, in time."""
        with self._changed:
            return self._changed.wait_for(lambda: enough(self._deliveries), timeout_s)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish, as Home Assistant or anybody else on the broker might."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(5.0)

    def _on_connect(self, client: paho.Client, _data: Any, _f: Any, reason: ReasonCode, _p: Any) -> None:
        if reason.is_failure:
            return
        if self._options is None:
            client.subscribe([(topic, 1) for topic in self._topics])
        else:
            client.subscribe([(topic, self._options) for topic in self._topics])

    def _on_subscribe(self, *_: Any) -> None:
        with self._changed:
            self._subscribed = True
            self._changed.notify_all()

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        payload = message.payload.decode("utf-8", "backslashreplace")
        delivery = Delivery(self._now_ns(), message.topic, message.qos, message.retain, payload)
        with self._changed:
            self._deliveries.append(delivery)
            self._changed.notify_all()


def _send_at_once(_client: Any, _data: Any, sock: Any) -> None:
    """Let small messages go without waiting for the last one's receipt (40 ms)."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
