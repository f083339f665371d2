"""What is impossible in a scene though each key by itself is legal: times, places, paces, pictures."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from itertools import chain, pairwise
from typing import Any

import cv2

from latchkey.settings import CameraSettings
from latchkey.settings.lines import KeyPath
from latchkey.settings.load import span
from latchkey_sim.house.faults import KINDS as FAULT_KINDS
from latchkey_sim.scenes.errors import SceneError
from latchkey_sim.scenes.model import (
    PEOPLE,
    Actor,
    CameraEvent,
    Expected,
    Headlights,
    LightKey,
    Scene,
    SceneFault,
    WeatherSpell,
    key_name,
)

Timed = LightKey | Headlights | WeatherSpell | CameraEvent | Expected | SceneFault

Problem = tuple[KeyPath, str, str | None]
"""Key, what is wrong with it, hint."""

PACES_M_S = {"person": 8.0, "courier": 8.0, "cat": 14.0, "car": 40.0, "poster": 0.0}
"""Faster is impossible: sprinters, cats, and cars in a street."""

ARM_M = 1.3
"""Nobody rings from further away."""

PEOPLE_ONLY = ("face", "tone", "wear", "tall_m", "rings_s")
DRESSED = {*PEOPLE, "car"}
CROWD = 16
"""More actors than this are no scene at a door."""


def checked(scene: Scene) -> Scene:
    """Give a scene built in Python back if it can be played. Raises SceneError."""
    for path, text, hint in chain(_illegal(scene, ()), problems(scene)):
        where = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path)
        raise SceneError(scene.name, None, f"{where.lstrip('.')}: {text}", hint=hint)
    return scene


def _illegal(section: Any, path: KeyPath) -> Iterator[Problem]:
    """Give the values that a file could not hold: each outside of what its own key allows."""
    for spec in fields(section):
        value = getattr(section, spec.name)
        for part, item in _parts(value, (*path, key_name(spec))):
            rules = spec.metadata
            choices, low, high = rules.get("choices", ()), rules.get("low"), rules.get("high")
            if is_dataclass(item):
                yield from _illegal(item, part)
            elif item is not None and choices and item not in choices:
                yield part, f"must be one of {', '.join(choices)}, not {item!r}", None
            elif item is not None and low is not None and high is not None and not low <= item <= high:
                yield part, f"must lie in {span(low, high)}, not {item!r}", None


def _parts(value: object, path: KeyPath) -> list[tuple[KeyPath, Any]]:
    """Give the entries of a list, else the value itself, with their paths."""
    if isinstance(value, tuple):
        return [((*path, number), item) for number, item in enumerate(value)]
    return [(path, value)]


def problems(scene: Scene) -> Iterator[Problem]:
    """Give what is wrong, in the order of the keys."""
    if any(side % 2 or side > 2160 * (2 - n) for n, side in enumerate(scene.size)):
        yield ("size",), f"width and height must be even, and at most 4320x2160, not {scene.size}", None
    if scene.backdrop is not None:
        yield from _backdrop(scene)
    if len(scene.actors) > CROWD:
        yield ("actor",), f"more than {CROWD} actors", None
    for number, actor in enumerate(scene.actors):
        twin = any(actor.name == other.name for other in scene.actors[:number])
        if twin:
            yield ("actor", number, "name"), f"two actors are called {actor.name}", None
        yield from _actor(scene, actor, ("actor", number))
    yield from _spells(scene)
    yield from _settings(scene)


def _backdrop(scene: Scene) -> Iterator[Problem]:
    path = scene.backdrop
    if path is None or not path.is_file():
        yield ("backdrop",), f"the picture {path} is missing", "its path is relative to the scene's folder"
    elif not cv2.haveImageReader(str(path)):
        yield ("backdrop",), f"{path} is no picture that can be read", "use a PNG or a JPEG"


def _actor(scene: Scene, actor: Actor, path: KeyPath) -> Iterator[Problem]:
    yield from _keys_of_others(actor, path)
    course = (*path, "course")
    wanted = 1 if actor.kind == "poster" else 2
    if len(actor.course) < wanted:
        yield course, f"the course of {actor.name} needs {wanted} points or more", None
        return
    if actor.kind == "poster" and len(actor.course) > 1:
        yield (*course, 1), f"{actor.name} is a poster, and hangs where it is", "give one point"
        return
    placeless = False
    for number, point in enumerate(actor.course):
        if (point.place is None) != (point.x_m is not None and point.z_m is not None) or (
            point.place is not None and (point.x_m is not None or point.z_m is not None)
        ):
            yield (*course, number), "a point is either a place, or x and z", None
            placeless = True
        if point.at_s > scene.seconds:
            yield (*course, number, "at"), late(point.at_s, scene.seconds), None
    if not placeless:
        yield from _pace(actor, course)
        yield from _ends(scene, actor, course)
        yield from _deeds(actor, path)


def _keys_of_others(actor: Actor, path: KeyPath) -> Iterator[Problem]:
    """Say which keys a kind of actor has no use for."""
    for spec in actor.__dataclass_fields__.values():
        unused = (spec.name in PEOPLE_ONLY and actor.kind not in PEOPLE) or (
            spec.name == "coat" and actor.kind not in DRESSED
        )
        unused = unused or (spec.name == "leaves_parcel_s" and actor.kind != "courier")
        unused = unused and not (actor.kind == "poster" and spec.name in ("face", "tone"))
        if unused and getattr(actor, spec.name) != spec.default:
            yield (*path, key_name(spec)), f"{key_name(spec)} means nothing for a {actor.kind}", None


def _pace(actor: Actor, course: KeyPath) -> Iterator[Problem]:
    for number, (here, there) in enumerate(pairwise(actor.course), 1):
        took_s = there.at_s - here.at_s
        if took_s <= 0:
            told = f"{there.at_s:g} s is not after {here.at_s:g} s, the time of the point before"
            yield (*course, number, "at"), told, None
            continue
        (x0, z0), (x1, z1) = here.ground, there.ground
        way_m = ((x1 - x0) ** 2 + (z1 - z0) ** 2) ** 0.5
        if way_m / took_s > PACES_M_S[actor.kind]:
            told = f"{way_m:.1f} m in {took_s:g} s is faster than a {actor.kind} moves"
            yield (*course, number, "at"), told, f"at most {PACES_M_S[actor.kind]:g} m/s"


def _ends(scene: Scene, actor: Actor, course: KeyPath) -> Iterator[Problem]:
    """Nobody appears or vanishes within the picture while the scene runs."""
    if actor.kind == "poster":
        if actor.course[0].at_s:
            yield (*course, 0, "at"), "a poster is there from the beginning: at = 0", None
        return
    first, last = actor.course[0], actor.course[-1]
    outside = "begin and end outside of the picture: left, right, far-left, far-right"
    if first.at_s > 0 and _in_view(first.ground):
        yield (*course, 0), f"{actor.name} would appear out of nowhere at {first.at_s:g} s", outside
    if last.at_s < scene.seconds and _in_view(last.ground):
        where = (*course, len(actor.course) - 1)
        yield where, f"{actor.name} would vanish at {last.at_s:g} s, in the picture", outside


def _in_view(ground: tuple[float, float]) -> bool:
    """Whether somebody who stands there can be seen: half the picture is 45 degrees; a body is 0.6 m wide."""
    return abs(ground[0]) - 0.3 < ground[1]


def _deeds(actor: Actor, path: KeyPath) -> Iterator[Problem]:
    for number, ring_s in enumerate(actor.rings_s):
        away = _away(actor, ring_s)
        if away is None:
            yield (*path, "rings", number), f"{actor.name} is not there at {ring_s:g} s", None
        elif away[1] > ARM_M:
            told = f"{actor.name} is {away[1]:.1f} m away at {ring_s:g} s, and cannot reach the bell"
            yield (*path, "rings", number), told, "be at the door by then"
    if actor.leaves_parcel_s is not None:
        away = _away(actor, actor.leaves_parcel_s)
        if away is None:
            yield (*path, "leaves_parcel"), f"{actor.name} is not there at {actor.leaves_parcel_s:g} s", None


def _away(actor: Actor, at_s: float) -> tuple[float, float] | None:
    """Give (x, z) of an actor at a time; None while it is not there."""
    for here, there in pairwise(actor.course):
        if here.at_s <= at_s <= there.at_s:
            part = (at_s - here.at_s) / max(there.at_s - here.at_s, 1e-9)
            (x0, z0), (x1, z1) = here.ground, there.ground
            return x0 + (x1 - x0) * part, z0 + (z1 - z0) * part
    return None


def _spells(scene: Scene) -> Iterator[Problem]:
    lists: dict[str, tuple[Timed, ...]] = {
        "light": scene.light,
        "headlights": scene.headlights,
        "weather": scene.weather,
        "camera": scene.camera,
        "expect": scene.expect,
        "fault": scene.faults,
    }
    for key, spells in lists.items():
        for number, spell in enumerate(spells):
            end_s = spell.at_s + (0.0 if isinstance(spell, LightKey) else spell.for_s)
            if end_s > scene.seconds:
                last = "for" if spell.at_s <= scene.seconds else "at"
                yield (key, number, last), late(end_s, scene.seconds), None
    for number, (before, after) in enumerate(pairwise(scene.light), 1):
        if after.at_s <= before.at_s:
            told = f"{after.at_s:g} s is not after {before.at_s:g} s, the time of the light before"
            yield ("light", number, "at"), told, None
    for number, fault in enumerate(scene.faults):
        yield from fault_problems(fault, ("fault", number))


def fault_problems(fault: SceneFault, path: KeyPath) -> Iterator[Problem]:
    """Say what no kind of fault is, or what this one does not take."""
    kind = FAULT_KINDS.get(fault.kind)
    if kind is None:
        near = get_close_matches(fault.kind, FAULT_KINDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are: {', '.join(FAULT_KINDS)}"
        yield (*path, "kind"), f"unknown kind of fault {fault.kind!r}", hint
        return
    for key, told in kind.problems(fault.value, fault.operation, fault.for_s):
        yield (*path, key), told, None


def late(end_s: float, seconds: float) -> str:
    """Say that something is after the end."""
    return f"{end_s:g} s is after the end of the scene, at {seconds:g} s"


def _settings(scene: Scene) -> Iterator[Problem]:
    for key in ("width", "height", "fps"):
        if getattr(scene.settings.camera, key) != getattr(CameraSettings(), key):
            told = f"settings.camera.{key} is the scene's: use size and fps"
            yield ("settings", "camera", key), told, None
    for section in ("motion", "privacy"):
        for number, zone in enumerate(getattr(scene.settings, section).zones):
            path = ("settings", section, "zones", number, "points")
            if len(zone.points) < 3 or any(not 0 <= side <= 1 for point in zone.points for side in point):
                yield path, "a zone has 3 points or more, [x, y] in 0..1 of the picture", None
