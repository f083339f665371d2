"""Shrinking: what is left fails by the same checker, and nothing can be taken away from it."""

from pathlib import Path

import pytest

from latchkey.errors import EXIT_BROKEN_PROMISE, UsageError
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.drawing import draw
from latchkey_sim.house.house import House
from latchkey_sim.scenes import parse
from latchkey_sim.screen import Screen, run_on_screen
from latchkey_sim.simulate import COMMAND, chosen
from latchkey_sim.simulate.drawnfile import parse_drawn

SEED = next(seed for seed in range(200) if len(draw(seed).faults) == 3)


def sim(*words: object, screen: Screen | None = None) -> tuple[int, Screen]:
    """Run `latchkey sim`."""
    return run_on_screen(COMMAND, *words, screen=screen)


class Picky(Checker):
    """Blames one kind of fault, once it is over."""

    name = "picky"
    kind = ""

    def at_end(self, house: House) -> None:
        """Look for it."""
        if any(fault.kind == self.kind for fault in house.scenario.faults):
            house.blame(self.name, 0, "there it is")


@pytest.fixture
def picky(monkeypatch: pytest.MonkeyPatch) -> type[Picky]:
    monkeypatch.setattr(chosen, "all_checkers", lambda: [Picky()])
    return Picky


@pytest.mark.slow
@pytest.mark.parametrize("number", range(3))
def test_a_drawn_scenario_shrinks_to_the_one_fault_that_matters(
    picky: type[Picky], tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picky, "kind", draw(SEED).faults[number].kind)
    code, screen = sim("shrink", f"v2:{SEED}")
    assert code == EXIT_BROKEN_PROMISE
    small = parse_drawn(screen.shown, "small.toml")
    assert [fault.kind for fault in small.faults] == [picky.kind]
    assert small.rings == ((),) * len(small.rings)
    assert small.seconds < 15
    assert screen.shown.startswith("# Fails by picky; latchkey 0.1.0 repeats it: latchkey sim run FILE\n")
    path = tmp_path / "small.toml"
    path.write_text(screen.shown)
    again, played = sim("run", path)
    assert again == EXIT_BROKEN_PROMISE
    assert f"repeats it: latchkey sim run {path}" in played.told


@pytest.mark.slow
def test_a_scene_shrinks_to_what_matters_and_its_own_faults_are_in_it(
    picky: type[Picky], quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picky, "kind", "kill")
    faults = ["--faults", "kill@3=500ms", "--faults", "net-delay@3+2=200ms"]
    _, screen = sim("shrink", f"v2:7@{quick}", "--detector", "none", *faults)
    small = parse(screen.shown)
    assert (small.actors, small.expect, [fault.kind for fault in small.faults]) == ((), (), ["kill"])
    assert "latchkey sim run FILE --seed v2:7 --detector none" in screen.shown.splitlines()[0]
    path = tmp_path / "small.toml"
    path.write_text(screen.shown)
    again, _ = sim("run", path, "--seed", "v2:7", "--detector", "none")
    assert again == EXIT_BROKEN_PROMISE


@pytest.mark.slow
def test_of_what_is_expected_in_vain_nobody_who_comes_is_taken_away(quick: Path) -> None:
    quick.write_text(quick.read_text().replace("at = 4\nfor = 1", "at = 1\nfor = 1"))
    _, screen = sim("shrink", f"1@{quick}", "--detector", "none")
    small = parse(screen.shown)
    assert [actor.name for actor in small.actors] == ["visitor"]
    assert [one.at_s for one in small.expect] == [1]


def test_what_does_not_fail_cannot_be_shrunk() -> None:
    with pytest.raises(UsageError, match="v2:3 does not fail"):
        sim("shrink", "3")


def test_shrinking_ends_with_its_time(picky: type[Picky], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picky, "kind", draw(SEED).faults[0].kind)
    _, screen = sim("shrink", SEED, "--minutes", "0.0000001")
    assert "this may not be the smallest" in screen.told
    assert len(parse_drawn(screen.shown, "small.toml").faults) == 3
