"""`docs/sim-pytest.md` names all that there is, and its examples are right."""

import re
from pathlib import Path

import pytest

from latchkey_sim import testing
from latchkey_sim.plugin import hooks

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "sim-pytest.md").read_text()
BENEATH = {"world", "stage", "end"}
"""What needs no user: the house below, and what a `with` block does."""


@pytest.mark.parametrize(
    "part",
    [
        testing.SimHouse,
        testing.SimDevice,
        testing.SimBroker,
        testing.SimNet,
        testing.SimDisk,
        testing.SimClock,
    ],
)
def test_every_public_name_of_the_handles_is_told(part: type) -> None:
    names = {name for name in vars(part) if not name.startswith("_")}
    assert len(names) >= 4
    assert [name for name in sorted(names - BENEATH) if not re.search(rf"`[^`\n]*\b{name}\b", TEXT)] == []


def test_every_option_and_marker_is_told() -> None:
    source = Path(str(hooks.__file__)).read_text()
    options = set(re.findall(r'"(--[a-z-]+)"', source))
    assert len(options) == 5
    markers = [marker.partition("(")[0] for marker in hooks.MARKERS]
    assert [name for name in (*options, *markers) if name not in TEXT] == []


@pytest.mark.slow
def test_its_examples_run(pytester: pytest.Pytester) -> None:
    partition = TEXT.split("```python\n")[2].split("```")[0]
    body = "".join(f"    {line}\n" for line in partition.splitlines())
    pytester.makepyfile(test_it=f"def test_it(house, net, device, broker):\n    house.run_until(2)\n{body}")
    pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:hypothesispytest").assert_outcomes(
        passed=1
    )
