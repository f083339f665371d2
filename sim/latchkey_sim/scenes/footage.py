"""A scene as footage of a house: pictures by time, each with its truth.

Who is further away is drawn first. Between spells in which something changes nothing is drawn at all.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from latchkey.frames import Box, RawFrame
from latchkey.units import NS_PER_S, to_ns
from latchkey_sim.faces.paths import STRIDE_M
from latchkey_sim.faces.people import FACE_M, Pose, face_box
from latchkey_sim.faces.truth import SEEN_SHARE, clipped, seen_part
from latchkey_sim.scene.planar import Canvas
from latchkey_sim.scene.porch import WALL_END_M, WALL_X_M, Lens
from latchkey_sim.scenes.check import checked
from latchkey_sim.scenes.figures import Figure, Placed, placed
from latchkey_sim.scenes.model import PEOPLE, Actor, Scene
from latchkey_sim.scenes.props import CAR_M, CAT_PHASES, CAT_STRIDE_M, POSTER_LOW_M, car, cat, parcel, poster
from latchkey_sim.scenes.scenery import COVER_S, KNOCK_S, Air, View, place
from latchkey_sim.scenes.truth import Seen, Truth, Visibility, turned
from latchkey_sim.scenes.way import Stance, Way

SPARE_NS = NS_PER_S
"""The empty place is seen so much longer before and after something happens than clips reach around it."""

HALF_M = {"car": CAR_M / 2 + 0.5}
"""Nothing that moves reaches further to its sides; a person with shadow and outstretched elbow 0.7 m."""

COVERED = 0.5
"""A lens that is covered by more than this shows nobody."""

Spell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _There:
    """An actor at a time. `person` is None for things, also for the parcel that somebody has put down."""

    actor: Actor
    number: int
    stance: Stance
    person: Placed | None
    lies: bool = False


class SceneFootage:
    """Implements `latchkey_sim.house.footage.Footage`. Raises SceneError for a scene that cannot be."""

    def __init__(self, scene: Scene) -> None:
        self.scene = checked(scene)
        self.size = scene.size
        self.fps = scene.fps
        self._step_ns = round(NS_PER_S / scene.fps)
        self._lens = Lens(*scene.size)
        self._ways = [Way(actor) for actor in scene.actors]
        self._air, self._view = Air(scene), View(scene)
        self._last: tuple[float, list[_There]] = (-1.0, [])

    @cached_property
    def _place(self) -> Canvas:
        return place(self.scene)

    @cached_property
    def _figures(self) -> list[Figure | None]:
        seed = self.scene.seed
        return [
            Figure(actor, seed + number) if actor.kind in PEOPLE else None
            for number, actor in enumerate(self.scene.actors)
        ]

    @cached_property
    def busy_ns(self) -> tuple[Spell, ...]:
        """When something changes in the picture: from, to; in order, apart from each other."""
        return self._joined(0, 0)

    @cached_property
    def spells_ns(self) -> tuple[Spell, ...]:
        """When the camera gives pictures: while something changes, and as long around it as clips go."""
        settings = self.scene.settings
        after_s = settings.motion.hold_s + settings.recording.post_roll_s
        return self._joined(to_ns(settings.recording.pre_roll_s) + SPARE_NS, to_ns(after_s) + SPARE_NS)

    def _joined(self, before_ns: int, after_ns: int) -> tuple[Spell, ...]:
        end_ns = to_ns(self.scene.seconds)
        joined: list[Spell] = []
        for begin_s, end_s in sorted([*_busy(self.scene), *self._visits()]):
            begin, end = max(to_ns(begin_s) - before_ns, 0), min(to_ns(end_s) + after_ns, end_ns)
            if joined and begin <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], end))
            else:
                joined.append((begin, end))
        return tuple(joined)

    def _visits(self) -> list[tuple[float, float]]:
        """Give from when to when each actor that moves can be seen, in seconds."""
        ways = [
            way.in_view_s(HALF_M.get(actor.kind, 0.7))
            for actor, way in zip(self.scene.actors, self._ways, strict=True)
            if actor.kind != "poster"
        ]
        return [way for way in ways if way is not None]

    def next_ns(self, at_ns: int) -> int | None:
        """See `Footage`: the raster of the camera within the spells."""
        for begin_ns, end_ns in self.spells_ns:
            due_ns = -(-max(at_ns, begin_ns) // self._step_ns) * self._step_ns
            if due_ns < end_ns:
                return due_ns
        return None

    def times_ns(self) -> list[int]:
        """Give the times of all pictures."""
        times, at_ns = [], self.next_ns(0)
        while at_ns is not None:
            times.append(at_ns)
            at_ns = self.next_ns(at_ns + 1)
        return times

    def busy_times_ns(self) -> list[int]:
        """Give the times of the pictures in which something changes."""
        spells = self.busy_ns
        return [at_ns for at_ns in self.times_ns() if any(begin <= at_ns <= end for begin, end in spells)]

    def picture(self, at_ns: int) -> RawFrame:
        """See `Footage`."""
        at_s = at_ns / NS_PER_S
        picture = self._place.copy()
        for there in self._present(at_s):
            self._draw(picture, there, at_s)
        self._air.shade(picture, at_s)
        self._view.apply(picture, at_s)
        self._air.apply(picture, at_s, at_ns // self._step_ns)
        return RawFrame(picture.y, picture.u, picture.v, at_ns)

    def faces(self, at_ns: int) -> tuple[Box, ...]:
        """See `Footage`: the living faces that show."""
        return self.truth(at_ns).faces

    def truth(self, at_ns: int) -> Truth:
        """Give who is there, how their faces show, and what should come of the moment."""
        at_s = at_ns / NS_PER_S
        present = self._present(at_s)
        seen = [self._seen(there, present[rank + 1 :], at_s) for rank, there in enumerate(present)]
        return Truth(at_ns, tuple(one for one in seen if one is not None), self._events(at_ns))

    def _events(self, at_ns: int) -> tuple[str, ...]:
        """Give what begins between this picture and the next."""
        rings = ["ring"] if any(0 <= to_ns(s) - at_ns < self._step_ns for s in self.scene.rings_s) else []
        starts = [one.event for one in self.scene.expect if 0 <= to_ns(one.at_s) - at_ns < self._step_ns]
        return (*rings, *starts)

    def _present(self, at_s: float) -> list[_There]:
        """Give who and what is there, the furthest first; kept until another time is asked for."""
        if self._last[0] != at_s:
            self._last = (at_s, self._looked_up(at_s))
        return self._last[1]

    def _looked_up(self, at_s: float) -> list[_There]:
        found = []
        for number, (actor, way) in enumerate(zip(self.scene.actors, self._ways, strict=True)):
            stance = way.at(way.begin_s if actor.kind == "poster" else at_s)
            if stance is not None:
                person = placed(stance, actor.tall_m, self._lens) if actor.kind in PEOPLE else None
                found.append(_There(actor, number, stance, person))
            left_s = actor.leaves_parcel_s
            if left_s is not None and at_s >= left_s:
                lies = way.at(left_s)
                assert lies is not None
                found.append(_There(actor, number, lies, None, lies=True))
        return sorted(found, key=lambda there: (-there.stance.z_m, there.number))

    def _draw(self, picture: Canvas, there: _There, at_s: float) -> None:
        actor, stance = there.actor, there.stance
        left = self._hidden_below(stance)
        view, shift = _cut(picture, left), -float(left)
        foot = self._lens.see((stance.x_m, 0.0, stance.z_m))
        per_m = self._lens.focal_px / stance.z_m
        foot = (foot[0] + shift, foot[1])
        if there.lies:
            parcel().draw(view, foot, per_m)
        elif there.person is not None:
            self._draw_person(view, there, at_s, shift)
        elif actor.kind == "poster":
            poster(actor.face, actor.tone).prop.draw(view, (foot[0], foot[1] - POSTER_LOW_M * per_m), per_m)
        else:
            self._draw_mover(view, there, foot, per_m)

    def _draw_person(self, view: Canvas, there: _There, at_s: float, shift: float) -> None:
        person, figure = there.person, self._figures[there.number]
        assert person is not None
        assert figure is not None
        actor = there.actor
        (gx, gy), (cx, cy) = person.ground_px, person.chin_px
        moved = Placed((gx + shift, gy), (cx + shift, cy), person.px_per_m, person.stance)
        left_s = actor.leaves_parcel_s
        in_hand = actor.kind == "courier" and (left_s is None or at_s < left_s)
        figure.draw(view, moved, parcel_in_hand=in_hand)

    def _draw_mover(self, view: Canvas, there: _There, foot: tuple[float, float], per_m: float) -> None:
        stance = there.stance
        leftwards = bool(np.sin(np.deg2rad(stance.body_deg)) < 0)
        if there.actor.kind == "car":
            car(there.actor.coat).draw(view, foot, per_m, mirrored=leftwards)
            return
        walked_m = stance.step / np.pi * STRIDE_M
        phase = int(walked_m / CAT_STRIDE_M * CAT_PHASES) % CAT_PHASES
        cat(phase).draw(view, foot, per_m, mirrored=leftwards)

    def _hidden_below(self, stance: Stance) -> int:
        """Give the column up to which the porch's wall hides who stands there."""
        walled = self.scene.place == "porch" and self.scene.backdrop is None
        if walled and (stance.z_m > WALL_END_M or stance.x_m < WALL_X_M):
            return int(self._lens.see((WALL_X_M, 0.0, WALL_END_M))[0]) + 4 & ~1
        return 0

    def _seen(self, there: _There, nearer: list[_There], at_s: float) -> Seen | None:
        """Give the truth about one actor; None for what has no face."""
        actor, person = there.actor, there.person
        if there.lies:
            return None
        if actor.kind == "poster":
            foot = self._lens.see((there.stance.x_m, POSTER_LOW_M, there.stance.z_m))
            per_m = self._lens.focal_px / there.stance.z_m
            whole, view = poster(actor.face, actor.tone).face_box(foot, per_m), Visibility.PRINTED
        elif person is not None:
            whole, view = _face(person), turned(person.stance.head_deg)
        else:
            return None
        outline = _face(person, front=True) if person is not None and view is Visibility.AWAY else whole
        _, inside = clipped(self._view.shown(outline, at_s), *self.size)
        if inside < SEEN_SHARE:
            return Seen(actor.name, Visibility.OUTSIDE, None, inside)
        if view is Visibility.AWAY:
            return Seen(actor.name, view, None, 0.0)
        box = whole
        for other in nearer:
            for hiding in self._hiding(other):
                box = seen_part(box, hiding)
        wall = self._hidden_below(there.stance)
        box = seen_part(box, Box(-1e6, -1e6, float(wall), 1e6)) if wall else box
        hidden = _area(box) / max(_area(whole), 1e-9) < SEEN_SHARE
        shown, _ = clipped(self._view.shown(box, at_s), *self.size)
        share = _area(shown) / max(_area(self._view.shown(whole, at_s)), 1e-9)
        if hidden or self._view.covered(at_s) > COVERED:
            return Seen(actor.name, Visibility.HIDDEN, None, 0.0)
        if share < SEEN_SHARE:
            return Seen(actor.name, Visibility.OUTSIDE, None, share)
        return Seen(actor.name, view, shown, share)

    def _hiding(self, there: _There) -> tuple[Box, ...]:
        """Give what of an actor hides those behind."""
        if there.person is not None:
            return there.person.hiding(_face(there.person))
        if there.actor.kind != "car":
            return ()
        foot = self._lens.see((there.stance.x_m, 0.0, there.stance.z_m))
        return (car(there.actor.coat).box(foot, self._lens.focal_px / there.stance.z_m),)


