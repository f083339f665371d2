"""`latchkey sim`: scenes and drawn scenarios, played with the device's own code under all checkers.

    command -> chosen (what is played) -> playing (under limits) -> telling, junit, page (what came of it)

Failures name the one command that repeats them.
"""

from argparse import Namespace

from latchkey.cli.command import Command, Terminal
from latchkey_sim.simulate.arguments import configure


def _run(options: Namespace, terminal: Terminal) -> int:
    from latchkey_sim.simulate.command import run  # here, so that `--help` loads no simulator

    return run(options, terminal)


COMMAND = Command(
    "sim", "play simulated doorbells: scenes, faults, checkers", configure, _run, minds_stop=True
)

__all__ = ["COMMAND"]
