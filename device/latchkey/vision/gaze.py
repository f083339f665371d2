"""Where to look: a part of the picture is searched again when it has changed, the whole now and then.

    whole    at least every `WHOLE_NS`, and whenever parts would not be cheaper: the whole
             picture, scaled to the detector's size, and closer at small movement without a face
    partial  else: windows around what changed since it was last searched, at the scale of the
             whole or finer, and closer where something has begun to move; faces where nothing changed are
             where they were

    survey   every tile of the picture once, finer than the whole, spread over the first looks; then a tile
             with each look at the whole (`survey`): somebody small who does not move is found so; and the
             whole turned to either side, for heads that are rolled

What was found finer than the whole shows stays while nothing changes there. A face that was there and is
not found where the picture changed is searched once more, half as large: motion blur hides it at the finer
scale. If that is in vain, it is searched closer where its pixels went, and followed there (`follow`).
Same frames, same answers: no clock, no chance.
"""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from latchkey.frames import Box, Cover, Plane, RawFrame
from latchkey.ports import FaceFinder
from latchkey.units import NS_PER_S
from latchkey.vision.follow import Follower
from latchkey.vision.light import contrast
from latchkey.vision.likeness import distinct, is_rolled, shared
from latchkey.vision.look import search, search_parts, search_turned
from latchkey.vision.parts import ALL_PARTS, Parts
from latchkey.vision.rectangles import on_grid
from latchkey.vision.staying import FACE_ROOM, Staying, is_same, room_of
from latchkey.vision.stirring import Stirring
from latchkey.vision.survey import STAY_NS, WHOLE_NS, Survey
from latchkey.vision.windows import (
    Optics,
    close_ups,
    enough,
    gathered,
    is_cut,
    meet,
    optics,
    shows,
    window_at,
    with_head,
)

WHOLE_LOOKS = 8
"""At most so many looks between two at the whole picture, where times are not to be believed."""

ROWS = 180
"""Luma rows that are compared, as many as motion has; so many in each part of an upright strip."""

CHANGED_LEVELS = 10
"""A smoothed pixel that differs by more has changed, unless it stands alone: 3.5 sigma of the noise of a
small sensor indoors."""

SURELY_LEVELS = 18
"""One that differs by more has changed, alone or not: the thin edge of a face that creeps."""

DUSK = 0.6
"""With less contrast than this share of that by day, the survey is finer, and faces that stay are renewed."""

CHANGES = 24
"""More separate changes than this are a picture in uproar: it is looked at whole."""

NOISE_STEP, UPROAR_LEVELS = 4, 6
"""Every so many rows and columns tell how much noise there is: the median of all differences. If half of the
picture differs by more than the second, it is not noise."""

LOST_SCALE = 2.0
"""How much larger the second window for a lost face is, so how much smaller the face in it."""

AGAIN_NS = NS_PER_S
"""An empty close-up is looked at again after this time at the latest."""

SAME_PX = 24
"""A window whose corners moved less is the same one: the edge of a difference jitters by 4 or 8 pixels, which
moves a head's place by `TALL` times as much. Nobody walks that far unseen: tracks reach back further."""

LOST_CLOSE_UPS = 2
"""Closer looks at where pixels of lost faces went, in one look: more would cost as much as the whole."""

CLOSE_ROOM = 3.0
"""A close-up is so many times as wide as the lost face in it, or at 1:1 if that is wider."""

FOUND_AGAIN = 0.3
"""A face of which no box shares more than this is searched again in a finer picture of its window."""

_SPREAD = np.ones((5, 5), np.uint8)


