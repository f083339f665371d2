"""The gate opens for listed destinations alone, and the ledger counts what a tap would."""

import json
import select
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from latchkey.egress import SYSTEM_DNS, Destination, Egress, Ledger
from latchkey.egress.ledger import tcp_bytes
from latchkey.errors import EgressRefused

LOCAL = "127.0.0.1"


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server((LOCAL, 0)) as listening:
        yield listening


def gate(server: socket.socket) -> tuple[Egress, int]:
    port = server.getsockname()[1]
    return Egress(Ledger(), [Destination(LOCAL, port, "mqtt")]), port


def test_what_is_not_listed_is_refused_without_a_packet(server: socket.socket) -> None:
    egress, port = gate(server)
    for host, number, purpose in [
        (LOCAL, port, "telemetry"),
        (LOCAL, port + 1, "mqtt"),
        ("localhost", port, "mqtt"),
        ("example.org", 443, "mqtt"),
    ]:
        with pytest.raises(EgressRefused):
            egress.connect(host, number, purpose, 1.0)
    assert egress.ledger.rows() == []
    server.settimeout(0.01)
    with pytest.raises(TimeoutError):
        server.accept()


def test_live_and_closed_connections_count_payload_both_ways(server: socket.socket) -> None:
    egress, port = gate(server)
    sock = egress.connect(LOCAL, port, "mqtt", 1.0)
    peer, _ = server.accept()
    with peer:
        sock.sendall(b"x" * 1000)
        assert len(peer.recv(2000)) == 1000
        peer.sendall(b"y" * 50)
        assert len(sock.recv(100)) == 50
        [live] = egress.ledger.rows()
        assert (live.connections, live.bytes_out, live.bytes_in) == (1, 1000, 50)
        sock.close()
        sock.close()
    assert egress.ledger.rows() == [live]


def test_the_end_of_a_stream_is_not_counted_as_a_byte(server: socket.socket) -> None:
    egress, port = gate(server)
    sock = egress.connect(LOCAL, port, "mqtt", 1.0)
    peer, _ = server.accept()
    peer.sendall(b"y" * 7)
    peer.close()
    assert sock.recv(100) == b"y" * 7
    assert sock.recv(100) == b""
    sock.close()
    [row] = egress.ledger.rows()
    assert (row.bytes_out, row.bytes_in) == (0, 7)


