"""Walks drawn at random: what nobody had in view when the filter's thresholds were chosen.

A seed and a number make one walk, whatever the others are. Drawn are the way and pace of up to three people,
their faces (the portrait in three tones, photographs where there are any), what they wear, how much their
clothes differ from what is behind them, size and times of the frames, light, noise, rain, blur, shake.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from latchkey.frames import Box, RawFrame
from latchkey.units import NS_PER_S
from latchkey_sim.faces.actors import (
    Actor,
    Bgr3,
    Dress,
    PhotoFace,
    coat_boxes,
    cutout,
    photo_box,
    photo_faces,
    portrait,
)
from latchkey_sim.faces.backdrops import backdrop
from latchkey_sim.faces.courses import TURNED_AWAY, draw_poses
from latchkey_sim.faces.people import TONES, Looks, Pose, face_box
from latchkey_sim.faces.truth import SEEN_SHARE, Face, Moment, bucket, clipped, seen_part
from latchkey_sim.faces.walks import HEAD_SIZES, PACE_EDGES, PACE_S, ROLL_EDGES, YAW_EDGES, grown
from latchkey_sim.faces.weather import Light, Weather, smear, table
from latchkey_sim.scene.planar import Canvas

SIZES = ((1280, 720), (1920, 1080), (720, 1280), (640, 480), (1080, 1920))
SIZE_ODDS = (0.5, 0.18, 0.14, 0.12, 0.06)
RATES = (10.0, 15.0, 25.0, 30.0)
FRAMES, SECONDS = 110, (2.5, 7.0)
"""A walk is no longer than so many frames."""

SEVERAL = (0.62, 0.27, 0.11)
"""Odds of one person, two, three."""

PHOTO_SHARE = 0.6
"""Share of the people who have a photographed face, if there are any."""

ENLARGED = 1.3
"""A photographed face is shown at most so much larger than it was taken."""

MARGIN_PX = 8
"""The drawn place is so much larger on each side than the picture that shakes over it."""

BACK_LIGHT = (195.0, 222.0)
"""Mean luma of a bright place, against which people are dark; above that the filter gives up (`glare`)."""

LIGHT_EDGES = (0.5, 1.5, 2.5)


@dataclass(frozen=True)
class Draw:
    """One drawn walk; implements `FaceClip`. `photos` are the faces that may be taken."""

    seed: int
    number: int
    photos: tuple[PhotoFace, ...] = ()

    @property
    def name(self) -> str:
        """Set, seed, number: what repeats it."""
        return f"drawn/{self.seed}-{self.number}"

    @property
    def fps(self) -> float:
        """Frames a second, on average."""
        return (len(self._plan.times_ns) - 1) * 1e9 / self._plan.times_ns[-1]

    @property
    def marks(self) -> Mapping[str, str]:
        """Size, rate, light, blur, rain."""
        plan = self._plan
        return {
            "picture": f"{plan.size[0]}x{plan.size[1]}",
            "rate": plan.rate,
            "light": "against it" if plan.back_light else bucket(plan.stops, LIGHT_EDGES, " stops less"),
            "blur": "motion blur" if plan.shutter else "sharp",
            "rain": "rain" if plan.rain else "dry",
        }

    @cached_property
    def _plan(self) -> "_Plan":
        return _planned(np.random.default_rng([self.seed, self.number, 23]), self.photos)

    def moments(self) -> list[Moment]:
        """Give the truth, a moment per frame."""
        return [Moment(at_ns, self._faces(number)) for number, at_ns in enumerate(self._plan.times_ns)]

    def frames(self) -> Iterator[RawFrame]:
        """Draw the frames."""
        plan = self._plan
        width, height = plan.size
        place = _toned(backdrop(plan.place, width + 2 * MARGIN_PX, height + 2 * MARGIN_PX), plan)
        weather = Weather(Light(2 ** (-plan.stops / 2.2), plan.noise), plan.size, rain=plan.rain)
        people = [part.actor() for part in plan.parts]
        shade = table(16 + (np.arange(256, dtype=np.float32) - 16) * np.float32(plan.back_light or 1.0))
        for number, at_ns in enumerate(plan.times_ns):
            empty = _shown(place, plan.shake[number], plan.size)
            picture = empty.copy()
            for index in _far_first(plan, number):
                pose = plan.parts[index].poses[number]
                people[index].draw(picture, pose)
            if plan.back_light:
                changed = np.asarray(cv2.absdiff(picture.y, empty.y) > 0, np.uint8)
                hidden = cv2.morphologyEx(changed, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0
                picture.y[hidden] = cv2.LUT(picture.y, shade)[hidden]
            for index in _far_first(plan, number) if plan.shutter else ():
                poses = plan.parts[index].poses
                here, before = poses[number], poses[max(number - 1, 0)]
                shift = ((here.x - before.x) * plan.shutter, (here.y - before.y) * plan.shutter)
                smear(picture, grown(plan.parts[index].box(number), 2.0), shift)
            weather.apply(picture, number)
            yield RawFrame(picture.y, picture.u, picture.v, at_ns)

    def _faces(self, number: int) -> tuple[Face, ...]:
        plan, found = self._plan, []
        order = _far_first(plan, number)
        for rank, index in enumerate(order):
            part = plan.parts[index]
            pose, whole = part.poses[number], part.box(number)
            box, inside = clipped(whole, *plan.size)
            if inside <= 0:
                continue
            for nearer in order[rank + 1 :]:
                for hiding in _hiding(plan.parts[nearer], number):
                    box = seen_part(box, hiding)
            share = (box.x1 - box.x0) * (box.y1 - box.y0) / ((whole.x1 - whole.x0) * (whole.y1 - whole.y0))
            marks = {
                **part.marks,
                "roll": bucket(abs(pose.roll), ROLL_EDGES, "°"),
                "pace": bucket(self._pace(part.poses, number), PACE_EDGES, " faces"),
                "edge": "inside" if inside >= 1 else "cut",
                "yaw": bucket(abs(pose.yaw), YAW_EDGES, "°") if part.photo is None else "as it is",
            }
            ignore = share < SEEN_SHARE or (part.photo is None and abs(pose.yaw) > TURNED_AWAY)
            found.append(Face(box, ignore, marks))
        return tuple(found)

    def _pace(self, poses: Sequence[Pose], number: int) -> float:
        """Give how many widths of its own a face moves in `PACE_S`."""
        here, before = poses[max(number, 1)], poses[max(number, 1) - 1]
        passed_ns = self._plan.times_ns[max(number, 1)] - self._plan.times_ns[max(number, 1) - 1]
        return (
            float(np.hypot(here.x - before.x, here.y - before.y)) * PACE_S * 1e9 / passed_ns / here.width_px
        )


@dataclass(frozen=True)
class _Part:
    """One person: a way, and a portrait's looks or a photograph."""

    poses: list[Pose]
    dress: Dress
    looks: Looks
    photo: PhotoFace | None

    @property
    def marks(self) -> dict[str, str]:
        if self.photo is not None:
            return {"face": "photograph", "tone": self.photo.tone, "wear": self.photo.wear}
        return {"face": "portrait", "tone": self.looks.tone, "wear": self.looks.wear or "nothing"}

    def box(self, number: int) -> Box:
        pose = self.poses[number]
        return photo_box(self.photo, pose) if self.photo else face_box(pose)

    def actor(self) -> Actor:
        return cutout(self.photo, self.dress) if self.photo else portrait(self.looks, self.dress)


