"""A web server on this machine that gives out the files of a repository, or does what an attacker would.

`files` are given out as they are at that moment, so a test changes what the world sees by changing them.
`tricks` say what is done with a path instead: send without end, send a byte now and then, stop in the
middle, refuse.
"""

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

Trick = Literal["endless", "slow", "torn", "refused", "slow_head"]

SLOW_S = 0.05
"""Between two bytes of a slow answer."""

PIECE = bytes(1 << 16)


@dataclass
class Origin:
    """What a server has to give, how it behaves, and what it was asked for."""

    files: dict[str, bytes]
    tricks: dict[str, Trick] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    port: int = 0
    ending: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(origin: Origin) -> Iterator[Origin]:
    """Run a server for a while, on a free port of this machine."""
    handler = type("Handler", (_Handler,), {"origin": origin})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        origin.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield origin
        finally:
            origin.ending.set()
            server.shutdown()
            thread.join()


class _Handler(http.server.BaseHTTPRequestHandler):
    origin: Origin

    def do_GET(self) -> None:
        path = self.path.lstrip("/")
        self.origin.asked.append(path)
        trick, data = self.origin.tricks.get(path), self.origin.files.get(path)
        with suppress(OSError):  # the device hung up: that is what most tricks are for
            if trick is not None:
                self._tricks()[trick](data or b"")
            elif data is None:
                self.send_error(404)
            else:
                self._head(len(data))
                self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name in the base class
        """Say nothing."""

    def _tricks(self) -> dict[Trick, Callable[[bytes], None]]:
        return {
            "endless": self._endless,
            "slow": self._slow,
            "torn": self._torn,
            "refused": lambda _data: self.send_error(503),
            "slow_head": lambda _data: self._drip(b"HTTP/1.1 200 OK\r\nX-Long: " + bytes([65]) * 10_000),
        }

    def _endless(self, _data: bytes) -> None:
        self._head(None)
        while not self.origin.ending.is_set():
            self.wfile.write(PIECE)

    def _slow(self, data: bytes) -> None:
        self._head(len(data))
        self._drip(data)

    def _torn(self, data: bytes) -> None:
        self._head(len(data))
        self.wfile.write(data[: len(data) // 2])

    def _drip(self, data: bytes) -> None:
        for place in range(len(data)):
            if self.origin.ending.wait(SLOW_S):
                return
            self.wfile.write(data[place : place + 1])
            self.wfile.flush()

    def _head(self, length: int | None) -> None:
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
