"""What a device-day costs in virtual time, without rendering: tiny pictures, clips encoded and sealed."""

import time
from collections.abc import Callable

import pytest

from latchkey_sim.house.checker import Checker
from latchkey_sim.house.checkers import all_checkers
from latchkey_sim.house.days import DAYS
from latchkey_sim.house.house import House, Report

pytestmark = pytest.mark.bench
ROUNDS = 3


def played(name: str, checkers: Callable[[], list[Checker]]) -> tuple[float, Report]:
    """Give the least CPU-seconds of a few rounds, and the last report."""
    least_s = float("inf")
    for _ in range(ROUNDS):
        house = House(DAYS[name](), 1, checkers())
        began_s = time.process_time()
        report = house.run()
        least_s = min(least_s, time.process_time() - began_s)
    return least_s, report


def test_a_day_of_a_device() -> None:
    for name in DAYS:
        bare_s, report = played(name, list)
        checked_s, _ = played(name, all_checkers)
        print(
            f"{name} day: {bare_s:.2f} CPU-s, with all checkers {checked_s:.2f}; {report.clips} clips,"
            f" {report.rings} rings, {report.faults_met} faults, {report.steps} steps"
        )
        if name == "quiet":
            assert bare_s <= 1.0
