"""What is to be played: a scene with a seed and perhaps more faults, or what a seed draws."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from latchkey.adapters.finders import open_finder
from latchkey.errors import FinderError, UsageError
from latchkey.ports import FaceFinder
from latchkey.settings import PrivacySettings
from latchkey_sim.clock import VirtualClock
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.checkers import Covered, all_checkers
from latchkey_sim.house.drawing import draw
from latchkey_sim.house.house import House, default_finder
from latchkey_sim.house.scenario import Scenario
from latchkey_sim.scenes import Expects, Scene, SceneFault, checked, find_scene, parse, scenario_of
from latchkey_sim.scenes.load import table_of, text_of
from latchkey_sim.simulate.arguments import AUTO, NONE
from latchkey_sim.simulate.drawnfile import DrawnFile, parse_drawn, scenario_of_file, seed_of
from latchkey_sim.simulate.faultlines import must_fit
from latchkey_sim.simulate.seeds import Seed


@dataclass(frozen=True, slots=True)
class Chosen:
    """A scenario and its seed. `scene` or `file` is where it comes from; neither = drawn.

    `added` are the faults of the command line, which are in `scene` too. `detector` is the name of the one
    that runs, `finder` gives it.
    """

    seed: Seed
    scene: Scene | None = None
    file: DrawnFile | None = None
    added: tuple[str, ...] = ()
    detector: str = NONE
    finder: Callable[[], FaceFinder | None] = default_finder
    path: str = ""

    @property
    def name(self) -> str:
        """Name for lists and reports."""
        return Path(self.seed.scene or self.path or f"drawn {self.seed}").name.removesuffix(".toml")

    def scenario(self) -> Scenario:
        """Give the scenario, its pictures not drawn yet. Raises SceneError."""
        if self.scene is not None:
            return scenario_of(self.scene)
        return draw(self.seed.number) if self.file is None else scenario_of_file(self.file)

    def checkers(self) -> list[Checker]:
        """Give those who watch."""
        found = all_checkers()
        if self.scene is not None:
            if self.finder() is None:
                found = [one for one in found if not isinstance(one, Covered)]
            if not self.added:
                found.append(Expects(self.scene))
        return found

    def house(self, clock: VirtualClock | None = None) -> House:
        """Build the house. Raises SceneError."""
        return House(self.scenario(), self.seed.number, self.checkers(), finder=self.finder, clock=clock)

    @property
    def command(self) -> str:
        """Give the command that plays it again."""
        if self.file is not None:
            return f"latchkey sim run {shlex.quote(self.path)}"
        words = ["latchkey", "sim", "replay", str(self.seed)]
        for fault in self.added:
            words += ["--faults", fault]
        if self.scene is not None:
            words += ["--detector", self.detector]
        return shlex.join(words)

    @property
    def notes(self) -> list[str]:
        """Give what somebody should know who sees the result."""
        told = []
        if self.scene is not None and self.finder() is None:
            told.append("without a face detector who stands still may not be covered: `covered` is not asked")
        if self.scene is not None and self.added and self.scene.expect:
            told.append("what the scene expects is not asked: faults were added")
        return told


def choose(
    what: str, seed: int | None, faults: Sequence[tuple[str, Sequence[SceneFault]]], detector: str
) -> Chosen:
    """Find what `run` names: a shipped scene, a scene file, a file of a drawn scenario.

    `faults` are what `--faults` were given, and what they mean. Raises SceneError, UsageError, FinderError.
    """
    text = text_of(Path(what)) if what.endswith(".toml") or "/" in what else None
    if text is not None and "drawn" in table_of(text, what):
        if seed is not None or faults:
            raise UsageError(f"{what} is a drawn scenario: its seed and its faults are in it")
        file = parse_drawn(text, what)
        return Chosen(Seed(seed_of(file)), file=file, path=what, detector="paint")
    scene = find_scene(what) if text is None else parse(text, what, Path(what).parent)
    added = tuple(fault for _, listed in faults for fault in listed)
    for text_given, listed in faults:
        must_fit(text_given, listed, scene.seconds)
    if added:
        scene = checked(replace(scene, faults=(*scene.faults, *added)))
    found = found_finder(scene.settings.privacy, detector)
    name = found.name if found is not None else NONE
    words = tuple(word for word, _ in faults)
    return Chosen(Seed(1 if seed is None else seed, what), scene, None, words, name, lambda: found)


def choose_seed(seed: Seed, faults: Sequence[tuple[str, Sequence[SceneFault]]], detector: str) -> Chosen:
    """Find what `replay` names. Raises SceneError, UsageError, FinderError."""
    if seed.scene is not None:
        return choose(seed.scene, seed.number, faults, detector)
    if faults:
        raise UsageError("a drawn scenario has faults of its own", hint="give a scene: SEED@SCENE")
    return Chosen(seed, detector="paint")


def found_finder(settings: PrivacySettings, detector: str) -> FaceFinder | None:
    """Give the detector of that name; `auto` = the scene's, if it is installed. Raises FinderError."""
    if detector == NONE:
        return None
    wanted = settings if detector == AUTO else replace(settings, detector=detector)
    found = open_finder(replace(wanted, threads=1))
    if found.finder is None and detector != AUTO:
        raise found.failure or FinderError(f"{detector} cannot be used: {found.note}")
    return found.finder