class Gaze:
    """Looks at the frames of one recording, in time order. Raises FinderError; the next look is whole."""

    def __init__(self, finder: FaceFinder, *, with_survey: bool = True, parts: Parts = ALL_PARTS) -> None:
        self._finder = finder
        self._parts = parts
        self._with_survey = with_survey
        self._view: Optics | None = None
        self._stirring = Stirring(1, 1)
        self._staying = Staying(optics(1, 1, 1), STAY_NS)
        self._searched: Plane | None = None
        """Small luma of each part as it was when that part was last searched."""

        self._faces: list[Box] = []
        self._survey: Survey | None = None
        self._whole_ns = 0
        self._partial_looks = 0
        self._empty: list[tuple[Cover, int]] = []
        self._moving: tuple[Cover, ...] = ()
        self._follower = Follower()
        self._dusk = False

    def look(self, frame: RawFrame, moving: Iterable[Cover] = ()) -> list[Box]:
        """Give all faces of the frame, in its pixels; `moving` is what differs from the background."""
        view = optics(frame.width, frame.height, self._finder.long_side_px)
        small, before = _small(frame.y, view), self._searched
        self._searched = None
        if before is None or view != self._view:
            self._begin(view, contrast(cv2.mean(small)[0]))
            before, changes = small, None
        else:
            changes = _changes(before, small, view)
            self._stirring.take(changes)
        moving = tuple(moving)
        self._stirring.take(moving)
        fresh = [box for box in moving if not any(meet(box, old) for old in self._moving)]
        if changes is not None:  # what is as bright as before, and of another colour
            changes += [box for box in fresh if not any(meet(box, one) for one in changes)]
        due = not 0 < frame.at_ns - self._whole_ns < WHOLE_NS or self._partial_looks >= WHOLE_LOOKS
        windows = None if due else self._windows(view, changes)
        if windows is None:
            found = self._whole(frame, view, moving, changes)
            self._whole_ns, self._partial_looks, before = frame.at_ns, 0, small
        else:
            self._partial_looks += 1
            found = self._partial(frame, view, windows, changes or ())
            found += self._closer(frame, view, fresh, found)
            _refresh(before, small, windows, view)
        self._moving = moving
        found += self._surveyed(frame, view, found, whole=windows is None)
        self._faces = self._followed(frame, view, distinct(found))
        self._staying.settle(self._faces, frame.at_ns)
        self._searched = before
        return [face for face in self._faces if self._stirring.believes(face)]

    def doubt(self) -> None:
        """Believe nothing that was answered so far: the next look begins anew."""
        self._searched = None

    def _begin(self, view: Optics, light: float) -> None:
        is_first, self._dusk = self._view is None, light < DUSK
        self._stirring = Stirring(view.width, view.height, dusk=self._dusk)
        if not is_first:  # a look failed, or the picture changed its size: what stirred is not known any more
            self._stirring.take(None)
        self._view, self._faces, self._empty = view, [], []
        self._follower = Follower()
        self._survey = Survey(view, dusk=self._dusk) if self._with_survey else None
        self._staying = Staying(view, self._survey.stay_ns if self._survey else STAY_NS)
        self._whole_ns, self._partial_looks = 0, WHOLE_LOOKS

    def _followed(self, frame: RawFrame, view: Optics, found: list[Box]) -> list[Box]:
        """Add the faces of the last look that are lost now: by a closer look, or where their pixels went."""
        lost = self._follower.lost(frame.y, frame.at_ns, found) if self._parts.following else []
        if not lost:
            self._follower.keep(frame.y, frame.at_ns, found, [])
            return found
        again: list[Box] = []
        for trace in lost[:LOST_CLOSE_UPS]:
            again += self._search_closer(frame, view, _close_window(trace.box, view))
        found = distinct([*found, *again])
        lost = self._follower.lost(frame.y, frame.at_ns, found)
        self._follower.keep(frame.y, frame.at_ns, found, lost)
        return [*found, *(trace.box for trace in lost)]

    def _surveyed(self, frame: RawFrame, view: Optics, upright: Sequence[Box], *, whole: bool) -> list[Box]:
        """Search the next tiles of the survey, and what looks like a small face closer."""
        found: list[Box] = []
        if self._survey is not None:
            degrees, tiles = self._survey.next(whole=whole)
            if degrees is not None:
                turned = self._turned(frame, view, degrees)
                found += [box for box in turned if is_rolled(box, view, upright, dusk=self._dusk)]
            for tile in tiles:
                found += self._search_closer(frame, view, tile)
            for box in self._staying.lost(LOST_CLOSE_UPS, frame.at_ns) if whole else ():
                found += self._search_closer(frame, view, _close_window(box, view))
        for box in self._stirring.doubtful(found):
            found += self._search_closer(frame, view, _close_window(box, view))
        self._staying.note(found, frame.at_ns)
        return found

    def _renewed(self, frame: RawFrame, view: Optics) -> list[Box]:
        """Search closer where the two oldest stay: at dusk whoever creeps changes too little."""
        for old in self._staying.faces[:LOST_CLOSE_UPS]:
            found = self._search_closer(frame, view, _close_window(old, view))
            if any(is_same(old, box) for box in found):
                self._staying.forget(old)
            self._staying.note(found, frame.at_ns)
        return distinct(self._staying.faces)

    def _windows(self, view: Optics, changes: list[Cover] | None) -> list[Cover] | None:
        """Give the windows of a partial look; None if the whole picture is the better one."""
        if changes is None or not view.has_windows or not self._parts.attention:
            return None
        rooms = [room_of(face, view) for face in self._faces]
        regions = [box if any(meet(room, box) for room in rooms) else with_head(box) for box in changes]
        while (windows := gathered(regions, view)) is not None:
            cut = [room for room in rooms if is_cut(room, windows)]
            if not cut:
                return windows
            regions += cut
            rooms = [room for room in rooms if room not in cut]
        return None

    def _partial(
        self, frame: RawFrame, view: Optics, windows: Sequence[Cover], changes: Sequence[Cover]
    ) -> list[Box]:
        sought = [face for face in self._faces if any(shows(window, face) for window in windows)]
        kept = [face for face in self._faces if face not in sought]
        found = [box for window in windows for box in self._again(frame, view, window, changes)]
        for face in sought if self._parts.second_scale else ():
            if not any(shows(room_of(face, view), box) for box in found):
                found += self._search_closer(frame, view, _lost_window(face, view))
        self._staying.keep(frame.at_ns, windows)
        self._staying.note([box for box in found if box not in kept], frame.at_ns)
        return [*found, *kept]

    def _again(self, frame: RawFrame, view: Optics, window: Cover, changes: Sequence[Cover]) -> list[Box]:
        """Search a window: no finer than its faces need, if they explain all of its changes and are found."""
        faces = [face for face in self._faces if shows(window, face)]
        side = enough(window, faces, changes, view)
        if side < view.window:
            found = self._search(frame, window, (side, side))
            if all(any(shared(face, box) > FOUND_AGAIN for box in found) for face in faces):
                return found
        return self._search_closer(frame, view, window)

    def _whole(
        self, frame: RawFrame, view: Optics, moving: Sequence[Cover], changes: list[Cover] | None
    ) -> list[Box]:
        self._staying.keep(frame.at_ns, changes)
        staying = self._renewed(frame, view) if self._dusk else self._staying.faces
        found = search_parts(self._finder, frame, view.parts, brighten=self._parts.brightening)
        found += self._closer(frame, view, moving, found)
        faint = [box for box in changes or () if not any(meet(box, blob) for blob in moving)]
        return [*found, *self._closer(frame, view, faint, found), *staying]

    def _closer(
        self, frame: RawFrame, view: Optics, moving: Sequence[Cover], found: Sequence[Box]
    ) -> list[Box]:
        """Look closer at small movement without a face."""
        more: list[Box] = []
        unexplained = [box for box in moving if not any(shows(box, face) for face in found)]
        for window in close_ups(unexplained, view) if self._parts.close_ups else ():
            if any(shows(window, face) for face in (*found, *more)) or self._is_empty(window, frame.at_ns):
                continue
            closer = self._search_closer(frame, view, window)
            self._staying.note(closer, frame.at_ns)
            more += closer
            if not closer:
                self._empty.append((window, frame.at_ns))
        return more

    def _turned(self, frame: RawFrame, view: Optics, degrees: float) -> list[Box]:
        brighten = self._parts.brightening
        return [
            box
            for part in view.parts
            for box in search_turned(self._finder, frame, part, view.whole, degrees, brighten=brighten)
        ]

    def _search_closer(self, frame: RawFrame, view: Optics, window: Cover) -> list[Box]:
        return self._search(frame, window, (view.window, view.window))

    def _search(self, frame: RawFrame, window: Cover, size: tuple[int, int]) -> list[Box]:
        return search(self._finder, frame, window, size, brighten=self._parts.brightening)

    def _is_empty(self, window: Cover, at_ns: int) -> bool:
        """Whether a close-up found nothing a moment ago.

        What has moved and left leaves a still difference behind; a person in front of it changes
        the window. So an empty one is looked at again once it moves, and every `AGAIN_NS`.
        """
        self._empty = [(old, seen_ns) for old, seen_ns in self._empty if at_ns - seen_ns < AGAIN_NS]
        return any(
            all(abs(one - other) <= SAME_PX for one, other in zip(old, window, strict=True))
            for old, _ in self._empty
        )


