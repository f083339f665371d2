"""How the messages of a pairing travel: typed and pasted by people, or as files in a folder that both see.

Neither way is trusted. A folder may be an SD card that is carried to and fro: files appear whole, and each
side waits.
"""

from contextlib import suppress
from pathlib import Path
from typing import Protocol

from latchkey.adapters.clock import SystemClock
from latchkey.cli.asking import TRIES, ask
from latchkey.cli.command import Terminal
from latchkey.errors import LatchkeyError, OwnerKeyError, UsageError
from latchkey.owner import writing
from latchkey.owner.pairing import ANSWER, OFFER, REVEAL, PairingBroken, ShortCode, read_message, spelled
from latchkey.owner.qr import terminal_code
from latchkey.reading import read_small
from latchkey.units import NS_PER_S
from latchkey.vault.book import BOOK_LIMIT_BYTES

MESSAGE_LIMIT_BYTES = 4096
LOOK_EVERY_NS = NS_PER_S // 2
WORDS_PER_LINE = 8
BOOK_FILE = "latchkey-book.json"
_FILES = {OFFER: "latchkey-offer.txt", ANSWER: "latchkey-answer.txt", REVEAL: "latchkey-reveal.txt"}
_NAMES = {OFFER: "offer", ANSWER: "answer", REVEAL: "last message"}


class NobodyAnswered(LatchkeyError):
    """The other side did not write its file in time."""


class Channel(Protocol):
    """A way for messages."""

    def send(self, kind: str, text: str) -> None:
        """Give a message of a kind to the other side."""
        ...

    def receive(self, kind: str) -> str:
        """Wait for a message of a kind. Raises OwnerKeyError, UsageError, NobodyAnswered."""
        ...

    def send_book(self, book: bytes) -> bool:
        """Give the key book to the other side; False = it does not travel this way."""
        ...

    def receive_book(self) -> bytes | None:
        """Wait for the key book; None = it does not travel this way. Raises NobodyAnswered."""
        ...


class Typed:
    """People carry the messages. `shows_code` = also as QR codes, for a camera on the other side."""

    def __init__(self, terminal: Terminal, *, shows_code: bool) -> None:
        self._terminal = terminal
        self._shows_code = shows_code

    def send(self, kind: str, text: str) -> None:
        """Show a message as one word on stdout, as a QR code, and as words that can be typed."""
        self._terminal.say(f"the {_NAMES[kind]}, for the other side:")
        if self._shows_code and self._terminal.err.isatty():
            for line in terminal_code(text.upper()) or []:
                self._terminal.say(line)
        self._terminal.put(text)
        self._terminal.flush()
        row = spelled(kind, text)
        self._terminal.say("or in words:")
        for at in range(0, len(row), WORDS_PER_LINE):
            self._terminal.say(f"  {' '.join(row[at : at + WORDS_PER_LINE])}")

    def receive(self, kind: str) -> str:
        """Ask for a message, which is checked for slips."""
        question = f"paste the {_NAMES[kind]} of the other side, or type its words in one line:"
        for _ in range(TRIES - 1):
            typed = ask(self._terminal, question)
            try:
                read_message(kind, typed)
            except OwnerKeyError as error:
                self._terminal.complain(error, error.hint)
            else:
                return typed
        return ask(self._terminal, question)

    def send_book(self, book: bytes) -> bool:  # noqa: ARG002 -- the port's signature
        """Say that a book is too long to be typed."""
        return False

    def receive_book(self) -> bytes | None:
        """Say that a book is too long to be typed."""
        return None


class SharedFolder:
    """Files in a folder; `wait_s` is how long a side waits for the other one's next file."""

    def __init__(self, folder: Path, wait_s: int, terminal: Terminal) -> None:
        self._folder = folder
        self._wait_s = wait_s
        self._terminal = terminal
        self._clock = SystemClock()

    def clear(self) -> None:
        """Remove what an earlier pairing left. Raises UsageError, OSError."""
        if not self._folder.is_dir():
            raise UsageError(f"there is no folder {self._folder}")
        for name in (*_FILES.values(), BOOK_FILE):
            with suppress(FileNotFoundError):
                (self._folder / name).unlink()

    def send(self, kind: str, text: str) -> None:
        """Write a message."""
        self._write(_FILES[kind], f"{text}\n".encode("ascii"))

    def receive(self, kind: str) -> str:
        """Wait for a message."""
        data = self._wait_for(_FILES[kind], MESSAGE_LIMIT_BYTES)
        try:
            return data.decode("ascii")
        except UnicodeDecodeError as error:
            raise PairingBroken(f"{self._folder / _FILES[kind]} is not a message") from error

    def send_book(self, book: bytes) -> bool:
        """Write the book."""
        self._write(BOOK_FILE, book)
        return True

    def receive_book(self) -> bytes | None:
        """Wait for the book."""
        return self._wait_for(BOOK_FILE, BOOK_LIMIT_BYTES)

    def _write(self, name: str, data: bytes) -> None:
        with writing(self._folder / name, force=True) as stream:
            stream.write(data)

    def _wait_for(self, name: str, limit_bytes: int) -> bytes:
        path = self._folder / name
        self._terminal.say(f"waiting for {path}")
        end_ns = self._clock.now_ns() + self._wait_s * NS_PER_S
        while True:
            try:
                return read_small(path, limit_bytes)
            except FileNotFoundError as error:
                if self._clock.now_ns() >= end_ns:
                    raise NobodyAnswered(
                        f"{path} did not come within {self._wait_s} s", hint="begin again on both sides"
                    ) from error
            self._clock.wait_until(self._clock.now_ns() + LOOK_EVERY_NS)


def say_code(code: ShortCode, terminal: Terminal) -> None:
    """Show the short code."""
    terminal.say()
    terminal.say(f"    {code}")
    terminal.say()
    terminal.say("the other side shows words and digits too. If they differ, somebody sits in between")
