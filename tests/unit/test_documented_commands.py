"""Each command line that a document shows is one that the program takes, word for word."""

import re
import shlex
from argparse import ArgumentError, ArgumentParser
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NoReturn

import pytest

from latchkey.cli import COMMANDS, GROUP, Command

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    *(path for folder in ("docs", "device", "hardware") for path in sorted(ROOT.glob(f"{folder}/*.md"))),
]
BLOCK = re.compile(r"^```sh\n(.*?)^```|((?:^    latchkey .*\n)+)", re.DOTALL | re.MULTILINE)
IN_BLOCK = re.compile(r"(?:^|(?<=[\s(/]))latchkey ([^|;>)]*)")
STANDS_FOR = {"DAY": "2026-11-24", "T": "1", "K": "1"}
"""What a reader puts in place of a word that is written in capitals, where not any word will do."""


class Refused(Exception):
    """The parser of a command does not take these words."""


class Parser(ArgumentParser):
    """Raises, instead of ending the program, and takes no option that is written in part."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        raise Refused(message)


def parse(words: list[str]) -> None:
    """Have the parser of the program read a command line. Raises Refused."""
    parser = Parser(prog="latchkey", exit_on_error=False)
    actions = parser.add_subparsers(dest="command", required=True)
    added = entry_points(group=GROUP)
    commands = {name: import_module(place).COMMAND for name, place in COMMANDS.items()}
    commands |= {point.name: point.load() for point in added}
    for name, command in commands.items():
        assert isinstance(command, Command)
        command.configure(actions.add_parser(name))
    try:
        parser.parse_args([STANDS_FOR.get(word, word) for word in words])
    except ArgumentError as error:
        raise Refused(str(error)) from error


def without_brackets(text: str) -> str:
    """Give every `[--option A|B]` of a synopsis as `--option A`."""
    return re.sub(r"\[(--[^]|]*)(?:\|[^]]*)?\]", r"\1", text)


def in_blocks(text: str) -> Iterator[str]:
    """Give the command lines of a document's blocks of shell."""
    for block in BLOCK.finditer(without_brackets(text)):
        for line in "".join(part for part in block.groups() if part).splitlines():
            plain = " ".join(shlex.split(line, comments=True, posix=False))
            yield from IN_BLOCK.findall(plain)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_each_command_line_of_a_document_is_one_that_the_program_takes(path: Path) -> None:
    for line in in_blocks(path.read_text("utf-8")):
        parse(shlex.split(line))


def test_command_lines_are_found_in_the_documents() -> None:
    assert sum(1 for path in DOCUMENTS for _ in in_blocks(path.read_text("utf-8"))) > 20


@pytest.mark.parametrize("line", ["clips shred ID", "clips list --all", "clip list", "owner book --vaults D"])
def test_a_command_that_is_not_there_is_found(line: str) -> None:
    assert list(in_blocks(f"```sh\nlatchkey {line}   # does it\n```\n")) == [line]
    with pytest.raises(Refused):
        parse(line.split())
