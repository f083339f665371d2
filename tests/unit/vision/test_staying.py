"""Who stays: faces that windows found, until something changes there; then small ones are looked for."""

from latchkey.frames import Box, Cover
from latchkey.units import NS_PER_S
from latchkey.vision.staying import LOST_NS, SETTLED_NS, Staying
from latchkey.vision.windows import optics

VIEW = optics(1920, 1080, 640)
STAY_NS = 20 * NS_PER_S
SMALL, OTHER, LARGE = (
    Box(x, 300, x + side, 300 + side, 0.8) for x, side in ((600, 18), (900, 20), (1200, 90))
)


def settled(*faces: Box) -> Staying:
    """Give what is known of faces that have been seen for as long as it takes to be known there."""
    staying = Staying(VIEW, STAY_NS)
    for at_ns in (0, SETTLED_NS // 2, SETTLED_NS):
        staying.settle(faces, at_ns)
    return staying


def test_a_face_stays_until_something_changes_there_or_it_is_too_long_ago() -> None:
    for at_ns, changes, stays in (
        (STAY_NS - 1, [], True),
        (STAY_NS, [], False),
        (1, [Cover(0, 0, 100, 100)], True),
        (1, [Cover(610, 310, 640, 340)], False),
        (1, None, False),
    ):
        staying = Staying(VIEW, STAY_NS)
        staying.note([SMALL], 0)
        staying.keep(at_ns, changes)
        assert staying.faces == ([SMALL] if stays else [])


def test_what_hardly_looks_like_a_face_does_not_stay() -> None:
    staying = Staying(VIEW, STAY_NS)
    staying.note([SMALL._replace(score=0.29)], 0)
    assert staying.faces == []


def test_somebody_small_who_stood_there_is_looked_for_once_they_are_lost_for_a_while() -> None:
    staying = settled(SMALL)
    assert staying.lost(2, SETTLED_NS) == []
    lost_ns = SETTLED_NS + 1
    staying.settle([], lost_ns)
    assert staying.lost(2, lost_ns) == [SMALL]
    staying.settle([], SETTLED_NS + LOST_NS)
    assert staying.lost(2, SETTLED_NS + LOST_NS) == []


def test_somebody_found_again_is_not_looked_for() -> None:
    staying = settled(SMALL)
    staying.settle([], SETTLED_NS + 1)
    staying.settle([SMALL._replace(x0=603, x1=621)], SETTLED_NS + 2)
    assert staying.lost(2, SETTLED_NS + 2) == []


def test_who_walks_is_near_or_hardly_a_face_is_not_looked_for() -> None:
    staying = Staying(VIEW, STAY_NS)
    for number in range(20):
        x = 300 + 12 * number
        walker = Box(x, 100, x + 18, 118, 0.9)
        staying.settle([walker, LARGE, OTHER._replace(score=0.2)], number * SETTLED_NS // 8)
    staying.settle([], 3 * SETTLED_NS)
    assert staying.lost(9, 3 * SETTLED_NS) == []


def test_those_who_are_lost_are_looked_for_in_turn() -> None:
    staying = settled(SMALL, OTHER)
    looked_for = []
    for step in range(1, 5):
        staying.settle([], SETTLED_NS + step)
        looked_for += staying.lost(1, SETTLED_NS + step)
    assert looked_for == [SMALL, OTHER, SMALL, OTHER]
