"""What a capture side that was taken over can still make the link side publish: little, and counted."""

import json
import random

import pytest

from latchkey import wire
from latchkey.device.bucket import Bucket
from latchkey.device.budget import BURST, LONE_HEAD_NS, PACE_NS, REFILL_NS, Budget
from latchkey.device.line_end import RECORDS_LIMIT
from latchkey.events import (
    CameraState,
    CaptureHealth,
    ClipEnded,
    ClipExtended,
    ClipStarted,
    DiskState,
    HeadTold,
    MotionChanged,
    SideMessage,
    Trigger,
    decode,
    encode,
)
from latchkey.frames import FilterState
from latchkey.settings import PrivacySettings, RecordingSettings, Settings
from latchkey.units import NS_PER_S
from latchkey_sim.splitdesk import SplitDesk
from latchkey_sim.street import street

HOUR_S = 3600
START_NS = 10**12
SETTINGS = Settings(
    recording=RecordingSettings(pre_roll_s=1, post_roll_s=2, threads=1),
    privacy=PrivacySettings(mode="everything"),
)
RANDOM = random.Random(1)


def hexed(digits: int) -> str:
    return f"{RANDOM.getrandbits(4 * digits):0{digits}x}"


def head(number: int, clip: str) -> HeadTold:
    return HeadTold(number, number, clip, hexed(128))


def end(clip: str) -> ClipEnded:
    return ClipEnded(clip, 1, Trigger.RING, 0, ("door", "secret"), FilterState.OK, 9)


def flood(number: int) -> list[SideMessage]:
    """Say one of each kind, as random as its fields allow."""
    clip = hexed(32)
    return [
        ClipStarted(clip, Trigger.MOTION, number, ()),
        ClipExtended(clip, 1, Trigger.MOTION, number, ()),
        end(clip),
        head(number + 1, clip),
        MotionChanged(moving=number % 2 == 0),
        CaptureHealth(RANDOM.choice(list(CameraState)), FilterState.OK, "x", DiskState.OK, 1),
    ]


def passed(budget: Budget, at_s: float, *messages: SideMessage) -> list[SideMessage]:
    found, _ = budget.fit([encode(each) for each in messages], START_NS + round(at_s * NS_PER_S))
    return [decode(data) for data in found]


def test_an_hour_of_flood_lets_through_no_more_than_the_page_says() -> None:
    budget = Budget(frozenset())
    found = [one for number in range(4 * HOUR_S) for one in passed(budget, number / 4, *flood(number))]
    for kind, refill_ns in REFILL_NS.items():
        assert sum(type(one) is kind for one in found) <= BURST + HOUR_S * NS_PER_S // refill_ns
    for state, pace_ns in PACE_NS.items():
        assert 0 < sum(type(one) is state for one in found) <= 1 + HOUR_S * NS_PER_S // pace_ns


def test_what_is_over_is_said_once() -> None:
    budget = Budget(frozenset())
    ends = [encode(end(hexed(32))) for _ in range(BURST + 9)]
    found, troubles = budget.fit(ends, START_NS)
    assert len(found) == BURST
    assert troubles == ["too many pieces of news of the kind ClipEnded"]
    assert budget.fit(ends, START_NS) == ([], [])


def test_all_that_waited_while_the_link_side_was_away_passes_at_once() -> None:
    assert len(passed(Budget(frozenset()), 0, *(end(hexed(32)) for _ in range(BURST)))) == BURST


def test_a_head_passes_once_for_each_clip_that_ended_and_only_upwards() -> None:
    budget = Budget(frozenset())
    passed(budget, 0, head(1, "old"))
    first, second, other = head(2, "a"), head(3, "a"), head(4, "b")
    assert passed(budget, 20, first) == []
    assert passed(budget, 40, end("a"))[1:] == [first]
    assert passed(budget, 60, first) == []
    assert passed(budget, 80, second) == []
    assert passed(budget, 100, end("b"), other)[1:] == [other]
    assert budget.fit([encode(head(3, "c"))], START_NS + 200 * NS_PER_S) == (
        [],
        ["a head of the clips that goes back"],
    )


def test_a_head_without_a_clip_passes_at_the_start_and_once_an_hour() -> None:
    budget = Budget(frozenset())
    assert len(passed(budget, 0, head(1, "a"))) == 1
    later_s = LONE_HEAD_NS // NS_PER_S
    assert passed(budget, later_s - 1, head(2, "a")) == []
    assert len(passed(budget, later_s)) == 1


def test_of_states_that_come_too_fast_the_latest_passes_in_time() -> None:
    budget = Budget(frozenset())
    assert passed(budget, 0, MotionChanged(moving=True)) == [MotionChanged(moving=True)]
    assert passed(budget, 0.1, MotionChanged(moving=False)) == []
    assert passed(budget, 0.2, MotionChanged(moving=True), MotionChanged(moving=False)) == []
    assert budget.wake_ns(START_NS + NS_PER_S // 2) == START_NS + NS_PER_S
    assert passed(budget, 1) == [MotionChanged(moving=False)]
    assert budget.wake_ns(START_NS + NS_PER_S) is None


def test_a_zone_that_the_settings_do_not_name_is_left_out() -> None:
    (found,) = passed(Budget(frozenset({"door", "path"})), 0, end("a"))
    assert isinstance(found, ClipEnded)
    assert found.zones == ("door",)


@pytest.mark.parametrize("wait", [0, 1, 5])
def test_a_bucket_gives_what_it_holds_and_what_came_in_since(wait: int) -> None:
    bucket = Bucket(3, NS_PER_S)
    assert [bucket.take(START_NS) for _ in range(4)] == [True, True, True, False]
    later_ns = START_NS + wait * NS_PER_S
    assert sum(bucket.take(later_ns) for _ in range(9)) == min(wait, 3)


@pytest.fixture
def home() -> SplitDesk:
    """A doorbell whose capture side says only what a test has it say."""
    made = SplitDesk(street(60), SETTINGS)
    made.start_capture()
    made.start_link()
    made.run(2)
    made.capture = None
    return made


def test_random_heads_do_not_reach_the_broker(home: SplitDesk) -> None:
    for number in range(200):
        home.capture_end.send(b"S" + bytes(8) + encode(head(number + 1, hexed(32))))
        home.run(0.05)
    assert len(home.heard(wire.HEAD)) <= 1


def test_a_side_that_never_stops_talking_is_hung_up_on_and_the_bell_rings(home: SplitDesk) -> None:
    motion = encode(MotionChanged(moving=True))
    for _ in range(2 * RECORDS_LIMIT // 40):
        for _ in range(40):
            home.capture_end.send(b"S" + bytes(8) + motion)
        home.run(0.02)
    assert home.said("the capture side makes no sense: it says too much") == 1
    assert home.link_end.other is None
    home.bell.press()
    home.run(0.1)
    assert [ring["event_type"] for ring in home.heard(wire.DOORBELL)] == ["ring"]


def test_a_press_goes_out_before_what_the_capture_side_says(home: SplitDesk) -> None:
    for number in range(60):
        start = ClipStarted(f"{number:032x}", Trigger.MOTION, 1_700_000_000, ())
        home.capture_end.send(b"M" + (number + 1000).to_bytes(8, "big") + encode(start))
    before = len(home.broker.heard)
    home.bell.press()
    home.run(1)
    first = home.broker.heard[before].publication
    assert first.topic.endswith("event/doorbell")
    assert json.loads(first.payload)["event_type"] == "ring"
