"""The promises of the device, watched from outside."""

from latchkey_sim.house.checker import Checker
from latchkey_sim.house.owner import open_clip


class Opens(Checker):
    """Every clip that was announced opens."""

    name = "opens"

    def at_end(self, house):
        for n, bell in enumerate(house.doors):
            for e in bell.index.entries():
                if e.state == "whole":
                    c = open_clip(bell.vault, e)
                    if c is None:
                        house.blame(self.name, n, f"{e.clip} does not open")
                    else:
                        house.note(n, "clip", f"{len(c.frames)}")