@dataclass(frozen=True)
class _Plan:
    """All that is drawn for one walk. `back_light`: what is left of the light on people against it, or 0."""

    size: tuple[int, int]
    rate: str
    times_ns: list[int]
    place: int
    place_level: float
    place_contrast: float
    stops: float
    noise: float
    back_light: float
    rain: bool
    shutter: float
    shake: list[tuple[float, float]]
    parts: list[_Part]


def _planned(rng: np.random.Generator, photos: Sequence[PhotoFace]) -> _Plan:
    size = SIZES[int(rng.choice(len(SIZES), p=SIZE_ODDS))]
    rate, times_ns = _times(rng)
    stops = float(rng.choice([0.0, rng.uniform(0, 3)], p=[0.4, 0.6]))
    back_light = float(rng.uniform(0.35, 0.8)) if stops == 0 and rng.uniform() < 0.35 else 0.0
    level = rng.uniform(*BACK_LIGHT) if back_light else rng.uniform(55, 190)
    shaken = rng.uniform() < 0.3
    shake = rng.uniform(-1, 1, (len(times_ns), 2)) * (1.0 if shaken else 0.0)
    place = int(rng.integers(1 << 30))
    parts = []
    for _ in range(int(rng.choice([1, 2, 3], p=SEVERAL))):
        parts.append(_part(rng, times_ns, size, shake, photos, level))
    return _Plan(
        size, rate, times_ns, place,
        place_level=float(level),
        place_contrast=float(rng.uniform(0.3, 1.2)),
        stops=stops,
        noise=float(rng.uniform(1, 3) + rng.uniform(0.3, 1.2) * stops),
        back_light=back_light,
        rain=bool(rng.uniform() < 0.15),
        shutter=float(rng.choice([0.0, rng.uniform(0.15, 0.9)])),
        shake=[(float(x), float(y)) for x, y in shake],
        parts=parts,
    )  # fmt: skip


