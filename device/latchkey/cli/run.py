"""`latchkey run --config FILE`: be a doorbell until told to stop, or one side of it."""

import os
import pwd
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from latchkey.adapters.journal import TextJournal
from latchkey.adapters.memory import return_memory_early
from latchkey.adapters.notify import Notifier
from latchkey.adapters.unix_line import UnixLine
from latchkey.boards import fit_settings, open_board, open_capture, open_link
from latchkey.cli.command import Command, Terminal
from latchkey.cli.traffic import traffic_text
from latchkey.cli.usable import BOTH, load_usable
from latchkey.device.loop import Runs, run
from latchkey.errors import EXIT_OK, UsageError
from latchkey.pipeline.identity import device_id
from latchkey.ports import Ground, Journal, JournalLine
from latchkey.settings import Settings

SOCKET_HINT = "`--side capture --socket PATH` and `--side link --socket PATH` belong together"


class _Doorbell(Runs, Protocol):
    """What is run: a whole device, or one side."""

    @property
    def status(self) -> str: ...

    def start(self) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Opened:
    """A doorbell, or one side of it, with what it stands on."""

    ground: Ground
    doorbell: _Doorbell
    ready: str
    traffic: Callable[[], list[str]] = list


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the settings file")
    parser.add_argument("--debug", action="store_true", help="log more")
    parser.add_argument(
        "--side", choices=BOTH, help="run one side only: the camera without network, or the bell with it"
    )
    parser.add_argument("--socket", type=Path, metavar="PATH", help="where the two sides meet")
    parser.add_argument(
        "--peer", metavar="USER", help="the user that the other side runs as; as a rule our own"
    )


def run_command(options: Namespace, terminal: Terminal) -> int:
    """Run the device; SIGINT, SIGTERM and SIGHUP end it cleanly."""
    return_memory_early()
    peers = _check_options(options)
    settings = load_usable(options.config, (options.side,) if options.side else BOTH)
    journal = TextJournal(terminal.err, debug=options.debug)
    if options.side != "link":
        settings = fit_settings(settings, journal)
    opened = _open(options, peers, settings, journal)
    clock, doorbell = opened.ground.clock, opened.doorbell
    notifier = Notifier(clock)
    try:
        doorbell.start()
        doorbell.step()
        journal.note(JournalLine(clock.now_ns(), "device", opened.ready))
        notifier.ready()
        run(doorbell, clock, lambda: terminal.stop.asked, lambda: notifier.stepped(doorbell.status))
    finally:
        notifier.stopping()
        doorbell.close()
    for line in opened.traffic():
        journal.note(JournalLine(clock.now_ns(), "egress", ": ".join(traffic_text(line))))
    journal.note(JournalLine(clock.now_ns(), "device", "stopped"))
    return EXIT_OK


def _check_options(options: Namespace) -> frozenset[int]:
    """Give the user ids that may be at the other end of the line. Raises UsageError."""
    if bool(options.side) != bool(options.socket) or (options.peer and not options.side):
        raise UsageError("a side needs a socket, and a socket a side", hint=SOCKET_HINT)
    if options.peer is None:
        return frozenset({os.geteuid()})
    try:
        return frozenset({pwd.getpwnam(options.peer).pw_uid})
    except KeyError as error:
        hint = "the installer makes latchkey-capture and latchkey-link"
        raise UsageError(f"there is no user {options.peer!r}", hint=hint) from error


def _open(options: Namespace, peers: frozenset[int], settings: Settings, journal: Journal) -> _Opened:
    """Open the board, or one half of it; of the other nothing is even imported."""
    if options.side == "capture":
        from latchkey.device.capture_process import CaptureProcess

        capture = open_capture(settings, journal)
        line = UnixLine(options.socket, capture.clock, peers, listens=True)
        return _Opened(capture, CaptureProcess(capture, settings, line), _armed(settings))
    if options.side == "link":
        from latchkey.device.link_process import LinkProcess

        link = open_link(settings, journal)
        line = UnixLine(options.socket, link.clock, peers, listens=False)
        process = LinkProcess(link, settings, device_id(link.state, link.entropy), line)
        return _Opened(link, process, "ready; the capture side is called", link.traffic)
    from latchkey.device.device import Device

    board = open_board(settings, journal)
    device = Device(board, settings, device_id(board.state, board.entropy))
    return _Opened(board, device, _armed(settings), board.traffic)


def _armed(settings: Settings) -> str:
    if not settings.baseline.armed:
        return "ready, disarmed: rings are announced, nothing is recorded"
    kept = "armed; clips are opened by their owner only"
    hours = settings.privacy.face_layer_hours
    return f"{kept}; so are faces, if the book has keys for them, at most {hours} hour(s)" if hours else kept


COMMAND = Command("run", "be a doorbell until told to stop", configure, run_command, minds_stop=True)
