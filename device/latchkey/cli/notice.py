"""`latchkey notice FILE`: a page to print and hang beside the door, which says what this camera does."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from latchkey.cli.check import book_of
from latchkey.cli.command import Command, Terminal
from latchkey.cli.notice_words import LANGUAGES, PAPERS, Facts, notice
from latchkey.errors import EXIT_OK, UsageError
from latchkey.owner.files import writing
from latchkey.settings import load

ASK_LIMIT_CHARS = 120
"""What fits the page in two lines."""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, help="the settings file of the doorbell")
    parser.add_argument("--ask", required=True, metavar="WHO", help='whom to ask, like "Kim, first floor"')
    parser.add_argument("--language", choices=sorted(LANGUAGES), default="en")
    parser.add_argument("--paper", choices=sorted(PAPERS), default="a5")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE.html", help="write it there, not to stdout"
    )
    parser.add_argument("--force", action="store_true", help="replace FILE.html if it is there")


def run(options: Namespace, terminal: Terminal) -> int:
    """Write the page."""
    ask = options.ask.strip()
    if not ask or len(ask) > ASK_LIMIT_CHARS or not ask.isprintable():
        raise UsageError(f"--ask takes a line of 1 to {ASK_LIMIT_CHARS} characters")
    settings = load(options.file)
    page = notice(Facts.of(settings, book_of(settings, terminal)), ask, options.language, options.paper)
    if options.output is None:
        terminal.put(page)
    else:
        with writing(options.output, force=options.force) as file:
            file.write(page.encode())
    terminal.say("print it again when settings or key book change: it says what they say today")
    terminal.say(
        "it informs visitors; whether you may film, and what a sign must say, your country's law tells"
    )
    return EXIT_OK


COMMAND = Command(
    "notice", "make a page for visitors: what this camera keeps, and for how long", configure, run
)
