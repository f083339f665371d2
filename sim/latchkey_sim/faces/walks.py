"""Generated walks: somebody with a photo face in front of a drawn place, with exact truth.

`WALKS` is the list of scenes; each is played in three skin tones with everything else alike, so that
a difference between tones is the filter's. Same seed, same bytes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from latchkey.frames import Box, RawFrame
from latchkey.units import NS_PER_S
from latchkey_sim.faces.backdrops import backdrop
from latchkey_sim.faces.paths import Approach, Cross, EnterAndStop, Path, Peek, RunPast, Stage, Stand
from latchkey_sim.faces.people import COATS, TONES, Looks, Pose, face_box, person
from latchkey_sim.faces.truth import SEEN_SHARE, Face, Moment, bucket, clipped
from latchkey_sim.faces.weather import LIGHTS, Weather, smear

SHUTTER = 0.5
"""Share of the time between two frames for which a blurred walk is exposed: a sensor in weak light."""

HEAD_SIZES = 1.25
"""A head with its hair hides this many times a face's box of what is behind it."""

YAW_EDGES, ROLL_EDGES = (15.0, 35.0), (8.0, 25.0)
PACE_S, PACE_EDGES = 0.133, (0.5, 1.0)
"""Pace is told in faces' widths per so much time, the longest between two looks."""


@dataclass(frozen=True, slots=True)
class Script:
    """One scene. `people` go their ways, the first one is furthest away; `wear` is everybody's."""

    name: str
    people: tuple[Path, ...]
    size: tuple[int, int] = (1280, 720)
    fps: float = 15.0
    seconds: float = 5.4
    light: str = "day"
    rain: bool = False
    blur: bool = False
    wear: str = ""


FULL_HD = (1920, 1080)

WALKS = (
    Script("approach", (Approach(16, 110),)),
    Script("approach-turning", (Approach(20, 130, turn=50),)),
    Script("approach-leaning", (Approach(24, 150, roll=40),), fps=25.0, seconds=3.6),
    Script("far", (Approach(13, 26),), FULL_HD, seconds=4.0),
    Script("far-crossing", (Cross(20, 0.3),), FULL_HD, seconds=4.0),
    Script("crossing", (Cross(60),)),
    Script("crossing-turned", (Cross(70, yaw=60),), fps=25.0, seconds=4.0),
    Script("jogging", (Cross(56, 2.0),), fps=25.0, seconds=4.0),
    Script("running", (Cross(64, 3.0),), fps=25.0, seconds=3.6, blur=True),
    Script("enter-and-stop", (EnterAndStop(80),)),
    Script("peek", (Peek(120),)),
    Script("roll", (Stand(70, roll=45),)),
    Script("close", (Approach(90, 300, turn=20),)),
    Script("two", (Approach(18, 60), Approach(30, 140, turn=30))),
    Script("two-crossing", (Cross(44), Cross(70, 2.0))),
    Script("rain", (Approach(20, 120),), rain=True),
    Script("rain-crossing", (Cross(52, 1.3),), fps=25.0, seconds=4.0, rain=True),
    Script("dusk", (Approach(20, 120),), light="-3 stops"),
    Script("dusk-roll", (Stand(60, roll=45, yaw=20),), light="-3 stops"),
    Script("dusk-rain", (Approach(24, 110),), light="-3 stops", rain=True, blur=True),
    Script("mask", (Approach(20, 120, turn=25),), wear="mask"),
    Script("mask-dusk", (Approach(24, 110),), light="-3 stops", wear="mask"),
    Script("hat", (Approach(20, 120, turn=40),), wear="hat"),
    Script("hat-roll", (Stand(44, roll=45),), wear="hat"),
    Script("runner", (RunPast(70, 4.0),), seconds=2.6),
    Script("runner-blurred", (RunPast(70, 5.0),), fps=25.0, seconds=2.4, blur=True),
    Script("runner-hd", (RunPast(70, 4.5),), FULL_HD, fps=30.0, seconds=2.4),
    Script("cyclist", (RunPast(60, 7.0),), fps=30.0, seconds=2.2),
    Script("cyclist-far", (RunPast(40, 6.0),), fps=15.0, seconds=2.6),
)
"""In order; the number of a scene is its seed. A face is 0.17 m wide: across the picture people walk at 0.7
to 1.5 m/s, jog at 2.2, run at 3.2 to 5, cycle at 6 and 7."""

DARK_WALKS = (
    Script("night", (Approach(24, 120),), light="12 %", seconds=4.0),
    Script("night-crossing", (Cross(60),), light="12 %", seconds=4.0),
)
"""Darker than a filter can promise to see: what counts is that it covers or says that it cannot."""

EMPTY_WALKS = (
    Script("empty", (), seconds=3.0),
    Script("empty-rain", (), seconds=3.0, rain=True),
    Script("empty-dusk", (), seconds=3.0, light="-3 stops"),
)
"""Nobody there: everything that is hidden is hidden for nothing."""


