"""Seeds as people write them: `v2:123`, or `v2:123@visitor` where a scene is played with it.

The version is that of the drawing: the same number draws something else with another one.
"""

import re
from typing import NamedTuple

from latchkey.errors import UsageError
from latchkey_sim.house.drawing import VERSION

SEED_LIMIT = 10**18
_SHAPE = re.compile(r"(?:v(?P<version>[0-9]{1,4}):)?(?P<number>[0-9]{1,18})(?:@(?P<scene>.+))?", re.ASCII)


class Seed(NamedTuple):
    """A seed, and the scene that is played with it; None = the scenario that it draws."""

    number: int
    scene: str | None = None

    def __str__(self) -> str:
        """Give it as `read_seed` takes it."""
        return f"v{VERSION}:{self.number}" + (f"@{self.scene}" if self.scene is not None else "")


def read_seed(text: str) -> Seed:
    """Read `[v1:]123[@SCENE]`. Raises UsageError, also for a seed of another version."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise UsageError(
            f"{text!r} is no seed", hint=f"seeds look like 123, v{VERSION}:123 or v{VERSION}:123@visitor"
        )
    if found["version"] is not None and int(found["version"]) != VERSION:
        raise UsageError(
            f"{text!r} is a seed of version {int(found['version'])}; this latchkey draws version {VERSION},"
            " in which that number is something else",
            hint=f"use the latchkey that told the seed, or leave out the version to play number"
            f" {int(found['number'])} of this one",
        )
    return Seed(int(found["number"]), found["scene"])
