"""Packets that announce more than is read of any: the connection ends before a byte of them is kept."""

import socket
import ssl
import subprocess
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.mqtt import Pace, PahoLink
from latchkey.adapters.mqtt_framing import PacketLimit, PacketTooLong
from latchkey.adapters.mqtt_session import PACKET_LIMIT_BYTES
from latchkey.egress import Destination, Egress, Ledger
from latchkey.ports import LinkLost, LinkNews, LinkUp, Publication
from latchkey.settings import MqttSettings
from latchkey.units import MIB, NS_PER_MS, NS_PER_S

LIMIT_NS = 20 * NS_PER_S
CONNACK, SUBACK = b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x01"
REFUSED_VERSION = b"\x20\x03\x00\x84\x00"


def header(length: int) -> bytes:
    """Write the fixed header of a PUBLISH with so many bytes to follow."""
    written = b"\x30"
    while True:
        length, low = length >> 7, length & 0x7F
        written += bytes([low | (0x80 if length else 0)])
        if not length:
            return written


@given(st.lists(st.integers(0, 300), max_size=8), st.data())
def test_packets_within_the_limit_pass_however_they_are_cut(lengths: list[int], data: st.DataObject) -> None:
    stream = b"".join(header(length) + b"\xff" * length for length in lengths)
    limit = PacketLimit(300)
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        limit.see(stream[:size])
        stream = stream[size:]
    with pytest.raises(PacketTooLong) as caught:
        limit.see(header(301))
    assert caught.value.n_bytes == 301


@pytest.mark.parametrize(
    "head", [header(16_385), header(220 * MIB), b"\x30\xff\xff\xff\xff", b"\x30" + b"\x80" * 4]
)
def test_a_length_that_is_too_long_or_has_no_end_is_refused_with_its_header(head: bytes) -> None:
    limit = PacketLimit(PACKET_LIMIT_BYTES)
    with pytest.raises(PacketTooLong):
        limit.see(head + b"\x80")


class HugeBroker:
    """Speaks MQTT 3.1.1 alone, lets everybody in, then begins a packet of 200 MiB."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._tls = tls
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                with (
                    suppress(OSError),
                    self._tls.wrap_socket(near, server_side=True) if self._tls else near as ours,
                ):
                    self._welcome(ours)

    def _welcome(self, ours: socket.socket) -> None:
        is_v5 = b"MQTT\x05" in ours.recv(4096)
        ours.sendall(REFUSED_VERSION if is_v5 else CONNACK)
        if is_v5:
            return
        ours.recv(4096)  # SUBSCRIBE
        ours.sendall(SUBACK + header(200 * MIB))
        block = bytes(1 << 16)
        for _ in range(64 * MIB // len(block)):
            ours.sendall(block)

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(5)


@contextmanager
def huge_broker(tls: ssl.SSLContext | None) -> Iterator[HugeBroker]:
    broker = HugeBroker(tls)
    try:
        yield broker
    finally:
        broker.close()


def _lost(link: PahoLink) -> list[LinkNews]:
    """Give the news until a connection that was up is lost."""
    clock, news = SystemClock(), list[LinkNews]()
    until_ns = clock.now_ns() + LIMIT_NS
    while not any(isinstance(one, LinkLost) for one in news):
        assert clock.now_ns() < until_ns, f"only {news}"
        news += link.news()
        clock.wait_until(clock.now_ns() + 5 * NS_PER_MS)
    return news


@pytest.mark.slow
@pytest.mark.parametrize("secure", [False, True])
def test_a_packet_of_200_mib_ends_the_connection_and_takes_no_memory(
    secure: bool, tmp_path: Path, need: Callable[[str], str]
) -> None:
    certificate, context = None, None
    if secure:
        need("openssl")
        certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
        command = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ]
        command += ["-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=broker"]
        subprocess.run([*command, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
    with huge_broker(context) as broker:
        settings = MqttSettings("127.0.0.1", broker.port, ca_file=certificate)
        egress = Egress(Ledger(), [Destination("127.0.0.1", broker.port, "mqtt")])
        link = PahoLink(settings, "doorbell", egress, SystemClock(), Pace(first_s=30))
        tracemalloc.start()
        try:
            link.open(Publication("home/status", b"offline"), ("home/armed/set",))
            news = _lost(link)
            peak_bytes = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            link.close(None)
    reason = (
        f"the broker sends a packet of {200 * MIB} bytes: we read {PACKET_LIMIT_BYTES} at most, and hang up"
    )
    assert news == [LinkUp("MQTT 3.1.1"), LinkLost(reason)]
    assert peak_bytes < 2 * MIB