@dataclass(frozen=True)
class Walk:
    """One scene in one tone; implements `FaceClip`. `set_name` is `walks`, `dark` or `empty`."""

    script: Script
    seed: int
    tone: str = "light"
    set_name: str = "walks"

    @property
    def name(self) -> str:
        """Set, scene, tone."""
        tone = f"-{self.tone}" if self.script.people else f"-{self.seed}"
        return f"{self.set_name}/{self.script.name}{tone}"

    @property
    def fps(self) -> float:
        """Frames a second."""
        return self.script.fps

    @property
    def marks(self) -> Mapping[str, str]:
        """Light, blur, rain, wear."""
        script = self.script
        return {
            "light": script.light,
            "blur": "motion blur" if script.blur else "sharp",
            "rain": "rain" if script.rain else "dry",
            "wear": script.wear or "nothing",
        }

    @cached_property
    def _stage(self) -> Stage:
        width, height = self.script.size
        return Stage(width, height, self.fps, round(self.script.seconds * self.fps))

    @cached_property
    def _poses(self) -> list[list[Pose]]:
        rng = np.random.default_rng([self.seed, 11])
        return [path.poses(self._stage, rng) for path in self.script.people]

    def moments(self) -> list[Moment]:
        """Give the truth, a moment per frame."""
        return [
            Moment(round(number * NS_PER_S / self.fps), self._faces(number))
            for number in range(self._stage.count)
        ]

    def frames(self) -> Iterator[RawFrame]:
        """Draw the frames."""
        size = (self._stage.width, self._stage.height)
        empty = backdrop(self.seed, *size)
        weather = Weather(LIGHTS[self.script.light], size, rain=self.script.rain)
        people = [
            person(Looks(self.tone, self.script.wear, (self.seed + index) % len(COATS)))
            for index in range(len(self._poses))
        ]
        for number in range(self._stage.count):
            picture = empty.copy()
            for somebody, poses in zip(people, self._poses, strict=True):
                somebody.draw(picture, poses[number])
                if self.script.blur:
                    smear(picture, *self._smear(poses, number))
            weather.apply(picture, number)
            yield RawFrame(picture.y, picture.u, picture.v, round(number * NS_PER_S / self.fps))

    def _smear(self, poses: list[Pose], number: int) -> tuple[Box, tuple[float, float]]:
        """Give what part of the picture moves how far while the shutter is open."""
        here, before = poses[number], poses[max(number - 1, 0)]
        shift = ((here.x - before.x) * SHUTTER, (here.y - before.y) * SHUTTER)
        return grown(face_box(here), 2.0), shift

    def _pace(self, poses: list[Pose], number: int) -> float:
        """Give how many widths of its own a face moves in `PACE_S`."""
        here, before = poses[max(number, 1)], poses[max(number, 1) - 1]
        moved = float(np.hypot(here.x - before.x, here.y - before.y))
        return moved * self.fps * PACE_S / here.width_px

    def _faces(self, number: int) -> tuple[Face, ...]:
        found = []
        for index, poses in enumerate(self._poses):
            pose = poses[number]
            box, share = clipped(face_box(pose), self._stage.width, self._stage.height)
            if share <= 0:
                continue
            inside = share >= 1
            for other in self._poses[index + 1 :]:
                share *= 1 - _hidden(box, other[number])
            marks = {
                "tone": self.tone,
                "yaw": bucket(abs(pose.yaw), YAW_EDGES, "°"),
                "roll": bucket(abs(pose.roll), ROLL_EDGES, "°"),
                "pace": bucket(self._pace(poses, number), PACE_EDGES, " faces"),
                "edge": "inside" if inside else "cut",
            }
            found.append(Face(box, share < SEEN_SHARE, marks))
        return tuple(found)


def grown(box: Box, factor: float) -> Box:
    """Make a box so many times as large about its middle."""
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    w, h = (box.x1 - box.x0) / 2 * factor, (box.y1 - box.y0) / 2 * factor
    return Box(x - w, y - h, x + w, y + h)


def _hidden(box: Box, nearer: Pose) -> float:
    """Give the share of a face that somebody nearer hides with head and coat."""
    head = grown(face_box(nearer), HEAD_SIZES)
    shoulder = nearer.width_px * 1.3
    coat = Box(nearer.x - shoulder, nearer.y, nearer.x + shoulder, nearer.y + 8 * nearer.width_px)
    area = (box.x1 - box.x0) * (box.y1 - box.y0)
    return min(sum(_shared(box, part) for part in (head, coat)) / area, 1.0)


def _shared(a: Box, b: Box) -> float:
    across, down = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
    return across * down if across > 0 and down > 0 else 0.0


def walks(*, quick: bool = False) -> list[Walk]:
    """Give all walks; `quick` = every third scene, in one tone each, and one empty place."""
    found = []
    for set_name, scripts, first in (("walks", WALKS, 0), ("dark", DARK_WALKS, 100)):
        for seed, script in list(enumerate(scripts, first))[:: 3 if quick else 1]:
            tones = TONES[seed // 3 % len(TONES) :][:1] if quick else TONES
            found += [Walk(script, seed, tone, set_name) for tone in tones]
    empty = [Walk(script, seed, set_name="empty") for seed, script in enumerate(EMPTY_WALKS, 201)]
    return found + (empty[:1] if quick else empty)
