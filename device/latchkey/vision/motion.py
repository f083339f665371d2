"""Motion: does something change in front of the house, and where.

Rules
- About 180 rows of luma and 90 of U and V (`tint`), lightly smoothed, against a background that is learned.
- Differences are taken in float32: in uint8 they would wrap, and a change of 240 would look like 16.
- What differs is frozen out of the background, so a visitor who stands still stays visible. Only
  what has not changed for `ABSORB_NS` (a parcel, a parked car) becomes background.
- A large change is more motion, never a reason to look away: a visitor close to the lens fills
  the picture. If the picture's structure is the old one (a lamp went on), the background is
  learned anew; the change has been reported by then.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from latchkey.frames import Cause, Cover, RawFrame
from latchkey.settings import MotionSettings, Zone
from latchkey.units import NS_PER_S, to_ns
from latchkey.vision.backdrop import LEARN_NS, STEP_LIMIT_NS, Backdrop
from latchkey.vision.cuts import Cuts
from latchkey.vision.light import contrast
from latchkey.vision.panning import apart, camera_way, corners, is_all_over, is_explained
from latchkey.vision.rectangles import bounding, on_grid
from latchkey.vision.sight import Sight
from latchkey.vision.tint import Tint
from latchkey.vision.windows import meet
from latchkey.vision.zones import Mask, polygon_mask

ROWS = 180
"""Enough to see a person at 15 m from 720p; 100 rows miss them, 360 cost four times as much."""

CHECK_NS = NS_PER_S // 4
"""How often it is checked what stands still: often enough for `ABSORB_NS`, rare enough to be cheap."""

LIGHT_SHARE = 0.5
"""A change of more than this may be the light; below it is never asked."""

LIGHT_LIKENESS = 0.7
"""Correlation of fine structure from which a picture counts as the background in another light."""

LIGHT_NS = 2 * NS_PER_S
"""A light change is believed once it has looked like one for this long."""

FINE_PX = 15
"""Structure finer than this (of 180 rows) is compared: lamps change the coarse, things the fine."""

STANDS_NS = NS_PER_S // 10
"""A camera that was found to stand still while its picture changes is not asked again for so long: that costs
more than all else here, and who comes close to the lens stays there."""

CORNERS_NS = 2 * NS_PER_S
"""Points of the backdrop serve so long: it changes slowly."""

SUDDEN_PX = 8
"""Least sides of a sudden change (of 180 rows), 4 of them from spreading: a face of 16 px in 720p."""

BOX_LIMIT = 32
"""More separate changes than this are reported as one box around all."""

Luma = NDArray[np.float32]
Outline = NDArray[np.int32]
_SPREAD = np.ones((5, 5), np.uint8)


@dataclass(frozen=True, slots=True)
class Motion:
    """What moved in one frame.

    `moving` holds for `hold_s` after the last change; `share` (0..1) of the picture differs from
    the background; `boxes` bound what differs, in pixels of the frame; `zones` names the zones in
    which it does (those of the last change while `moving` only holds). `unclear` says why the camera
    does not see what it should, None if it does. `sudden` bounds that of which the frame before says little:
    changes where none was, small ones too, or all, if most of the picture is another. `apart` bounds what
    moves otherwise than a camera that is moving itself; None if it stands still.
    """

    moving: bool
    share: float
    boxes: tuple[Cover, ...]
    zones: tuple[str, ...]
    unclear: Cause | None = None
    sudden: tuple[Cover, ...] = ()
    apart: tuple[Cover, ...] | None = None

    @property
    def blobs(self) -> tuple[Cover, ...]:
        """What may be somebody: all that differs, but for what the camera's own movement explains."""
        return self.boxes if self.apart is None else self.apart


@dataclass(slots=True)
class _Scene:
    """What is remembered of pictures of one size."""

    backdrop: Backdrop
    tint: Tint
    zones: tuple[tuple[str, Mask, int], ...]
    last_ns: int
    checked_ns: int
    cuts: Cuts
    places_before: Sequence[Cover] = ()
    light_ns: int | None = None
    stood_ns: int | None = None
    corners: Sequence[Luma] = ()
    corners_ns: int = 0


