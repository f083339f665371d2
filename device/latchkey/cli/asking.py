"""Asking a person at a terminal. Where there is none, nothing is guessed: the command says what it needs."""

import getpass
import sys
from pathlib import Path

from latchkey.cli.command import Terminal, one_line
from latchkey.clip import X25519Identity
from latchkey.errors import OwnerKeyError, UsageError
from latchkey.owner.files import readable_by_others
from latchkey.owner.sealing import passphrase_identity
from latchkey.owner.store import Unlock, no_passphrase
from latchkey.reading import read_small

SECRET_FILE_LIMIT_BYTES = 8192
TRIES = 3


def at_terminal() -> bool:
    """Whether somebody sits there who can be asked."""
    return sys.stdin.isatty()


def need_terminal(what: str, hint: str) -> None:
    """Raise UsageError unless somebody can be asked for `what`."""
    if not at_terminal():
        raise UsageError(f"{what} needs a terminal", hint=hint)


def ask(terminal: Terminal, question: str) -> str:
    """Ask for one line, and give it stripped. Raises UsageError at the end of the input."""
    terminal.say(question)
    line = sys.stdin.readline()
    if not line:
        raise UsageError("nothing was typed")
    return line.strip()


def ask_secret(question: str) -> str:
    """Ask for one line that is not shown while it is typed. Raises UsageError at the end of the input."""
    try:
        return getpass.getpass(f"{question} ")
    except EOFError as error:
        raise UsageError("nothing was typed") from error


def says_yes(terminal: Terminal, question: str) -> bool:
    """Whether `yes` is typed in full."""
    return ask(terminal, f"{question} [yes/no]").lower() == "yes"


def read_secret(path: Path, what: str) -> str:
    """Give the text of a file that holds a secret; warn if others can read it. Raises OwnerKeyError."""
    try:
        text = read_small(path, SECRET_FILE_LIMIT_BYTES).decode("utf-8")
    except UnicodeDecodeError as error:
        raise OwnerKeyError(f"{path} is not text") from error
    except OSError as error:
        raise OwnerKeyError(f"cannot read {what} from {path}: {error.strerror}") from error
    if readable_by_others(path):
        warning = f"latchkey: warning: other users of this machine can read {path}: `chmod 600` forbids it"
        Terminal(sys.stdout, sys.stderr).say(one_line(warning))
    return text


def read_passphrase(path: Path) -> str:
    """Give the first line of a file. Raises OwnerKeyError where there is none."""
    line = read_secret(path, "the passphrase").partition("\n")[0].removesuffix("\r")
    if not line:
        raise OwnerKeyError(f"{path} holds no passphrase in its first line")
    return line


def unlocker(file: Path | None) -> Unlock:
    """Give what asks for the passphrase of a state: the file that was named, or the person there."""

    def unlock(salt: bytes) -> X25519Identity:
        if file is None and not at_terminal():
            return no_passphrase(salt)
        typed = ask_secret("passphrase:") if file is None else read_passphrase(file)
        return passphrase_identity(typed, salt)

    return unlock


def new_passphrase(file: Path | None, terminal: Terminal) -> str | None:
    """Ask for a new passphrase, twice; nothing typed = none, and so it is without a terminal or a file.

    Raises UsageError where the two differ, OwnerKeyError for an empty file.
    """
    if file is not None:
        return read_passphrase(file)
    if not at_terminal():
        return None
    for _ in range(TRIES):
        typed = ask_secret("new passphrase (empty = none):")
        if not typed or ask_secret("once more:") == typed:
            return typed or None
        terminal.say("the two differ")
    raise UsageError("the two passphrases differ")