def abort(sock: socket.socket) -> None:
    """Close with a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def say_until_broken(sock: socket.socket, data: bytes = b"x") -> type[OSError]:
    """Send until the connection is broken, or full; give how that was told."""
    while True:
        try:
            sock.send(data)
        except OSError as error:
            return type(error)


def test_an_end_that_a_reset_followed_unread_is_not_counted_as_a_byte(server: socket.socket) -> None:
    """The broker hangs up, we go on talking, it resets: nobody ever read the end."""
    egress, port = gate(server)
    sock = egress.connect(LOCAL, port, "mqtt", 1.0)
    server.accept()[0].close()
    assert say_until_broken(sock) is BrokenPipeError
    sock.close()
    [row] = egress.ledger.rows()
    assert row.bytes_in == 0


def test_an_end_behind_bytes_that_nobody_read_is_not_counted_as_a_byte(server: socket.socket) -> None:
    egress, port = gate(server)
    sock = egress.connect(LOCAL, port, "mqtt", 1.0)
    peer, _ = server.accept()
    peer.sendall(b"y" * 5)
    peer.close()
    socket.socket.send(sock, b"x")
    time_out = select.poll()
    time_out.register(sock, select.POLLHUP)
    assert time_out.poll(1000)
    sock.close()
    [row] = egress.ledger.rows()
    assert row.bytes_in == 5


@pytest.mark.parametrize("reading", [True, False])
def test_a_reset_takes_no_byte_from_what_came_before(server: socket.socket, reading: bool) -> None:
    egress, port = gate(server)
    sock = egress.connect(LOCAL, port, "mqtt", 1.0)
    peer, _ = server.accept()
    peer.sendall(b"y" * 5)
    assert sock.recv(5) == b"y" * 5
    abort(peer)
    if reading:
        with pytest.raises(ConnectionResetError):
            sock.recv(5)
    else:
        assert say_until_broken(sock) is ConnectionResetError
    assert sock.recv(5) == b"", "the kernel tells its error once"
    sock.close()
    [row] = egress.ledger.rows()
    assert row.bytes_in == 5


def test_what_was_not_sent_when_we_close_is_never_sent(server: socket.socket) -> None:
    """Else the kernel went on sending what is in no ledger."""
    egress, port = gate(server)
    sock = egress.connect(LOCAL, port, "mqtt", 1.0)
    peer, _ = server.accept()
    with peer:
        sock.setblocking(False)
        assert say_until_broken(sock, bytes(1 << 16)) is BlockingIOError
        sock.close()
        [row] = egress.ledger.rows()
        tapped = 0
        with suppress(ConnectionResetError):
            while data := peer.recv(1 << 16):
                tapped += len(data)
        assert tapped == row.bytes_out


def test_connections_to_one_place_add_up(server: socket.socket) -> None:
    egress, port = gate(server)
    for size in (3, 4, 5):
        with egress.connect(LOCAL, port, "mqtt", 1.0) as sock:
            sock.sendall(b"z" * size)
            peer, _ = server.accept()
            with peer:
                assert peer.recv(10) == b"z" * size
    [row] = egress.ledger.rows()
    assert (row.connections, row.bytes_out) == (3, 12)
    assert json.loads(row.line()) == {
        "host": LOCAL,
        "port": port,
        "purpose": "mqtt",
        "connections": 3,
        "bytes_out": 12,
        "bytes_in": 0,
    }


def test_a_name_lookup_is_a_row_of_its_own(server: socket.socket) -> None:
    port = server.getsockname()[1]
    egress = Egress(Ledger(), [Destination("localhost", port, "mqtt")])
    egress.connect("localhost", port, "mqtt", 1.0).close()
    rows = {row.purpose: row for row in egress.ledger.rows()}
    assert rows[SYSTEM_DNS].connections == 1
    assert rows[SYSTEM_DNS].bytes_out is None


def test_a_refused_connection_rises_and_counts_nothing() -> None:
    with socket.create_server((LOCAL, 0)) as taken:
        port = taken.getsockname()[1]
    egress = Egress(Ledger(), [Destination(LOCAL, port, "mqtt")])
    with pytest.raises(ConnectionRefusedError):
        egress.connect(LOCAL, port, "mqtt", 1.0)
    assert egress.ledger.rows() == []


def test_what_the_kernel_does_not_tell_is_unknown_not_zero() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert tcp_bytes(ours, end_seen=False) is None


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=broker"]
    command += ["-addext", f"subjectAltName=IP:{LOCAL}"]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    return key, certificate


def serve_tls(
    server: socket.socket, certificate: tuple[Path, Path], tapped: list[int], all_read: threading.Event
) -> threading.Thread:
    """Echo one message over TLS, and count what the other end of the wire received."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate[1], certificate[0])

    def serve() -> None:
        peer, _ = server.accept()
        try:
            with context.wrap_socket(peer, server_side=True) as secure:
                secure.sendall(secure.recv(100))
                all_read.wait(2)
                tapped.extend(tcp_bytes(secure, end_seen=False) or ())
        except OSError:
            peer.close()

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def test_tls_handshakes_are_in_the_ledger(server: socket.socket, certificate: tuple[Path, Path]) -> None:
    egress, port = gate(server)
    tapped: list[int] = []
    all_read = threading.Event()
    thread = serve_tls(server, certificate, tapped, all_read)
    trusted = ssl.create_default_context(cafile=str(certificate[1]))
    sock = egress.connect(LOCAL, port, "mqtt", 2.0, trusted)
    sock.sendall(b"hello")
    assert sock.recv(100) == b"hello"
    all_read.set()
    thread.join(2)
    [row] = egress.ledger.rows()
    sock.close()
    assert (row.bytes_in, row.bytes_out) == tuple(tapped)
    assert row.bytes_out is not None
    assert row.bytes_out > 300, "the handshake is missing"


def test_a_reset_under_tls_takes_no_byte_from_what_came_before(
    server: socket.socket, certificate: tuple[Path, Path]
) -> None:
    """OpenSSL tells a reset as an end."""
    egress, port = gate(server)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate[1], certificate[0])
    tapped: list[int] = []
    all_read = threading.Event()

    def serve() -> None:
        peer, _ = server.accept()
        secure = context.wrap_socket(peer, server_side=True)
        secure.sendall(secure.recv(100))
        all_read.wait(2)
        tapped.extend(tcp_bytes(secure, end_seen=False) or ())
        abort(secure)

    thread = threading.Thread(target=serve)
    thread.start()
    sock = egress.connect(LOCAL, port, "mqtt", 2.0, ssl.create_default_context(cafile=str(certificate[1])))
    sock.sendall(b"hello")
    assert sock.recv(100) == b"hello"
    all_read.set()
    thread.join(2)
    with suppress(ConnectionResetError):
        assert sock.recv(100) == b""
    sock.close()
    [row] = egress.ledger.rows()
    assert (row.bytes_in, row.bytes_out) == tuple(tapped)


def test_an_unknown_certificate_is_refused_and_still_counted(
    server: socket.socket, certificate: tuple[Path, Path]
) -> None:
    egress, port = gate(server)
    thread = serve_tls(server, certificate, [], threading.Event())
    with pytest.raises(ssl.SSLError):
        egress.connect(LOCAL, port, "mqtt", 2.0, ssl.create_default_context())
    thread.join(2)
    [row] = egress.ledger.rows()
    assert row.connections == 1
    assert row.bytes_in
