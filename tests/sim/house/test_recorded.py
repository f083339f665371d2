"""Checkers of recording and its news are content with a sound device, and complain of one that is not."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from latchkey.device.capture_side import CaptureSide
from latchkey.device.link_side import LinkSide
from latchkey.events import ClipEnded, ClipStarted
from latchkey.pipeline import identity
from latchkey.pipeline.film import Film
from latchkey.pipeline.outbox import Outbox
from latchkey.pipeline.recorder import Recorder
from latchkey.ports import Publication
from latchkey.settings import VaultSettings
from latchkey.units import MIB, NS_PER_S
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.checkers import Bounded, InTime, Modes, Once, Presence, Recorded, Told, all_checkers
from latchkey_sim.house.checkers.bounded import things_held
from latchkey_sim.house.house import House
from latchkey_sim.house.scenario import Fault, Scenario
from latchkey_sim.house.soak import Soak
from latchkey_sim.house.tiny import tiny_scenario, tiny_settings

Patch = pytest.MonkeyPatch


def _found(checker: Checker, scenario: Scenario, seed: int = 1) -> list[str]:
    return [str(verdict) for verdict in House(scenario, seed, [checker]).run().verdicts]


def _second(at_s: float, kind: str, for_s: float = 0, value_s: float = 0) -> Fault:
    return Fault(kind, round(at_s * NS_PER_S), round(for_s * NS_PER_S), value=round(value_s * NS_PER_S))


CUT = _second(9.5, "power-cut", value_s=1)
STOPPED = _second(9.5, "stop", value_s=1)
DISARMED = _second(7.5, "disarm", for_s=8)
SHUT = _second(7.5, "shutter", for_s=8)
AWAY = _second(7, "broker-down", for_s=12)


@pytest.mark.parametrize("fault", [CUT, STOPPED, DISARMED, SHUT, AWAY], ids=lambda fault: fault.kind)
def test_all_are_content_with_a_device_that_is_cut_off_stopped_disarmed_or_shut(fault: Fault) -> None:
    scenario = tiny_scenario(fault, passages_s=(6.0, 24.0), rings_s=(8.0, 25.0), span_s=40)
    report = House(scenario, 1, all_checkers()).run()
    assert report.verdicts == []
    assert report.clips >= 2
    assert report.faults_met == 1


def test_a_device_that_is_told_to_stop_seals_its_clip_and_says_goodbye() -> None:
    house = House(tiny_scenario(STOPPED), 1, [])
    house.run_until(STOPPED.at_ns)
    (entry,) = house.doors[0].index.rows()
    assert entry.state == "whole"
    assert house.broker.retained(f"latchkey/{house.doors[0].ids[0]}/status") == b"offline"


def _nothing(*_args: Any, **_options: Any) -> None:
    return None


def test_a_device_that_records_nothing(monkeypatch: Patch) -> None:
    monkeypatch.setattr(Recorder, "event", _nothing)
    (found,) = _found(Recorded(), tiny_scenario())
    assert "is in no clip, though a press at 8.000 s wants it" in found


def test_a_device_that_records_presses_alone(monkeypatch: Patch) -> None:
    event = Recorder.event

    def presses(self: Recorder, trigger: Any, *args: Any) -> None:
        if trigger == "ring":
            event(self, trigger, *args)

    monkeypatch.setattr(Recorder, "event", presses)
    (found,) = _found(Recorded(), tiny_scenario(rings_s=()))
    assert "though somebody who moves at" in found


def test_a_clip_that_is_lost_on_its_way_to_the_vault(monkeypatch: Patch) -> None:
    monkeypatch.setattr(Film, "finish", _nothing)
    (found,) = _found(Recorded(), tiny_scenario())
    assert "pictures, and is gone" in found


def test_a_clip_of_which_power_takes_more_than_its_last_seconds(monkeypatch: Patch) -> None:
    monkeypatch.setattr("latchkey.pipeline.openclip.OpenClip.sync", _nothing)
    found = [text for seed in range(4) for text in _found(Recorded(), tiny_scenario(CUT), seed)]
    assert found
    assert "is torn, and has 0 pictures of" in found[0]


def _silent_of(kind: type) -> Callable[[LinkSide, Any], None]:
    post = LinkSide._post_clip

    def tell(self: LinkSide, message: Any) -> None:
        if not isinstance(message, kind):
            post(self, message)

    return tell


@pytest.mark.parametrize(("kind", "text"), [(ClipStarted, "no beginning"), (ClipEnded, "not one end")])
def test_a_device_that_leaves_out_what_it_is_to_tell_of_clips(
    monkeypatch: Patch, kind: type, text: str
) -> None:
    monkeypatch.setattr(LinkSide, "_post_clip", _silent_of(kind))
    assert text in _found(Told(), tiny_scenario())[0]


def test_a_press_that_is_told_as_missed_though_it_is_new(monkeypatch: Patch) -> None:
    monkeypatch.setattr("latchkey.pipeline.outbox.RING_FRESH_S", -1)
    assert "is told as missed" in _found(Once(), tiny_scenario())[0]
    assert "is not told in time" in _found(InTime(), tiny_scenario())[0]


def test_a_press_that_waits_behind_other_events(monkeypatch: Patch) -> None:
    slow = Fault("broker-slow", 0, 20 * NS_PER_S, value=NS_PER_S // 2)
    scenario = tiny_scenario(slow)
    scenario = replace(scenario, doors=(replace(scenario.doors[0], past_events=400),))
    assert _found(InTime(), scenario) == []
    monkeypatch.setattr("latchkey.pipeline.outbox.Entry.is_ring", False)
    assert "is not told in time" in _found(InTime(), scenario)[0]


def test_a_loop_that_asks_a_disk_itself(monkeypatch: Patch) -> None:
    post = Outbox.post

    def look_first(self: Outbox, *event: Any) -> bool:
        self._disk.names("outbox")
        return post(self, *event)

    monkeypatch.setattr(Outbox, "post", look_first)
    assert "the loop waits for a disk: names outbox" in _found(InTime(), tiny_scenario())[0]


def test_a_device_that_has_another_name_after_a_start(monkeypatch: Patch) -> None:
    monkeypatch.setattr(identity, "PATTERN", identity._SEED)
    assert "it has had 2 names" in _found(Presence(), tiny_scenario(CUT))[0]


def test_a_goodbye_that_says_that_it_is_there(monkeypatch: Patch) -> None:
    class Forgetful(Checker):
        def begin(self, house: House) -> None:
            disconnect = house.broker.disconnect

            def say(link: Any) -> None:
                house.broker.publish(Publication(f"latchkey/{link.client}", b""))
                disconnect(link)

            monkeypatch.setattr(LinkSide, "close", lambda self: self._board.link.close(None))
            monkeypatch.setattr(house.broker, "disconnect", say)

    house = House(tiny_scenario(STOPPED), 1, [Forgetful(), Presence()])
    assert "still said to be online" in str(house.run().verdicts[0])


@pytest.mark.parametrize("fault", [DISARMED, SHUT], ids=lambda fault: fault.kind)
def test_a_device_that_goes_on_recording_though_it_is_told_to_see_nothing(
    monkeypatch: Patch, fault: Fault
) -> None:
    monkeypatch.setattr(CaptureSide, "_set_modes", lambda self, modes: None)
    assert _found(Modes(), tiny_scenario()) == []  # it was never armed: nothing is recorded

    def armed(self: CaptureSide, modes: Any) -> None:
        self._modes = replace(modes, armed=True, shutter_closed=False)

    monkeypatch.setattr(CaptureSide, "_set_modes", armed)
    assert "and the camera is shut" in _found(Modes(), tiny_scenario(fault))[0]


def test_a_vault_that_grows_beyond_its_quota(monkeypatch: Patch) -> None:
    settings = tiny_settings(vault=VaultSettings(max_mib=16))
    scenario = tiny_scenario(settings=settings)
    full = replace(scenario.doors[0], past_days=(1, 1, 1, 0), past_bytes=5 * MIB)
    scenario = replace(scenario, doors=(full,))
    assert _found(Bounded(), scenario) == []
    monkeypatch.setattr("latchkey.pipeline.vaultkeeper.to_delete", lambda entries, **_: [])
    assert "bytes in the vault" in _found(Bounded(), scenario)[0]


def test_an_outbox_without_a_limit(monkeypatch: Patch) -> None:
    scenario = tiny_scenario(Fault("broker-down", 0, 20 * NS_PER_S))
    scenario = replace(scenario, doors=(replace(scenario.doors[0], past_events=500),))
    assert _found(Bounded(), scenario) == []
    monkeypatch.setattr("latchkey.pipeline.outbox.EVENTS_LIMIT", 10_000)
    assert "events that wait" in _found(Bounded(), scenario)[0]


def test_something_that_is_left_in_memory_at_each_step(monkeypatch: Patch) -> None:
    kept: list[object] = []

    def step(self: LinkSide, messages: Any, real: Any = LinkSide.step) -> int:
        kept.append(object())
        self.__dict__.setdefault("kept", kept)
        wake_ns: int = real(self, messages)
        return wake_ns

    day = tiny_scenario(passages_s=(), rings_s=(), span_s=6 * 3600)
    assert _found(Bounded(), day) == []
    monkeypatch.setattr(LinkSide, "step", step)
    assert "things in memory" in _found(Bounded(), day)[0]


def test_what_is_held_twice_counts_once_and_the_world_around_a_device_not_at_all() -> None:
    house = House(tiny_scenario(), 1, [])
    house.run()
    life = house.doors[0].life
    assert life is not None
    assert things_held([life.device, life.device]) == things_held(life.device) + 1
    assert things_held(life.board) == 1


def test_a_soak_whose_scenarios_close_no_clips_is_worth_nothing() -> None:
    sound = Soak(scenarios=100, with_ring=100, with_clip=95, with_fault=99)
    assert sound.lacks == ""
    assert replace(sound, with_clip=0).lacks == "0 of 100 had a clip"
    assert replace(sound, scenarios=4, with_clip=0).lacks == ""
