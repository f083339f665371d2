"""The two sides as two processes, in virtual time: one ends, the other goes on, and nothing is told twice."""

import json
from dataclasses import replace

import pytest

from latchkey import wire
from latchkey.device.capture_process import GRACE_NS, MODES
from latchkey.device.link_process import TAKEN
from latchkey.events import BellRang, ClipEnded, ModesSet, MotionChanged, Trigger, encode
from latchkey.frames import FilterState
from latchkey.settings import BaselineSettings, PrivacySettings, RecordingSettings, Settings
from latchkey.units import NS_PER_S, to_s
from latchkey_sim.splitdesk import SplitDesk
from latchkey_sim.street import street

SETTINGS = Settings(
    recording=RecordingSettings(pre_roll_s=1, post_roll_s=2, threads=1),
    privacy=PrivacySettings(mode="everything"),
)
CLIP = "c1" * 16


@pytest.fixture
def home() -> SplitDesk:
    """A doorbell of two sides that have met; nothing moves."""
    home = SplitDesk(street(60), SETTINGS)
    home.start_capture()
    home.start_link()
    home.run(2)
    return home


def test_a_press_is_announced_recorded_and_told_of(home: SplitDesk) -> None:
    home.bell.press()
    home.run(8)
    assert [ring["event_type"] for ring in home.heard(wire.DOORBELL)] == ["ring"]
    assert [clip["event_type"] for clip in home.heard(wire.CLIP)] == ["start", "end"]
    assert home.ends() == [entry.clip for entry in home.index.entries()]


def test_without_a_capture_side_the_bell_rings_and_the_camera_is_shown_lost(home: SplitDesk) -> None:
    home.crash_capture()
    home.bell.press()
    home.run(0.1)
    assert [ring["event_type"] for ring in home.heard(wire.DOORBELL)] == ["ring"]
    home.run(5)
    assert home.heard(wire.HEALTH)[-1]["camera"] == "lost"
    assert home.said("the bell works, nothing is recorded") == 1
    home.start_capture()
    home.run(2)
    assert home.heard(wire.HEALTH)[-1]["camera"] == "ok"


def test_a_link_side_that_never_met_a_capture_side_says_so() -> None:
    home = SplitDesk([], SETTINGS)
    home.start_link()
    home.run(5)
    assert home.heard(wire.HEALTH)[-1]["camera"] == "lost"


def test_a_clip_that_ends_while_the_link_side_is_away_is_announced_once_when_it_is_back(
    home: SplitDesk,
) -> None:
    home.bell.press()
    home.run(1)
    home.crash_link()
    home.run(10)
    (entry,) = home.index.entries()
    assert home.ends() == []
    home.start_link()
    home.run(3)
    assert home.ends() == [entry.clip]
    clips = home.heard(wire.CLIP)
    assert [clip["seq"] for clip in clips] == [0, 1]


@pytest.mark.parametrize("losing", [False, True])
@pytest.mark.parametrize("at", range(0, 40, 3))
def test_whenever_the_link_side_is_killed_an_end_is_announced_once(at: int, losing: bool) -> None:
    home = SplitDesk(street(60), SETTINGS)
    home.start_capture()
    home.start_link()
    home.run(2)
    home.bell.press()
    home.run(2.8 + at * 0.01)
    home.crash_link(losing=losing)
    home.run(1)
    home.start_link()
    home.run(8)
    assert home.ends() == [entry.clip for entry in home.index.entries()]
    assert not home.state.names("outbox")


