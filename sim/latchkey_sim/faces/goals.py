"""What the filter is to reach, and whether it did."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from latchkey_sim.faces.score import ClipScore, FaceScore
from latchkey_sim.faces.speed import PEER, Speed
from latchkey_sim.faces.tally import SetTally, Tally, by_mark, by_set, is_missed, wilson

LEAST_PX = 16.0
WALK_GOALS = {"yunet": (0.999, 0.995), "centerface": (0.997, 0.985)}
"""Share of faces, and of frames in which every face is covered."""

HARD_GOAL = 0.98
TOO_DARK = "12 %"
TONE_GAP = 0.005
OK_GOAL, AREA_GOAL, RATIO_GOAL, EMPTY_GOAL = 0.97, 0.13, 7.0, 0.01

FLOOR_GOALS = {
    ("yunet", 720): 0.80,
    ("yunet", 1080): 0.88,
    ("centerface", 720): 0.65,
    ("centerface", 1080): 0.78,
}
"""Share of the speed of decoding and encoding alone, by detector and rows, without the self-check."""

PEER_GOALS = {"yunet": 7.0, "centerface": 4.0}
"""How many times as fast as `deface` with the network input of our CenterFace: whole programs."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal; `passed` is None where nothing was measured for it."""

    what: str
    found: str
    passed: bool | None


def goals(scores: Sequence[ClipScore], policy: str, speeds: Sequence[Speed] = ()) -> list[Goal]:
    """Judge one policy's scores and speeds."""
    mine = [clip for clip in scores if clip.policy == policy]
    sets = {name: tally for (name, _), tally in by_set(mine).items()}
    return [
        _footage(mine),
        *(goal for name in ("walks", "drawn") for goal in _walks(name, sets.get(name), policy)),
        *_hard(mine),
        *(_tones(mine, name) for name in ("walks", "stills")),
        _states(mine),
        *_areas(mine),
        _empty(mine),
        *(goal for speed in speeds if speed.policy == policy for goal in _speed(speed)),
    ]


def _speed(speed: Speed) -> Iterator[Goal]:
    detector = speed.policy.split()[-1]
    if (share := FLOOR_GOALS.get((detector, speed.height))) is not None:
        what = f"{speed.height}p: {share:.2f} of the speed of decoding and encoding alone, self-check off"
        yield Goal(what, f"{speed.ratio:.2f}", speed.ratio >= share)
    if (times := PEER_GOALS.get(detector)) is not None:
        what = f"{speed.height}p: {times:g}x the speed of {PEER}, whole programs, self-check off"
        if speed.peer is None:
            yield Goal(what, f"there is no {PEER}", None)
            return
        faster = speed.program / speed.peer
        found = f"{faster:.1f}x; decoding and encoding alone, without the start of a program: "
        yield Goal(what, f"{found}{speed.floor / speed.peer:.1f}x", faster >= times)


def _footage(scores: Sequence[ClipScore]) -> Goal:
    faces = [
        face
        for clip in scores
        if clip.set_name == "video"
        for face in clip.faces
        if face.size_px >= LEAST_PX and face.marks.get("view") == "facing"
    ]
    what = f"footage: no face of {LEAST_PX:g} px or more uncovered"
    return _none_missed(what, faces)


def _none_missed(what: str, faces: Sequence[FaceScore]) -> Goal:
    missed = sum(map(is_missed, faces))
    return Goal(what, _of(missed, len(faces)), not missed if faces else None)


def _walks(set_name: str, tally: SetTally | None, policy: str) -> Iterator[Goal]:
    if tally is None:
        return
    for name, (faces, frames) in WALK_GOALS.items():
        if not policy.endswith(name):
            continue
        share = tally.tally.whole / max(tally.tally.frames, 1)
        found = f"{tally.tally.covered:.2%}, {_of(tally.tally.missed, tally.tally.faces)}"
        yield Goal(f"{set_name}: {faces:.1%} of faces covered", found, tally.tally.covered >= faces)
        yield Goal(f"{set_name}: {frames:.1%} of frames wholly covered", f"{share:.2%}", share >= frames)


