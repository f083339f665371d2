"""Tracks: a face is covered between its sightings, and a little before and after them."""

import pytest

from latchkey.frames import Box
from latchkey.units import NS_PER_MS
from latchkey.vision.tracks import LEAD_NS, LONE_NS, LONE_SCORE, Tracks

LOOK_NS = 133 * NS_PER_MS


def _walk(looks: range) -> Tracks:
    """Somebody 40 px wide walks 20 px to the right from look to look."""
    tracks = Tracks()
    for number in looks:
        x = 100.0 + 20 * number
        tracks.add(number * LOOK_NS, [Box(x, 50, x + 40, 100, 0.9)])
    return tracks


def _middles(tracks: Tracks, at_ns: int) -> list[float]:
    return [(box.x0 + box.x1) / 2 for box in tracks.at(at_ns, at_ns + LEAD_NS)]


def test_between_two_sightings_a_face_is_on_its_way() -> None:
    assert _middles(_walk(range(5, 7)), 5 * LOOK_NS + LOOK_NS // 2) == pytest.approx([230], abs=0.1)


@pytest.mark.parametrize("early", [1, 2])
def test_somebody_who_walks_into_the_picture_is_covered_before_the_first_sighting(early: int) -> None:
    tracks = _walk(range(5, 8))
    assert _middles(tracks, (5 - early) * LOOK_NS + 1) == pytest.approx([220 - 20 * early], abs=0.5)


def test_somebody_who_leaves_is_covered_after_the_last_sighting() -> None:
    assert _middles(_walk(range(5, 8)), 9 * LOOK_NS) == pytest.approx([300], abs=0.5)


def test_a_track_reaches_no_further_than_its_lead() -> None:
    tracks = _walk(range(5, 8))
    assert _middles(tracks, 5 * LOOK_NS - LEAD_NS - 1) == []
    assert _middles(tracks, 7 * LOOK_NS + LEAD_NS + 1) == []


def test_in_the_middle_of_a_track_only_its_own_passage_counts() -> None:
    assert len(_middles(_walk(range(5, 12)), 8 * LOOK_NS + 1)) == 1


def test_covers_grow_with_the_distance_from_what_was_seen() -> None:
    tracks = _walk(range(5, 8))
    near, far = (tracks.at(7 * LOOK_NS + ms * NS_PER_MS, 10**12)[0] for ms in (40, 360))
    assert far.x1 - far.x0 > near.x1 - near.x0 > 40


def test_somebody_who_leaves_and_comes_back_is_covered_at_the_edge_both_times() -> None:
    tracks, ways = Tracks(), {0: 60.0, 1: 30.0, 2: 0.0, 5: 0.0, 6: 30.0}
    for number, x in ways.items():
        tracks.add(number * LOOK_NS, [Box(x, 50, x + 40, 100, 0.9)])
    for at_ns in (3 * LOOK_NS, 4 * LOOK_NS):
        assert any(middle == pytest.approx(-10, abs=0.5) for middle in _middles(tracks, at_ns))


@pytest.mark.parametrize("wrong", [0, 5])
def test_something_else_found_near_by_does_not_lead_a_cover_away(wrong: int) -> None:
    """The first or last sighting is a false one, beside the way of somebody who runs past."""
    tracks = Tracks()
    for number in range(6):
        x, y = (60.0 * number, 100 if number == wrong else 50)
        tracks.add(number * LOOK_NS, [Box(x, y, x + 40, y + 50, 0.9)])
    at_ns = wrong * LOOK_NS + (LOOK_NS // 2 if wrong == 0 else -LOOK_NS // 2)
    x = 60 * at_ns / LOOK_NS
    boxes = tracks.at(at_ns, at_ns + LEAD_NS)
    assert any(box.x0 <= x and box.x1 >= x + 40 and box.y0 <= 50 and box.y1 >= 100 for box in boxes)


@pytest.mark.parametrize("side", [-1, 1])
def test_a_face_that_one_look_only_finds_is_covered_where_a_runner_may_be(side: int) -> None:
    tracks = Tracks()
    tracks.add(0, [])
    tracks.add(LOOK_NS, [Box(100, 50, 140, 100, 0.9)])
    tracks.add(2 * LOOK_NS, [])
    (box,) = tracks.at(LOOK_NS + side * 100 * NS_PER_MS, 3 * LOOK_NS)
    assert box.x0 <= 100 - 50
    assert box.x1 >= 140 + 50
    assert tracks.at(LOOK_NS + side * (LONE_NS + 1), 3 * LOOK_NS) == []


def test_a_face_that_is_found_again_or_is_hardly_one_is_no_runner() -> None:
    again, faint = _walk(range(1, 3)), Tracks()
    faint.add(LOOK_NS, [Box(100, 50, 140, 100, LONE_SCORE - 0.01)])
    assert [box.x1 - box.x0 for box in again.at(LOOK_NS + 1, LOOK_NS + LEAD_NS)] == pytest.approx([40])
    assert faint.at(LOOK_NS + 1, LOOK_NS + LEAD_NS) == []


def test_a_look_beyond_the_look_ahead_takes_no_runner_away() -> None:
    tracks = Tracks()
    tracks.add(0, [Box(100, 50, 140, 100, 0.9)])
    early = tracks.at(50 * NS_PER_MS, LEAD_NS)
    tracks.add(LEAD_NS + NS_PER_MS, [Box(110, 50, 150, 100, 0.9)])
    assert tracks.at(50 * NS_PER_MS, LEAD_NS) == early != []


def test_whoever_stays_is_not_remembered_look_by_look() -> None:
    tracks = Tracks()
    for number in range(100):
        tracks.add(number * LOOK_NS, [Box(100, 50, 140, 100, 0.9)])
        tracks.forget_before((number - 5) * LOOK_NS)
    passage, count = tracks.passages[-1], 0
    while passage.before is not None:
        passage, count = passage.before, count + 1
    assert 0 < count < 15


@pytest.mark.parametrize("speed", [160, 225, 290])
def test_somebody_who_runs_or_cycles_past_is_covered_between_looks(speed: int) -> None:
    """4 to 8 m/s where a face is 50 px high, so many of its pixels from look to look."""
    tracks = Tracks()
    for number in range(4):
        tracks.add(number * LOOK_NS, [Box(speed * number, 50, speed * number + 40, 100, 0.6)])
    at_ns = LOOK_NS + LOOK_NS // 2
    assert _middles(tracks, at_ns) == pytest.approx([20 + 1.5 * speed], abs=1)


def test_a_runner_whom_the_edge_cuts_in_one_look_is_covered_whole_between() -> None:
    tracks = Tracks()
    tracks.add(0, [Box(0, 50, 10, 100, 0.6)])
    tracks.add(LOOK_NS, [Box(195, 50, 235, 100, 0.6)])
    (box,) = tracks.on_their_way(LOOK_NS // 2, 2 * LOOK_NS)
    assert box.x0 <= (-30 + 195) / 2 + 15  # the dilation hides the rest
    assert box.x1 - box.x0 == pytest.approx(40)


def test_somebody_who_jumps_up_may_have_been_faster_before_they_were_seen() -> None:
    """A child that rises by 120 px from one look to the next, and by 25 more than that before."""
    tracks = Tracks()
    for number, y in ((1, 400), (2, 280)):
        tracks.add(number * LOOK_NS, [Box(100, y, 140, y + 50, 0.9)])
    (box,) = tracks.on_their_way(0, 3 * LOOK_NS)
    assert box.y1 >= 520 + 25 + 50
    assert box.x1 - box.x0 < 50


def test_somebody_who_runs_is_linked_over_a_look_that_missed_them() -> None:
    tracks = Tracks()
    for number in (0, 1, 3):
        tracks.add(number * LOOK_NS, [Box(225 * number, 50, 225 * number + 40, 100, 0.6)])
    assert any(middle == pytest.approx(20 + 2 * 225, abs=1) for middle in _middles(tracks, 2 * LOOK_NS))


def test_a_stranger_far_away_does_not_end_the_way_of_whoever_was_missed_meanwhile() -> None:
    stays, stranger = Box(100, 50, 140, 100, 0.6), Box(320, 50, 360, 100, 0.6)
    tracks = Tracks()
    for number, found in enumerate([[stays], [stranger], [stays, stranger]]):
        tracks.add(number * LOOK_NS, found)
    assert any(middle == pytest.approx(120, abs=1) for middle in _middles(tracks, LOOK_NS))
    assert (0, stays) not in tracks.elsewhere(LOOK_NS // 2, -LEAD_NS, LEAD_NS)


def test_faint_boxes_far_from_each_other_are_not_linked() -> None:
    tracks = Tracks()
    for number in range(3):
        tracks.add(number * LOOK_NS, [Box(225 * number, 50, 225 * number + 40, 100, 0.2)])
    assert tracks.passages == []
