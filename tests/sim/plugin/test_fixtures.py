"""The plugin as its users meet it: small test files, run by pytest with the plugin loaded."""

import re

import pytest

import latchkey_sim.testing.evidence  # noqa: F401 -- a run within the run must not load it anew

pytestmark = pytest.mark.slow
QUIET = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "--strict-markers", "-W", "error")


def passes(pytester: pytest.Pytester, text: str, *arguments: str, count: int = 1) -> pytest.RunResult:
    result = ran(pytester, text, *arguments)
    result.assert_outcomes(passed=count)
    return result


def ran(pytester: pytest.Pytester, text: str, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(test_it=f"import pytest\nfrom latchkey_sim.testing import *\n{text}")
    return pytester.runpytest_inprocess(*QUIET, "-p", "no:xdist", *arguments)


RINGS = """
def test_a_ring_is_told(house, device, broker):
    house.run_until(7)
    assert device.press()
    house.run_for(0.5)
    (message,) = broker.messages("event/doorbell")
    assert message.values["event_type"] == "ring"
    assert message.at_s == pytest.approx(7.05)
"""

BROKEN = """
class Grumbler:
    name = "grumbler"

def test_it(house):
    house.run_until(7)
    house.world.blame("grumbler", 0, "this is wrong")
"""


def test_a_ring_is_told_and_the_clip_can_be_opened(pytester: pytest.Pytester) -> None:
    passes(pytester, RINGS + "    house.run()\n    assert len(device.clips()[0].frames) > 20\n")


def test_all_handles_work_on_one_house(pytester: pytest.Pytester) -> None:
    text = """
def test_it(house, device, broker, net, disk, clock, scene):
    assert isinstance(scene, Scenario) and not device.id
    with net.partition():
        house.run_until(2)
        assert clock.now_s == house.now_s == 2
    disk.fail(seconds=1)
    net.delay(0.2, seconds=1)
    clock.jump(3600, seconds=5)
    house.run_for(1)
    assert (clock.device_utc - clock.utc).total_seconds() == 3600
    device.cut_power(2)
    assert not device.is_on and device.lamp == ""
    house.run_until(6)
    assert device.is_on and device.log and device.lamp
    assert broker.clients == {"door0"} and broker.retained("status") == b"online"
    device.command("snooze/set", "5")
    house.run_for(0.1)
    assert "snooze" in " ".join(device.log)
    assert disk.used_bytes == sum(map(len, disk.files.values()))
"""
    passes(pytester, text)


def test_programs_under_test_subscribe_publish_and_set_timers(pytester: pytest.Pytester) -> None:
    text = """
def test_it(house, device, broker):
    def on_ring(message):
        broker.publish("home/lamp", {"on": True}, retain=True)
        house.after(5, lambda: broker.publish("home/lamp", "off"))
    broker.subscribe(on_ring, "event/doorbell")
    house.run_until(3)
    device.press()
    house.run_for(6)
    on, off = broker.messages("home/lamp")
    assert on.values == {"on": True} and on.retained and broker.retained("home/lamp") == b'{"on": true}'
    assert off.text == "off" and off.at_s - on.at_s == pytest.approx(5)
"""
    passes(pytester, text)


def test_a_marker_names_a_scene_its_time_of_the_day_and_a_fixture_may_give_ones_own(
    pytester: pytest.Pytester,
) -> None:
    text = """
@pytest.mark.latchkey_scene("visitor", starts="22:30")
def test_marked(house, scene, clock, broker):
    assert scene.name == "Visitor" and f"{clock.utc:%H:%M}" == "22:30"
    house.run()
    assert len(broker.messages("event/doorbell")) == 1

class TestOwn:
    @pytest.fixture
    def scene(self):
        return find_scene("cat")

    def test_own(self, house):
        assert house.world.scenario.name == "Cat"
"""
    passes(pytester, text, count=2)


@pytest.mark.parametrize(
    ("marker", "told"),
    [
        ("latchkey_scene('visitr')", "latchkey: visitr: there is no such scene; did you mean visitor?"),
        ("latchkey_scene(starts='25:00')", "latchkey: starts must be a time of the day like 22:30"),
        (
            "latchkey_scene(colour='red')",
            "latchkey: the marker latchkey_scene is used as latchkey_scene(scene=",
        ),
        ("latchkey_checkers(without=['lost'])", "latchkey: there is no checker 'lost'; there are bounded, "),
        (
            "latchkey_checkers('once')",
            "latchkey: the marker latchkey_checkers is used as latchkey_checkers(*, ",
        ),
    ],
)
def test_a_marker_that_makes_no_sense_is_told_without_a_traceback(
    pytester: pytest.Pytester, marker: str, told: str
) -> None:
    result = ran(pytester, f"@pytest.mark.{marker}\ndef test_it(house):\n    pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"{told}*"])
    assert "hooks.py" not in result.stdout.str()


def test_what_a_checker_finds_fails_the_test_itself_and_is_shown(pytester: pytest.Pytester) -> None:
    result = ran(pytester, BROKEN, "--latchkey-out=out")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "broken promises (seed 1):",
            "  7.000 s, door0, grumbler: this is wrong",
            "*- latchkey: what happened until 7.000 s -*",
            "*7.000000000  door0   verdict   grumbler: this is wrong",
            "*- latchkey: files -*",
            "out/test_it.py-test_it/trace.txt",
            "out/test_it.py-test_it/sheet.png",
            "pytest 'test_it.py::test_it[[]seed=1]' --latchkey-replay=1",
        ]
    )
    folder = pytester.path / "out" / "test_it.py-test_it"
    assert folder.joinpath("sheet.png").read_bytes().startswith(b"\x89PNG")
    assert "verdict   grumbler" in folder.joinpath("trace.txt").read_text()


def test_a_checker_that_a_test_does_without_is_not_asked(pytester: pytest.Pytester) -> None:
    text = """
def say(house):
    house.run_until(1)
    said = house.world.broker.heard[0].publication
    house.world.broker.publish(type(said)("rubbish", b""), client="stranger")

@pytest.mark.latchkey_checkers(without=["topics"])
def test_without(house):
    say(house)

def test_with(house):
    say(house)
"""
    result = ran(pytester, text)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*topics: a message on rubbish, which is no device's"])


def test_a_failing_test_shows_what_was_being_recorded(pytester: pytest.Pytester) -> None:
    result = ran(pytester, "def test_it(house):\n    house.run_until(9)\n    assert 0\n")
    result.assert_outcomes(failed=1)
    (path,) = re.findall(r"^/.*sheet\.png$", result.stdout.str(), re.MULTILINE)
    assert "no contact sheet" not in result.stdout.str()
    assert "trace.txt" in result.stdout.str()
    assert path
