"""A timeline of a house as inline SVG: power, clips, presses, faults, messages and verdicts by time.

Long stretches in which nothing happens are drawn short, with a gap in the axis.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from latchkey.units import NS_PER_S
from latchkey_sim.house.faults import KINDS
from latchkey_sim.house.house import House

WIDTH, LEFT, RIGHT, ROW = 1120, 150, 20, 26
IDLE_NS = 60 * NS_PER_S
"""Longer pauses are drawn as if they took `GAP_NS`."""

GAP_NS = 6 * NS_PER_S
TICKS = 12
STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
MARKS_LIMIT = 2000
"""Marks in a lane; more could not be told apart."""

COLOURS = {
    "power": "#7f9c6e",
    "clip": "#526e95",
    "press": "#b0713b",
    "fault": "#b5483f",
    "event": "#22262b",
    "message": "#9aa0a6",
    "verdict": "#8c1d18",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at a time, or from `at_ns` to `end_ns`; `told` is shown where a mouse rests on it."""

    at_ns: int
    end_ns: int
    told: str


@dataclass(frozen=True, slots=True)
class Lane:
    """A row of marks of one kind."""

    name: str
    kind: str
    marks: tuple[Mark, ...]


class Axis:
    """From times to columns, idle stretches shortened."""

    def __init__(self, times_ns: Iterable[int], end_ns: int) -> None:
        times = sorted({0, end_ns, *(min(max(at_ns, 0), end_ns) for at_ns in times_ns)})
        self.gaps: list[int] = []
        self._knots, drawn = [(0, 0)], 0
        for before, after in pairwise(times):
            idle = after - before > IDLE_NS
            if idle:
                self.gaps.append((before + after) // 2)
            drawn += GAP_NS if idle else after - before
            self._knots.append((after, drawn))
        self._whole = max(drawn, 1)

    def x(self, at_ns: int) -> float:
        """Give the column of a time."""
        for (t0, d0), (t1, d1) in pairwise(self._knots):
            if at_ns <= t1:
                share = (max(at_ns, t0) - t0) / max(t1 - t0, 1)
                return LEFT + (d0 + (d1 - d0) * share) / self._whole * (WIDTH - LEFT - RIGHT)
        return float(WIDTH - RIGHT)


def lanes_of(house: House) -> list[Lane]:
    """Give what happened, in lanes."""
    end_ns = house.clock.now_ns()
    lanes = []
    for number in range(len(house.doors)):
        who = f"door{number}"
        lanes.append(Lane(f"{who} has power", "power", tuple(_power(house, who, end_ns))))
        lanes.append(Lane(f"{who} clips", "clip", tuple(_clips(house, number))))
        presses = [
            Mark(ns, ns, f"press, {ns / NS_PER_S:.3f} s") for ns, door in house.presses if door == number
        ]
        lanes.append(Lane(f"{who} bell", "press", tuple(presses)))
    for number, fault in enumerate(house.scenario.faults):
        met = "" if number in house.faults_met else ", unnoticed"
        value = f", {KINDS[fault.kind].takes.shown(fault.value)}" if fault.value else ""
        told = f"{fault.kind} at door{fault.door}{value}{met}"
        endless = not fault.for_ns and KINDS[fault.kind].goes_on(fault.operation)
        over_ns = house.scenario.span_ns if endless else fault.end_ns
        lanes.append(Lane(fault.kind, "fault", (Mark(fault.at_ns, over_ns, told),)))
    heard = [Mark(one.at_ns, one.at_ns, one.publication.topic) for one in house.broker.heard]
    events = [mark for mark in heard if "/event/" in mark.told]
    others = [mark for mark in heard if "/event/" not in mark.told]
    lanes.append(Lane("events told", "event", tuple(events[:MARKS_LIMIT])))
    lanes.append(Lane("other messages", "message", tuple(others[:MARKS_LIMIT])))
    if house.verdicts:
        found = [Mark(one.at_ns, one.at_ns, str(one)) for one in house.verdicts]
        lanes.append(Lane("verdicts", "verdict", tuple(found)))
    return lanes


def timeline_svg(house: House) -> str:
    """Draw it."""
    lanes, end_ns = lanes_of(house), house.clock.now_ns()
    marks = [mark for lane in lanes for mark in lane.marks if lane.kind != "power"]
    axis = Axis([ns for mark in marks for ns in (mark.at_ns, mark.end_ns)], end_ns)
    height = ROW * (len(lanes) + 2)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="Timeline" '
        'xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="12">'
    ]
    parts += _ticks(axis, end_ns, ROW * len(lanes))
    for row, lane in enumerate(lanes):
        parts += _lane(axis, lane, row * ROW)
    return "\n".join([*parts, "</svg>"])


