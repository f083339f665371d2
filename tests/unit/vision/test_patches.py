"""What may be kept of what covers hide: all of faces that were found, and never the scene."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchkey.frames import Box, Cause, Cover, FilterState, RawFrame
from latchkey.settings import PrivacySettings, Zone
from latchkey.units import NS_PER_MS
from latchkey.vision import (
    MAX_LOOK_GAP_NS,
    CoverPlan,
    CoverPlanner,
    FacePatches,
    Motion,
    PrivacyZones,
    Withheld,
    cut_patches,
    redact,
)

WIDTH, HEIGHT = 320, 192
WHOLE = Cover(0, 0, WIDTH, HEIGHT)
STEP_NS = 80 * NS_PER_MS
SMALL, OTHER = Cover(8, 4, 40, 36), Cover(200, 100, 230, 130)
NEAR = Box(60, 10, 260, 180, 0.9)
WINDOW = Zone("window", ((0.1, 0.1), (0.6, 0.2), (0.5, 0.7)))


def noise(seed: int = 3) -> RawFrame:
    """No pixel has the colour of covers."""
    draw = np.random.default_rng(seed)
    sizes = ((HEIGHT, WIDTH), (HEIGHT // 2, WIDTH // 2), (HEIGHT // 2, WIDTH // 2))
    y, u, v = (draw.integers(150, 256, size, dtype=np.uint8) for size in sizes)
    return RawFrame(y, u, v, 0)


def cut(plan: CoverPlan, frame: RawFrame | None = None) -> FacePatches | None:
    """What a layer gets of a picture with this plan."""
    raw = frame or noise()
    safe = redact(raw, plan)
    return cut_patches(raw, safe.state, safe.covers, plan.found)


def kept(patches: FacePatches | None) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The luma that is kept, 0 elsewhere."""
    shown = np.zeros((HEIGHT, WIDTH), np.uint8)
    for place, pixels in patches.patches if patches else ():
        for x0, y0, x1, y1 in patches.covers if patches else ():
            if place.x0 <= x0 and place.y0 <= y0 and x1 <= place.x1 and y1 <= place.y1:
                inside = slice(y0 - place.y0, y1 - place.y0), slice(x0 - place.x0, x1 - place.x0)
                shown[y0:y1, x0:x1] = pixels[inside]
    return shown


def planned(
    looks: Sequence[Sequence[Box]],
    blobs: Sequence[Sequence[Cover]] = (),
    mode: str = "faces",
    unclear: Cause | None = None,
    zones: tuple[Zone, ...] = (),
    at: int = 2,
    step_ns: int = STEP_NS,
) -> CoverPlan:
    """The plan for one frame of a scene with a look and some movement in each."""
    planner = CoverPlanner(PrivacySettings(mode=mode, zones=zones), has_finder=True)
    for number, faces in enumerate(looks):
        planner.add_look(number * step_ns, list(faces))
        moved = tuple(blobs[number]) if number < len(blobs) else ()
        share = float(bool(moved))
        planner.add_motion(number * step_ns, Motion(bool(moved), share, moved, (), unclear))
    return planner.plan(at * step_ns, WIDTH, HEIGHT)


side = st.integers(0, 150)
face = st.builds(
    lambda x, y, w, h, s: Box(x, y, x + w, y + h, s),
    st.integers(-40, 310), st.integers(-40, 180), st.integers(4, 300), st.integers(4, 190),
    st.floats(0.15, 1),
)  # fmt: skip
blob = st.builds(
    lambda x, y, w, h: Cover(2 * x, 2 * y, min(2 * x + 2 * w, WIDTH), min(2 * y + 2 * h, HEIGHT)),
    side, st.integers(0, 80), st.integers(1, 160), st.integers(1, 96),
)  # fmt: skip
scenes = {
    "looks": st.lists(st.lists(face, max_size=3), min_size=5, max_size=5),
    "blobs": st.lists(st.lists(blob, max_size=2), min_size=5, max_size=5),
    "mode": st.sampled_from(["faces", "people"]),
    "step_ns": st.sampled_from([STEP_NS, MAX_LOOK_GAP_NS + 1]),
}


@settings(max_examples=150, deadline=None)
@given(**scenes, unclear=st.sampled_from([None, Cause.DARK, Cause.MOVED]), at=st.integers(0, 5))
def test_every_face_found_in_a_frame_has_its_pixels_kept_however_much_is_hidden(
    looks: list[list[Box]],
    blobs: list[list[Cover]],
    mode: str,
    step_ns: int,
    unclear: Cause | None,
    at: int,
) -> None:
    raw = noise()
    shown = kept(cut(planned(looks, blobs, mode, unclear, at=at, step_ns=step_ns), raw))
    for box in looks[at] if at < len(looks) else ():
        x0, y0 = max(int(box.x0), 0), max(int(box.y0), 0)
        place = slice(y0, max(int(box.y1), 0)), slice(x0, max(int(box.x1), 0))
        assert np.array_equal(shown[place], raw.y[place])