def _busy(scene: Scene) -> list[tuple[float, float]]:
    """Give from when to when something but the actors changes the picture, in seconds."""
    spells = [(beam.at_s, beam.at_s + beam.for_s) for beam in scene.headlights]
    spells += [(spell.at_s, scene.until_s(spell)) for spell in scene.weather]
    for event in scene.camera:
        takes_s = KNOCK_S if event.kind == "knocked" else COVER_S
        spells.append((event.at_s, event.at_s + takes_s))
        spells += [(event.at_s + event.for_s - takes_s, event.at_s + event.for_s)] if event.for_s else []
    for before, after in zip(scene.light, scene.light[1:], strict=False):
        if before.level != after.level:
            spells.append((before.at_s, after.at_s))
    return spells


def _face(person: Placed, *, front: bool = False) -> Box:
    """Give the bounds of a face; `front` = as if it were turned to the lens."""
    yaw = 0.0 if front else person.stance.head_deg
    return face_box(Pose(*person.chin_px, person.px_per_m * FACE_M, yaw, person.stance.roll_deg))


def _area(box: Box) -> float:
    return max(box.x1 - box.x0, 0.0) * max(box.y1 - box.y0, 0.0)


def _cut(picture: Canvas, left: int) -> Canvas:
    """Give the part of a picture right of a column, to draw on."""
    if not left:
        return picture
    return Canvas(picture.y[:, left:], picture.u[:, left // 2 :], picture.v[:, left // 2 :])