def _hard(scores: Sequence[ClipScore]) -> Iterator[Goal]:
    """Rolled and dark faces: covered, or hidden by a stated fallback."""
    marks: dict[str, Callable[[FaceScore], bool]] = {
        "rolled up to 45°": lambda face: face.marks.get("roll", "0°") not in {"0°", "<8°"},
        "at -3 stops": lambda face: face.marks.get("light") == "-3 stops",
    }
    for name, chosen in marks.items():
        tally = Tally()
        for clip in scores:
            if clip.set_name in {"walks", "stills"}:
                tally.add(filter(chosen, clip.faces))
        share = 1 - tally.bare / tally.faces if tally.faces else 1.0
        found = f"{share:.2%}, {_of(tally.bare, tally.faces)}"
        what = f"faces {name}: {HARD_GOAL:.0%} covered, fallback allowed"
        yield Goal(what, found, share >= HARD_GOAL if tally.faces else None)


def _tones(scores: Sequence[ClipScore], set_name: str) -> Goal:
    """Of what shows: a fallback hides everybody alike."""
    tallies = {
        value: tally
        for (name, mark, value, _), tally in by_mark(scores).items()
        if name == set_name and mark == "tone" and value != "unknown"
    }
    covered = {tone: 1 - tally.bare / tally.faces for tone, tally in tallies.items()}
    gap = max(covered.values()) - min(covered.values()) if covered else 0.0
    found = f"{gap * 100:.2f} points ({', '.join(f'{tone} {share:.2%}' for tone, share in covered.items())})"
    what = f"{set_name}: gap between skin tones at most {TONE_GAP * 100:g} points"
    return Goal(what, found, gap <= TONE_GAP if len(covered) > 1 else None)


def _states(scores: Sequence[ClipScore]) -> Goal:
    plain = [clip for clip in scores if not _too_dark(clip)]
    frames = sum(clip.frames for clip in plain)
    share = sum(clip.states.get("ok", 0) for clip in plain) / max(frames, 1)
    return Goal(f"{OK_GOAL:.0%} of frames are ok", f"{share:.2%}", share >= OK_GOAL if frames else None)


def _areas(scores: Sequence[ClipScore]) -> Iterator[Goal]:
    """Per clip, where people come and go; a photograph of a crowd is no clip of a door."""
    clips = [clip for clip in scores if clip.set_name in {"walks", "video"} and clip.true_area]
    wide = max(clips, key=lambda clip: clip.hidden, default=None)
    found = f"at most {wide.hidden:.1%} ({wide.clip})" if wide else ""
    what = f"no clip hides more than {AREA_GOAL:.0%} of the picture"
    yield Goal(what, found, wide.hidden <= AREA_GOAL if wide else None)
    over = [clip for clip in clips if clip.hidden_beside > RATIO_GOAL * clip.true_area]
    most = max(clips, key=lambda clip: clip.hidden_beside / clip.true_area, default=None)
    bound = sum(clip.ideal_beside > RATIO_GOAL * clip.true_area for clip in over)
    found = f"{len(over)} of {len(clips)} clips do, {bound} with a perfect detector too"
    if most:
        found += f", {most.clip} the most: {most.hidden_beside / most.true_area:.1f}x"
    yield Goal(f"no clip hides more than {RATIO_GOAL:g}x its faces' area", found, not over if clips else None)


def _empty(scores: Sequence[ClipScore]) -> Goal:
    plain = [clip for clip in scores if clip.faceless and not _too_dark(clip)]
    clips = [clip for clip in plain if clip.set_name in {"empty", "stills"}]
    most = max(clips, key=lambda clip: clip.hidden, default=None)
    found = f"at most {most.hidden:.2%} ({most.clip})" if most else ""
    what = f"clips without faces: at most {EMPTY_GOAL:.0%} hidden"
    return Goal(what, found, most.hidden <= EMPTY_GOAL if most else None)


def _too_dark(clip: ClipScore) -> bool:
    """Whether a filter may give up on the clip, if it says so."""
    return clip.marks.get("light") == TOO_DARK


def _of(missed: int, count: int) -> str:
    _, high = wilson(missed, count)
    return f"{missed} of {count} missed, 95 % sure below {high:.2%}"
