"""Which clips have to go, under honest clocks and others."""

from hypothesis import given
from hypothesis import strategies as st

from latchkey.events import DiskState
from latchkey.ports import ClipEntry
from latchkey.units import MIB, NS_PER_HOUR, NS_PER_S, S_PER_DAY
from latchkey.vault import (
    crowding,
    expired,
    expires_day,
    faces_left_ns,
    faces_surely_over,
    overflow,
    room_state,
)

TODAY = 20_781


def clip(number: int, day: int = TODAY, size_bytes: int = 10) -> ClipEntry:
    return ClipEntry(f"{number:032x}", day, size_bytes, "whole")


ENTRIES = st.lists(
    st.builds(clip, st.integers(0, 99), st.integers(TODAY - 50, TODAY + 50), st.integers(0, 1000)),
    max_size=12,
    unique_by=lambda entry: entry.clip,
)


def test_a_clip_goes_when_as_many_whole_days_have_passed_as_it_is_kept() -> None:
    entries = [clip(n, TODAY - n) for n in range(6)]
    assert expired(entries, TODAY, 3) == [clip(4, TODAY - 4), clip(5, TODAY - 5)]
    assert [expires_day(entry.day, 3) for entry in expired(entries, TODAY, 3)] == [TODAY, TODAY - 1]


def test_a_clip_of_a_minute_before_midnight_lasts_a_day_with_the_shortest_retention() -> None:
    assert expired([clip(1, TODAY), clip(2, TODAY - 1)], TODAY, 1) == []


def test_a_clock_that_fell_back_to_1970_deletes_nothing() -> None:
    assert expired([clip(1, TODAY), clip(2, TODAY - 400)], 0, 1) == []


def test_a_clip_from_the_future_stays_and_still_counts_for_room() -> None:
    future = clip(1, TODAY + 3650, size_bytes=100)
    assert expired([future], TODAY, 1) == []
    assert overflow([future], max_bytes=99, free_bytes=10**9, spare_bytes=0) == [future]


def test_the_oldest_recording_goes_first_even_if_the_clock_was_wrong() -> None:
    entries = [clip(1, TODAY + 9), clip(2, 0), clip(3, TODAY)]
    assert overflow(entries, max_bytes=25, free_bytes=10**9, spare_bytes=0) == entries[:1]


def test_the_clip_being_written_counts_but_is_never_chosen() -> None:
    entries = [clip(1), clip(2)]
    assert overflow(entries, max_bytes=30, free_bytes=10**9, spare_bytes=0, open_bytes=15) == entries[:1]


def test_a_disk_that_others_filled_costs_no_clip_where_that_would_not_help() -> None:
    entries = [clip(1), clip(2)]
    assert overflow(entries, max_bytes=100, free_bytes=0, spare_bytes=20) == entries
    assert overflow(entries, max_bytes=100, free_bytes=0, spare_bytes=21) == []


@given(ENTRIES, st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 500))
def test_no_more_is_deleted_than_is_needed(
    entries: list[ClipEntry], max_bytes: int, free_bytes: int, spare_bytes: int, open_bytes: int
) -> None:
    gone = overflow(
        entries, max_bytes=max_bytes, free_bytes=free_bytes, spare_bytes=spare_bytes, open_bytes=open_bytes
    )
    assert gone == entries[: len(gone)]
    total = sum(entry.size_bytes for entry in entries)

    def fits(n_gone: int) -> bool:
        freed = sum(entry.size_bytes for entry in entries[:n_gone])
        roomy = free_bytes + freed >= spare_bytes or free_bytes + total < spare_bytes
        return total - freed + open_bytes <= max_bytes and roomy

    assert fits(len(gone)) or len(gone) == len(entries)
    assert not gone or not fits(len(gone) - 1)


def test_kept_clips_that_leave_less_than_a_quarter_are_told_of_in_words() -> None:
    assert crowding(0, 16 * MIB) == crowding(12 * MIB, 16 * MIB) == ""
    soon = "kept clips take 13 of the 16 MiB for clips: new clips are deleted before their days are over"
    assert crowding(13 * MIB, 16 * MIB) == soon
    assert crowding(16 * MIB, 16 * MIB).endswith("every new clip is deleted within minutes")


def test_room_is_told_in_three_words() -> None:
    assert [room_state(free, 64) for free in (64, 63, 16, 15, 0)] == [
        DiskState.OK, DiskState.LOW, DiskState.LOW, DiskState.FULL, DiskState.FULL,
    ]  # fmt: skip


@given(st.integers(0, 40_000), st.integers(0, 720), st.integers(0, 24), st.integers(-(10**6), 10**6))
def test_a_layer_of_a_day_is_never_kept_beyond_its_hours(
    day: int, hours: int, begun: int, passed: int
) -> None:
    day_ns = day * S_PER_DAY * NS_PER_S
    wall_ns = day_ns + (begun + passed) * NS_PER_HOUR
    left_ns = faces_left_ns(day, hours, wall_ns)
    assert 0 <= left_ns <= hours * NS_PER_HOUR
    if passed >= 0:
        assert passed * NS_PER_HOUR + left_ns <= max(hours, passed) * NS_PER_HOUR
    if faces_surely_over(day, hours, wall_ns):
        assert left_ns == 0
        assert passed >= hours
