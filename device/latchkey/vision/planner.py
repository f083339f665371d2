"""The planner: from looks and motion to covers, frame by frame, with the future known.

Frames are held back for `look_ahead_ns`, so a face is covered before it is first found.

Rules
- `ok`: the frame itself was looked at, or it lies between two good looks at most
  `MAX_LOOK_GAP_NS` and `MAX_UNSEEN_FRAMES` apart. All else is `fallback_full`: a missing answer never
  means a bare frame.
- Covered are the faces of all looks within ± `union_s`, and faces on their way between looks; and the
  head's place of everybody who moves and in whom no face was found (`precaution`).
- What the first looks find (`BEGIN_NS`) counts from the first frame on: the survey takes so long, and whoever
  it finds stood there before.
- `fallback_full` within `UNCLEAR_NS` of a frame in which the camera does not see clearly (`sight`).
- What shows suddenly in a frame that was not looked at is covered until a look (`fallback_region`, `sudden`).
- `fallback_region` while the detector finds nobody though somebody moves about (`silence`).
- Without a detector all that has moved since the clip began stays covered, and everything above
  it (`fallback_region`). If nothing has moved, or it is more than half of the picture, all is covered.
- The owner's mode can ask for more: whole people, all that moves, everything. That is no fallback.
"""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

from latchkey.frames import Box, Cause, Cover, FilterState
from latchkey.settings import PrivacySettings
from latchkey.units import NS_PER_MS, to_ns
from latchkey.vision.borders import Borders
from latchkey.vision.motion import Motion
from latchkey.vision.parts import ALL_PARTS, Parts
from latchkey.vision.persons import Person, body_of
from latchkey.vision.precaution import RUNNER_SCORE, Bystanders, precaution
from latchkey.vision.rectangles import dilate, on_grid, outermost
from latchkey.vision.redactor import CoverPlan
from latchkey.vision.region import MovedRegion
from latchkey.vision.silence import Silence
from latchkey.vision.sudden import Sudden
from latchkey.vision.survey import REACHED_LOOKS
from latchkey.vision.tracks import LEAD_NS, Tracks

MAX_LOOK_GAP_NS = 135 * NS_PER_MS
"""Looks may be this far apart: 2 frames at 15 a second, 3 at 25, 4 at 30. Beyond it coverage falls
quickly: on people who walk up to a camera from 99.7 % of the faces (0.12 s) to 97.7 % (0.2 s)."""

BEGIN_NS = (REACHED_LOOKS - 1) * MAX_LOOK_GAP_NS
"""The looks that survey the picture are over so long after the first one, in Full HD. Less by the pipeline's
slack than frames are held raw."""

MAX_UNSEEN_FRAMES = 8
"""And so many frames may lie between: at 60 a second, 8 do. Times alone are not believed: where they are too
dense (a clock that stood still), a hundred frames would pass between two looks."""

COVER_LIMIT = 400
"""Covers in one frame: 100 faces and their way through a few looks. More is nonsense: all is covered."""

EDGE_SHARE = 0.1
"""A face this close to an edge, by its size, may be cut by it: then it is larger than what is seen of it,"""

CUT_FACE = 1.25
"""and covered so much larger than others."""

UNCLEAR_NS = 400 * NS_PER_MS
"""Frames this close to one in which the camera did not see clearly are covered whole like it."""


