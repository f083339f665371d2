"""Commands that messages and documents name are there, with the options that they name."""

import importlib
import re
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from latchkey.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"(?:^ *|`)latchkey ([a-z]+)([^`\n#]*)", re.MULTILINE)
"""Between backticks, or a line of an example."""

OPTION = re.compile(r"--[a-z][a-z-]*")


def files() -> Iterator[Path]:
    yield ROOT / "README.md"
    for folder in ("docs", "device", "hardware"):
        yield from (ROOT / folder).glob("*.md")
    yield from (ROOT / "device").rglob("*.py")


@cache
def parser_of(command: str) -> ArgumentParser:
    parser = ArgumentParser()
    importlib.import_module(COMMANDS[command]).COMMAND.configure(parser)
    return parser


def actions_of(parser: ArgumentParser) -> dict[str, ArgumentParser]:
    """Give the parsers of a command's actions by their names; {} where it has none."""
    found = (action for action in parser._actions if isinstance(action, _SubParsersAction))
    return {name: action for group in found for name, action in group.choices.items()}


def wrong_in(command: str, rest: str) -> str:
    """Say what is wrong with `latchkey COMMAND REST`; "" = nothing."""
    parser, words = parser_of(command), rest.split()
    actions = actions_of(parser)
    if actions and words and re.fullmatch("[a-z-]+", words[0]) and not words[0].startswith("-"):
        if words[0] not in actions:
            return f"no action {words[0]}"
        parser = actions[words[0]]
    known = {text for action in parser._actions for text in action.option_strings}
    return ", ".join(f"no option {option}" for option in OPTION.findall(rest) if option not in known)


@pytest.mark.slow
def test_every_command_that_is_named_is_there_with_its_options() -> None:
    wrong, count = [], 0
    for path in files():
        for command, rest in NAMED.findall(path.read_text("utf-8")):
            if command in COMMANDS:
                count += 1
                trouble = wrong_in(command, rest)
                wrong += [f"{path.relative_to(ROOT)}: latchkey {command}{rest}: {trouble}"] if trouble else []
    assert wrong == []
    assert count > 100


@pytest.mark.parametrize(
    ("command", "rest", "said"),
    [
        ("owner", " public", "no action public"),
        ("clips", " keep --key FILE", "no option --key"),
        ("clips", " open --key FILE", ""),
        ("pair", " --replace", ""),
        ("owner", "", ""),
    ],
)
def test_what_is_not_there_is_found(command: str, rest: str, said: str) -> None:
    assert wrong_in(command, rest) == said
