"""What crosses between the sides: said until it is taken, heard once, and nothing else is believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey.device.crossing import EVENTS_LIMIT, Crossing, CrossingError
from latchkey.events import (
    TO_CAPTURE,
    TO_LINK,
    BellRang,
    ClipEnded,
    ClipExtended,
    ModesSet,
    MotionChanged,
    Trigger,
    encode,
)
from latchkey.frames import FilterState

CAPTURE, LINK, AGAIN = b"c" * 16, b"l" * 16, b"a" * 16
ARMED = encode(ModesSet(armed=True, shutter_closed=False, snoozed=False))


def ring(number: int) -> bytes:
    return encode(BellRang(f"{number:032x}", number, Trigger.RING))


def end(number: int) -> bytes:
    return encode(ClipEnded(f"{number:032x}", 1, Trigger.RING, 0, (), FilterState.OK, 1))


def update(number: int) -> bytes:
    return encode(ClipExtended(f"{number:032x}", 1, Trigger.RING, 0, ()))


def capture(session: bytes = CAPTURE) -> Crossing:
    return Crossing(session, TO_CAPTURE)


def link(session: bytes = LINK, known: tuple[bytes, int] = (b"", 0)) -> Crossing:
    return Crossing(session, TO_LINK, known)


def records(crossing: Crossing) -> list[bytes]:
    """Give all that a side has to say now."""
    found = []
    while (record := crossing.next) is not None:
        found.append(record)
        crossing.sent()
    return found


def meet(one: Crossing, other: Crossing) -> tuple[list[bytes], list[bytes]]:
    """Connect two sides and let them talk until both are silent; give what each heard."""
    one.connect()
    other.connect()
    return talk(one, other)


def talk(one: Crossing, other: Crossing) -> tuple[list[bytes], list[bytes]]:
    heard: tuple[list[bytes], list[bytes]] = ([], [])
    while one.next or other.next:
        for speaker, hearer, messages in ((one, other, heard[1]), (other, one, heard[0])):
            messages += [message for record in records(speaker) if (message := hearer.hear(record))]
    return heard


def test_what_is_said_before_they_meet_is_heard_when_they_do() -> None:
    one, other = capture(), link()
    one.say(end(1))
    other.say(ring(1))
    other.say(ARMED)
    assert meet(one, other) == ([ARMED, ring(1)], [end(1)])


def test_an_event_is_repeated_until_it_is_taken_and_heard_once() -> None:
    one, other = capture(), link()
    one.say(end(1))
    assert meet(one, other)[1] == [end(1)]
    assert one.waiting == 1
    assert meet(one, other)[1] == []
    other.take(1)
    talk(one, other)
    assert one.waiting == 0


def test_what_was_taken_is_told_again_to_a_side_that_did_not_hear_so() -> None:
    one, other = capture(), link()
    one.say(end(1))
    meet(one, other)
    other.take(1)
    other.lose()
    meet(one, other)
    assert one.waiting == 0


def test_a_link_side_that_starts_again_knows_what_it_has_taken() -> None:
    one, other = capture(), link()
    one.say(end(1))
    one.say(end(2))
    meet(one, other)
    again = link(AGAIN, known=(CAPTURE, 1))
    assert meet(one, again)[1] == [end(2)]
    assert one.waiting == 1


def test_what_was_taken_of_another_run_is_forgotten() -> None:
    other = link(known=(CAPTURE, 7))
    again = capture(AGAIN)
    again.say(end(1))
    assert meet(again, other)[1] == [end(1)]
    assert again.waiting == 1


def test_of_a_state_only_the_latest_is_said_and_on_each_connection() -> None:
    one, other = capture(), link()
    one.connect()
    for moving in (True, False, True):
        one.say(encode(MotionChanged(moving=moving)))
    other.connect()
    assert talk(one, other)[1] == [encode(MotionChanged(moving=True))]
    assert meet(one, other)[1] == [encode(MotionChanged(moving=True))]


def test_too_many_events_give_up_updates_before_ends() -> None:
    one, other = capture(), link()
    one.say(update(0))
    for number in range(EVENTS_LIMIT):
        one.say(end(number))
    assert one.dropped == 1
    assert meet(one, other)[1] == [end(number) for number in range(EVENTS_LIMIT)]


def greeted() -> Crossing:
    other = link()
    other.connect()
    one = capture()
    one.connect()
    for record in records(one):
        other.hear(record)
    return other


def numbered(letter: bytes, number: int, body: bytes = b"") -> bytes:
    return letter + number.to_bytes(8, "big") + body


NONSENSE = {
    "nothing": b"",
    "half a header": b"M\0\0",
    "another letter": numbered(b"X", 1),
    "no message": numbered(b"M", 1, b"{}"),
    "a picture": numbered(b"M", 1, bytes(4000)),
    "a message of the other direction": numbered(b"M", 1, ring(1)),
    "a state as an event": numbered(b"M", 1, encode(MotionChanged(moving=True))),
    "an event as a state": numbered(b"S", 0, end(1)),
    "taking what was never said": numbered(b"T", 9),
    "a second greeting": numbered(b"H", 1, AGAIN),
    "a list for a word": numbered(
        b"S",
        0,
        b'{"camera":[],"detector":"","disk":"ok","filter":"ok","fps_tenths":1,"kind":"CaptureHealth"}',
    ),
    "a beat with words": numbered(b"B", 0, b"?"),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_refused(name: str) -> None:
    with pytest.raises(CrossingError):
        greeted().hear(NONSENSE[name])


@pytest.mark.parametrize(
    "first",
    [numbered(b"M", 1, end(1)), numbered(b"H", 2, CAPTURE), numbered(b"H", 1, b"short"), numbered(b"B", 0)],
)
def test_a_side_that_does_not_say_who_it_is_is_refused(first: bytes) -> None:
    other = link()
    other.connect()
    with pytest.raises(CrossingError):
        other.hear(first)
    assert not other.greeted


@given(st.binary(max_size=100))
def test_arbitrary_records_are_refused_or_harmless(record: bytes) -> None:
    other = greeted()
    try:
        message = other.hear(record)
    except CrossingError:
        return
    assert message is None


@given(st.data())
def test_whatever_breaks_when_each_event_is_heard_once_and_in_order(data: st.DataObject) -> None:
    one, other = capture(), link()
    heard: list[bytes] = []
    safe = (b"", 0)
    said = 0
    for _ in range(data.draw(st.integers(1, 40))):
        act = data.draw(st.sampled_from(["say", "meet", "cut", "carry", "take", "restart"]))
        if act == "say":
            said += 1
            one.say(end(said))
        elif act == "meet":
            one.connect()
            other.connect()
        elif act == "cut":
            one.lose()
            other.lose()
        elif act == "carry":
            for _ in range(data.draw(st.integers(1, 3))):
                if (record := one.next) is not None:
                    one.sent()
                    message = other.hear(record)
                    heard += [message] if message else []
            for record in records(other):
                one.hear(record)
        elif act == "take" and other.heard[1]:
            safe = other.heard
            other.take(safe[1])
        elif act == "restart":  # what was heard and not taken down is lost with it, and said again
            heard = heard[: safe[1]]
            other = link(bytes([said % 256]) * 16, known=safe)
            one.lose()
    heard += meet(one, other)[1]
    assert heard == [end(number) for number in range(1, said + 1)]