def _ticks(axis: Axis, end_ns: int, bottom: int) -> list[str]:
    parts, last_x = [], -1e9
    step_s = next((step for step in STEPS_S if end_ns / NS_PER_S / step <= TICKS), STEPS_S[-1])
    for second in range(0, int(end_ns / NS_PER_S) + 1, step_s):
        x = axis.x(second * NS_PER_S)
        if x - last_x >= (WIDTH - LEFT) / (2 * TICKS):
            last_x = x
            parts.append(f'<line x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{bottom}" stroke="#ddd8cc"/>')
            parts.append(
                f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle" fill="#6d747c">{second} s</text>'
            )
    for gap_ns in axis.gaps:
        x = axis.x(gap_ns)
        parts.append(
            f'<text x="{x:.1f}" y="{bottom + 36}" text-anchor="middle" fill="#6d747c">nothing</text>'
        )
        parts.append(
            f'<line x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{bottom}" stroke="#b9b3a5" stroke-dasharray="2 5"/>'
        )
    return parts


def _lane(axis: Axis, lane: Lane, top: int) -> list[str]:
    colour = COLOURS[lane.kind]
    parts = [f'<text x="0" y="{top + 17}" fill="#22262b">{escape(lane.name)}</text>']
    for mark in lane.marks:
        x0, x1 = axis.x(mark.at_ns), axis.x(mark.end_ns)
        solid = mark.end_ns > mark.at_ns
        wide = max(x1 - x0, 2.0) if solid else 2.0
        y, tall = (top + 7, ROW - 14) if solid else (top + 4, ROW - 8)
        parts.append(
            f'<rect x="{x0:.1f}" y="{y}" width="{wide:.1f}" height="{tall}" fill="{colour}">'
            f"<title>{escape(mark.told)}</title></rect>"
        )
    return parts


def _power(house: House, who: str, end_ns: int) -> list[Mark]:
    """Give from when to when a door had power, by the trace."""
    marks: list[Mark] = []
    since_ns: int | None = None
    for entry in house.trace.entries:
        if entry.who != who or entry.kind != "power":
            continue
        if entry.text == "on":
            since_ns = entry.at_ns
        elif since_ns is not None:
            marks.append(_powered(since_ns, entry.at_ns))
            since_ns = None
    return marks if since_ns is None else [*marks, _powered(since_ns, end_ns)]


def _powered(begin_ns: int, end_ns: int) -> Mark:
    return Mark(begin_ns, end_ns, f"power, {begin_ns / NS_PER_S:.3f} to {end_ns / NS_PER_S:.3f} s")


def _clips(house: House, door: int) -> Sequence[Mark]:
    """Give from when to when the clips of a door were recorded, in house time."""
    bell, marks = house.doors[door], []
    for entry in bell.index.rows():
        clip = house.owner.clip(bell, entry)
        if clip is not None and clip.frames:
            booted_ns = bell.births.get(entry.clip, 0)
            begin_ns, end_ns = (clip.frames[n].at_ns + booted_ns for n in (0, -1))
            marks.append(Mark(begin_ns, end_ns, f"clip {entry.clip[:8]}, {len(clip.frames)} pictures"))
    return marks
