"""Three days of a doorbell against golden traces.

`pytest tests/test_golden_days.py --update-golden` renews them. What the filter says of the tiny pictures is
left out: it hangs on thresholds that another version of OpenCV may meet a picture earlier or later.
"""

import pytest

from latchkey_sim.house.days import DAYS
from latchkey_sim.house.scenario import Scenario
from latchkey_sim.testing import SimBroker, SimHouse

RINGS = {"quiet": 1, "busy": 6, "stormy": 5}
FAULTS = {"quiet": 0, "busy": 0, "stormy": 13}
CLIPS = {"quiet": 3, "busy": 16, "stormy": 10}
MINUTES = 24 * 60


class GoldenDay:
    """What all days have in common; pytest looks for tests in its children."""

    name = ""

    @pytest.fixture
    def scene(self) -> Scenario:
        return DAYS[self.name]()

    def test_the_day_is_as_it_always_was(self, house: SimHouse, broker: SimBroker) -> None:
        report = house.run()
        assert (report.rings, report.clips) == (RINGS[self.name], CLIPS[self.name])
        assert report.faults_met == FAULTS[self.name]
        beats = len(broker.messages("health/state"))
        assert MINUTES * 0.9 < beats < MINUTES * 1.1
        house.golden(f"{self.name}-day", ignore=("filter", "message health/state"), ignore_fields=("filter",))


@pytest.mark.slow
class TestQuiet(GoldenDay):
    name = "quiet"


@pytest.mark.slow
class TestBusy(GoldenDay):
    name = "busy"


@pytest.mark.slow
class TestStormy(GoldenDay):
    name = "stormy"