class MotionGate:
    """Tells whether something moves. Same frames, same answers; a new frame size starts afresh."""

    def __init__(self, settings: MotionSettings, privacy_zones: Sequence[Zone] = ()) -> None:
        self._settings = settings
        self._privacy_zones = privacy_zones
        self._hold_ns = to_ns(settings.hold_s)
        self._shape = (0, 0)
        self._scene: _Scene | None = None
        self._sight = Sight(privacy_zones)
        self._moved_ns: int | None = None
        self._moved_zones: tuple[str, ...] = ()

    def see(self, frame: RawFrame) -> Motion:
        """Take the next frame. The first one of its size only becomes the background."""
        small = _small(frame)
        scene = self._scene
        if scene is None or self._shape != frame.y.shape:
            self._shape = (frame.height, frame.width)
            self._scene = self._begin(small, frame)
            self._sight = Sight(self._privacy_zones)
            return self._motion(frame.at_ns, 0.0, (), self._judge(small, frame))
        background = scene.backdrop.picture
        threshold = self._settings.threshold * contrast(cv2.mean(background)[0])
        changed = (cv2.absdiff(small, background) > threshold).view(np.uint8)
        if (tint := scene.tint.see(frame, threshold)) is not None:
            changed |= tint
        mask = cv2.medianBlur(changed, 3)
        boxes: tuple[Cover, ...] = ()
        outlines: Sequence[Outline] = ()
        share = cv2.countNonZero(mask) / mask.size
        if share:
            mask = cv2.dilate(mask, _SPREAD)
            outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
            boxes = self._weigh(outlines, mask, frame)
        places = _places(outlines, mask)
        is_cut = scene.cuts.see(small, frame.y, frame.at_ns)
        sudden = [_all(small)] if is_cut else _fresh(scene.places_before, places)
        scene.places_before = places
        unclear = self._judge(small, frame)
        if unclear is None and scene.cuts.flickers(frame.at_ns):
            unclear = Cause.FLICKER
        own = self._apart(scene, small, changed, threshold, frame) if boxes else None
        self._learn(scene, small, mask, share, frame.at_ns)
        told = _full_size(sudden, mask.shape, frame)
        return self._motion(frame.at_ns, share, boxes, unclear, sudden=told, own=own)

    def _apart(
        self, scene: _Scene, small: Luma, changed: Mask, threshold: float, frame: RawFrame
    ) -> tuple[Cover, ...] | None:
        """Give the boxes of what the camera's own movement does not explain; None if it stands still."""
        stood_ns, backdrop = scene.stood_ns, scene.backdrop.picture
        if (stood_ns is not None and 0 <= frame.at_ns - stood_ns < STANDS_NS) or not is_all_over(changed):
            return None
        if not scene.corners or not 0 <= frame.at_ns - scene.corners_ns < CORNERS_NS:
            scene.corners, scene.corners_ns = corners(backdrop), frame.at_ns
        way = camera_way(backdrop, small, scene.corners)
        scene.stood_ns = frame.at_ns if way is None else None
        if way is None:
            return None
        differs = apart(small, backdrop, way, threshold) | scene.tint.apart(way, threshold)
        if not is_explained(differs, changed, way):
            scene.stood_ns = frame.at_ns
            return None
        mask = cv2.dilate(cv2.medianBlur(differs, 3), _SPREAD)
        outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        large = [line for line in outlines if cv2.contourArea(line) >= self._least_px(mask)]
        return _full_size(_bounds(large), mask.shape, frame)

    def _judge(self, small: Luma, frame: RawFrame) -> Cause | None:
        return self._sight.see(small, frame.at_ns, full_range=frame.colour.full_range)

    def _begin(self, small: Luma, frame: RawFrame) -> _Scene:
        height, width = small.shape
        zones = []
        for zone in self._settings.zones:
            mask = polygon_mask([zone], width, height)
            enough = min(self._least_px(mask), max(cv2.countNonZero(mask) // 4, 1))
            zones.append((zone.name, mask, enough))
        at_ns, tint = frame.at_ns, Tint(frame, (width, height))
        return _Scene(Backdrop(small, at_ns), tint, tuple(zones), at_ns, at_ns, Cuts(small))

    def _least_px(self, mask: Mask) -> int:
        return max(round(self._settings.min_area * mask.size), 1)

    def _weigh(self, outlines: Sequence[Outline], mask: Mask, frame: RawFrame) -> tuple[Cover, ...]:
        """Find the changes that are large enough; note when and where. Gives their boxes."""
        large = [line for line in outlines if cv2.contourArea(line) >= self._least_px(mask)]
        if not large:
            return ()
        self._place(large, mask.shape, frame.at_ns)
        return _full_size(_bounds(large), mask.shape, frame)

    def _place(self, outlines: Sequence[Outline], shape: tuple[int, ...], at_ns: int) -> None:
        scene = self._scene
        if scene is None or not scene.zones:
            self._moved_ns = at_ns
            return
        mask = cv2.drawContours(np.zeros(shape, np.uint8), outlines, -1, (255,), cv2.FILLED)
        hit = tuple(
            name
            for name, zone, enough in scene.zones
            if cv2.countNonZero(cv2.bitwise_and(mask, zone)) >= enough
        )
        if hit:
            self._moved_ns, self._moved_zones = at_ns, hit

    def _motion(
        self,
        at_ns: int,
        share: float,
        boxes: tuple[Cover, ...],
        unclear: Cause | None,
        *,
        sudden: tuple[Cover, ...] = (),
        own: tuple[Cover, ...] | None = None,
    ) -> Motion:
        moving = self._moved_ns is not None and 0 <= at_ns - self._moved_ns <= self._hold_ns
        return Motion(moving, share, boxes, self._moved_zones if moving else (), unclear, sudden, own)

    def _learn(self, scene: _Scene, small: Luma, mask: Mask, share: float, at_ns: int) -> None:
        step_ns = min(max(at_ns - scene.last_ns, 0), STEP_LIMIT_NS)
        scene.last_ns = at_ns
        quiet = (mask == 0).view(np.uint8) if share else None
        scene.backdrop.learn(small, step_ns / (LEARN_NS + step_ns), quiet)
        scene.tint.learn(mask, at_ns)
        if not share:
            scene.light_ns = None
            return
        if at_ns - scene.checked_ns >= CHECK_NS:
            scene.checked_ns = at_ns
            scene.backdrop.absorb(small, mask, at_ns)
        _follow_light(scene, small, share, at_ns)


def _small(frame: RawFrame) -> Luma:
    """Give luma at about `ROWS` rows, smoothed a little, as float32: the camera's, or one pixel of many."""
    width, height = small_size(frame.width, frame.height)
    small = frame.small
    if small is None or small.shape != (height, width):
        small = cv2.resize(frame.y, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.blur(small, (3, 3)), np.float32)


def small_size(width: int, height: int) -> tuple[int, int]:
    """Give width and height of the luma that the motion gate compares, for pictures of a size."""
    rows = min(ROWS, height)
    return max(round(width * rows / height), 1), rows


def _bounds(outlines: Sequence[Outline]) -> list[Cover]:
    return [Cover(x, y, x + w, y + h) for x, y, w, h in map(cv2.boundingRect, outlines)]


def _full_size(boxes: Sequence[Cover], shape: tuple[int, ...], frame: RawFrame) -> tuple[Cover, ...]:
    """Scale boxes of the small picture up to the frame's pixels."""
    right, down = frame.width / shape[1], frame.height / shape[0]
    placed = (
        on_grid(x0 * right, y0 * down, x1 * right, y1 * down, frame.width, frame.height)
        for x0, y0, x1, y1 in boxes
    )
    covers = [cover for cover in placed if cover is not None]
    return (bounding(covers),) if len(covers) > BOX_LIMIT else tuple(covers)


def _places(outlines: Sequence[Outline], mask: Mask) -> list[Cover]:
    """Give where changes are, in pixels of the small picture; many are one, all over it."""
    return [_all(mask)] if len(outlines) > BOX_LIMIT else _bounds(outlines)


def _all(small: Luma | Mask) -> Cover:
    return Cover(0, 0, small.shape[1], small.shape[0])


def _fresh(before: Sequence[Cover], places: Sequence[Cover]) -> list[Cover]:
    """Give the changes that are large enough to be a face, and clear of all changes of the frame before."""
    return [
        place
        for place in places
        if min(place.x1 - place.x0, place.y1 - place.y0) >= SUDDEN_PX
        and not any(meet(place, old) for old in before)
    ]


def _follow_light(scene: _Scene, small: Luma, share: float, at_ns: int) -> None:
    """Take the picture as background once it has shown the same things in another light for a while."""
    if share < LIGHT_SHARE or _likeness(small, scene.backdrop.picture) < LIGHT_LIKENESS:
        scene.light_ns = None
    elif scene.light_ns is None:
        scene.light_ns = at_ns
    elif at_ns - scene.light_ns > LIGHT_NS:
        scene.backdrop.take(small)
        scene.tint.take()
        scene.light_ns = None


def _likeness(a: Luma, b: Luma) -> float:
    """Correlation of the fine structure of two pictures, -1..1; 0 if one has none."""
    fine_a, fine_b = (x - cv2.blur(x, (FINE_PX, FINE_PX)) for x in (a, b))
    power = float(cv2.norm(fine_a)) * float(cv2.norm(fine_b))
    return float(fine_a.ravel() @ fine_b.ravel()) / power if power else 0.0