@settings(max_examples=150, deadline=None)
@given(**scenes, unclear=st.sampled_from([None, Cause.DARK]))
def test_all_that_covers_hide_is_kept_or_it_is_said_why_not(
    looks: list[list[Box]], blobs: list[list[Cover]], mode: str, step_ns: int, unclear: Cause | None
) -> None:
    raw, plan = noise(), planned(looks, blobs, mode, unclear, step_ns=step_ns)
    patches, safe = cut(plan, raw), redact(raw, plan)
    hidden, shown = safe.y != raw.y, kept(patches)
    assert not shown[~hidden].any(), "what no cover hides is not in a layer"
    beyond = (hidden & (shown == 0)).any()
    withheld = patches.withheld if patches else None
    assert (withheld is not None) == bool(beyond)
    assert withheld is not Withheld.SCENE or (plan.state is FilterState.OK and hidden.mean() > 0.5)
    assert withheld is not Withheld.SAFETY or plan.state is not FilterState.OK


@settings(max_examples=100, deadline=None)
@given(**scenes, unclear=st.sampled_from([None, Cause.DARK, Cause.MOVED]), seed=st.integers(0, 2**32))
def test_nothing_of_a_zone_is_in_any_patch(
    looks: list[list[Box]],
    blobs: list[list[Cover]],
    mode: str,
    step_ns: int,
    unclear: Cause | None,
    seed: int,
) -> None:
    """Another scene inside the zone, the same patches."""
    plan = planned(looks, blobs, mode, unclear, (WINDOW,), step_ns=step_ns)
    zones, mine, theirs = PrivacyZones((WINDOW,)), noise(), noise(seed)
    black = zones.blank(mine)
    for plane, inside, other in zip(
        (mine.y, mine.u, mine.v), (black.y, black.u, black.v), (theirs.y, theirs.u, theirs.v), strict=True
    ):
        other[plane == inside] = plane[plane == inside]
    first, second = (cut(plan, zones.blank(frame)) for frame in (mine, theirs))
    assert (first is None) == (second is None)
    for (_, one), (_, another) in zip(
        first.patches if first else (), second.patches if second else (), strict=True
    ):
        assert np.array_equal(one, another)


def test_since_the_camera_was_moved_nothing_is_kept_where_there_are_zones() -> None:
    looks = [[NEAR]] * 5
    assert planned(looks, unclear=Cause.MOVED).found
    assert not planned(looks, unclear=Cause.MOVED, zones=(WINDOW,)).found
    assert planned(looks, unclear=Cause.DARK, zones=(WINDOW,)).found


def test_more_faces_than_can_be_true_are_not_kept() -> None:
    crowd = [
        [Box(x, y, x + 6, y + 8, 0.5) for x in range(n, 300, 12) for y in range(0, 180, 6)] for n in range(5)
    ]
    for unclear in (None, Cause.DARK):
        patches = cut(planned(crowd, unclear=unclear))
        assert patches is not None
        assert (patches.covers, patches.withheld) == ((), Withheld.SAFETY)


@pytest.mark.parametrize("state", [FilterState.FALLBACK_REGION, FilterState.FALLBACK_FULL])
def test_a_fallback_keeps_the_faces_found_and_no_more(state: FilterState) -> None:
    covers = (WHOLE,) if state is FilterState.FALLBACK_FULL else (SMALL, OTHER)
    patches = cut(CoverPlan(state, covers, found=(SMALL,)))
    assert patches is not None
    assert (patches.covers, patches.withheld) == ((SMALL,), Withheld.SAFETY)
    none = cut(CoverPlan(state, covers))
    assert none is not None
    assert (none.covers, none.patches, none.withheld) == ((), (), Withheld.SAFETY)


@pytest.mark.parametrize(("rows", "keeps"), [(HEIGHT // 2, True), (HEIGHT // 2 + 2, False)])
def test_covers_of_nobody_found_are_kept_up_to_half_of_the_picture(rows: int, keeps: bool) -> None:
    patches = cut(CoverPlan(FilterState.OK, (Cover(0, 0, WIDTH, rows), OTHER), found=(OTHER,)))
    assert patches is not None
    assert OTHER in patches.covers
    assert (patches.withheld is None) is keeps
    assert len(patches.covers) == 1 + keeps


def test_somebody_who_fills_the_picture_is_kept_whole() -> None:
    patches = cut(planned([[NEAR]] * 5))
    assert patches is not None
    assert patches.covers == (WHOLE,)
    assert patches.withheld is None


def test_the_mode_everything_keeps_nothing_of_any_picture() -> None:
    patches = cut(planned([[NEAR]] * 5, mode="everything"))
    assert patches is not None
    assert (patches.covers, patches.withheld) == ((), Withheld.SCENE)


def test_a_bare_picture_has_no_patches() -> None:
    assert cut(CoverPlan(FilterState.OK, ())) is None
