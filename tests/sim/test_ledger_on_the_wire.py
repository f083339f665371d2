"""The ledger's bytes are the bytes on the wire: those of a tap, and of a witness that reads packets."""

import json
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest

from latchkey import wire
from latchkey.adapters.clock import SystemClock
from latchkey.adapters.mqtt import PahoLink
from latchkey.egress import Destination, Egress, Ledger, LedgerRow
from latchkey.frames import Plane, RawFrame
from latchkey.ports import Board, LinkUp, Publication
from latchkey.settings import MqttSettings, RecordingSettings, Settings
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey_sim.brokers import Broker, Listener, amqtt_broker, mosquitto_broker
from latchkey_sim.desk import DEVICE_ID, desk
from latchkey_sim.linkworlds import QUICK, Sender, TappedWorld, Trouble, wait_for
from latchkey_sim.mqtt_packets import Kind, Packet, read_packets, version_of
from latchkey_sim.packets import PacketWitness
from latchkey_sim.tap import Tap
from latchkey_sim.tap_faults import GOOD, Network

pytestmark = pytest.mark.slow

FPS = 5
WAIT_NS = 10 * NS_PER_S
SHORT = RecordingSettings(pre_roll_s=1.0, post_roll_s=2.0, threads=1)
OUR_TOPICS = {wire.topic_name(DEVICE_ID, one) for one in wire.TOPICS} | {wire.discovery_topic(DEVICE_ID)}
KEEP_USER = "user root"
"""Where tests run as root, mosquitto would change to a user who cannot read their folders."""