def _small(y: Plane, view: Optics) -> Plane:
    height, width = y.shape
    rows = min(ROWS * (len(view.parts) if height > width else 1), height)
    size = (max(round(width * rows / height), 1), rows)
    return np.asarray(cv2.blur(cv2.resize(y, size, interpolation=cv2.INTER_NEAREST), (3, 3)), np.uint8)


def _changes(before: Plane, small: Plane, view: Optics) -> list[Cover] | None:
    """Give what has changed since it was last searched, in pixels of the frame; None = all over."""
    difference, light = cv2.absdiff(before, small), contrast(cv2.mean(small)[0])
    noise = float(np.median(difference[::NOISE_STEP, ::NOISE_STEP])) + 0.5
    if noise > UPROAR_LEVELS:
        return None
    _, mask = cv2.threshold(difference, max(CHANGED_LEVELS * light, 5 * noise), 255, cv2.THRESH_BINARY)
    _, surely = cv2.threshold(difference, max(SURELY_LEVELS * light, 9 * noise), 255, cv2.THRESH_BINARY)
    mask = cv2.bitwise_or(cv2.medianBlur(mask, 3), surely)
    if not cv2.countNonZero(mask):
        return []
    outlines, _ = cv2.findContours(cv2.dilate(mask, _SPREAD), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if len(outlines) > CHANGES:
        return None
    right, down = view.width / small.shape[1], view.height / small.shape[0]
    placed = (
        on_grid(x * right, y * down, (x + w) * right, (y + h) * down, view.width, view.height)
        for x, y, w, h in map(cv2.boundingRect, outlines)
    )
    return [cover for cover in placed if cover is not None]


def _refresh(searched: Plane, small: Plane, windows: Iterable[Cover], view: Optics) -> None:
    """Note that the windows have been searched as they are now."""
    right, down = small.shape[1] / view.width, small.shape[0] / view.height
    for x0, y0, x1, y1 in windows:
        rows = slice(round(y0 * down), round(y1 * down))
        columns = slice(round(x0 * right), round(x1 * right))
        searched[rows, columns] = small[rows, columns]


def _lost_window(face: Box, view: Optics) -> Cover:
    x, y = round((face.x0 + face.x1) / 2), round((face.y0 + face.y1) / 2)
    size_px = max(face.x1 - face.x0, face.y1 - face.y0) * FACE_ROOM
    side = round(max(size_px, view.finest_px) * LOST_SCALE)
    return window_at(x, y - side // 2, side, view)


def _close_window(face: Box, view: Optics) -> Cover:
    """Give the window for a face that was lost, as fine as shows it with a face's room all round."""
    x, y = round((face.x0 + face.x1) / 2), round((face.y0 + face.y1) / 2)
    side = max(round(max(face.x1 - face.x0, face.y1 - face.y0) * CLOSE_ROOM), view.finest_px)
    return window_at(x, y - side // 2, min(side, view.widest_px), view)
