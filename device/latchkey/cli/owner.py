"""`latchkey owner`: the owner's key."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.entropy import OsEntropy
from latchkey.cli.command import Command, Terminal
from latchkey.errors import EXIT_OK
from latchkey.owner import IdentityFile, default_key_path, load_identities, make_identity_file, public_keys


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    init = actions.add_parser("init", help="make a key; the public half is printed")
    init.add_argument("--out", type=Path, metavar="FILE", help=f"key file [{default_key_path()}]")
    public = actions.add_parser("public", help="print the public keys of a key file")
    add_key_option(public)


def add_key_option(parser: ArgumentParser) -> None:
    """Declare `--key FILE`, as every command does that opens something."""
    parser.add_argument("--key", type=Path, metavar="FILE", help=f"your key file [{default_key_path()}]")


def load_key(path: Path | None, terminal: Terminal) -> IdentityFile:
    """Read the key file, and warn if others on the machine can. Raises OwnerKeyError."""
    file = load_identities(path or default_key_path())
    if file.exposed:
        terminal.say(f"latchkey: warning: other users of this machine can read {file.path}")
        terminal.say(f"latchkey: hint: chmod 600 {file.path}")
    return file


def run(options: Namespace, terminal: Terminal) -> int:
    """Do what was asked."""
    if options.action == "init":
        _init(options.out or default_key_path(), terminal)
    else:
        for key in public_keys(load_key(options.key, terminal)):
            terminal.put(key)
    return EXIT_OK


def _init(path: Path, terminal: Terminal) -> None:
    public = make_identity_file(path, OsEntropy().take, SystemClock().wall_ns())
    terminal.put(public)
    terminal.say(f"the secret key is in {path}; only you can read it")
    terminal.say("keep a copy away from the doorbell: without it nobody can open your clips, we neither")
    terminal.say(f'the doorbell gets the public key only: [owner] recipients = ["{public}"]')


COMMAND = Command("owner", "make and show your key", configure, run)
