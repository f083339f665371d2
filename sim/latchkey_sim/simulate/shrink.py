"""Shrinking: of a scenario that fails, the smallest found that still fails by the same checker.

One thing is taken away at a time: a fault, a press, somebody who comes, part of the span. What makes the
failure go away is put back. It ends when nothing more can be taken away, or with its time.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from latchkey_sim.scenes import Expects, Scene, SceneError, checked
from latchkey_sim.simulate.chosen import Chosen
from latchkey_sim.simulate.drawnfile import DrawnFile, file_of
from latchkey_sim.simulate.playing import Played, play

SHARES = (0.25, 0.5, 0.75, 0.9)
"""How much of a span, or of a fault, is tried to be enough."""

SIZES = ((320, 180), (640, 360))
"""Smaller pictures are tried first: everything after them is faster."""

LEAST_S = 1.0


@dataclass(slots=True)
class Shrunk:
    """The smallest that was found, why it fails, and how many scenarios were played."""

    chosen: Chosen
    why: str
    plays: int


def reasons(played: Played) -> list[str]:
    """Name who failed it: checkers, or how it broke."""
    found = [verdict.checker for verdict in played.house.verdicts]
    if played.broke:
        found.append(":".join(played.broke.split(":")[:2]) if played.broke.startswith("broke") else "limit")
    return list(dict.fromkeys(found))


def shrink(
    chosen: Chosen,
    why: str,
    limit_s: float,
    total_s: float,
    tell: Callable[[str], None] = lambda _text: None,
) -> Shrunk:
    """Take away what can be taken away of a scenario that fails by `why`. Raises KeyboardInterrupt."""
    best = _whole(chosen)
    end_s, plays = time.monotonic() + total_s, 0
    smaller = True
    while smaller:
        smaller = False
        for what, trial in _trials(best, why):
            if time.monotonic() > end_s:
                tell("the time is over: this may not be the smallest")
                return Shrunk(best, why, plays)
            plays += 1
            played = play(trial, limit_s)
            if played.cut is not None:
                raise played.cut
            if why in reasons(played):
                tell(what)
                best, smaller = trial, True
                break
    return Shrunk(best, why, plays)


def _whole(chosen: Chosen) -> Chosen:
    """Give it so that all of it is in one file; faults that were added make a scene another one."""
    if chosen.scene is None:
        return replace(chosen, file=chosen.file or file_of(chosen.seed.number))
    if not chosen.added:
        return chosen
    return replace(chosen, scene=replace(chosen.scene, expect=()), added=())


def _trials(chosen: Chosen, why: str) -> Iterator[tuple[str, Chosen]]:
    """Give what is smaller by one thing, with what that is; the greatest steps first."""
    if chosen.scene is None:
        assert chosen.file is not None
        for what, file in _smaller_files(chosen.file):
            yield what, replace(chosen, file=file)
        return
    for what, scene in _smaller_scenes(chosen.scene, expects=why == Expects.name):
        try:
            yield what, replace(chosen, scene=checked(scene))
        except SceneError:
            continue


def _smaller_files(file: DrawnFile) -> Iterator[tuple[str, DrawnFile]]:
    last = len(file.rings) - 1
    if last and all(fault.door != last for fault in file.faults):
        yield f"without door{last}", replace(file, rings=file.rings[:-1])
    for number, fault in enumerate(file.faults):
        yield f"without {fault.kind}", replace(file, faults=_without(file.faults, number))
    for seconds in _shorter(file.seconds):
        rings = tuple(tuple(one for one in rings if one <= seconds) for rings in file.rings)
        faults = tuple(one for one in file.faults if one.at_s + one.for_s <= seconds)
        yield f"{seconds:g} s long", replace(file, seconds=seconds, rings=rings, faults=faults)
    for door, presses in enumerate(file.rings):
        for number, ring_s in enumerate(presses):
            fewer = _with(file.rings, door, _without(presses, number))
            yield f"without the press at {ring_s:g} s", replace(file, rings=fewer)
    for number, fault in enumerate(file.faults):
        for for_s in _shorter(fault.for_s):
            shorter = replace(fault, for_s=for_s)
            told = f"{fault.kind} for {for_s:g} s"
            yield told, replace(file, faults=_with(file.faults, number, shorter))


def _smaller_scenes(scene: Scene, *, expects: bool) -> Iterator[tuple[str, Scene]]:
    """Give smaller scenes. Of one that `expects` in vain nobody is taken away: all would be in vain then."""
    for size in SIZES:
        if size < scene.size:
            yield f"{size[0]}x{size[1]} pixels", replace(scene, size=size)
    for number, fault in enumerate(scene.faults):
        yield f"without {fault.kind}", replace(scene, faults=_without(scene.faults, number))
    for name in ("weather", "headlights", "camera", "light", "expect", *(() if expects else ("actors",))):
        entries = getattr(scene, name)
        for number in range(len(entries)):
            yield f"without an entry of {name}", _changed(scene, {name: _without(entries, number)})
    if expects:
        return
    for seconds in _shorter(scene.seconds):
        yield f"{seconds:g} s long", _cut_short(scene, seconds)
    for number, actor in enumerate(scene.actors):
        for ring, ring_s in enumerate(actor.rings_s):
            quieter = replace(actor, rings_s=_without(actor.rings_s, ring))
            told = f"without the press at {ring_s:g} s"
            yield told, replace(scene, actors=_with(scene.actors, number, quieter))


def _cut_short(scene: Scene, seconds: float) -> Scene:
    """End a scene early; what does not fit any more makes it impossible, or is left out."""
    actors = tuple(
        replace(
            actor,
            course=tuple(point for point in actor.course if point.at_s <= seconds),
            rings_s=tuple(ring_s for ring_s in actor.rings_s if ring_s <= seconds),
        )
        for actor in scene.actors
    )
    lists = {
        name: tuple(one for one in getattr(scene, name) if one.at_s + one.for_s <= seconds)
        for name in ("weather", "headlights", "camera", "expect", "faults")
    }
    light = tuple(one for one in scene.light if one.at_s <= seconds)
    return _changed(scene, {"seconds": seconds, "actors": actors, "light": light, **lists})


def _changed(scene: Scene, values: dict[str, Any]) -> Scene:
    return replace(scene, **values)


def _shorter(seconds: float) -> list[float]:
    """Give shorter times, whole tenths of seconds."""
    found = [round(seconds * share, 1) for share in SHARES]
    return [one for one in dict.fromkeys(found) if LEAST_S <= one < seconds]


def _without(entries: tuple[Any, ...], number: int) -> tuple[Any, ...]:
    return (*entries[:number], *entries[number + 1 :])


def _with(entries: tuple[Any, ...], number: int, entry: object) -> tuple[Any, ...]:
    return (*entries[:number], entry, *entries[number + 1 :])
