"""Fetching a pinned file over HTTPS, from a server of our own on this machine."""

import http.server
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from latchkey.egress import Ledger
from latchkey.egress.downloads import PURPOSE, DownloadFailed, fetch, stream
from latchkey.errors import UsageError

BODY = bytes(range(256)) * 800


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves one file, and some trouble."""

    def do_GET(self) -> None:
        if self.path == "/slow":
            self._drip()
            return
        status = {"/file": 200, "/torn": 200, "/moved": 302}.get(self.path, 404)
        self.send_response(status)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        if status == 200:
            self.wfile.write(BODY if self.path == "/file" else BODY[:1000])

    def _drip(self) -> None:
        """Send a byte of the head now and then: each read meets its timeout."""
        with suppress(OSError):  # until whoever waits hangs up
            for _ in range(400):
                self.wfile.write(b"H")
                self.wfile.flush()
                time.sleep(0.02)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture(scope="module")
def server(
    need: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, ssl.SSLContext]]:
    """Give the address of an HTTPS server and a context that trusts it."""
    folder = tmp_path_factory.mktemp("tls")
    certificate = _certificate(need("openssl"), folder)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate, folder / "key.pem")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        httpd.socket = serving.wrap_socket(httpd.socket, server_side=True)
        thread = threading.Thread(target=httpd.serve_forever, args=(0.02,))
        thread.start()
        yield (
            f"https://localhost:{httpd.server_address[1]}",
            ssl.create_default_context(cafile=str(certificate)),
        )
        httpd.shutdown()
        thread.join()


def _certificate(openssl: str, folder: Path) -> Path:
    certificate = folder / "certificate.pem"
    words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    words += ["-keyout", str(folder / "key.pem"), "-out", str(certificate), "-days", "2"]
    words += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([openssl, *words], check=True, capture_output=True)
    return certificate


def test_a_file_comes_whole_and_the_ledger_counts_it(server: tuple[str, ssl.SSLContext]) -> None:
    address, trust = server
    ledger = Ledger()
    assert fetch(f"{address}/file", len(BODY), ledger=ledger, trust=trust) == BODY
    rows = [row for row in ledger.rows() if row.purpose == PURPOSE]
    assert [(row.host, row.connections) for row in rows] == [("localhost", 1)]


@pytest.mark.parametrize(
    ("path", "reason"), [("/nothing", "404"), ("/moved", "302"), ("/torn", "in the middle")]
)
def test_what_is_not_the_whole_file_is_an_error(
    server: tuple[str, ssl.SSLContext], path: str, reason: str
) -> None:
    with pytest.raises(DownloadFailed, match=reason):
        fetch(server[0] + path, len(BODY), trust=server[1])


def test_more_than_expected_is_not_taken_in(server: tuple[str, ssl.SSLContext]) -> None:
    with pytest.raises(DownloadFailed, match="more than the 1000 bytes"):
        fetch(f"{server[0]}/file", 1000, trust=server[1])


def test_a_server_nobody_vouches_for_is_refused(server: tuple[str, ssl.SSLContext]) -> None:
    with pytest.raises(DownloadFailed, match="localhost"):
        fetch(f"{server[0]}/file", len(BODY))


def test_a_closed_port_is_one_line_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(DownloadFailed) as caught:
        fetch(f"https://127.0.0.1:{port}/file", 10)
    assert "--from" in (caught.value.hint or "")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://localhost/file", "file:///etc/passwd", "https://", "nonsense"])
def test_only_https_is_fetched(url: str) -> None:
    with pytest.raises(UsageError):
        fetch(url, 10)


@pytest.mark.slow
def test_a_server_that_sends_a_byte_now_and_then_is_left_under_tls_too(
    server: tuple[str, ssl.SSLContext],
) -> None:
    with pytest.raises(DownloadFailed, match="it sends too slowly"):
        b"".join(stream(f"{server[0]}/slow", 10_000, ledger=Ledger(), trust=server[1], limit_s=0.3))
