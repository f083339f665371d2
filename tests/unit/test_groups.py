"""The self-check: an encoded group that shows a face is covered and encoded again before it is muxed."""

import io
import weakref
from collections.abc import Callable, Iterator

import av
import numpy as np
import pytest

from latchkey.adapters.encoder import H264Encoder
from latchkey.adapters.planes import raw_frame
from latchkey.errors import FinderError
from latchkey.frames import Bgr, Box, Cause, Colour, Cover, FilterState, Plane, RawFrame, SafeFrame
from latchkey.pipeline.groups import Batch, Groups
from latchkey.pipeline.selfcheck import SelfCheck
from latchkey.ports import ClipSpec, FaceFinder
from latchkey.settings import PrivacySettings, RecordingSettings
from latchkey.units import NS_PER_S
from latchkey.vision import COVER_YUV, Beneath, CoverPlan, Withheld, redact
from latchkey_sim.clock import VirtualClock
from latchkey_sim.finder import PaintFinder
from latchkey_sim.workers import VirtualWorkers

SIZE = (320, 192)
FPS = 10
PAINT_YUV = (106, 180, 206)
"""`PAINT_BGR` in limited range, as `frame_from_bgr` makes it."""

PATCH = Cover(100, 60, 160, 120)


def frames(count: int, shows: Callable[[int], bool], covers: tuple[Cover, ...] = ()) -> Iterator[SafeFrame]:
    """Moving stripes; a painted patch wherever `shows(number)`, left uncovered unless `covers` say so."""
    for number in range(count):
        y = np.roll(np.tile(np.arange(SIZE[0]) % 64 + 60, (SIZE[1], 1)), number * 2, 1).astype(np.uint8)
        planes: list[Plane] = [y, *(np.full((SIZE[1] // 2, SIZE[0] // 2), 128, np.uint8) for _ in range(2))]
        if shows(number):
            for plane, level, scale in zip(planes, PAINT_YUV, (1, 2, 2), strict=True):
                plane[PATCH.y0 // scale : PATCH.y1 // scale, PATCH.x0 // scale : PATCH.x1 // scale] = level
        raw = RawFrame(planes[0], planes[1], planes[2], number * NS_PER_S // FPS)
        yield redact(raw, CoverPlan(FilterState.OK, covers))


def run(
    source: Iterator[SafeFrame], finder: FaceFinder | None, cost_ns: int = 0, threads: int = 2
) -> tuple[Groups, list[Batch], list[RawFrame]]:
    """Encode all; give the batches and what a player decodes."""
    workers = VirtualWorkers(VirtualClock(0), {"look": cost_ns})
    check = SelfCheck(finder, PrivacySettings(), workers) if finder else None
    encoder = H264Encoder(RecordingSettings(threads=threads)).start(ClipSpec(*SIZE, FPS, Colour()))
    groups = Groups(encoder, check)
    batches = [groups.feed(frame) for frame in source]
    batches.append(groups.close())
    data = b"".join(batch.data for batch in batches)
    with av.open(io.BytesIO(data), "r") as video:
        return groups, batches, [raw_frame(picture, 0) for picture in video.decode(video=0)]


def covered(frame: RawFrame, area: Cover = PATCH) -> bool:
    """Whether the decoded area is all cover colour."""
    halves = [side // 2 for side in area]
    parts = (
        frame.y[area.y0 : area.y1, area.x0 : area.x1],
        frame.u[halves[1] : halves[3], halves[0] : halves[2]],
        frame.v[halves[1] : halves[3], halves[0] : halves[2]],
    )
    return all(
        bool((np.abs(part.astype(int) - level) <= 6).all())
        for part, level in zip(parts, COVER_YUV, strict=True)
    )


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_face_in_a_keyframe_is_covered_in_its_whole_group(threads: int) -> None:
    groups, batches, decoded = run(frames(35, lambda n: 10 <= n < 20), PaintFinder(), threads=threads)
    assert groups.repaired == 1
    assert len(decoded) == 35
    assert all(covered(frame) for frame in decoded[10:20])
    assert not any(covered(frame) for frame in [*decoded[:10], *decoded[20:]])
    kept = [frame for batch in batches for frame in batch.frames]
    assert [bool(frame.covers) for frame in kept] == [10 <= number < 20 for number in range(35)]
    assert {frame.state for frame in kept} == {FilterState.OK}


def test_faces_in_many_groups_are_all_covered_and_times_stay() -> None:
    groups, batches, decoded = run(frames(45, lambda _: True), PaintFinder())
    assert groups.repaired == 5
    assert all(covered(frame) for frame in decoded)
    assert [frame.at_ns for batch in batches for frame in batch.frames] == [
        number * NS_PER_S // FPS for number in range(45)
    ]
    with av.open(io.BytesIO(b"".join(batch.data for batch in batches)), "r") as video:
        times = [float(picture.pts * picture.time_base) for picture in video.decode(video=0)]  # type: ignore[operator]
    assert times == pytest.approx([number / FPS for number in range(45)], abs=1e-4)


class Stubborn:
    """Sees a face in another place each time."""

    name, long_side_px = "stubborn", 320

    def __init__(self) -> None:
        self.calls = 0

    def find(self, bgr: Bgr) -> list[Box]:
        self.calls += 1
        return [Box(10.0 + 50 * self.calls, 20, 40.0 + 50 * self.calls, 60, 0.9)]


class Broken:
    """Fails always."""

    name, long_side_px = "broken", 320

    def find(self, bgr: Bgr) -> list[Box]:
        raise FinderError("no")


class Raw(RawFrame):
    """A raw frame that weak references can point to."""

    __slots__ = ("__weakref__",)


def raw_of(frame: SafeFrame) -> Raw:
    return Raw(frame.y, frame.u, frame.v, frame.at_ns)


def raws(count: int, shows: Callable[[int], bool]) -> list[Raw]:
    """The frames of `frames`, before anything is covered."""
    return [raw_of(frame) for frame in frames(count, shows)]


@pytest.mark.parametrize("threads", [1, 4])
def test_patches_are_what_lies_under_the_final_covers_those_of_a_repair_included(threads: int) -> None:
    workers = VirtualWorkers(VirtualClock(0), {})
    check = SelfCheck(PaintFinder(), PrivacySettings(), workers)
    encoder = H264Encoder(RecordingSettings(threads=threads)).start(ClipSpec(*SIZE, FPS, Colour()))
    groups, originals = Groups(encoder, check), raws(35, lambda n: 10 <= n < 20)
    batches = [groups.feed(redact(raw, CoverPlan(FilterState.OK, ())), Beneath(raw)) for raw in originals]
    kept = [frame for batch in [*batches, groups.close()] for frame in batch.frames]
    assert groups.repaired == 1
    assert [frame.patches is not None for frame in kept] == [10 <= number < 20 for number in range(35)]
    for frame, raw in zip(kept, originals, strict=True):
        if frame.patches is not None:
            assert frame.patches.covers == frame.covers
            ((place, pixels),) = frame.patches.patches
            height = place.y1 - place.y0
            assert np.array_equal(pixels[:height], raw.y[place.y0 : place.y1, place.x0 : place.x1])


@pytest.mark.parametrize("with_check", [True, False])
def test_raw_pictures_are_let_go_with_the_frames_that_are_held(with_check: bool) -> None:
    workers = VirtualWorkers(VirtualClock(0), {})
    check = SelfCheck(PaintFinder(), PrivacySettings(), workers) if with_check else None
    encoder = H264Encoder(RecordingSettings()).start(ClipSpec(*SIZE, FPS, Colour()))
    groups, alive = Groups(encoder, check), list[weakref.ref[RawFrame]]()
    for frame in frames(35, lambda _: False):
        raw = raw_of(frame)
        alive.append(weakref.ref(raw))
        groups.feed(redact(raw, CoverPlan(FilterState.OK, (PATCH,))), Beneath(raw))
        del raw
        assert sum(one() is not None for one in alive) <= groups.held_frames


@pytest.mark.parametrize(("finder", "found"), [(Stubborn, 2), (Broken, 0)])
def test_a_group_that_is_covered_whole_leaves_patches_of_the_faces_found_in_it(
    finder: type[FaceFinder], found: int
) -> None:
    workers = VirtualWorkers(VirtualClock(0), {})
    encoder = H264Encoder(RecordingSettings()).start(ClipSpec(*SIZE, FPS, Colour()))
    groups = Groups(encoder, SelfCheck(finder(), PrivacySettings(), workers))
    batches = [
        groups.feed(redact(raw, CoverPlan(FilterState.OK, (PATCH,))), Beneath(raw))
        for raw in raws(8, lambda _: False)
    ]
    kept = [frame for batch in [*batches, groups.close()] for frame in batch.frames]
    assert len(kept) == 8
    for frame in kept:
        assert frame.patches is not None
        assert frame.patches.withheld is Withheld.SAFETY
        assert len(frame.patches.covers) == found


def test_a_picture_that_was_hidden_whole_keeps_nothing_for_what_the_self_check_finds_in_its_group() -> None:
    workers = VirtualWorkers(VirtualClock(0), {})
    encoder = H264Encoder(RecordingSettings()).start(ClipSpec(*SIZE, FPS, Colour()))
    groups = Groups(encoder, SelfCheck(PaintFinder(), PrivacySettings(), workers))
    whole = CoverPlan(FilterState.FALLBACK_FULL, (Cover(0, 0, *SIZE),), Cause.MOVED)
    batches = [
        groups.feed(redact(raw, whole), Beneath(raw, is_whole=True))
        if number >= 4
        else groups.feed(redact(raw, CoverPlan(FilterState.OK, ())), Beneath(raw))
        for number, raw in enumerate(raws(8, lambda _: True))
    ]
    kept = [frame for batch in [*batches, groups.close()] for frame in batch.frames]
    patches = [frame.patches for frame in kept]
    assert all(one is not None and one.covers for one in patches[:4])
    assert not any(one is not None and one.covers for one in patches[4:])


def test_what_is_covered_already_is_no_hit() -> None:
    half = PATCH._replace(x1=PATCH.x0 + 32)
    groups, _, _ = run(frames(12, lambda _: True, (half,)), PaintFinder())
    assert groups.repaired == 2  # the other half is a patch of its own, and shows
    groups, _, decoded = run(frames(12, lambda _: True, (PATCH,)), PaintFinder())
    assert groups.repaired == 0
    assert all(covered(frame) for frame in decoded)


def test_without_a_check_nothing_is_repaired() -> None:
    groups, _, decoded = run(frames(12, lambda _: True), None)
    assert groups.repaired == 0
    assert not any(covered(frame) for frame in decoded)


@pytest.mark.parametrize("finder", [Stubborn(), Broken()])
def test_a_group_that_cannot_be_repaired_or_searched_is_covered_whole(finder: FaceFinder) -> None:
    _, batches, decoded = run(frames(8, lambda _: False), finder)
    assert all(covered(frame, Cover(0, 0, *SIZE)) for frame in decoded)
    kept = [frame for batch in batches for frame in batch.frames]
    assert {frame.state for frame in kept} == {FilterState.FALLBACK_FULL}
    assert len(decoded) == 8


def test_a_search_that_takes_too_long_covers_the_group() -> None:
    _, _, decoded = run(frames(8, lambda _: False), PaintFinder(), cost_ns=2 * NS_PER_S)
    assert all(covered(frame, Cover(0, 0, *SIZE)) for frame in decoded)


def test_a_group_that_is_covered_whole_is_not_searched() -> None:
    finder = PaintFinder()
    groups, _, _ = run(frames(12, lambda _: True, (Cover(0, 0, *SIZE),)), finder)
    assert groups.checked == 2
    whole = (
        redact(RawFrame(f.y, f.u, f.v, f.at_ns), CoverPlan(FilterState.FALLBACK_FULL, ()))
        for f in frames(12, lambda _: True)
    )
    finder.shapes.clear()
    groups, _, decoded = run(whole, finder)
    assert not finder.shapes
    assert groups.checked == 0
    assert len(decoded) == 12


def test_what_follows_a_keyframe_that_is_covered_whole_is_searched_from_where_it_shows_again() -> None:
    """The first three frames, and one a while later, are fallbacks."""

    def mixed() -> Iterator[SafeFrame]:
        for number, shown in enumerate(frames(24, lambda _: True)):
            state = FilterState.FALLBACK_FULL if number < 3 or number == 7 else FilterState.OK
            yield redact(RawFrame(shown.y, shown.u, shown.v, shown.at_ns), CoverPlan(state, ()))

    groups, batches, decoded = run(mixed(), PaintFinder())
    assert all(covered(frame) for frame in decoded)
    assert [len(batch.frames) for batch in batches if batch.frames] == [3, 10, 10 + 1]
    assert groups.checked == 3


def test_nothing_is_muxed_before_its_keyframe_has_passed() -> None:
    class Watching(PaintFinder):
        def find(self, bgr: Bgr) -> list[Box]:
            seen.append(len(muxed))
            return super().find(bgr)

    seen: list[int] = []
    muxed: list[bytes] = []
    workers = VirtualWorkers(VirtualClock(0), {})
    encoder = H264Encoder(RecordingSettings()).start(ClipSpec(*SIZE, FPS, Colour()))
    groups = Groups(encoder, SelfCheck(Watching(), PrivacySettings(), workers))
    for frame in frames(35, lambda _: False):
        batch = groups.feed(frame)
        if batch.data:
            muxed.append(batch.data)
    groups.close()
    assert seen == [0, 0, 1, 2]


def test_only_a_few_frames_are_held() -> None:
    workers = VirtualWorkers(VirtualClock(0), {})
    encoder = H264Encoder(RecordingSettings()).start(ClipSpec(*SIZE, FPS, Colour()))
    groups = Groups(encoder, SelfCheck(PaintFinder(), PrivacySettings(), workers))
    most = 0
    for frame in frames(35, lambda _: False):
        groups.feed(frame)
        most = max(most, groups.held_frames)
    assert 0 < most <= 5
