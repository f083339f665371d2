"""The redactor: what it hides is gone, what it does not hide is untouched, nonsense is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchkey.errors import FilterError
from latchkey.frames import Colour, Cover, FilterState, RawFrame, SafeFrame
from latchkey.vision import COVER_YUV, CoverPlan, redact


def noise(width: int, height: int, seed: int) -> RawFrame:
    rng = np.random.default_rng(seed)
    y, u, v = (rng.integers(0, 256, (height // part, width // part), np.uint8) for part in (1, 2, 2))
    return RawFrame(y, u, v, 7, Colour(matrix=6, full_range=True))


def planes(frame: RawFrame | SafeFrame) -> tuple[np.ndarray, ...]:
    """Give the three planes at full size, so that one mask serves all."""
    return (frame.y, *(plane.repeat(2, axis=0).repeat(2, axis=1) for plane in (frame.u, frame.v)))


covers = st.builds(
    lambda x, y, w, h: Cover(x, y, x + w, y + h),
    st.integers(-40, 90), st.integers(-40, 90), st.integers(1, 60), st.integers(1, 60),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    wide=st.integers(1, 40),
    high=st.integers(1, 40),
    hidden=st.lists(covers, max_size=5),
    seed=st.integers(0, 99),
)
def test_inside_covers_nothing_depends_on_the_picture_and_outside_it_is_unchanged(
    wide: int, high: int, hidden: list[Cover], seed: int
) -> None:
    width, height = 2 * wide, 2 * high
    plan = CoverPlan(FilterState.OK, tuple(hidden))
    raw, other = noise(width, height, seed), noise(width, height, seed + 100)
    safe, safe_other = redact(raw, plan), redact(other, plan)
    mask = np.zeros((height, width), bool)
    for x0, y0, x1, y1 in hidden:
        mask[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = True
    cells = mask.reshape(high, 2, wide, 2).any(axis=(1, 3)).repeat(2, axis=0).repeat(2, axis=1)
    for was, now, now_other, colour in zip(
        planes(raw), planes(safe), planes(safe_other), COVER_YUV, strict=True
    ):
        assert (now[cells] == colour).all()
        assert (now[cells] == now_other[cells]).all()
        assert (now[~cells] == was[~cells]).all()


@settings(max_examples=60, deadline=None)
@given(hidden=st.lists(covers, max_size=5))
def test_the_covers_of_a_safe_frame_are_even_and_inside_the_picture(hidden: list[Cover]) -> None:
    safe = redact(noise(64, 48, 1), CoverPlan(FilterState.OK, tuple(hidden)))
    for x0, y0, x1, y1 in safe.covers:
        assert 0 <= x0 < x1 <= 64
        assert 0 <= y0 < y1 <= 48
        assert not any(side % 2 for side in (x0, y0, x1, y1))


def test_the_fallback_hides_the_whole_picture_whatever_the_covers_say() -> None:
    safe = redact(noise(64, 48, 1), CoverPlan(FilterState.FALLBACK_FULL, ()))
    for plane, colour in zip(planes(safe), COVER_YUV, strict=True):
        assert (plane == colour).all()
    assert safe.covers == (Cover(0, 0, 64, 48),)


def test_the_raw_frame_is_left_as_it_is_and_shares_no_memory() -> None:
    raw = noise(64, 48, 1)
    before = raw.y.copy()
    safe = redact(raw, CoverPlan(FilterState.OK, (Cover(0, 0, 64, 48),)))
    assert (raw.y == before).all()
    bare = redact(raw, CoverPlan(FilterState.OK, ()))
    assert not any(np.shares_memory(a, b) for a, b in zip(planes(raw)[:1], (bare.y,), strict=True))
    assert not np.shares_memory(raw.u, bare.u)
    assert not np.shares_memory(raw.v, bare.v)
    assert (safe.at_ns, safe.colour, safe.state) == (raw.at_ns, raw.colour, FilterState.OK)


@pytest.mark.parametrize(
    "plan",
    [
        CoverPlan("ok", ()),  # type: ignore[arg-type]
        CoverPlan(None, ()),  # type: ignore[arg-type]
        CoverPlan(FilterState.FALLBACK_REGION, ()),
        CoverPlan(FilterState.OK, (Cover(5, 5, 5, 9),)),
        CoverPlan(FilterState.OK, (Cover(9, 5, 5, 9),)),
        CoverPlan(FilterState.OK, (Cover(0, 0, float("nan"), 9),)),  # type: ignore[arg-type]
        CoverPlan(FilterState.OK, (Cover(0.5, 0, 2.5, 9),)),  # type: ignore[arg-type]
        CoverPlan(FilterState.OK, ((0, 0, 4),)),  # type: ignore[arg-type]
    ],
)
def test_a_plan_that_makes_no_sense_gives_no_picture_at_all(plan: CoverPlan) -> None:
    with pytest.raises(FilterError):
        redact(noise(64, 48, 1), plan)


@pytest.mark.parametrize("shape", [(47, 64), (48, 63), (0, 64)])
def test_planes_that_do_not_belong_together_give_no_picture(shape: tuple[int, int]) -> None:
    half = np.zeros((24, 32), np.uint8)
    with pytest.raises(FilterError):
        redact(RawFrame(np.zeros(shape, np.uint8), half, half, 0), CoverPlan(FilterState.OK, ()))


def test_a_deeper_picture_is_refused() -> None:
    half = np.zeros((24, 32), np.uint8)
    deep = RawFrame(np.zeros((48, 64), np.uint16), half, half, 0)
    with pytest.raises(FilterError):
        redact(deep, CoverPlan(FilterState.OK, ()))
