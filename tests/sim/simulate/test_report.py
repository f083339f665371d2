"""The timeline of a report: long idle stretches are short, and all that happened has its place."""

import pytest

from latchkey.units import NS_PER_S
from latchkey_sim.house.checkers import all_checkers
from latchkey_sim.house.drawing import draw
from latchkey_sim.house.house import House
from latchkey_sim.house.scenario import Fault
from latchkey_sim.house.tiny import tiny_scenario
from latchkey_sim.simulate.looking import door_panels
from latchkey_sim.simulate.timeline import GAP_NS, LEFT, RIGHT, WIDTH, Axis, lanes_of, timeline_svg


def test_hours_of_nothing_take_no_more_room_than_a_few_seconds() -> None:
    hour_ns, busy_ns = 3600 * NS_PER_S, 10 * NS_PER_S
    axis = Axis([busy_ns, hour_ns], hour_ns + busy_ns)
    assert (axis.x(0), axis.x(hour_ns + busy_ns)) == (LEFT, WIDTH - RIGHT)
    share = (axis.x(hour_ns) - axis.x(busy_ns)) / (WIDTH - LEFT - RIGHT)
    assert share == pytest.approx(GAP_NS / (GAP_NS + 2 * busy_ns))
    assert axis.gaps == [(hour_ns + busy_ns) // 2]
    columns = [axis.x(second * NS_PER_S) for second in range(0, 3611, 7)]
    assert columns == sorted(columns)


def test_power_clips_presses_faults_and_messages_have_their_lanes() -> None:
    house = House(tiny_scenario(Fault("kill", 20 * NS_PER_S, value=2 * NS_PER_S)), 1, [])
    house.run()
    lanes = {lane.name: lane.marks for lane in lanes_of(house)}
    assert [(mark.at_ns, mark.end_ns < house.clock.now_ns()) for mark in lanes["door0 has power"]] == [
        (0, True),
        (22 * NS_PER_S, False),
    ]
    assert [mark.at_ns for mark in lanes["door0 bell"]] == [8 * NS_PER_S]
    assert [mark.at_ns for mark in lanes["kill"]] == [20 * NS_PER_S]
    (clip,) = lanes["door0 clips"]
    assert clip.at_ns < 7 * NS_PER_S < 8 * NS_PER_S < clip.end_ns
    assert any(mark.told.endswith("/event/doorbell") for mark in lanes["events told"])
    assert len(lanes["events told"]) + len(lanes["other messages"]) == len(house.broker.heard)
    assert "<title>kill at door0" in timeline_svg(house)


def test_the_contact_sheet_shows_presses_beside_what_was_recorded_and_is_the_owners_view() -> None:
    house = House(draw(1), 1, all_checkers())
    house.run()
    panels = door_panels(house, 0)
    assert len(panels) == 9
    assert any(panel.text == "ring" and panel.recorded is not None for panel in panels)
    assert all(panel.drawn is not None for panel in panels)
