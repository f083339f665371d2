"""Each checker is content with a sound device, and complains of one that breaks its promise."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from latchkey.device.link_side import LinkSide
from latchkey.egress import Ledger
from latchkey.frames import RawFrame, SafeFrame
from latchkey.pipeline import film, openclip, vaultkeeper
from latchkey.pipeline.outbox import Loaded, Outbox
from latchkey.ports import JournalLine, Publication
from latchkey.settings import VaultSettings
from latchkey.units import NS_PER_S
from latchkey.vision import CoverPlan, redact
from latchkey_sim.disk import MemoryFile
from latchkey_sim.house.bell import HouseBell
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.checkers import (
    Bounded,
    Covered,
    Durable,
    InTime,
    LedgerIsTap,
    Once,
    Plaintext,
    Retention,
    Topics,
    all_checkers,
)
from latchkey_sim.house.house import House
from latchkey_sim.house.scenario import Fault, Scenario
from latchkey_sim.house.tiny import tiny_scenario, tiny_settings
from latchkey_sim.journal import ListJournal
from latchkey_sim.simlink import SimLink

Patch = pytest.MonkeyPatch
UNCHECKED = tiny_settings(self_check=False)


def _found(checker: Checker, scenario: Scenario, seed: int = 1) -> list[str]:
    return [str(verdict) for verdict in House(scenario, seed, [checker]).run().verdicts]


def _scenario(*faults: Fault, past_days: tuple[int, ...] = (), **options: Any) -> Scenario:
    scenario = tiny_scenario(*faults, **options)
    return replace(scenario, doors=tuple(replace(door, past_days=past_days) for door in scenario.doors))


def test_all_are_content_with_a_sound_device() -> None:
    scenario = _scenario(past_days=(9, 2))
    report = House(scenario, 1, all_checkers()).run()
    assert report.verdicts == []
    assert report.clips == 2  # one of today, one that may stay; the old one went


def _bare(picture: RawFrame, plan: CoverPlan) -> SafeFrame:
    return redact(picture, replace(plan, covers=()))


@pytest.mark.parametrize("checker", [Plaintext, Covered])
def test_a_filter_that_covers_nothing(monkeypatch: Patch, checker: Callable[[], Checker]) -> None:
    monkeypatch.setattr(film, "redact", _bare)
    assert "face" in _found(checker(), tiny_scenario(settings=UNCHECKED))[0]


def test_a_filter_that_hides_luma_only(monkeypatch: Patch) -> None:
    def luma_only(picture: RawFrame, plan: CoverPlan) -> SafeFrame:
        safe = redact(picture, plan)
        safe.u[:], safe.v[:] = picture.u, picture.v
        return safe

    monkeypatch.setattr(film, "redact", luma_only)
    assert "a face is in a frame" in _found(Plaintext(), tiny_scenario(settings=UNCHECKED))[0]


def test_a_plain_copy_beside_the_clip(monkeypatch: Patch) -> None:
    sealed = openclip.OpenClip.append

    def append(self: openclip.OpenClip, plaintext: bytes) -> None:
        copy = self._disk.create(f"clips/{self._file.size_bytes}.tmp")
        copy.append(plaintext)
        sealed(self, plaintext)

    monkeypatch.setattr(openclip.OpenClip, "append", append)
    assert "is on the vault disk" in _found(Plaintext(), tiny_scenario())[0]


def _publish_as(monkeypatch: Patch, change: Callable[[Publication], Publication]) -> None:
    publish = SimLink.publish
    monkeypatch.setattr(SimLink, "publish", lambda self, said: publish(self, change(said)))


def test_a_name_of_the_settings_in_a_message(monkeypatch: Patch) -> None:
    _publish_as(monkeypatch, lambda said: replace(said, payload=said.payload + b"canary-user"))
    assert "'canary-user' is published" in _found(Plaintext(), tiny_scenario())[0]


@pytest.mark.parametrize(
    "change",
    [
        lambda said: replace(said, retain=True),
        lambda said: replace(said, qos=0),
        lambda said: replace(said, payload=said.payload.replace(b'"ring"', b'"song"')),
        lambda said: replace(said, topic=said.topic.replace("event/", "events/")),
        lambda said: replace(said, topic="latchkey/picture"),
    ],
    ids=["retained", "qos", "payload", "topic", "stranger"],
)
def test_a_message_that_is_not_in_the_table(
    monkeypatch: Patch, change: Callable[[Publication], Publication]
) -> None:
    _publish_as(monkeypatch, lambda said: change(said) if "event/doorbell" in said.topic else said)
    assert _found(Topics(), tiny_scenario())


def test_a_client_that_is_no_door() -> None:
    house = House(tiny_scenario(), 1, [Topics()])
    SimLink(house.broker, house.clock, "thief").open(Publication("thief", b""), ())
    assert "thief is connected" in str(house.run().verdicts[0])


def test_a_flood_in_the_log(monkeypatch: Patch) -> None:
    def note(self: ListJournal, line: JournalLine) -> None:
        self.lines.extend([line] * 100)

    monkeypatch.setattr(ListJournal, "note", note)
    assert "lines in the log" in _found(Bounded(), tiny_scenario())[0]


def test_frames_that_pile_up(monkeypatch: Patch) -> None:
    monkeypatch.setattr("latchkey.pipeline.frame_queue.FrameQueue.drop_before", lambda self, at_ns: None)
    monkeypatch.setattr("latchkey.pipeline.recorder.Recorder.event", lambda self, *what: None)
    scenario = tiny_scenario(passages_s=tuple(range(4, 64, 5)), rings_s=(), span_s=70)
    found = _found(Bounded(), scenario)
    assert "pictures that wait for nothing" in found[0]
    assert any("pictures that wait: " in text for text in found)


def test_a_clip_that_is_not_synced(monkeypatch: Patch) -> None:
    monkeypatch.setattr(MemoryFile, "sync", lambda self: None)
    assert "power now would leave" in _found(Durable(), tiny_scenario())[0]


def test_a_clip_that_is_announced_and_gone(monkeypatch: Patch) -> None:
    class Thief(Checker):
        def at_end(self, house: House) -> None:
            vault = house.doors[0].vault
            for name in [name for name in vault.files if name.endswith(".meta.age")]:
                del vault.files[name]

    house = House(tiny_scenario(), 1, [Thief(), Durable()])
    assert "does not open to its end" in str(house.run().verdicts[0])


DOWN = Fault("broker-down", 7 * NS_PER_S, 10 * NS_PER_S)
KILLED = Fault("kill", 11 * NS_PER_S, value=NS_PER_S)


def test_a_press_that_is_forgotten_at_the_start(monkeypatch: Patch) -> None:
    scenario = tiny_scenario(DOWN, KILLED)
    assert _found(Once(), scenario) == []
    monkeypatch.setattr(Outbox, "load", lambda self, now_ns, wall_ns: Loaded(0, 0))
    assert "1 presses, of which 1 had to arrive; 0 did" in _found(Once(), scenario)[0]


def test_a_press_that_rings_twice(monkeypatch: Patch) -> None:
    ring = LinkSide._ring

    def twice(self: LinkSide, *press: Any) -> None:
        ring(self, *press)
        ring(self, *press)

    monkeypatch.setattr(LinkSide, "_ring", twice)
    assert "1 presses, of which 1 had to arrive; 2 did" in _found(Once(), tiny_scenario())[0]


def test_an_old_press_that_rings_as_if_it_were_new(monkeypatch: Patch) -> None:
    scenario = tiny_scenario(replace(DOWN, for_ns=40 * NS_PER_S), span_s=60)
    assert _found(Once(), scenario) == []
    monkeypatch.setattr("latchkey.pipeline.outbox.RING_FRESH_S", 3600)
    assert "nobody has pressed for long" in _found(Once(), scenario)[0]


def test_two_things_told_under_one_number(monkeypatch: Patch) -> None:
    monkeypatch.setattr("latchkey.device.link_side.SEQ_LIMIT", 0)
    assert "tells two different things" in _found(Once(), tiny_scenario())[0]


@pytest.mark.parametrize(
    ("to_delete", "text"),
    [
        (lambda entries, **_: list(entries), "deleted too early"),
        (lambda entries, **_: [], "is still there"),
    ],
    ids=["all", "none"],
)
def test_a_vault_that_deletes(monkeypatch: Patch, to_delete: Callable[..., Any], text: str) -> None:
    scenario = _scenario(past_days=(9, 2), settings=tiny_settings(vault=VaultSettings(days=3)))
    assert _found(Retention(), scenario) == []
    monkeypatch.setattr(vaultkeeper, "to_delete", to_delete)
    assert text in _found(Retention(), scenario)[0]


def test_a_bell_that_is_asked_too_seldom(monkeypatch: Patch) -> None:
    presses, last = HouseBell.presses, [0]

    def seldom(self: HouseBell) -> list[int]:
        now_ns = self._clock.now_ns()
        if now_ns - last[0] < NS_PER_S // 2:
            return []
        last[0] = now_ns
        return presses(self)

    monkeypatch.setattr(HouseBell, "presses", seldom)
    monkeypatch.setattr(HouseBell, "wake_ns", None)
    assert "not told in time" in _found(InTime(), tiny_scenario(rings_s=(7.85,)))[0]


def test_a_ledger_that_forgets_a_connection(monkeypatch: Patch) -> None:
    scenario = tiny_scenario(DOWN)
    assert _found(LedgerIsTap(), scenario) == []
    monkeypatch.setattr(Ledger, "closing", lambda self, handle: self._live.pop(handle, None))
    assert "the ledger says" in _found(LedgerIsTap(), scenario)[0]
