"""A whole device on the desk, in virtual time: clips, rings, modes, and every way a part can fail."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import av
import numpy as np
import pytest

from latchkey.clip import decrypt
from latchkey.frames import Bgr, Box, Plane, RawFrame
from latchkey.ports import Publication
from latchkey.settings import RecordingSettings, Settings
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey.vault import ClipMeta, decode_meta
from latchkey_sim.desk import DEVICE_ID, Desk, desk
from latchkey_sim.household import OWNER

FPS = 10
SIZE = (128, 96)
SHORT = RecordingSettings(pre_roll_s=2.0, post_roll_s=3.0, longest_clip_s=12.0, threads=1)


class Sees:
    """A finder that always sees one face, so covers are there to be checked."""

    name = "sees"
    long_side_px = 128

    def find(self, bgr: Bgr) -> list[Box]:
        return [Box(40, 30, 60, 50, 0.9)]


def _settings(**changes: Any) -> Settings:
    return Settings(recording=SHORT, **changes)


def _street(seconds: float, moving: tuple[tuple[float, float], ...] = ()) -> Iterator[RawFrame]:
    """A noisy street; during `moving` (from, to) seconds a bright block walks through it."""
    noise = np.random.default_rng(7)
    ground: Plane = (np.add.outer(np.arange(SIZE[1]), np.arange(SIZE[0])) // 2 + 40).astype(np.uint8)
    for number in range(int(seconds * FPS)):
        y = ground + noise.integers(0, 3, ground.shape, dtype=np.uint8)
        second = number / FPS
        if any(begin <= second < end for begin, end in moving):
            left = 8 + (number * 5) % (SIZE[0] - 40)
            y[20:80, left : left + 24] = 235
        chroma = np.full((SIZE[1] // 2, SIZE[0] // 2), 128, np.uint8)
        yield RawFrame(y, chroma, chroma, number * NS_PER_S // FPS)


def _visit(moving: tuple[tuple[float, float], ...] = ((6, 9),), seconds: float = 30, **options: Any) -> Desk:
    settings = options.pop("settings", None) or _settings()
    options.setdefault("finder", Sees())
    return desk(_street(seconds, moving), settings, **options)


def _finish(home: Desk) -> Desk:
    home.run_until_ended(200 * NS_PER_S)
    home.device.close()
    return home


def _clips(home: Desk) -> list[tuple[ClipMeta, list[int]]]:
    """Open every clip as its owner: the sealed record, and the PTS of its frames in ms."""
    opened = []
    for entry in home.index.entries():
        names = [name for name in home.vault.files if entry.clip in name]
        clip = next(name for name in names if name.endswith(f"{entry.clip}.age"))
        meta = next(name for name in names if name.endswith(".meta.age"))
        record = decode_meta(b"".join(decrypt(home.vault.read(meta), [OWNER.text])))
        video = b"".join(decrypt(home.vault.read(clip), [OWNER.text]))
        with av.open(io.BytesIO(video), "r") as container:
            times = [round(1000 * (picture.time or 0)) for picture in container.decode(video=0)]
        opened.append((record, times))
    return sorted(opened, key=lambda clip: clip[0].start_at_ns)


def _heard(home: Desk, suffix: str) -> list[dict[str, object]]:
    topic = f"latchkey/{DEVICE_ID}/{suffix}"
    return [
        json.loads(heard.publication.payload)
        for heard in home.broker.heard
        if heard.publication.topic == topic
    ]


def _kinds(home: Desk) -> list[str]:
    return [str(event["event_type"]) for event in _heard(home, "event/clip")]


def test_movement_makes_one_clip_with_pre_roll_and_post_roll() -> None:
    home = _finish(_visit())
    ((record, times),) = _clips(home)
    begin_s = record.start_at_ns / NS_PER_S
    assert begin_s == pytest.approx(4.0, abs=0.3)
    assert times[-1] / 1000 + begin_s == pytest.approx(9 + 2 + 3, abs=0.3)  # movement, hold, post-roll
    assert times == [number * 1000 // FPS for number in range(len(times))]
    assert record.trigger == "motion"
    assert record.frames == len(times)
    assert record.frames_with_covers == len(times)
    assert _kinds(home) == ["start", "end"]


def test_a_still_street_makes_no_clip_and_no_event() -> None:
    home = _finish(_visit(moving=()))
    assert home.index.entries() == []
    assert _kinds(home) == []
    assert not [name for name in home.vault.files if "clips" in name]


def test_a_ring_records_though_nothing_moves_and_is_published_at_once() -> None:
    home = _visit(moving=(), rings_ns=[8 * NS_PER_S])
    home.run_until(8 * NS_PER_S + NS_PER_MS)
    (ring,) = _heard(home, "event/doorbell")
    assert ring["event_type"] == "ring"
    rung = next(heard for heard in home.broker.heard if heard.publication.topic.endswith("doorbell"))
    assert rung.at_ns - 8 * NS_PER_S < 100 * NS_PER_MS
    ((record, times),) = _clips(_finish(home))
    assert record.trigger == "ring"
    assert record.start_at_ns == pytest.approx(6 * NS_PER_S, abs=NS_PER_S // 5)
    assert times[-1] == pytest.approx(5000, abs=200)


def test_a_second_event_extends_the_clip() -> None:
    home = _finish(_visit(moving=((6, 7),), rings_ns=[9 * NS_PER_S]))
    ((record, times),) = _clips(home)
    assert record.trigger == "ring"
    assert record.triggers == ("ring", "motion")
    assert times[-1] / 1000 == pytest.approx(9 + 3 - 4, abs=0.4)
    assert _kinds(home) == ["start", "update", "end"]


def test_all_messages_of_a_clip_tell_the_same_start() -> None:
    home = _finish(_visit(moving=((6, 7),), rings_ns=[9 * NS_PER_S]))
    assert _kinds(home) == ["start", "update", "end"]
    assert len({event["start"] for event in _heard(home, "event/clip")}) == 1


def test_a_long_visit_goes_on_in_a_new_clip_without_a_gap() -> None:
    home = _finish(_visit(moving=((6, 30),), seconds=40))
    clips = _clips(home)
    assert len(clips) >= 3
    for (record, times), (following, _) in pairwise(clips):
        last_ns = record.start_at_ns + times[-1] * NS_PER_MS
        assert following.start_at_ns - last_ns == pytest.approx(NS_PER_S / FPS, abs=2 * NS_PER_MS)
    assert sorted(_kinds(home)) == ["end"] * len(clips) + ["start"] * len(clips)
    assert (_kinds(home)[0], _kinds(home)[-1]) == ("start", "end")


def test_two_visits_close_together_lose_nothing_between_them() -> None:
    home = _finish(_visit(moving=((6, 7), (13, 14)), seconds=30))
    seen = [
        at for record, times in _clips(home) for at in (record.start_at_ns // NS_PER_MS + t for t in times)
    ]
    assert len(seen) == len(set(seen))
    assert set(range(6000, 10_000, 100)) <= {round(at, -2) for at in seen}
    assert set(range(12_000, 17_000, 100)) <= {round(at, -2) for at in seen}


def test_nothing_is_announced_before_it_is_durable() -> None:
    home = _visit()
    while not home.device.ended:
        home.run_until(home.clock.now_ns() + 20 * NS_PER_MS)
        ended = [event["id"] for event in _heard(home, "event/clip") if event["event_type"] == "end"]
        assert set(ended) <= {entry.clip for entry in home.index.entries()}
    assert _kinds(home)[-1] == "end"


def test_disarmed_and_shuttered_cameras_publish_the_press_and_record_nothing() -> None:
    for command in (("armed/set", b"OFF"), ("shutter/set", b"ON")):
        home = _visit(moving=((6, 9),), rings_ns=[8 * NS_PER_S])
        home.run_until(2 * NS_PER_S)
        home.broker.publish(Publication(f"latchkey/{DEVICE_ID}/{command[0]}", command[1]))
        home.run_until(20 * NS_PER_S)
        assert [ring["event_type"] for ring in _heard(home, "event/doorbell")] == ["ring"]
        assert home.index.entries() == []
        assert not [name for name in home.vault.files if "clips" in name]
        home.device.close()


def test_disarming_ends_the_clip_at_that_moment_and_keeps_it() -> None:
    home = _visit(moving=((6, 20),))
    home.run_until(10 * NS_PER_S)
    home.broker.publish(Publication(f"latchkey/{DEVICE_ID}/armed/set", b"OFF"))
    home.run_until(20 * NS_PER_S)
    ((record, times),) = _clips(home)
    assert record.start_at_ns + times[-1] * NS_PER_MS <= 10.2 * NS_PER_S
    home.device.close()


def test_arming_again_shows_nothing_of_the_time_before() -> None:
    home = _visit(moving=((6, 20),))
    home.run_until(2 * NS_PER_S)
    home.broker.publish(Publication(f"latchkey/{DEVICE_ID}/armed/set", b"OFF"))
    home.run_until(12 * NS_PER_S)
    home.broker.publish(Publication(f"latchkey/{DEVICE_ID}/armed/set", b"ON"))
    clips = _clips(_finish(home))
    assert clips
    assert min(record.start_at_ns for record, _ in clips) >= 12 * NS_PER_S


def test_a_vanished_camera_is_told_comes_back_by_itself_and_the_bell_rings_meanwhile() -> None:
    home = _visit(moving=((14, 16),), rings_ns=[7 * NS_PER_S], seconds=40)
    home.run_until(4 * NS_PER_S)
    home.camera.lose()
    home.run_until(10 * NS_PER_S)
    assert [ring["event_type"] for ring in _heard(home, "event/doorbell")] == ["ring"]
    assert home.lamp.shown[-1][1] == "trouble"
    assert _heard(home, "health/state")[-1]["camera"] == "lost"
    home.camera.find()
    _finish(home)
    assert any(record.trigger == "motion" for record, _ in _clips(home))
    assert "gives pictures again" in home.said("camera")


def test_a_silent_camera_is_told_as_frozen() -> None:
    home = _visit(moving=())
    home.run_until(4 * NS_PER_S)
    home.camera.stalled = True
    home.run_until(12 * NS_PER_S)
    assert _heard(home, "health/state")[-1]["camera"] == "frozen"
    home.device.close()


def test_a_camera_that_repeats_one_picture_is_told_as_frozen() -> None:
    first = next(_street(1))
    frames = (replace(first, at_ns=number * NS_PER_S // FPS) for number in range(100))
    home = desk(frames, _settings(), finder=Sees())
    home.run_until(8 * NS_PER_S)
    assert _heard(home, "health/state")[-1]["camera"] == "frozen"
    home.device.close()


def test_a_hanging_detector_covers_everything_and_the_clip_is_still_kept() -> None:
    home = _visit(rings_ns=[8 * NS_PER_S])
    home.workers.hang("look")
    ((record, times),) = _clips(_finish(home))
    assert record.states["fallback_full"] == len(times)
    assert any("covers the whole picture" in text for text in home.said("filter"))
    assert _heard(home, "event/clip")[-1]["filter"] == "fallback_full"


def test_without_a_detector_all_that_moves_is_covered_and_said() -> None:
    home = _finish(_visit(finder=None))
    ((record, times),) = _clips(home)
    assert record.states["ok"] == 0
    assert record.states["fallback_region"] + record.states["fallback_full"] == len(times)


def test_a_full_vault_loses_the_clip_loudly_and_the_device_goes_on() -> None:
    home = _visit(moving=((6, 8), (40, 42)), rings_ns=[7 * NS_PER_S], seconds=70)
    home.run_until(NS_PER_S)
    home.vault.limit_bytes = 2000
    home.run_until(30 * NS_PER_S)
    assert home.index.entries() == []
    assert "end" not in _kinds(home)
    assert any("could not be kept" in text for text in home.said("clip"))
    home.vault.limit_bytes = 1 << 40
    assert len(_clips(_finish(home))) == 1
    assert [ring["event_type"] for ring in _heard(home, "event/doorbell")] == ["ring"]


def test_no_step_waits_for_slow_workers() -> None:
    """Looks and film take far longer than frames come; steps still only ever poll."""
    home = _visit(costs_ns={"look": 400 * NS_PER_MS, "film": 150 * NS_PER_MS}, moving=((6, 12),), seconds=60)
    home.run_until(100 * NS_PER_S)
    clips = _clips(_finish(home))
    assert clips
    assert all(record.states["fallback_full"] > 0 for record, _ in clips[:1])


def test_the_same_seed_gives_the_same_clips_and_messages() -> None:
    first, second = (_finish(_visit(rings_ns=[8 * NS_PER_S], seed=5)) for _ in range(2))
    assert {n: first.vault.read(n) for n in first.vault.files} == {
        n: second.vault.read(n) for n in second.vault.files
    }
    assert first.broker.heard == second.broker.heard
    other = _finish(_visit(rings_ns=[8 * NS_PER_S], seed=6))
    assert set(other.vault.names("clips")).isdisjoint(first.vault.names("clips"))


def test_a_power_cut_while_recording_leaves_a_torn_clip_that_is_never_announced() -> None:
    home = _visit(moving=((6, 20),))
    home.run_until(10 * NS_PER_S)
    assert home.index.entries() == []
    again = desk(_street(5), _settings(), finder=Sees(), vault=home.vault, state=home.state, seed=2)
    again.run_until_ended(20 * NS_PER_S)
    assert [entry.state for entry in again.index.entries()] == ["torn"]
    assert _kinds(again) == []
    assert any("torn" in text for text in again.said("disk"))
    again.device.close()
