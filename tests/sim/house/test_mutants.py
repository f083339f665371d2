"""A soak catches each bug that is planted in a copy of the device, and finds none in a copy without."""

from dataclasses import replace
from pathlib import Path

import pytest

from latchkey_sim.house.checkers import all_checkers
from latchkey_sim.house.mutant import Mutant
from latchkey_sim.house.mutants import MUTANTS, NotPlanted, plant, soaked


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_a_mutant_is_caught_by_its_checker_with_its_seed(mutant: Mutant, tmp_path: Path) -> None:
    assert soaked(plant(mutant, tmp_path), [mutant.seed]).first(mutant.checker) == mutant.seed


@pytest.mark.slow
def test_a_copy_without_a_mutant_passes_the_same_seeds(tmp_path: Path) -> None:
    seeds = sorted({mutant.seed for mutant in MUTANTS})
    assert soaked(plant(None, tmp_path), seeds).trouble == {seed: [] for seed in seeds}


def test_every_checker_has_a_mutant() -> None:
    assert {checker.name for checker in all_checkers()} <= {mutant.checker for mutant in MUTANTS}


def test_a_mutant_whose_place_is_gone_or_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotPlanted, match="has its place 0 times"):
        plant(replace(MUTANTS[0], old="no such line"), tmp_path / "none")
    with pytest.raises(NotPlanted, match="has its place"):
        plant(replace(MUTANTS[0], old="self"), tmp_path / "twice")
