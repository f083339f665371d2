"""No byte of a group is made before its keyframe has been judged, whatever the judge says."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchkey.adapters.encoder import H264Encoder
from latchkey.errors import FinderError
from latchkey.frames import Bgr, Box, Colour, Plane, RawFrame, SafeFrame
from latchkey.frames import FilterState as State
from latchkey.pipeline.groups import Groups
from latchkey.pipeline.selfcheck import SelfCheck
from latchkey.ports import ClipEncoder, ClipSpec, Coded
from latchkey.settings import PrivacySettings, RecordingSettings
from latchkey.units import NS_PER_S
from latchkey.vision import COVER_YUV, CoverPlan, redact
from latchkey_sim.clock import VirtualClock
from latchkey_sim.workers import VirtualWorkers

SIZE, FPS = (320, 192), 10
CLEAN, FACE, FAILS = "clean", "face", "fails"


class Whimsical:
    """A detector that answers as told, one word a call; clean when it has no word left."""

    name, long_side_px = "whimsical", 320

    def __init__(self, words: Sequence[str]) -> None:
        self._words = list(words)
        self.last = ""

    def find(self, bgr: Bgr) -> list[Box]:
        self.last = self._words.pop(0) if self._words else CLEAN
        if self.last == FAILS:
            raise FinderError("no")
        return [Box(40, 40, 90, 100, 0.9)] if self.last == FACE else []


class Witness:
    """An encoder that notes what was muxed, and whether its keyframe had been judged clean by then."""

    def __init__(self, inner: ClipEncoder, finder: Whimsical) -> None:
        self._inner, self._finder = inner, finder
        self._judged: dict[int, Coded] = {}
        self.wrong: list[str] = []
        self.muxed = 0

    def feed(self, frame: SafeFrame, *, key: bool) -> list[Coded]:
        return self._inner.feed(frame, key=key)

    def flush(self) -> list[Coded]:
        return self._inner.flush()

    def renew(self) -> None:
        self._inner.renew()

    def decode(self, key: Coded) -> RawFrame:
        self._finder.last = ""
        self._judged[id(key)] = key
        return self._inner.decode(key)

    def mux(self, group: Sequence[Coded]) -> bytes:
        self.muxed += len(group)
        key = group[0]
        if not key.is_key or any(one.is_key for one in group[1:]):
            self.wrong.append("more or less than one group")
        if id(key) not in self._judged and not _is_fill(self._inner.decode(key)):
            self.wrong.append("a keyframe that nobody has judged, and that shows something")
        return self._inner.mux(group)

    def close(self) -> bytes:
        return self._inner.close()


def _is_fill(frame: RawFrame) -> bool:
    planes = (frame.y, frame.u, frame.v)
    return all(np.abs(p.astype(int) - v).max() <= 6 for p, v in zip(planes, COVER_YUV, strict=True))


def _frames(count: int, whole: Sequence[int]) -> Iterator[SafeFrame]:
    grey: Plane = np.full((SIZE[1] // 2, SIZE[0] // 2), 128, np.uint8)
    for number in range(count):
        y: Plane = np.add.outer(np.arange(SIZE[1]), np.arange(SIZE[0]) + 3 * number).astype(np.uint8)
        state = State.FALLBACK_FULL if number // FPS in whole else State.OK
        yield redact(RawFrame(y, grey, grey, number * NS_PER_S // FPS), CoverPlan(state, ()))


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(
    words=st.lists(st.sampled_from([CLEAN, FACE, FAILS]), max_size=12),
    count=st.integers(1, 45),
    threads=st.integers(1, 4),
    whole=st.lists(st.integers(0, 4), max_size=2),
)
def test_nothing_is_muxed_that_was_not_judged_or_covered_whole(
    words: list[str], count: int, threads: int, whole: list[int]
) -> None:
    finder = Whimsical(words)
    witness = Witness(
        H264Encoder(RecordingSettings(threads=threads)).start(ClipSpec(*SIZE, FPS, Colour())), finder
    )
    groups = Groups(witness, SelfCheck(finder, PrivacySettings(), VirtualWorkers(VirtualClock(0), {})))
    batches = [groups.feed(frame) for frame in _frames(count, whole)]
    batches.append(groups.close())
    assert witness.wrong == []
    assert witness.muxed == sum(len(batch.frames) for batch in batches) == count
