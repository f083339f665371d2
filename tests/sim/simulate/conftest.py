"""The command on a screen of its own, and a small scene."""

from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path

import pytest

from latchkey_sim.screen import Screen
from latchkey_sim.simulate import COMMAND

SCENE = """schema = 1
name = "Quick"
about = "Somebody comes up, rings and is gone"
seconds = 8
fps = 5
size = [320, 180]

[[actor]]
kind = "person"
name = "visitor"
face = "drawn"
course = [
  { at = 1, place = "right" },
  { at = 3, place = "path" },
  { at = 4, place = "beside" },
  { at = 7, place = "right" },
]
rings = [4]

[settings.recording]
pre_roll_s = 0.6
post_roll_s = 1.0

[[expect]]
event = "ring"
at = 4
for = 1
"""


@pytest.fixture
def sim() -> Callable[..., tuple[int, Screen]]:
    """Give `sim(*words)`: runs the command, and gives its exit code and the screen it wrote on."""

    def run(*words: object, screen: Screen | None = None) -> tuple[int, Screen]:
        screen = screen or Screen()
        parser = ArgumentParser()
        COMMAND.configure(parser)
        return COMMAND.run(parser.parse_args([str(word) for word in words]), screen), screen

    return run


@pytest.fixture
def quick(tmp_path: Path) -> Path:
    """Give the file of a scene that is played in a moment."""
    path = tmp_path / "quick.toml"
    path.write_text(SCENE)
    return path
