"""`latchkey run --config FILE`: be a doorbell until told to stop."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from latchkey.adapters.journal import TextJournal
from latchkey.adapters.memory import return_memory_early
from latchkey.boards import open_board
from latchkey.cli.check import load_usable
from latchkey.cli.command import Command, Terminal
from latchkey.cli.traffic import traffic_text
from latchkey.device import Device, run
from latchkey.errors import EXIT_OK
from latchkey.pipeline.identity import device_id
from latchkey.ports import JournalLine
from latchkey.settings import Settings


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the settings file")
    parser.add_argument("--debug", action="store_true", help="log more")


def run_command(options: Namespace, terminal: Terminal) -> int:
    """Run the device; SIGINT, SIGTERM and SIGHUP end it cleanly."""
    return_memory_early()
    settings = load_usable(options.config)
    journal = TextJournal(terminal.err, debug=options.debug)
    board = open_board(settings, journal)
    device = Device(board, settings, device_id(board.state, board.entropy))
    device.start()
    try:
        device.step()
        journal.note(JournalLine(board.clock.now_ns(), "device", _armed(settings)))
        run(device, board, lambda: terminal.stop.asked)
    finally:
        device.close()
    for line in board.traffic():
        journal.note(JournalLine(board.clock.now_ns(), "egress", ": ".join(traffic_text(line))))
    journal.note(JournalLine(board.clock.now_ns(), "device", "stopped"))
    return EXIT_OK


def _armed(settings: Settings) -> str:
    if not settings.baseline.armed:
        return "ready, disarmed: rings are announced, nothing is recorded"
    kept = "armed; clips are opened by their owner only"
    hours = settings.privacy.face_layer_hours
    return f"{kept}; so are faces, if the book has keys for them, at most {hours} hour(s)" if hours else kept


COMMAND = Command("run", "be a doorbell until told to stop", configure, run_command, minds_stop=True)
