"""The bell, the broker and the modes, with no camera anywhere: the capture side is a list."""

import json

import pytest

from latchkey import wire
from latchkey.errors import DiskError
from latchkey.events import (
    BellRang,
    CameraState,
    CaptureHealth,
    ClipEnded,
    ClipExtended,
    ClipLost,
    ClipStarted,
    DiskState,
    ModesSet,
    MotionChanged,
    Trigger,
    encode,
)
from latchkey.frames import FilterState
from latchkey.ports import Publication
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey_sim.porch import DEVICE, WALL_NS, Porch

CLIP = "c1" * 16
WELL = CaptureHealth(CameraState.OK, FilterState.OK, "centerface", DiskState.OK, 150)


@pytest.fixture
def porch() -> Porch:
    made = Porch()
    made.step()
    return made


def test_coming_up_it_says_who_it_is_and_how_it_is(porch: Porch) -> None:
    porch.step(WELL)
    found = json.loads(porch.broker.retained(wire.discovery_topic(DEVICE)) or b"")
    assert found["device"]["name"] == "Front door"
    assert porch.shown(wire.STATUS) == "online"
    assert (porch.shown(wire.ARMED), porch.shown(wire.SHUTTER)) == ("ON", "OFF")
    assert porch.shown(wire.SNOOZE) == {"until": None, "minutes_left": 0}
    assert porch.shown(wire.MOTION) == "OFF"
    assert porch.shown(wire.HEALTH) == {
        "filter": "ok",
        "camera": "ok",
        "disk": "ok",
        "boot": wire.stamp(WALL_NS // NS_PER_S),
    }


def test_a_press_is_published_in_the_same_step_although_the_capture_side_is_dead(porch: Porch) -> None:
    porch.run(5.5)
    porch.ring()
    [ring] = porch.heard(wire.DOORBELL)
    assert ring["event_type"] == "ring"
    assert ring["ts"] == wire.stamp(WALL_NS // NS_PER_S + 5)
    assert porch.told(BellRang) == [BellRang(ring["id"], porch.clock.now_ns(), Trigger.RING)]
    assert porch.said("bell") == "somebody rings"


def test_a_press_is_published_while_the_disk_hangs(porch: Porch) -> None:
    porch.workers.hang("disk")
    for _ in range(200):
        porch.ring()
    assert len(set(porch.rings())) == 200


def test_a_delivered_ring_leaves_nothing_behind(porch: Porch) -> None:
    porch.ring()
    porch.run(1)
    assert porch.stored() == []
    porch.live()
    porch.run(60)
    assert len(porch.rings()) == 1


def test_a_ring_in_a_short_outage_is_delivered_once_as_ring(porch: Porch) -> None:
    porch.broker.go_down()
    porch.ring()
    assert porch.rings() == []
    assert len(porch.stored()) == 1
    assert "it will hear of it later" in porch.said("bell")
    porch.run(3)
    porch.broker.come_up()
    porch.run(20)
    assert [kind for kind, _ in porch.rings()] == ["ring"]
    assert porch.stored() == []


def test_a_ring_in_a_long_outage_is_delivered_once_as_missed(porch: Porch) -> None:
    porch.broker.go_down()
    porch.ring()
    pressed_s = (WALL_NS + porch.clock.now_ns()) // NS_PER_S
    porch.run(120)
    porch.broker.come_up()
    porch.run(60)
    [missed] = porch.heard(wire.DOORBELL)
    assert (missed["event_type"], missed["ts"]) == ("missed", wire.stamp(pressed_s))


@pytest.mark.parametrize(("off_s", "kind"), [(10, "ring"), (31, "missed"), (-3600, "missed")])
def test_a_ring_survives_a_power_cut_and_its_age_decides(porch: Porch, off_s: int, kind: str) -> None:
    porch.broker.go_down()
    porch.ring()
    porch.clock.shift_wall(off_s * NS_PER_S)
    porch.broker.come_up()
    porch.live()
    porch.run(1)
    assert [found for found, _ in porch.rings()] == [kind]
    assert "1 events of the last run" in porch.said()


def test_a_lost_receipt_repeats_the_ring_under_the_same_id(porch: Porch) -> None:
    porch.broker.lose_acks = 1
    porch.ring()
    porch.run(10)
    assert len(porch.rings()) == 2
    assert len(set(porch.rings())) == 1
    assert porch.stored() == []


def test_behind_a_dead_router_the_ring_waits_and_arrives(porch: Porch) -> None:
    porch.broker.silent = True
    porch.ring()
    porch.run(40)
    assert porch.rings() == []
    porch.broker.silent = False
    porch.run(60)
    assert [kind for kind, _ in porch.rings()] == ["missed"]


def test_rings_overtake_clip_news_and_each_keeps_its_order(porch: Porch) -> None:
    porch.broker.go_down()
    porch.step(ClipStarted(CLIP, Trigger.MOTION, 1_790_000_000, ()))
    porch.ring()
    porch.step(ClipExtended(CLIP, 1, Trigger.RING, 1_790_000_000, ()))
    porch.ring()
    porch.broker.come_up()
    porch.broker.heard.clear()
    porch.run(10)
    events = [h.publication.payload for h in porch.broker.heard if "/event/" in h.publication.topic]
    assert [json.loads(payload)["event_type"] for payload in events] == ["ring", "ring", "start", "update"]


def test_kicked_out_it_comes_back_and_says_everything_again(porch: Porch) -> None:
    porch.broker.kick("doorbell")
    assert porch.shown(wire.STATUS) == "offline"
    porch.run(5)
    assert porch.shown(wire.STATUS) == "online"
    assert "the broker is gone: another client connected with our id" in porch.said()


def test_a_broker_that_refuses_is_told_of_once_and_tried_again(porch: Porch) -> None:
    porch.broker.refusal = "the broker rejects the user name or password"
    porch.broker.kick("doorbell")
    porch.run(300)
    assert porch.said().count("rejects the user name") == 1
    porch.broker.refusal = ""
    porch.run(60)
    assert porch.shown(wire.STATUS) == "online"


def test_a_broker_that_refuses_rings_gets_them_on_the_next_connection(porch: Porch) -> None:
    porch.broker.denied = frozenset({wire.topic_name(DEVICE, wire.DOORBELL)})
    porch.ring()
    porch.run(5)
    assert porch.rings() == []
    assert "refuses what we say" in porch.said()
    porch.broker.denied = frozenset()
    porch.broker.kick("doorbell")
    porch.run(5)
    assert [kind for kind, _ in porch.rings()] == ["ring"]


def test_clips_are_announced_from_the_messages_of_the_capture_side_alone(porch: Porch) -> None:
    porch.step(ClipStarted(CLIP, Trigger.MOTION, 1_790_000_007, ("porch",)))
    porch.step(ClipExtended(CLIP, 1, Trigger.RING, 1_790_000_007, ("porch", "path")))
    porch.step(ClipEnded(CLIP, 2, Trigger.RING, 1_790_000_007, ("porch",), FilterState.OK, 20_720))
    start, update, end = porch.heard(wire.CLIP)
    assert (start["event_type"], start["seq"], start["zones"]) == ("start", 0, ["porch"])
    assert (update["event_type"], update["seq"], update["trigger"]) == ("update", 1, "ring")
    assert (end["event_type"], end["seq"], end["filter"]) == ("end", 2, "ok")
    assert (end["start"], end["expires"]) == (wire.stamp(1_790_000_007), wire.day(20_720))


def test_a_clip_that_was_lost_is_never_announced_as_kept(porch: Porch) -> None:
    porch.step(ClipStarted(CLIP, Trigger.MOTION, 1_790_000_000, ()))
    porch.step(ClipLost(CLIP, "the disk is full"))
    porch.run(5)
    assert [clip["event_type"] for clip in porch.heard(wire.CLIP)] == ["start"]


def test_motion_is_shown_and_repeated_as_long_as_it_lasts(porch: Porch) -> None:
    porch.step(MotionChanged(moving=True))
    porch.run(130)
    assert porch.heard(wire.MOTION).count("ON") == 3
    porch.step(MotionChanged(moving=False))
    assert porch.shown(wire.MOTION) == "OFF"


def test_health_is_shown_at_each_change_and_every_minute(porch: Porch) -> None:
    porch.step(WELL)
    porch.step(CaptureHealth(CameraState.LOST, FilterState.FALLBACK_FULL, "none", DiskState.LOW, 0))
    assert porch.shown(wire.HEALTH)["camera"] == "lost"
    porch.step(CaptureHealth(CameraState.LOST, FilterState.FALLBACK_FULL, "none", DiskState.LOW, 1))
    assert len(porch.heard(wire.HEALTH)) == 2
    porch.run(60)
    assert len(porch.heard(wire.HEALTH)) == 3


def test_a_capture_side_that_falls_silent_is_shown_as_a_lost_camera(porch: Porch) -> None:
    porch.step(WELL)
    porch.run(300)
    assert porch.shown(wire.HEALTH)["camera"] == "lost"
    assert porch.said("camera").count("silent") == 1
    porch.step(WELL)
    assert porch.shown(wire.HEALTH)["camera"] == "ok"


def test_when_home_assistant_starts_everything_is_said_again_within_five_seconds(porch: Porch) -> None:
    before = len(porch.broker.heard)
    porch.broker.publish(Publication(wire.BIRTH_TOPIC, b"online"))
    porch.run(5)
    topics = [heard.publication.topic for heard in porch.broker.heard[before + 1 :]]
    assert topics.count(wire.discovery_topic(DEVICE)) == 1
    assert wire.topic_name(DEVICE, wire.ARMED) in topics


def test_the_broker_can_disarm_close_and_snooze_and_take_it_back(porch: Porch) -> None:
    porch.command(wire.ARMED_SET, "OFF")
    porch.command(wire.SHUTTER_SET, "ON")
    porch.command(wire.SNOOZE_SET, "30")
    assert porch.to_capture[-1] == ModesSet(armed=False, shutter_closed=True, snoozed=True)
    assert (porch.shown(wire.ARMED), porch.shown(wire.SHUTTER)) == ("OFF", "ON")
    assert porch.shown(wire.SNOOZE)["minutes_left"] == 30
    porch.command(wire.ARMED_SET, "ON")
    porch.command(wire.SHUTTER_SET, "OFF")
    porch.command(wire.SNOOZE_SET, "0")
    assert porch.to_capture[-1] == ModesSet(armed=True, shutter_closed=False, snoozed=False)


def test_the_broker_cannot_arm_what_its_owner_disarmed_and_is_shown_so() -> None:
    porch = Porch(armed=False)
    porch.step()
    porch.command(wire.ARMED_SET, "ON")
    assert porch.told(ModesSet) == [ModesSet(armed=False, shutter_closed=False, snoozed=False)]
    assert porch.shown(wire.ARMED) == "OFF"


def test_a_snooze_counts_down_and_ends(porch: Porch) -> None:
    porch.command(wire.SNOOZE_SET, "3")
    porch.run(125)
    assert porch.shown(wire.SNOOZE)["minutes_left"] == 1
    porch.run(56)
    assert porch.shown(wire.SNOOZE) == {"until": None, "minutes_left": 0}
    assert porch.to_capture[-1] == ModesSet(armed=True, shutter_closed=False, snoozed=False)
    assert "the snooze is over" in porch.said("motion")


def test_modes_survive_a_restart(porch: Porch) -> None:
    porch.command(wire.SHUTTER_SET, "ON")
    porch.step()
    porch.to_capture.clear()
    porch.live()
    assert porch.told(ModesSet) == [ModesSet(armed=True, shutter_closed=True, snoozed=False)]


def test_damaged_modes_close_the_shutter_and_say_so(porch: Porch) -> None:
    file = porch.state.create("modes.json")
    file.append(b"\x00" * 40)
    file.close()
    porch.to_capture.clear()
    porch.live()
    assert porch.told(ModesSet) == [ModesSet(armed=True, shutter_closed=True, snoozed=False)]
    assert "the shutter closes" in porch.said()
    porch.run(1)
    porch.command(wire.SHUTTER_SET, "OFF")
    assert porch.to_capture[-1] == ModesSet(armed=True, shutter_closed=False, snoozed=False)


def test_a_disk_that_cannot_store_modes_is_told_of_and_they_hold_all_the_same(porch: Porch) -> None:
    porch.state.fail_next("create", DiskError("the card is read-only"))
    porch.command(wire.SHUTTER_SET, "ON")
    porch.step()
    assert porch.to_capture[-1] == ModesSet(armed=True, shutter_closed=True, snoozed=False)
    assert "the card is read-only" in porch.said()


def test_a_retained_command_is_ignored(porch: Porch) -> None:
    porch.command(wire.ARMED_SET, "OFF", retain=True)
    porch.command(wire.ARMED_SET, "ON")
    porch.to_capture.clear()
    porch.broker.kick("doorbell")
    porch.run(5)
    assert porch.told(ModesSet) == []
    assert "a retained command is ignored: armed/set" in porch.said()


def test_a_command_that_makes_no_sense_changes_nothing(porch: Porch) -> None:
    porch.to_capture.clear()
    porch.command(wire.SNOOZE_SET, "forever")
    porch.command(wire.ARMED_SET, "\x00" * 500)
    assert porch.to_capture == []
    assert porch.said().count("makes no sense") == 2


def test_a_test_ring_goes_the_whole_way_but_not_in_a_row(porch: Porch) -> None:
    for _ in range(5):
        porch.command(wire.TEST_SET, "ring")
    assert len(porch.rings()) == 1
    [rang] = porch.told(BellRang)
    assert isinstance(rang, BellRang)
    assert rang.trigger is Trigger.TEST
    porch.run(31)
    porch.command(wire.TEST_SET, "ring")
    assert len(porch.rings()) == 2


def test_without_a_broker_it_rings_and_keeps_nothing() -> None:
    porch = Porch(host="")
    porch.ring()
    porch.run(100)
    assert len(porch.told(BellRang)) == 1
    assert porch.stored() == []
    assert porch.said("bell") == "somebody rings"


def test_a_clean_end_says_offline_and_forgets_what_was_delivered(porch: Porch) -> None:
    porch.bell.press()
    porch.side.step([])
    porch.side.close()
    assert porch.shown(wire.STATUS) == "offline"
    assert porch.stored() == []


def test_over_a_slow_network_everything_arrives_and_is_forgotten() -> None:
    porch = Porch()
    porch.broker.delay_ns = 700 * NS_PER_MS
    porch.run(3)
    for _ in range(40):
        porch.ring()
    porch.run(30)
    assert len(set(porch.rings())) == len(porch.rings()) == 40
    assert porch.stored() == []


def test_nonsense_from_the_capture_side_is_noted_and_survived(porch: Porch) -> None:
    porch.side.step([b"{}", b"\xff", encode(ModesSet(armed=True, shutter_closed=False, snoozed=False))])
    assert "something unknown" in porch.said()