class CoverPlanner:
    """Plans the covers of one stretch of recording. Values in, values out; no clock, no pixels."""

    def __init__(self, settings: PrivacySettings, has_finder: bool, parts: Parts = ALL_PARTS) -> None:
        self._settings = settings
        self._parts = parts
        self._has_finder = has_finder
        self._looked: list[int] = []
        self._blind: list[int] = []
        self._began_ns: int | None = None
        self._faces: dict[int, list[Box]] = {}
        self._tracks = Tracks()
        self._borders = Borders(settings.zones)
        self._people = Bystanders(self._borders)
        self._sudden = Sudden()
        self._unclear: list[tuple[int, Cause]] = []
        self._motions: deque[tuple[int, tuple[Cover, ...]]] = deque()
        self._region = MovedRegion()
        self._silence = Silence()

    @property
    def look_ahead_ns(self) -> int:
        """How far after a frame looks can still cover it."""
        return max(to_ns(self._settings.union_s), LEAD_NS)

    def needed_ns(self, at_ns: int) -> int:
        """Up to when looks and motion must be in for the frame of `at_ns`."""
        if not self._has_finder:
            return at_ns + self.look_ahead_ns
        began_ns = at_ns if self._began_ns is None else self._began_ns
        return max(at_ns + self.look_ahead_ns, began_ns + BEGIN_NS)

    def add_look(self, at_ns: int, boxes: list[Box] | None) -> None:
        """Take the answer of the look at the frame of `at_ns`; None = it failed or came too late.

        Answers come in the order of their frames.
        """
        if boxes is None or at_ns in self._faces:
            return
        faces = [box for box in boxes if box.score >= self._settings.threshold]
        if self._began_ns is None:
            self._began_ns = at_ns
        insort(self._looked, at_ns)
        self._faces[at_ns] = faces
        self._tracks.add(at_ns, faces)

    def add_blind(self, at_ns: int) -> None:
        """Note why the look at the frame of `at_ns` failed: the detector is blind."""
        self._blind.append(at_ns)

    def add_motion(self, at_ns: int, motion: Motion) -> None:
        """Take what moved in the frame of `at_ns`, and whether it is clear; frames come in order."""
        if motion.unclear is not None:
            self._unclear.append((at_ns, motion.unclear))
        if self._has_finder:
            self._people.add(at_ns, motion.blobs)
            self._sudden.add(at_ns, motion.sudden, motion.boxes)
        elif motion.boxes:
            self._motions.append((at_ns, motion.boxes))

    def plan(self, at_ns: int, width: int, height: int) -> CoverPlan:
        """Say what to hide in the frame of `at_ns`; frames come in order.

        Looks and motion up to `needed_ns` must be in.
        """
        mode = self._settings.mode
        if mode == "everything":
            return CoverPlan(FilterState.OK, _whole(width, height))
        causes = [cause for unclear_ns, cause in self._unclear if abs(unclear_ns - at_ns) <= UNCLEAR_NS]
        if not self._has_finder:
            return _full(width, height, causes[0]) if causes else self._without_finder(at_ns, width, height)
        faces, elsewhere = self._faces_near(at_ns)
        is_crowd = len(faces) > COVER_LIMIT
        if causes or not self._is_seen(at_ns):
            # once the camera was moved, what a privacy zone should hide may lie anywhere
            nowhere = is_crowd or (Cause.MOVED in causes and self._settings.zones)
            found = () if nowhere else self._found(faces, width, height)
            return _full(width, height, causes[0] if causes else self._unseen(at_ns), found)
        if is_crowd:
            return _full(width, height, Cause.CROWD)
        return self._with_faces(at_ns, faces, elsewhere, width, height)

    def forget_before(self, at_ns: int) -> None:
        """Drop looks before `at_ns`; no frame before `at_ns` + `look_ahead_ns` will be asked for."""
        keep = bisect_left(self._looked, at_ns)
        for look_ns in self._looked[:keep]:
            del self._faces[look_ns]
        del self._looked[:keep]
        self._tracks.forget_before(at_ns)
        self._people.forget_before(at_ns)
        self._sudden.forget_before(at_ns)
        self._blind = [blind_ns for blind_ns in self._blind if blind_ns >= at_ns]
        self._unclear = [(time_ns, cause) for time_ns, cause in self._unclear if time_ns >= at_ns]

    def _unseen(self, at_ns: int) -> Cause:
        """Say why a frame has not been seen."""
        is_blind = any(abs(blind_ns - at_ns) <= MAX_LOOK_GAP_NS for blind_ns in self._blind)
        return Cause.BLIND if is_blind else Cause.LOOKS

    def _is_seen(self, at_ns: int) -> bool:
        after = bisect_left(self._looked, at_ns)
        if after < len(self._looked) and self._looked[after] == at_ns:
            return True
        if not 0 < after < len(self._looked):
            return False
        before_ns, after_ns = self._looked[after - 1], self._looked[after]
        unseen = self._people.frames_between(before_ns, after_ns)
        return after_ns - before_ns <= MAX_LOOK_GAP_NS and unseen <= MAX_UNSEEN_FRAMES

    def _faces_near(self, at_ns: int) -> tuple[list[Box], list[Box]]:
        """Give the faces to cover in a frame, and those seen near it that are surely elsewhere in it."""
        first_ns, last_ns = self._union(at_ns)
        if self._began_ns is not None and self._parts.look_ahead:
            last_ns = max(last_ns, self._began_ns + BEGIN_NS)
        looks = self._looked[bisect_left(self._looked, first_ns) : bisect_right(self._looked, last_ns)]
        sightings = [(look_ns, box) for look_ns in looks for box in self._faces[look_ns]]
        if not self._parts.tracks:
            return list(dict.fromkeys(box for _, box in sightings)), []
        elsewhere = self._tracks.elsewhere(at_ns, first_ns, last_ns)
        faces = [sighting[1] for sighting in sightings if sighting not in elsewhere]
        faces += self._tracks.at(at_ns, at_ns + (self.look_ahead_ns if self._parts.look_ahead else 0))
        # who stands still is found in the same place each time
        return list(dict.fromkeys(faces)), list(dict.fromkeys(box for _, box in elsewhere))

    def _union(self, at_ns: int) -> tuple[int, int]:
        """Give from when to when what was seen counts for a frame."""
        union_ns = to_ns(self._settings.union_s)
        return at_ns - union_ns, at_ns + (union_ns if self._parts.look_ahead else 0)

    def _with_faces(
        self, at_ns: int, faces: list[Box], elsewhere: list[Box], width: int, height: int
    ) -> CoverPlan:
        whole = self._settings.mode == "people"
        people = self._people.around(*self._union(at_ns), width, height)
        caution = precaution(people, [*faces, *elsewhere], whole=whole)
        here = self._here(at_ns, people, width, height, whole=whole)
        across = self._across(at_ns, width, height, whole=whole)
        caution = replace(caution, places=(*caution.places, *here, *across) if self._parts.precaution else ())
        found = self._found(faces, width, height)
        sudden = self._sudden.unseen(at_ns, self._looked, width, height)
        covers = [*found, *_placed(caution.places, width, height), *sudden]
        blobs = [person.blob for person in people]
        if self._is_silent(at_ns, blobs, explained=caution.explained):
            if not (region := self._region.covers(width, height)):
                return _full(width, height, Cause.SILENT, found)
            return CoverPlan(FilterState.FALLBACK_REGION, outermost([*covers, *region]), Cause.SILENT, found)
        if sudden == _whole(width, height):
            return _full(width, height, Cause.SUDDEN, found)
        if sudden:
            return CoverPlan(FilterState.FALLBACK_REGION, outermost(covers), Cause.SUDDEN, found)
        cause = Cause.PRECAUTION if caution.places and not whole else None
        return CoverPlan(FilterState.OK, outermost(covers), cause, found)

    def _here(
        self, at_ns: int, around: Sequence[Person], width: int, height: int, *, whole: bool
    ) -> tuple[Box, ...]:
        """Say where somebody runs in the frame who has no fair face in it, found or on its way."""
        people = [person for person in self._people.running(at_ns, width, height) if person in around]
        if not people or not self._parts.tracks:
            return ()
        until_ns = at_ns + (self.look_ahead_ns if self._parts.look_ahead else 0)
        present = [*self._faces.get(at_ns, ()), *self._tracks.on_their_way(at_ns, until_ns)]
        return precaution(
            people, [face for face in present if face.score >= RUNNER_SCORE], whole=whole
        ).places

    def _across(self, at_ns: int, width: int, height: int, *, whole: bool) -> list[Box]:
        """Say where somebody may stand across the border of a zone, in whom the looks around find no face.

        What other looks found explains nobody here: a face may have stopped where the zone cuts it.
        """
        after = bisect_left(self._looked, at_ns)
        around = self._looked[after if self._looked[after] == at_ns else after - 1 : after + 1]
        people = self._people.across(around[0], around[-1], width, height)
        return [
            place
            for look_ns in around
            for place in precaution(people, self._faces[look_ns], whole=whole).places
        ]

    def _found(self, faces: list[Box], width: int, height: int) -> tuple[Cover, ...]:
        """Give what is hidden for faces that were found: these, and bodies in the mode `people`."""
        bodies = map(body_of, faces) if self._settings.mode == "people" else ()
        grown = (self._grown(box, width, height) for box in faces)
        return tuple(_placed([*grown, *bodies], width, height))

    def _grown(self, face: Box, width: int, height: int) -> Box:
        """Make a face as large as its cover."""
        near = EDGE_SHARE * max(face.x1 - face.x0, face.y1 - face.y0)
        is_cut = min(face.x0, face.y0, width - face.x1, height - face.y1) < near
        is_cut = is_cut or self._borders.cut(face, width, height)
        return dilate(face, self._settings.dilation * (CUT_FACE if is_cut else 1.0))

    def _is_silent(self, at_ns: int, people: Sequence[Cover], *, explained: bool) -> bool:
        """Whether the detector is silent; meanwhile the region grows that is covered from then on."""
        silent = self._silence.see(at_ns, people, explained=explained)
        if not self._silence.counting:
            self._region = MovedRegion()
        elif people:
            self._region.add(people)
        return silent

    def _without_finder(self, at_ns: int, width: int, height: int) -> CoverPlan:
        """Cover what has moved so far; motions are taken in once and for good."""
        while self._motions and self._motions[0][0] <= at_ns + self.look_ahead_ns:
            self._region.add(self._motions.popleft()[1])
        covers = self._region.covers(width, height)
        if self._settings.mode == "motion":
            return CoverPlan(FilterState.OK, covers or _whole(width, height))
        if not covers:
            return _full(width, height, Cause.NO_DETECTOR)
        return CoverPlan(FilterState.FALLBACK_REGION, covers, Cause.NO_DETECTOR)


def _placed(places: Iterable[Box], width: int, height: int) -> list[Cover]:
    placed = (on_grid(*place[:4], width, height) for place in places)
    return [cover for cover in placed if cover]


def _whole(width: int, height: int) -> tuple[Cover, ...]:
    return (Cover(0, 0, width, height),)


def _full(width: int, height: int, cause: Cause, found: tuple[Cover, ...] = ()) -> CoverPlan:
    return CoverPlan(FilterState.FALLBACK_FULL, _whole(width, height), cause, found)
