"""`latchkey sim`: scenes and drawn scenarios, played with the device's own code under all checkers.

    command -> chosen (what is played) -> playing (under limits) -> telling, junit, page (what came of it)

Failures name the one command that repeats them.
"""

from latchkey_sim.simulate.command import COMMAND

__all__ = ["COMMAND"]
