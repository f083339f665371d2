"""Times of a video's pictures: kept exactly where they can be, and made to rise where not."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey.adapters.timeline import FINEST, GAP_TICKS, SCALE_MIN, Timeline, scale_of

BASES = st.builds(Fraction, st.integers(1, 1001), st.integers(1, FINEST))


@given(BASES, st.lists(st.integers(1, 10**6), max_size=50), st.integers(0, 10**6))
def test_rising_times_are_kept_exactly(base: Fraction, steps: list[int], start: int) -> None:
    line, pts = Timeline(base, 25), start
    longest = int(GAP_TICKS / (base * line.scale))
    for step in [0, *steps]:
        pts += min(step, longest)
        assert Fraction(line.place(pts), line.scale) == pts * base
    assert (line.moved, line.shift) == (0, 0)


@given(BASES)
def test_a_scale_is_fine_enough_and_holds_every_multiple(base: Fraction) -> None:
    assert scale_of(base) >= SCALE_MIN
    assert (base * scale_of(base)).denominator == 1


@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(-(2**40), 2**40),
            st.none() | st.integers(-(2**40), 2**40),
        ),
        max_size=60,
    )
)
def test_times_rise_whatever_a_file_says(stamps: list[tuple[int | None, int | None]]) -> None:
    line = Timeline(Fraction(1, 1000), 25)
    ticks = [line.place(*stamp) for stamp in stamps]
    assert all(later > earlier for earlier, later in pairwise(ticks))
    assert all(tick >= 0 for tick in ticks)
    times = [line.at_ns(tick) for tick in ticks]
    assert all(later > earlier for earlier, later in pairwise(times))


def _seconds(line: Timeline, stamps: list[int | None]) -> list[float]:
    return [round(line.place(pts) / line.scale, 3) for pts in stamps]


def test_a_repeated_time_moves_by_a_tick_and_the_next_is_kept() -> None:
    line = Timeline(Fraction(1, 10), 10)
    assert _seconds(line, [0, 1, 1, 2, 3]) == [0, 0.1, 0.1, 0.2, 0.3]
    assert line.moved == 1


def test_missing_times_follow_the_rate() -> None:
    assert _seconds(Timeline(Fraction(1, 1000), 25), [None, None, None]) == [0, 0.04, 0.08]


def test_numbered_packets_fall_back_on_their_order_of_decoding() -> None:
    """H.264 with B-frames in AVI: the stamps belong to the packets, not to the pictures they ended up in."""
    line = Timeline(Fraction(1, 10), 10)
    stamps = [(1, 2), (4, 3), (3, 4), (5, 5), (2, 6), (8, 7), (7, 8), (9, 9), (6, 10)]
    placed = [round(line.place(*stamp) / line.scale, 1) for stamp in stamps]
    assert placed == [0.1, 0.4, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]


def test_a_second_part_that_counts_from_zero_again_goes_on_where_the_first_ended() -> None:
    line = Timeline(Fraction(1, 1000), 10)
    assert _seconds(line, [5000, 5100, 5200, 0, 100, 200]) == [5, 5.1, 5.2, 5.3, 5.4, 5.5]


def test_a_part_of_less_than_a_second_is_joined_at_its_own_pace() -> None:
    line = Timeline(Fraction(1, 1000), 25)
    part: list[int | None] = [40 * number for number in range(20)]
    assert _seconds(line, part * 3) == [round(0.04 * number, 3) for number in range(60)]


def test_a_file_that_begins_before_zero_is_shifted_as_a_whole() -> None:
    assert _seconds(Timeline(Fraction(1, 1000), 25), [-80, -40, 0, 40]) == [0, 0.04, 0.08, 0.12]


def test_a_gap_longer_than_an_mp4_holds_is_shortened_and_times_go_on_from_there() -> None:
    times = Timeline(Fraction(1, 90_000), 25)
    placed = [times.place(pts) for pts in (0, 1 << 33, (1 << 33) + 3600, (1 << 33) + 7200)]
    assert placed == [0, GAP_TICKS, GAP_TICKS + 3600, GAP_TICKS + 7200]
    assert times.moved == 1


@pytest.mark.parametrize(
    "time_base", [Fraction(1 << 31), Fraction(1), Fraction(1, 1000), Fraction(1, 1 << 31)]
)
@given(stamps=st.lists(st.integers(-(1 << 63), (1 << 63) - 1), min_size=1, max_size=30))
def test_whatever_a_file_says_times_rise_and_fit_64_bits_in_ns(
    time_base: Fraction, stamps: list[int]
) -> None:
    times = Timeline(time_base, 25)
    placed = [times.place(pts) for pts in stamps]
    at_ns = [times.at_ns(ticks) for ticks in placed]
    assert all(0 < later - one <= GAP_TICKS for one, later in pairwise(placed))
    assert all(one < later for one, later in pairwise(at_ns))
    assert at_ns[0] >= 0
    assert at_ns[-1] < 1 << 63


def test_a_time_base_of_nanoseconds_is_rounded_and_leaves_room_for_long_gaps() -> None:
    times = Timeline(Fraction(1, 10**9), 25)
    assert [times.place(pts) for pts in (0, 6 * 10**9, 600 * 10**9 + 1)] == [0, 6 * 10**6, 600 * 10**6]
