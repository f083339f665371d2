"""What happens inside a privacy zone changes nothing at all: no look, no motion, no byte, no message."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from latchkey.clip import decrypt
from latchkey.frames import Bgr, Box, Plane, RawFrame
from latchkey.settings import MotionSettings, PrivacySettings, RecordingSettings, Settings, Zone
from latchkey.units import NS_PER_S
from latchkey.vision import MotionGate, PrivacyZones
from latchkey_sim.desk import Desk, desk
from latchkey_sim.household import OWNER

FPS, WIDTH, HEIGHT = 10, 128, 96
ZONE = Zone("neighbour", ((0.0, 0.0), (0.4, 0.0), (0.25, 0.9), (0.0, 0.7)))
PRIVACY = PrivacySettings(zones=(ZONE,))
SHORT = RecordingSettings(pre_roll_s=1.0, post_roll_s=1.0, threads=1)


class Watchful:
    """A finder that keeps every picture it is given, and sees one face."""

    name = "watchful"
    long_side_px = 128

    def __init__(self) -> None:
        self.given: list[bytes] = []

    def find(self, bgr: Bgr) -> list[Box]:
        self.given.append(bgr.tobytes())
        return [Box(60, 30, 80, 50, 0.9)]


def _inside() -> tuple[Plane, Plane]:
    """Give where the zone lies, drawn independently of the code: well inside its edges."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    x, y = (columns + 0.5) / WIDTH, (rows + 0.5) / HEIGHT
    slanted = x < 0.4 - 0.15 * y / 0.9
    luma = slanted & (y < 0.7 + 0.2 * x / 0.25)
    chroma = luma.reshape(HEIGHT // 2, 2, WIDTH // 2, 2).all(axis=(1, 3))
    return luma.astype(np.uint8), chroma.astype(np.uint8)


def _street(life: int | None) -> Iterator[RawFrame]:
    """A street with somebody walking by; `life` seeds what goes on inside the zone, None = nothing."""
    noise = np.random.default_rng(7)
    luma, chroma = (mask.astype(bool) for mask in _inside())
    ground: Plane = (np.add.outer(np.arange(HEIGHT), np.arange(WIDTH)) // 2 + 40).astype(np.uint8)
    for number in range(8 * FPS):
        planes = [
            ground + noise.integers(0, 3, ground.shape, dtype=np.uint8),
            np.full((HEIGHT // 2, WIDTH // 2), 120, np.uint8),
            np.full((HEIGHT // 2, WIDTH // 2), 130, np.uint8),
        ]
        if 3 * FPS <= number < 5 * FPS:
            left = 60 + (number * 5) % 40
            planes[0][20:80, left : left + 24] = 235
        if life is not None:
            inside = np.random.default_rng([life, number])
            for plane, mask in zip(planes, (luma, chroma, chroma), strict=True):
                wild = inside.integers(0, 256, plane.shape, dtype=np.uint8)
                blinking = np.where(inside.random() < 0.5, 255, wild).astype(np.uint8)
                np.copyto(plane, blinking, where=mask)
        yield RawFrame(planes[0], planes[1], planes[2], number * NS_PER_S // FPS)


def _run(life: int | None) -> tuple[Desk, Watchful, list[bytes]]:
    finder = Watchful()
    home = desk(
        _street(life),
        Settings(recording=SHORT, privacy=PRIVACY),
        finder=finder,
        rings_ns=[4 * NS_PER_S],
    )
    home.run_until_ended(60 * NS_PER_S)
    home.device.close()
    sealed = [home.vault.read(name) for name in sorted(home.vault.files) if name.endswith(".age")]
    return home, finder, [b"".join(decrypt(data, [OWNER.text])) for data in sealed]


def test_whatever_goes_on_inside_a_zone_changes_no_look_no_clip_and_no_message() -> None:
    calm, calm_finder, calm_clips = _run(None)
    wild, wild_finder, wild_clips = _run(1)
    assert len(calm_clips) == 3  # a clip, its companion and its record
    assert len(calm_finder.given) > 20
    assert wild_finder.given == calm_finder.given
    assert wild_clips == calm_clips
    assert [heard.publication for heard in wild.broker.heard] == [
        heard.publication for heard in calm.broker.heard
    ]
    assert wild.journal.lines == calm.journal.lines


def test_without_the_zone_the_same_life_is_seen() -> None:
    """The test above would pass for a camera that sees nothing at all."""
    quiet, loud = _shares(None), _shares(1)
    assert max(loud) > max(quiet) + 0.2


def _shares(life: int | None) -> list[float]:
    gate = MotionGate(MotionSettings())
    return [gate.see(frame).share for frame in _street(life)]


@settings(max_examples=10, deadline=None)
@given(life=st.integers(0, 1 << 30))
def test_motion_and_sight_are_the_same_for_any_life_inside_a_zone(life: int) -> None:
    zones = PrivacyZones((ZONE,))
    calm, wild = (MotionGate(MotionSettings(), (ZONE,)) for _ in range(2))
    for still, lively, _ in zip(_street(None), _street(life), range(20), strict=False):
        assert calm.see(zones.blank(still)) == wild.see(zones.blank(lively))


def test_a_zone_hides_its_own_pixels_and_a_frame_keeps_the_rest() -> None:
    luma, _ = _inside()
    frame = replace(next(_street(1)), at_ns=0)
    blanked = PrivacyZones((ZONE,)).blank(frame)
    assert (blanked.y[luma.astype(bool)] == 16).all()
    assert (blanked.y[:, WIDTH // 2 :] == frame.y[:, WIDTH // 2 :]).all()