def test_a_link_side_killed_before_it_could_say_that_it_has_an_end_does_not_announce_it_again(
    home: SplitDesk,
) -> None:
    home.bell.press()
    home.run(1)
    assert home.capture is not None
    assert home.link is not None
    while not home.ends():
        home.capture.step()
        home.link.step()
        home.clock.wait_until(home.clock.now_ns() + NS_PER_S // 100)
        home.broker.run_due()
    home.link.step()
    home.crash_link(losing=True)
    home.start_link()
    home.run(5)
    assert len(home.ends()) == 1


def test_an_end_that_waits_and_is_told_again_is_announced_once(home: SplitDesk) -> None:
    """The link side ended between storing the event and storing that it has it."""
    home.broker.go_down()
    end = encode(ClipEnded(CLIP, 1, Trigger.RING, 0, (), FilterState.OK, 20_720))
    assert home.capture is not None
    home.capture._crossing.say(end)
    home.run(1)
    home.crash_link()
    home.state.remove(TAKEN)
    home.start_link()
    home.capture._crossing.say(end)
    home.run(1)
    home.broker.come_up()
    home.run(70)
    assert home.ends() == [CLIP]


def test_damaged_notes_of_what_was_taken_are_told_and_cost_no_news(home: SplitDesk) -> None:
    home.bell.press()
    home.run(8)
    home.crash_link()
    home.state.files[TAKEN][3:4] = b"?"
    home.start_link()
    home.run(2)
    assert home.said("news of a clip may be told twice") == 1
    home.bell.press()
    home.run(8)
    assert len(set(home.ends())) == 2


def test_modes_are_agreed_on_when_they_meet(home: SplitDesk) -> None:
    home.crash_capture()
    home.command(wire.ARMED_SET, "OFF")
    home.run(1)
    home.start_capture()
    home.run(1)
    home.bell.press()
    home.run(5)
    assert home.said("nothing is recorded: the camera is disarmed") == 1
    assert not home.index.entries()


def moving_home() -> SplitDesk:
    """A doorbell before whose camera something moves again and again."""
    return SplitDesk(street(60, moving=((14, 16), (30, 32))), SETTINGS)


def test_a_capture_side_without_a_link_side_records_by_the_last_modes() -> None:
    home = moving_home()
    home.start_capture()
    home.start_link()
    home.run(2)
    home.crash_capture()
    home.crash_link()
    home.start_capture()
    home.run(25)
    assert home.said("recording goes by the modes of the last run") == 1
    assert len(home.index.entries()) == 1


def test_the_last_modes_arm_no_camera_whose_owner_has_disarmed_it_since() -> None:
    home = moving_home()
    home.start_capture()
    home.start_link()
    home.run(2)
    home.crash_capture()
    home.crash_link()
    home.settings = replace(home.settings, baseline=BaselineSettings(armed=False))
    home.start_capture()
    home.run(25)
    assert not home.index.entries()


def test_a_capture_side_that_never_heard_a_mode_records_nothing() -> None:
    home = moving_home()
    home.start_capture()
    home.run(25)
    assert not home.index.entries()


def test_a_capture_side_that_starts_is_private_until_it_hears_or_has_waited() -> None:
    """What moves in the first seconds may come after somebody disarmed the camera while it was away."""
    home = SplitDesk(street(60, moving=((2, 4),)), SETTINGS)
    home.start_capture()
    home.start_link()
    home.run(1)
    home.crash_capture()
    home.crash_link()
    home.start_capture()
    home.run(to_s(GRACE_NS) - 1)
    assert home.said("is being recorded") == 0


def test_a_shutter_that_was_closed_stays_so_when_the_capture_side_starts_alone() -> None:
    home = moving_home()
    home.start_capture()
    home.start_link()
    home.run(1)
    home.command(wire.SHUTTER_SET, "ON")
    home.run(1)
    home.crash_capture()
    home.crash_link()
    home.start_capture()
    home.run(0.2)
    assert home.lamp.shown[-1][1] == "closed"
    home.run(25)
    assert not home.index.entries()


def test_damaged_modes_close_the_shutter_until_the_link_side_says_otherwise(home: SplitDesk) -> None:
    home.crash_capture()
    home.crash_link()
    home.vault.files[MODES][2:3] = b"?"
    home.start_capture()
    home.run(1)
    assert [state for _, state in home.lamp.shown][-1:] == ["closed"]
    home.start_link()
    home.run(3)
    assert [state for _, state in home.lamp.shown][-1:] == ["idle"]


def test_a_press_while_the_capture_side_starts_again_is_recorded_then(home: SplitDesk) -> None:
    home.crash_capture()
    home.run(1)
    home.bell.press()
    home.run(4)
    home.start_capture()
    home.run(8)
    assert [clip["trigger"] for clip in home.heard(wire.CLIP)] == ["ring", "ring"]
    assert len(home.index.entries()) == 1


def test_a_press_of_long_ago_is_not_recorded_any_more(home: SplitDesk) -> None:
    home.crash_capture()
    home.bell.press()
    home.run(30)
    home.start_capture()
    home.run(5)
    assert home.said("come too late to be recorded") == 1
    assert not home.index.entries()


def test_nonsense_ends_the_connection_is_said_once_and_the_camera_shown_lost(home: SplitDesk) -> None:
    assert home.link_end.other is not None
    home.capture_end.send(b"GET / HTTP/1.1")
    home.run(5)
    assert home.link_end.other is None
    assert home.said("the capture side makes no sense: a record of no kind that there is") == 1
    assert home.heard(wire.HEALTH)[-1]["camera"] == "lost"
    home.bell.press()
    home.run(0.1)
    assert len(home.heard(wire.DOORBELL)) == 1


def test_a_link_side_cannot_ring_in_the_future_nor_say_what_only_a_camera_can(home: SplitDesk) -> None:
    press = encode(BellRang("a" * 32, home.clock.now_ns() + 3600 * NS_PER_S, Trigger.RING))
    home.link_end.send(b"M" + (77).to_bytes(8, "big") + press)
    home.run(1)
    assert home.said("the link side makes no sense: a press of the future") == 1
    home.start_link()
    home.run(1)
    home.link_end.send(b"S" + bytes(8) + encode(MotionChanged(moving=True)))
    home.run(1)
    assert home.said("MotionChanged is not for this side to hear") == 1
    assert not home.index.entries()


def test_a_link_side_cannot_say_that_something_moves(home: SplitDesk) -> None:
    press = encode(BellRang("a" * 32, home.clock.now_ns(), Trigger.MOTION))
    home.link_end.send(b"M" + (77).to_bytes(8, "big") + press)
    home.run(4)
    assert home.said("the link side makes no sense: a press that is none") == 1
    assert not home.index.entries()


def test_a_capture_side_that_hangs_is_hung_up_on_and_shown_lost(home: SplitDesk) -> None:
    frozen, home.capture = home.capture, None
    home.run(20)
    assert frozen is not None
    assert home.said("the capture side hangs") == 1
    assert home.heard(wire.HEALTH)[-1]["camera"] == "lost"


def test_only_what_is_in_the_closed_set_crosses(home: SplitDesk) -> None:
    home.bell.press()
    home.run(8)
    for end in (home.capture_end, home.link_end):
        for record in end.said:
            assert record[:1] in (b"H", b"M", b"S", b"T", b"B")
            if record[:1] in (b"M", b"S"):
                assert json.loads(record[9:])["kind"]
    assert not any(len(record) > 512 for end in (home.capture_end, home.link_end) for record in end.said)


def test_a_link_side_that_was_taken_over_cannot_arm_a_camera_that_its_owner_disarmed() -> None:
    settings = replace(SETTINGS, baseline=BaselineSettings(armed=False))
    home = SplitDesk(street(60, moving=((3, 6),)), settings)
    home.start_capture()
    home.start_link()
    home.run(1)
    home.link_end.send(b"S" + bytes(8) + encode(ModesSet(armed=True, shutter_closed=False, snoozed=False)))
    home.run(8)
    assert not home.index.entries()


def test_told_to_stop_both_end_in_order(home: SplitDesk) -> None:
    home.bell.press()
    home.run(2)
    assert home.capture is not None
    assert home.link is not None
    home.capture.close()
    home.run(1)
    home.link.close()
    assert home.ends() == [entry.clip for entry in home.index.entries()]
