"""`latchkey doctor`: say what is wrong, and how to mend it. It only reads, beside a doorbell that runs."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from latchkey.cli.command import Command, Terminal, one_line
from latchkey.cli.traffic import traffic_text
from latchkey.egress import Ledger
from latchkey.errors import EXIT_FINDINGS, EXIT_NOT_KNOWN, EXIT_OK
from latchkey_pi.doctor.examine import examine
from latchkey_pi.doctor.machine import Machine
from latchkey_pi.doctor.report import as_json, as_text, verdict_of
from latchkey_pi.doctor.rules import judge

CODES = {"well": EXIT_OK, "wrong": EXIT_FINDINGS, "unknown": EXIT_NOT_KNOWN}


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="the settings file [default: that in /etc/latchkey]"
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.add_argument("--offline", action="store_true", help="do not ask the broker")


def run(options: Namespace, terminal: Terminal) -> int:
    """Look, judge, tell."""
    ledger = None if options.offline else Ledger()
    verdict = judge(examine(Machine(), options.config, ledger))
    if options.json:
        terminal.put(as_json(verdict))
    else:
        for line in as_text(verdict):
            terminal.put(one_line(line))
    for row in ledger.rows() if ledger else ():
        terminal.say(f"latchkey: egress: {': '.join(traffic_text(row.line()))}")
    return CODES[verdict_of(verdict)]


COMMAND = Command("doctor", "say what is wrong with this doorbell, and how to mend it", configure, run)
