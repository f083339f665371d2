"""What a scene is, in dataclasses: the same in a TOML file (`docs/scenes.md`) and built in Python.

Times are seconds from the beginning of the scene, places metres: x to the right in the picture, z away from
the door. A field's metadata holds its key in the file, its bounds, its choices and its meaning.
"""

import re
from dataclasses import MISSING, dataclass, field
from pathlib import Path
from typing import Any

from latchkey.settings import Settings
from latchkey.units import NS_PER_MS, NS_PER_S, to_ns
from latchkey_sim.faces.backdrops import PAINTERS
from latchkey_sim.faces.people import TONES
from latchkey_sim.house.faults import KINDS as FAULTS
from latchkey_sim.house.scenario import Fault

SCHEMA = 1
"""Version of the language; raised when a key changes its meaning."""

PLACES = ("porch", *PAINTERS)

SPOTS: dict[str, tuple[float, float]] = {
    "door": (0.06, 0.75),
    "beside": (0.62, 0.95),
    "step": (0.25, 1.4),
    "path": (0.9, 2.9),
    "lawn": (0.2, 4.2),
    "left": (-4.6, 3.4),
    "right": (4.6, 3.4),
    "far-left": (-7.2, 5.2),
    "far-right": (7.2, 5.2),
}
"""Named places on the ground, (x, z). The last four are outside of the picture."""

PEOPLE = ("person", "courier")
KINDS = (*PEOPLE, "car", "cat", "poster")
WEAR = ("nothing", "hat", "mask", "sunglasses")
COATS = {
    "blue": (112, 86, 52),
    "green": (52, 92, 70),
    "purple": (110, 60, 84),
    "ochre": (64, 130, 168),
    "grey": (112, 112, 108),
    "black": (44, 40, 38),
    "red": (56, 52, 150),
    "white": (206, 208, 204),
}
LOOKS = ("ahead", "door", "left", "right", "back")
LEVELS = ("day", "dusk", "night")
DAY_S = 86_400.0
VALUE_LIMIT = 1 << 53
UNITS_NS = {"": 1, "ms": NS_PER_MS, "s": NS_PER_S}
_AMOUNT = re.compile(r"(?P<number>-?[0-9]{1,16}(?:\.[0-9]{1,9})?)(?P<unit>ms|s|)", re.ASCII)
COUNT_LIMIT = 64
"""A course, and each list of a scene, holds at most so many entries: far more than a visit has."""


def key(
    default: Any,
    help: str,  # noqa: A002 -- the word every option library uses
    *,
    name: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    legal: str = "",
) -> Any:
    """Declare a key: its default (MISSING = it must be given), its name in files, what is legal.

    `legal` says it in words where it depends on other keys; whole numbers of such a key may be times.
    """
    facts = {"help": help, "name": name, "low": low, "high": high, "choices": choices, "legal": legal}
    return field(default=default, metadata=facts)


def at(help: str = "when, in seconds") -> Any:  # noqa: A002 -- reads as in argparse
    """Declare a time."""
    return key(MISSING, help, name="at", low=0, high=DAY_S)


def lasts(help: str) -> Any:  # noqa: A002 -- reads as in argparse
    """Declare for how long; 0 is the default."""
    return key(0.0, help, name="for", low=0, high=DAY_S)


def amount() -> Any:
    """Declare the value of a fault."""
    told = 'what the kind takes; a time as `"4s"`, `"200ms"`, or in whole nanoseconds'
    return key(None, told, low=-VALUE_LIMIT, high=VALUE_LIMIT, legal="[by kind](#kinds-of-faults)")


def amount_of(text: str) -> int | None:
    """Read a whole number, or a time like `1.5s` or `200ms` as nanoseconds; None = it is neither."""
    found = _AMOUNT.fullmatch(text)
    if found is None or ("." in found["number"] and not found["unit"]):
        return None
    return round(float(found["number"]) * UNITS_NS[found["unit"]])


