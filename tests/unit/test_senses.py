"""What is wired beside the camera: a shutter that tells, a motion sensor; and what the lamp shows."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from latchkey.device.lamp import lamp_of
from latchkey.events import CameraState, DiskState
from latchkey.frames import Plane, RawFrame
from latchkey.ports import LampState, Publication, Trouble
from latchkey.settings import RecordingSettings, Settings
from latchkey.units import NS_PER_S
from latchkey_sim.desk import DEVICE_ID, Desk, desk

FPS = 10
SHORT = RecordingSettings(pre_roll_s=1.0, post_roll_s=4.0, longest_clip_s=12.0, threads=1)


@dataclass
class Wired:
    """Contacts that a test moves."""

    slid: bool = False
    seen: bool = False

    def shutter_closed(self) -> bool:
        return self.slid

    def somebody(self) -> bool:
        return self.seen


def _street(seconds: float) -> Iterator[RawFrame]:
    noise = np.random.default_rng(7)
    ground: Plane = (np.add.outer(np.arange(96), np.arange(128)) // 2 + 40).astype(np.uint8)
    chroma: Plane = np.full((48, 64), 128, np.uint8)
    for number in range(int(seconds * FPS)):
        y = ground + noise.integers(0, 3, ground.shape, dtype=np.uint8)
        yield RawFrame(y, chroma, chroma, number * NS_PER_S // FPS)


def _wired(wired: Wired, rings_s: tuple[int, ...] = ()) -> Desk:
    return desk(
        _street(60),
        Settings(recording=SHORT),
        rings_ns=[second * NS_PER_S for second in rings_s],
        prepare=lambda board: replace(board, senses=wired),
    )


def _said(home: Desk, topic: str) -> list[bytes]:
    """What was published on a topic."""
    heard = (one.publication for one in home.broker.heard)
    return [message.payload for message in heard if message.topic.endswith(topic)]


def _cameras(home: Desk) -> list[str]:
    """What the health messages said of the camera, repeats left out."""
    words = [json.loads(payload)["camera"] for payload in _said(home, "health/state")]
    return [word for number, word in enumerate(words) if number == 0 or words[number - 1] != word]


def _clips(home: Desk) -> int:
    return len(home.index.entries())


def test_a_shutter_that_is_slid_over_the_lens_stops_the_camera_and_is_told() -> None:
    wired = Wired()
    home = _wired(wired, rings_s=(12,))
    home.run_until(5 * NS_PER_S)
    wired.slid = True
    home.run_until(20 * NS_PER_S)
    assert _cameras(home)[-1] == "closed"
    assert home.lamp.shown[-1][1] == "closed"
    assert _clips(home) == 0
    assert any("shutter was closed by hand" in line for line in home.said("camera"))
    assert any("the camera is shuttered" in line for line in home.said("bell"))


def test_a_press_is_published_while_the_shutter_is_slid() -> None:
    home = _wired(Wired(slid=True), rings_s=(3,))
    home.run_until(6 * NS_PER_S)
    assert len(_said(home, "event/doorbell")) == 1


def test_a_clip_that_is_recorded_while_the_shutter_is_slid_ends_and_is_kept() -> None:
    wired = Wired()
    home = _wired(wired, rings_s=(5,))
    home.run_until(6 * NS_PER_S)
    wired.slid = True
    home.run_until(12 * NS_PER_S)
    assert [entry.state for entry in home.index.entries()] == ["whole"]


def test_opening_the_shutter_brings_the_camera_back() -> None:
    wired = Wired(slid=True)
    home = _wired(wired)
    home.run_until(5 * NS_PER_S)
    wired.slid = False
    home.run_until(10 * NS_PER_S)
    assert _cameras(home)[-1] == "ok"
    assert home.lamp.shown[-1][1] == "idle"


def test_opening_the_shutter_over_the_broker_brings_the_camera_back_too() -> None:
    home = _wired(Wired())
    for at_s, word in ((3, b"ON"), (8, b"OFF")):
        home.run_until(at_s * NS_PER_S)
        home.broker.publish(Publication(f"latchkey/{DEVICE_ID}/shutter/set", word))
    home.run_until(15 * NS_PER_S)
    assert _cameras(home) == ["ok", "closed", "ok"]
    assert home.lamp.shown[-1][1] == "idle"


def test_a_motion_sensor_records_though_the_picture_stands_still() -> None:
    wired = Wired()
    home = _wired(wired)
    home.run_until(5 * NS_PER_S)
    assert _clips(home) == 0
    wired.seen = True
    home.run_until(7 * NS_PER_S)
    wired.seen = False
    home.run_until(20 * NS_PER_S)
    assert _clips(home) == 1
    moving = _said(home, "motion/state")
    assert b"ON" in moving
    assert moving[-1] == b"OFF"


def test_the_lamp_answers_a_press() -> None:
    home = _wired(Wired(), rings_s=(5,))
    home.run_until(12 * NS_PER_S)
    states = [state for _, state in home.lamp.shown]
    assert states.index("ringing") < states.index("recording")


@pytest.mark.parametrize(
    ("shut", "camera", "disk", "ringing", "recording", "shown"),
    [
        (True, CameraState.CLOSED, DiskState.FULL, True, False, ("closed", "")),
        (False, CameraState.LOST, DiskState.FULL, True, False, ("trouble", "camera")),
        (False, CameraState.FROZEN, DiskState.OK, False, True, ("trouble", "camera")),
        (False, CameraState.OK, DiskState.FULL, True, False, ("trouble", "disk_full")),
        (False, CameraState.OK, DiskState.FAILED, False, False, ("trouble", "disk_failed")),
        (False, CameraState.OK, DiskState.NO_KEYS, False, False, ("trouble", "no_keys")),
        (False, CameraState.OK, DiskState.LOW, True, True, ("ringing", "")),
        (False, CameraState.OK, DiskState.LOW, False, True, ("recording", "")),
        (False, CameraState.OK, DiskState.OK, False, False, ("idle", "")),
    ],
)
def test_what_keeps_the_camera_from_recording_is_shown_before_all_else(
    shut: bool,
    camera: CameraState,
    disk: DiskState,
    ringing: bool,
    recording: bool,
    shown: tuple[LampState, Trouble],
) -> None:
    assert lamp_of(shut=shut, camera=camera, disk=disk, ringing=ringing, recording=recording) == shown
