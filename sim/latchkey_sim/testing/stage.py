"""What is played in a test: a scene by name, a `Scene`, or a `Scenario`, at a time of the day."""

import re
from dataclasses import dataclass, replace

from latchkey.adapters.finders import open_finder
from latchkey.ports import FaceFinder
from latchkey.units import NS_PER_S, S_PER_DAY
from latchkey_sim.desk import START_WALL_NS
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.checkers import Covered, all_checkers
from latchkey_sim.house.house import default_finder
from latchkey_sim.house.scenario import Scenario
from latchkey_sim.house.tiny import tiny_scenario
from latchkey_sim.scenes import Expects, Scene, find_scene, scenario_of
from latchkey_sim.testing.amounts import must_be_sound

SMALL_SIZE, SMALL_FPS = (320, 180), 5.0
"""Drawn so, a scene costs half a second: enough for all that is told of it, too little to look at faces."""

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Stage:
    """What is played, and from when on: `starts` is `HH:MM`, UTC, on 21 September 2026; else 14:13:20.

    A scene is drawn small, and without a face detector, so that all that moves is covered; `full` draws it
    as it says, and looks for faces with the best detector that is installed. Without `played` somebody walks
    by in the sixth second of 30, in tiny pictures, and nobody rings.
    """

    played: str | Scene | Scenario | None = None
    starts: str = ""
    full: bool = False

    @property
    def scene(self) -> Scene | None:
        """Give the scene as it is drawn; None where a scenario is played. Raises SceneError."""
        if not isinstance(self.played, str | Scene):
            return None
        scene = find_scene(self.played) if isinstance(self.played, str) else self.played
        return scene if self.full else replace(scene, size=SMALL_SIZE, fps=SMALL_FPS)

    @property
    def scenario(self) -> Scenario:
        """Give the scenario. Raises SceneError, ValueError."""
        if isinstance(self.played, Scenario):
            for fault in self.played.faults:
                must_be_sound(fault, len(self.played.doors))
            return self.played
        scene = self.scene
        return tiny_scenario(rings_s=()) if scene is None else scenario_of(scene)

    @property
    def start_wall_ns(self) -> int:
        """Give UTC at the beginning. Raises ValueError."""
        if not self.starts:
            return START_WALL_NS
        found = _TIME.fullmatch(self.starts)
        if found is None:
            raise ValueError(f"starts must be a time of the day like 22:30, not {self.starts!r}")
        day_ns = S_PER_DAY * NS_PER_S
        return START_WALL_NS // day_ns * day_ns + (int(found[1]) * 60 + int(found[2])) * 60 * NS_PER_S

    def finder(self) -> FaceFinder | None:
        """Make the detector of a door; None where none looks."""
        scene = self.scene
        if scene is None:
            return default_finder()
        return open_finder(scene.settings.privacy).finder if self.full else None

    def checkers(self, without: frozenset[str] = frozenset(), *, looks: bool = True) -> list[Checker]:
        """Give all checkers that can be asked, but for some. Raises ValueError for one that is not known.

        Whoever stands still is no movement: where no detector `looks`, nobody promises to cover them.
        """
        scene = self.scene
        found: list[Checker] = [*all_checkers(), *([Expects(scene)] if scene is not None else [])]
        known = {one.name for one in all_checkers()} | {Expects.name}
        for name in sorted(without - known):
            raise ValueError(f"there is no checker {name!r}; there are {', '.join(sorted(known))}")
        return [one for one in found if one.name not in without and (looks or not isinstance(one, Covered))]