@dataclass(frozen=True, slots=True)
class Point:
    """Where an actor is at a time; in between they go straight. A `place`, or `x` and `z`."""

    at_s: float = at()
    place: str | None = key(None, "a named place on the ground", choices=tuple(SPOTS))
    x_m: float | None = key(None, "metres to the right of the lens", name="x", low=-12, high=12)
    z_m: float | None = key(None, "metres away from the door", name="z", low=0.5, high=6)
    look: str | None = key(
        None, "where the head turns from here on; ahead while walking, else to the door", choices=LOOKS
    )
    roll_deg: float = key(
        0.0, "how far the head leans to its side, in degrees", name="roll", low=-50, high=50
    )

    @property
    def ground(self) -> tuple[float, float]:
        """Give (x, z)."""
        if self.place is not None:
            return SPOTS[self.place]
        assert self.x_m is not None
        assert self.z_m is not None
        return self.x_m, self.z_m


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that comes into view. A poster hangs still at its one point."""

    kind: str = key(MISSING, "what it is", choices=KINDS)
    name: str = key(MISSING, "who it is in the truth; each name once")
    course: tuple[Point, ...] = key(MISSING, "where it is when; there from the first point to the last")
    face: str = key("photo", "a photograph in the public domain, or drawn", choices=("photo", "drawn"))
    tone: str = key("light", "tone of the skin", choices=TONES)
    wear: str = key("nothing", "what is worn on the head", choices=WEAR)
    coat: str = key("blue", "colour of coat or car", choices=tuple(COATS))
    tall_m: float = key(1.7, "height of a person, in metres", name="tall", low=1.0, high=2.1)
    rings_s: tuple[float, ...] = key((), "when they press the bell", name="rings", low=0, high=DAY_S)
    leaves_parcel_s: float | None = key(
        None, "when a courier puts the parcel down", name="leaves_parcel", low=0, high=DAY_S
    )


@dataclass(frozen=True, slots=True)
class LightKey:
    """How light it is at a time; in between it changes evenly. Without any it is day."""

    at_s: float = at()
    level: str = key(
        MISSING, "day, an eighth of it (dusk), or 12 % of the signal (night)", name="is", choices=LEVELS
    )


@dataclass(frozen=True, slots=True)
class Headlights:
    """A car's headlights sweep across the picture."""

    at_s: float = at()
    for_s: float = key(3.0, "how long they take", name="for", low=0.5, high=60)
    to: str = key("right", "the side they leave by", choices=("left", "right"))


@dataclass(frozen=True, slots=True)
class WeatherSpell:
    """Rain, or shadows of trees in the wind."""

    kind: str = key(MISSING, "what it is", choices=("rain", "tree-shadows"))
    at_s: float = key(0.0, "when it begins, in seconds", name="at", low=0, high=DAY_S)
    for_s: float = lasts("how long it lasts; 0 = to the end")


@dataclass(frozen=True, slots=True)
class CameraEvent:
    """Something is done to the camera itself."""

    kind: str = key(
        MISSING,
        "a hand covers the lens, or it is knocked out of its place",
        choices=("obstructed", "knocked"),
    )
    at_s: float = at()
    for_s: float = lasts("how long it lasts; 0 = to the end")


@dataclass(frozen=True, slots=True)
class Expected:
    """What should come of the scene. That presses are announced is expected without being listed."""

    event: str = key(
        MISSING,
        "movement or a ring is announced; a clip covers the time; or nothing at all is told",
        choices=("motion", "ring", "clip", "nothing"),
    )
    at_s: float = at("from when on, in seconds")
    for_s: float = lasts("within how long, for clips throughout; 0 = to the end, for clips that moment")


@dataclass(frozen=True, slots=True)
class SceneFault:
    """Something fails: the kinds are those of the house."""

    kind: str = key(MISSING, "what fails")
    at_s: float = at()
    for_s: float = lasts("how long it lasts; 0 = to the end, or it is an instant")
    value: int | None = amount()
    operation: int | None = key(
        None, "comes with the so many-th operation on a disk from then on", low=1, high=1_000_000
    )

    def fault(self) -> Fault:
        """Give it as the house takes it; without a value it has its kind's usual one."""
        value = FAULTS[self.kind].takes.usual if self.value is None else self.value
        return Fault(self.kind, to_ns(self.at_s), to_ns(self.for_s), value=value, operation=self.operation)


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene: who comes to which door in what light and weather, and what should come of it."""

    name: str = key(MISSING, "what to call it")
    about: str = key(MISSING, "what it is for, in a line")
    seconds: float = key(MISSING, "how long it is", low=1, high=DAY_S)
    schema: int = key(SCHEMA, "version of the language", low=SCHEMA, high=SCHEMA)
    fps: float = key(10.0, "pictures a second", low=1, high=60)
    size: tuple[int, int] = key((1280, 720), "width and height of the picture, even", low=96, high=3840)
    place: str = key("porch", "what is behind", choices=PLACES)
    backdrop: Path | None = key(None, "a picture to use as the place instead, beside the file")
    seed: int = key(1, "draws what differs from place to place", low=0, high=1 << 31)
    actors: tuple[Actor, ...] = key((), "who comes", name="actor")
    light: tuple[LightKey, ...] = key((), "how light it is")
    headlights: tuple[Headlights, ...] = key((), "headlights that sweep across")
    weather: tuple[WeatherSpell, ...] = key((), "rain, shadows")
    camera: tuple[CameraEvent, ...] = key((), "what is done to the camera")
    expect: tuple[Expected, ...] = key((), "what should come of it")
    faults: tuple[SceneFault, ...] = key((), "what fails", name="fault")
    settings: Settings = key(Settings(), "settings of the doorbell that differ from the default")

    @property
    def rings_s(self) -> tuple[float, ...]:
        """When the bell is pressed."""
        return tuple(sorted(ring for actor in self.actors for ring in actor.rings_s))

    def until_s(self, spell: "WeatherSpell | CameraEvent | Expected") -> float:
        """Give when something is over that may last to the end."""
        return spell.at_s + spell.for_s if spell.for_s else self.seconds


def key_name(spec: Any) -> str:
    """Give the key by which a field of the model goes in files."""
    return str(spec.metadata.get("name") or spec.name)