def _times(rng: np.random.Generator) -> tuple[str, list[int]]:
    rate = float(rng.choice(RATES))
    count = min(round(rng.uniform(*SECONDS) * rate), FRAMES)
    uneven = rng.uniform() < 0.25
    steps = rng.uniform(0.4, 1.9, count - 1) if uneven else np.ones(count - 1)
    times = np.concatenate([[0.0], np.cumsum(steps)]) / rate
    return ("uneven" if uneven else f"{rate:g} a second"), [round(one * NS_PER_S) for one in times]


def _part(
    rng: np.random.Generator,
    times_ns: Sequence[int],
    size: tuple[int, int],
    shake: "np.ndarray[tuple[int, int], np.dtype[np.float64]]",
    photos: Sequence[PhotoFace],
    level: float,
) -> _Part:
    poses = draw_poses(rng, np.array(times_ns) / NS_PER_S, size)
    poses = [
        Pose(pose.x + dx, pose.y + dy, pose.width_px, pose.yaw, pose.roll, pose.step)
        for pose, (dx, dy) in zip(poses, shake, strict=True)
    ]
    widest = max(pose.width_px for pose in poses)
    fitting = [photo for photo in photos if photo.width_px * ENLARGED >= widest]
    photo = fitting[int(rng.integers(len(fitting)))] if fitting and rng.uniform() < PHOTO_SHARE else None
    wear = str(rng.choice(["", "hat", "mask", "sunglasses"], p=[0.52, 0.16, 0.16, 0.16]))
    looks = Looks(str(rng.choice(TONES)), wear, int(rng.integers(1000)))
    coat = _colour(rng.uniform(20, 200, 3))
    if rng.uniform() < 0.35:  # hardly another than what is behind it
        coat = _colour(np.full(3, level) + rng.uniform(-14, 14, 3))
    return _Part(poses, Dress(coat, _colour(rng.uniform(30, 200, 3))), looks, photo)


def _colour(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> Bgr3:
    blue, green, red = (round(float(value)) for value in np.clip(values, 5, 235))
    return blue, green, red


def _toned(place: Canvas, plan: _Plan) -> Canvas:
    """Give a place the plan's mean luma and contrast."""
    codes = np.arange(256, dtype=np.float32)
    level = np.float32(cv2.mean(place.y)[0])
    changed = np.float32(plan.place_level) + (codes - level) * np.float32(plan.place_contrast)
    return Canvas(np.asarray(cv2.LUT(place.y, table(np.clip(changed, 17, 234))), np.uint8), place.u, place.v)


def _shown(place: Canvas, shift: tuple[float, float], size: tuple[int, int]) -> Canvas:
    """Cut the picture out of the larger place, moved by a part of a pixel."""
    planes = []
    for plane, step in ((place.y, 1), (place.u, 2), (place.v, 2)):
        x, y = (part / step - MARGIN_PX / step for part in shift)
        wanted = (size[0] // step, size[1] // step)
        matrix = np.array([[1.0, 0, x], [0, 1.0, y]])
        planes.append(np.asarray(cv2.warpAffine(plane, matrix, wanted), np.uint8))
    return Canvas(*planes)


def _far_first(plan: _Plan, number: int) -> list[int]:
    return sorted(range(len(plan.parts)), key=lambda index: plan.parts[index].poses[number].width_px)


def _hiding(part: _Part, number: int) -> tuple[Box, ...]:
    """Give what of somebody hides those behind: head and coat."""
    pose = part.poses[number]
    return grown(part.box(number), HEAD_SIZES), *coat_boxes(pose)


def draws(seed: int, count: int, folder: Path | None = None) -> list[Draw]:
    """Give walks 0..count-1 of a seed; `folder` holds photographs whose faces may be taken."""
    photos = photo_faces(folder) if folder else ()
    return [Draw(seed, number, photos) for number in range(count)]