def street() -> Iterator[RawFrame]:
    """Half a minute of a noisy street; somebody comes from 6 to 9 s, and again from 20 to 22 s."""
    noise = np.random.default_rng(7)
    ground: Plane = (np.add.outer(np.arange(96), np.arange(128)) // 2 + 40).astype(np.uint8)
    chroma: Plane = np.full((48, 64), 128, np.uint8)
    for number in range(30 * FPS):
        y = ground + noise.integers(0, 3, ground.shape, dtype=np.uint8)
        if 6 <= number / FPS < 9 or 20 <= number / FPS < 22:
            left = 8 + (number * 5) % 88
            y[20:80, left : left + 24] = 235
        yield RawFrame(y, chroma, chroma, number * NS_PER_S // FPS)


class Visit:
    """A device in virtual time; its link goes through a tap to a real broker, in real time."""

    def __init__(self, tap: Tap, listener: Listener, ca_file: Path | None) -> None:
        self.tap = tap
        self.listener = listener
        self.ledger = Ledger()
        self._settings = MqttSettings(host=tap.broker.host, port=tap.broker.port, ca_file=ca_file)
        self.desk = desk(street(), Settings(recording=SHORT), prepare=self._wired)
        self._onlines = 0

    def _wired(self, board: Board) -> Board:
        egress = Egress(self.ledger, [Destination(self._settings.host, self._settings.port, "mqtt")])
        return replace(board, link=PahoLink(self._settings, DEVICE_ID, egress, board.clock, QUICK))

    def online(self) -> None:
        """Step in real time until the device has said once more that it is there, and all is delivered."""
        self._onlines += 1
        device = self.desk.device
        self._step_until(lambda: self._heard("online") >= self._onlines and not device.link.waiting)

    def run_to(self, second: float) -> None:
        """Go on to a virtual second, and let everything be delivered."""
        self.desk.run_until(round(second * NS_PER_S))
        self._step_until(lambda: not self.desk.device.link.waiting)

    def ring(self) -> None:
        """Press the bell."""
        self.desk.bell.press()
        self.desk.device.step()

    def end(self) -> LedgerRow:
        """Play the footage to its end, close, wait for the last byte; give the only row of the ledger."""
        self.desk.run_until_ended(200 * NS_PER_S)
        self._step_until(lambda: not self.desk.device.link.waiting)
        self.desk.device.close()
        assert self.tap.drain()
        [row] = self.ledger.rows()
        return row

    def packets(self) -> list[Packet]:
        """Give all that the device sent, packet by packet; nothing of it may be anything else."""
        found: list[Packet] = []
        for connection in self.tap.connections:
            stream = connection.stream("out")
            read = read_packets(stream)
            assert (read.rest_bytes, read.damage, connection.whole) == (0, "", True)
            found += read.packets
            answers = read_packets(connection.stream("in"), version_of(stream) or 5)
            assert (answers.rest_bytes, answers.damage) == (0, "")
        return found

    def _heard(self, payload: str) -> int:
        return sum(one.payload == payload for one in self.listener.deliveries)

    def _step_until(self, enough: Callable[[], bool]) -> None:
        clock = SystemClock()
        limit_ns, quiet_since_ns, seen = clock.now_ns() + WAIT_NS, clock.now_ns(), self.tap.totals
        while not enough() or clock.now_ns() - quiet_since_ns < 60 * NS_PER_MS:
            assert clock.now_ns() < limit_ns, self.desk.said("link")
            self.desk.device.step()
            if self.tap.totals != seen:
                seen, quiet_since_ns = self.tap.totals, clock.now_ns()
            clock.wait_until(clock.now_ns() + 5 * NS_PER_MS)


@contextmanager
def visit(broker: Broker, plain: Broker | None = None, ca_file: Path | None = None) -> Iterator[Visit]:
    """Begin a visit; `plain` is where the listener connects to, if not to `broker`."""
    with Tap(broker) as tap, Listener(plain or broker) as listener:
        made = Visit(tap, listener, ca_file)
        try:
            made.online()
            yield made
        finally:
            made.desk.device.close()


@pytest.fixture
def mosquitto(need: Callable[[str], str]) -> Iterator[Broker]:
    need("mosquitto")
    with mosquitto_broker() as broker:
        yield broker


def said(row: LedgerRow, tap: Tap) -> None:
    """Hold the ledger's only row against the tap."""
    totals = tap.totals
    wanted = LedgerRow(tap.broker.host, tap.broker.port, "mqtt", *_numbers(totals))
    assert row == wanted


def _numbers(totals: object) -> tuple[int, int, int]:
    connections, bytes_out, bytes_in = (
        getattr(totals, name) for name in ("connections", "bytes_out", "bytes_in")
    )
    return connections, bytes_out, bytes_in


def test_of_a_whole_visit_every_byte_is_in_the_ledger_and_every_packet_is_listed(mosquitto: Broker) -> None:
    with visit(mosquitto) as made:
        made.run_to(8)
        made.ring()
        made.listener.publish(wire.topic_name(DEVICE_ID, wire.ARMED_SET), b"ON")
        made.run_to(25)
        row = made.end()
        said(row, made.tap)
        packets = made.packets()
    assert sum(packet.n_bytes for packet in packets) == row.bytes_out
    kinds = [packet.kind for packet in packets]
    assert (kinds[0], kinds[1], kinds[-1]) == (Kind.CONNECT, Kind.SUBSCRIBE, Kind.DISCONNECT)
    assert set(kinds) <= {
        Kind.CONNECT,
        Kind.SUBSCRIBE,
        Kind.PUBLISH,
        Kind.PUBACK,
        Kind.PINGREQ,
        Kind.DISCONNECT,
    }
    messages = [packet for packet in packets if packet.kind is Kind.PUBLISH]
    assert {packet.topic for packet in messages} <= OUR_TOPICS
    heard = [(one.topic, one.qos, one.payload) for one in made.listener.deliveries]
    for packet in messages:
        assert (packet.topic, packet.qos, packet.payload.decode()) in heard
    events = [json.loads(packet.payload)["event_type"] for packet in messages if "/event/" in packet.topic]
    assert events.count("ring") == 1
    assert events.count("start") == events.count("end") == 2
    assert not any(packet.retain for packet in messages if "/event/" in packet.topic)


def test_over_resets_refusals_portals_and_half_open_connections_the_sums_stay_exact(
    mosquitto: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("latchkey.adapters.mqtt_session.ACK_LIMIT_S", 0.5)
    with visit(mosquitto) as made:
        tap = made.tap
        made.run_to(7)
        tap.reset()
        made.ring()
        made.online()
        made.run_to(12)
        tap.set(Network(closed=True))
        tap.reset()
        made.ring()
        assert not tap.wait_for(lambda: tap.totals.connections > 2, 0.3)
        tap.set(Network(portal=True))
        assert tap.wait_for(lambda: tap.totals.connections > 3)
        tap.set(Network(delay_ns=20 * NS_PER_MS, loss=0.05))
        made.online()
        tap.half_open()
        made.ring()
        made.online()
        tap.set(GOOD)
        made.run_to(24)
        row = made.end()
        assert row.connections >= 5
        said(row, tap)
        rings = [one.payload for one in made.listener.deliveries if one.topic.endswith("/doorbell")]
    assert len({json.loads(one)["id"] for one in rings}) == 3


def test_with_mqtt_3_1_1_the_sums_are_exact_too(absent: Callable[[str, str], None]) -> None:
    pytest.importorskip("amqtt")
    with amqtt_broker() as broker, visit(broker) as made:
        made.run_to(12)
        made.ring()
        row = made.end()
        said(row, made.tap)
        assert row.connections >= 2, "the first, in MQTT 5, was never answered"


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for this machine's loopback address, and its key; skip without openssl."""
    made, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", str(key), "-out", str(made), "-days", "2", "-subj", "/CN=broker"]
    try:
        subprocess.run([*command, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    return made, key


@contextmanager
def secured(folder: Path) -> Iterator[tuple[Broker, Broker, Path]]:
    """Run a broker with two ports, a plain one and one in TLS; give both, and whom to trust."""
    cert, key = certificate(folder)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    extra = f"listener {port} 127.0.0.1\ncertfile {cert}\nkeyfile {key}\n{KEEP_USER}"
    with mosquitto_broker(extra) as plain:
        yield plain, Broker(plain.host, port, plain.name), cert


def test_under_tls_handshakes_and_records_are_in_the_sums_and_nothing_is_readable(
    tmp_path: Path, need: Callable[[str], str]
) -> None:
    need("mosquitto")
    with secured(tmp_path) as (plain, secure, cert), visit(secure, plain, cert) as made:
        made.run_to(8)
        made.tap.reset()
        made.ring()
        made.online()
        made.run_to(25)
        row = made.end()
        said(row, made.tap)
        for connection in made.tap.connections:
            stream = connection.stream("out") + connection.stream("in")
            assert stream.startswith(b"\x16\x03"), "a TLS handshake"
            assert DEVICE_ID.encode() not in stream
            assert b"latchkey" not in stream


@pytest.fixture(params=["plain", "TLS"])
def witnessed(
    request: pytest.FixtureRequest,
    need: Callable[[str], str],
    absent: Callable[[str, str], None],
    tmp_path: Path,
) -> Iterator[TappedWorld]:
    """Give a link through a tap, on a machine where packets may be read."""
    need("mosquitto")
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM).close()
    except OSError as error:
        absent("packets", f"packets may not be read here: {error}")
    with ExitStack() as stack:
        if request.param == "TLS":
            made = TappedWorld(stack, *stack.enter_context(secured(tmp_path)))
        else:
            made = TappedWorld(stack, stack.enter_context(mosquitto_broker()))
        yield made
        made.link.close(None)


def test_packets_on_the_wire_say_what_the_ledger_and_the_tap_say(witnessed: TappedWorld) -> None:
    tap = witnessed.tap
    with PacketWitness(tap.broker.port) as packets:
        witnessed.link.open(Publication("home/status", b"offline"), ("home/armed/set",))
        sender = Sender(witnessed, "home/event")
        troubles: tuple[Trouble, ...] = ("delay", "reset", "refused", "loss", "captive portal", "slow")
        for trouble in troubles:
            for number in range(10):
                sender.say(f"{trouble} {number} " + "x" * 300)
            witnessed.spoil(trouble)
            wanted = sender.lost() + {"reset": 1, "refused": 2, "captive portal": 1}.get(trouble, 0)
            sender.run_until(lambda wanted=wanted: sender.lost() >= wanted)  # type: ignore[misc]
            witnessed.mend()
            sender.run_until(lambda: sender.is_done)
        witnessed.link.close(Publication("home/status", b"bye"))
        assert tap.drain()
    assert packets.missed == 0
    [row] = witnessed.ledger.rows()
    assert (row.connections, row.bytes_out, row.bytes_in) == (
        len(packets.streams),
        packets.bytes_out,
        packets.bytes_in,
    )
    assert (tap.totals.connections, tap.totals.bytes_in) == (row.connections, row.bytes_in)
    assert tap.totals.bytes_out <= packets.bytes_out, "what came in the instant of a reset, nobody read"
    assert packets.refused > 0


@pytest.mark.parametrize("seed", range(4))
def test_connections_broken_in_full_flow_are_booked_as_the_packets_say(
    witnessed: TappedWorld, seed: int
) -> None:
    """Resets while both sides talk: what was sent was sent, whether or not anybody took it."""
    chance = Random(seed)
    tap, sender = witnessed.tap, Sender(witnessed, "home/event")
    with PacketWitness(tap.broker.port) as packets:
        witnessed.link.open(Publication("home/status", b"offline"), ("home/event",))
        wait_for(witnessed.link, witnessed.clock, LinkUp)
        sender.step()
        for number in range(12):
            for again in range(chance.randint(1, 30)):
                sender.say(f"{number} {again} " + "x" * chance.randint(0, 900))
            until_ns = witnessed.clock.now_ns() + chance.randint(0, 8) * NS_PER_MS
            sender.run_until(lambda until_ns=until_ns: witnessed.clock.now_ns() >= until_ns)  # type: ignore[misc]
            tap.reset()
            sender.run_until(lambda: sender.is_done)
        witnessed.link.close(None)
        assert tap.drain()
    assert packets.missed == 0
    [row] = witnessed.ledger.rows()
    assert (row.connections, row.bytes_out, row.bytes_in) == (
        len(packets.streams),
        packets.bytes_out,
        packets.bytes_in,
    )
