"""The `latchkey` program: one file per command; packages add commands as entry points.

Data goes to stdout, everything for people to stderr. Trouble is one line `latchkey: error: ...`
and, where there is a way out, one line `latchkey: hint: ...`; exit codes are in
`latchkey.errors` and the README.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points

from latchkey import __version__
from latchkey.adapters.memory import forbid_core_files
from latchkey.cli.command import Command, Terminal, abandon_output, standard_terminal
from latchkey.cli.stop import Interrupted, Stop, deafen
from latchkey.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE, LatchkeyError, UsageError

COMMANDS = {
    "run": "latchkey.cli.run",
    "check": "latchkey.cli.check",
    "owner": "latchkey.cli.owner",
    "pair": "latchkey.cli.pair",
    "clips": "latchkey.cli.clips",
    "models": "latchkey.cli.models",
    "redact": "latchkey.cli.redact",
    "tune": "latchkey.cli.tune",
    "update": "latchkey.cli.update",
    "notice": "latchkey.cli.notice",
}
"""Modules are imported only when their command runs: start-up time is the user's."""

GROUP = "latchkey.commands"

__all__ = ["Command", "Interrupted", "Stop", "Terminal", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; give its exit code. Without `argv` it is the process: signals are caught."""
    terminal = standard_terminal()
    if argv is not None:
        return _run(list(argv), terminal)
    terminal.stop.listen()
    forbid_core_files()
    code = _run(sys.argv[1:], terminal)
    deafen()
    return code


def _run(arguments: list[str], terminal: Terminal) -> int:
    try:
        code = _dispatch(arguments, terminal)
        terminal.flush()
    except LatchkeyError as error:
        terminal.complain(error, error.hint)
        return error.exit_code
    except Interrupted as error:
        terminal.complain(error)
        return error.exit_code
    except KeyboardInterrupt:
        terminal.complain("interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        return EXIT_INTERRUPTED
    except (OSError, UnicodeError) as error:  # the world's, where no adapter foresaw it
        terminal.complain(_describe(error))
        return EXIT_FAILED
    finally:
        abandon_output(terminal)
    return code


def _describe(error: OSError | UnicodeError) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or type(error).__name__


class _Parser(argparse.ArgumentParser):
    """Errors in the house style: one line, one hint, of the command that was meant."""

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]  # argparse has overloads
        """Refuse what is unknown at once: else the program complains, whose help shows other options."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return known, unknown

    def error(self, message: str) -> None:  # type: ignore[override]  # it never returns either
        raise UsageError(message, hint=f"`{self.prog} --help` shows what there is")


def _dispatch(arguments: list[str], terminal: Terminal) -> int:
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    names = _names()
    parser = _Parser(prog="latchkey", description="A doorbell camera whose footage stays home.")
    parser.add_argument("--version", action="version", version=f"latchkey {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    loaded = {}
    for name in names if wanted not in names else [wanted]:
        try:
            command = loaded[name] = _load(name)
        except ModuleNotFoundError as error:
            if name == wanted:
                raise _without_its_package(name, error) from error
            continue  # what it needs is not installed here: it is not among the commands that there are
        command.configure(subparsers.add_parser(name, help=command.help, description=command.help))
    try:
        options = parser.parse_args(arguments)
    except SystemExit:  # after --help or --version; errors are UsageError
        return EXIT_OK
    if options.command is None:
        parser.print_help(terminal.err)
        return EXIT_USAGE
    command = loaded[options.command]
    terminal.stop.check()
    if command.minds_stop:
        return command.run(options, terminal)
    with terminal.stop.at_once():
        return command.run(options, terminal)


def _without_its_package(name: str, error: ModuleNotFoundError) -> UsageError:
    hint = None if name in COMMANDS else "pip install 'latchkey[sim]' installs what the simulator needs"
    return UsageError(f"`latchkey {name}` needs the package {error.name}, which is not installed", hint=hint)


def _names() -> list[str]:
    return [*COMMANDS, *sorted(point.name for point in entry_points(group=GROUP))]


def _load(name: str) -> Command:
    if name in COMMANDS:
        found = importlib.import_module(COMMANDS[name]).COMMAND
    else:
        found = next(iter(entry_points(group=GROUP, name=name))).load()
    if not isinstance(found, Command):
        raise UsageError(f"the package that adds {name!r} does not give a Command")
    return found
