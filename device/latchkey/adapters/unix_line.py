"""The line between the sides as a Unix socket of whole records (SOCK_SEQPACKET). No network is opened here.

The capture side listens, so that a link side that was taken over cannot put a socket of its own in the place;
both ask the kernel who is at the other end (SO_PEERCRED), and hang up on anybody else. One thread of its own
reads into a bounded inbox; where that is full it stops reading, and the other side has to wait.
"""

import os
import select
import socket
import stat
import struct
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path

from latchkey.errors import LineUnusable
from latchkey.ports import RECORD_LIMIT_BYTES, Clock, Heard, LineDown, LineNews, LineUp
from latchkey.units import NS_PER_S

INBOX_LIMIT = 64
ASK_S = 0.25
"""How often a thread that waits looks whether it is told to stop."""

PAUSES_S = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Between two attempts; the last one repeats. A side that restarts is back within a second or two."""

DROPPED_S = (1.0, 2.0, 5.0, 15.0, 30.0)
"""The same after we hung up ourselves: whoever makes no sense will hardly make more at once."""

BRIEF_NS = NS_PER_S
"""A connection that ends so soon counts as one we hung up on: who comes and goes gets fewer turns."""

STEADY_NS = 60 * NS_PER_S
"""A connection that lasted so long makes the pauses short again."""

GONE = "it is not running"
PATH_LIMIT_BYTES = 107
MS_PER_S = 1000
_CREDENTIALS = struct.Struct("3i")


class UnixLine:
    """`ports.Line` on a path. `listens` tells which end; `peers` are the user ids that may be at the other.

    A socket that another user is to reach belongs to our group, 0660; else it is ours alone.
    """

    def __init__(self, path: Path, clock: Clock, peers: frozenset[int], *, listens: bool) -> None:
        self._path = path
        self._clock = clock
        self._peers = peers
        self._listens = listens
        self._listener: socket.socket | None = None
        self._peer: socket.socket | None = None
        self._room = threading.Condition()
        self._inbox: deque[LineNews] = deque()
        self._stopping = threading.Event()
        self._dropped = ""
        self._drops = 0
        self._thread = threading.Thread(target=self._run, name="latchkey-line", daemon=True)

    def open(self) -> None:
        """Begin to listen or to call. Raises LineUnusable."""
        if len(os.fsencode(self._path)) > PATH_LIMIT_BYTES:
            raise LineUnusable(f"{self._path} is too long for a socket", hint="choose a shorter --socket")
        if self._listens:
            try:
                self._listener = self._listen()
            except OSError as error:
                hint = "its folder must be there, and ours: a systemd unit makes it with RuntimeDirectory="
                raise LineUnusable(f"cannot listen at {self._path}: {error.strerror}", hint=hint) from error
        self._thread.start()

    def send(self, record: bytes) -> bool:
        """Hand a record to the kernel; False where there is no connection, or its buffer is full."""
        peer = self._peer
        if peer is None:
            return False
        try:
            peer.send(record, socket.MSG_NOSIGNAL)
        except BlockingIOError:
            return False
        except OSError:  # the thread hears of it too, and tells
            return False
        return True

    def news(self) -> list[LineNews]:
        """Empty the inbox."""
        with self._room:
            news = list(self._inbox)
            self._inbox.clear()
            self._room.notify()
        return news

    def drop(self, reason: str) -> None:
        """Hang up; the next attempt waits."""
        self._dropped = reason
        self._hang_up()

    def close(self) -> None:
        """Hang up for good."""
        self._stopping.set()
        with self._room:
            self._room.notify()
        self._hang_up()
        if self._thread.is_alive():
            self._thread.join(4 * ASK_S)
        if self._listener is not None:
            self._listener.close()
            with suppress(OSError):
                self._path.unlink()

    def _hang_up(self) -> None:
        peer = self._peer
        if peer is not None:
            with suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)

    def _listen(self) -> socket.socket:
        """Take the place of a socket that an earlier run left."""
        with suppress(FileNotFoundError):
            if stat.S_ISSOCK(self._path.lstat().st_mode):
                self._path.unlink()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            listener.bind(os.fspath(self._path))
            ours_alone = self._peers <= {os.geteuid()}
            self._path.chmod(0o600 if ours_alone else 0o660)
            listener.listen(8)
        except OSError:
            listener.close()
            raise
        listener.settimeout(ASK_S)
        return listener

    def _run(self) -> None:
        """Meet the other side again and again: the one place where that is decided."""
        failures = 0
        while not self._stopping.is_set():
            try:
                peer = self._meet()
            except OSError as error:
                self._emit(LineDown(_words(error)))
                pause_s = PAUSES_S[min(failures, len(PAUSES_S) - 1)]
                failures += 1
            else:
                if peer is None:
                    continue
                pause_s = self._serve(peer)
                failures = 0
            self._stopping.wait(pause_s)

    def _meet(self) -> socket.socket | None:
        """Accept, or call; None where nobody has come yet. Raises OSError."""
        if self._listener is not None:
            try:
                return self._listener.accept()[0]
            except TimeoutError:
                return None
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            peer.settimeout(ASK_S)
            peer.connect(os.fspath(self._path))
        except OSError:
            peer.close()
            raise
        return peer

    def _serve(self, peer: socket.socket) -> float:
        """Read until the connection ends; give the pause before the next."""
        began_ns = self._clock.now_ns()
        with peer:
            peer.setblocking(False)  # with a time limit of Python's, `send` would wait where there is no room
            user = _user_of(peer)
            if user not in self._peers:
                self._emit(LineDown(f"user {user} is not who should be there"))
                return PAUSES_S[0] if self._listens else DROPPED_S[0]
            self._dropped = ""
            self._peer = peer
            self._emit(LineUp())
            try:
                reason = self._read(peer)
            finally:
                self._peer = None
        self._emit(LineDown(self._dropped or reason))
        lasted_ns = self._clock.now_ns() - began_ns
        if lasted_ns > STEADY_NS:
            self._drops = 0
        if not self._dropped and lasted_ns > BRIEF_NS:
            return PAUSES_S[0]
        self._drops += 1
        return DROPPED_S[min(self._drops, len(DROPPED_S)) - 1]

    def _read(self, peer: socket.socket) -> str:
        """Put what comes into the inbox; give why it ended."""
        waiting = select.poll()
        waiting.register(peer, select.POLLIN)
        while not self._stopping.is_set():
            if not waiting.poll(ASK_S * MS_PER_S):
                continue
            try:
                record = peer.recv(RECORD_LIMIT_BYTES + 1)
            except BlockingIOError:
                continue
            except OSError as error:
                return _words(error)
            if not record:
                return GONE
            self._emit(Heard(record))
        return "we end"

    def _emit(self, news: LineNews) -> None:
        """Put news into the inbox; where that is full, wait until the loop has read, or ends."""
        with self._room:
            self._room.wait_for(lambda: len(self._inbox) < INBOX_LIMIT or self._stopping.is_set())
            if not self._stopping.is_set():
                self._inbox.append(news)
        self._clock.wake()


def _user_of(peer: socket.socket) -> int:
    """Ask the kernel whose process is at the other end."""
    packed = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(packed)[1])


def _words(error: OSError) -> str:
    if isinstance(error, FileNotFoundError | ConnectionError):
        return GONE
    if isinstance(error, PermissionError):
        return "we may not open its socket: both services must have the group latchkey"
    return error.strerror or type(error).__name__
