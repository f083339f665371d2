"""What the filter costs per 720p frame, as milliseconds and as a ratio to a bare luma resize."""

import time
from collections.abc import Callable
from statistics import median

import cv2
import numpy as np
import pytest

from latchkey.adapters.finders import open_finder
from latchkey.frames import Box, Cover, FilterState, RawFrame
from latchkey.settings import MotionSettings, PrivacySettings
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey.vision import CoverPlan, CoverPlanner, Gaze, MotionGate, pack, redact, unpack

WIDTH, HEIGHT = 1280, 720
FRAMES = 150
STEP_NS = NS_PER_S // 15

pytestmark = pytest.mark.bench


@pytest.fixture(scope="module")
def street() -> list[RawFrame]:
    """A noisy, textured street through which something as large as a person walks."""
    rng = np.random.default_rng(1)
    coarse = rng.integers(40, 200, (HEIGHT // 8, WIDTH // 8), np.uint8)
    scene = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    noise = [rng.integers(0, 8, (HEIGHT, WIDTH), np.uint8) for _ in range(4)]
    half = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
    frames = []
    for i in range(FRAMES):
        y = np.asarray(cv2.add(scene, noise[i % 4]), np.uint8)
        x = 100 + 6 * i
        y[200:650, x : x + 150] = 255 - y[200:650, x : x + 150]
        frames.append(RawFrame(y, half, half, i * STEP_NS))
    return frames


def cost_ms(job: Callable[[RawFrame], object], frames: list[RawFrame]) -> float:
    """Median over the frames, after a warm-up."""
    job(frames[0])
    costs = []
    for frame in frames:
        began_ns = time.perf_counter_ns()
        job(frame)
        costs.append(time.perf_counter_ns() - began_ns)
    return median(costs) / NS_PER_MS


def bare_resize(frame: RawFrame) -> object:
    return cv2.resize(frame.y, (320, 180), interpolation=cv2.INTER_NEAREST)


def test_motion_gate_and_filter_per_frame(street: list[RawFrame]) -> None:
    faces = [Box(500.0 + 60 * i, 200, 540.0 + 60 * i, 250, 0.9) for i in range(3)]
    planner = CoverPlanner(PrivacySettings(), has_finder=True)
    for frame in street:
        planner.add_look(frame.at_ns, faces)
    plan = CoverPlan(FilterState.OK, (Cover(480, 180, 560, 270), Cover(600, 180, 680, 270)))
    packed = {frame.at_ns: pack(frame) for frame in street}
    floor_ms = cost_ms(bare_resize, street)
    rows = {
        "bare luma resize": floor_ms,
        "motion gate": cost_ms(MotionGate(MotionSettings()).see, street),
        "plan": cost_ms(lambda frame: planner.plan(frame.at_ns, WIDTH, HEIGHT), street),
        "copy of the planes": cost_ms(lambda frame: [p.copy() for p in (frame.y, frame.u, frame.v)], street),
        "redact": cost_ms(lambda frame: redact(frame, plan), street),
        "pack": cost_ms(pack, street),
        "unpack": cost_ms(lambda frame: unpack(packed[frame.at_ns]), street),
    }
    found = open_finder(PrivacySettings())
    if found.finder is not None:
        gaze, finder = Gaze(found.finder), found.finder
        rows[f"look at all ({finder.name})"] = cost_ms(lambda frame: Gaze(finder).look(frame), street[::5])
        rows[f"look ({finder.name})"] = cost_ms(gaze.look, street[::2])
    print(f"\n{'per 720p frame':<22}{'ms':>8}{'x resize':>10}")
    for name, ms in rows.items():
        print(f"{name:<22}{ms:8.3f}{ms / floor_ms:10.1f}")
    assert rows["motion gate"] <= 0.35 or rows["motion gate"] <= 10 * floor_ms
