"""What a failing test shows of its house: the trace around the failure, and a contact sheet."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from latchkey.frames import Plane, RawFrame
from latchkey.units import NS_PER_S
from latchkey_sim.broker import Heard
from latchkey_sim.house.doorbell import Doorbell
from latchkey_sim.house.house import House
from latchkey_sim.scene.planar import bgr
from latchkey_sim.sheet import Panel, sheet_png
from latchkey_sim.testing.golden import DISK_KINDS

BEFORE, AFTER = 40, 10
PANELS = 9
NEAR_NS = NS_PER_S // 4
"""A recorded picture shows a moment if it is no further away."""

PAYLOAD_CHARS = 160
TOLD = ("press", "fault", "power")
TOLD_CHARS = 48


def failed_ns(house: House) -> int:
    """Give the time of the first broken promise, or else now."""
    return house.verdicts[0].at_ns if house.verdicts else house.clock.now_ns()


def trace_around(house: House) -> str:
    """Give the lines about the failure, without pictures and files."""
    at_ns = failed_ns(house)
    lines, heard = [], iter(house.broker.heard)
    for entry in house.trace.entries:
        said = next(heard, None) if entry.kind == "message" else None
        if entry.kind not in DISK_KINDS:
            lines.append(entry if said is None else replace(entry, text=_said(said)))
    first = next((n for n, entry in enumerate(lines) if entry.at_ns >= at_ns), len(lines))
    return "\n".join(entry.line() for entry in lines[max(first - BEFORE, 0) : first + AFTER])


def _said(heard: Heard) -> str:
    """Give a message with what it says, as far as that goes into a line."""
    payload = heard.publication.payload.decode("utf-8", "backslashreplace")
    shown = "".join(char if char.isprintable() else " " for char in payload)
    cut = shown if len(shown) <= PAYLOAD_CHARS else f"{shown[:PAYLOAD_CHARS]}… ({len(payload)} characters)"
    return f"{heard.publication.topic} {cut}{' again' if heard.again else ''}"


def write_trace(house: House, folder: Path) -> Path:
    """Write the whole trace into a folder; give the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "trace.txt"
    path.write_text("\n".join([*(entry.line() for entry in house.trace.entries), ""]), "utf-8")
    return path


def write_sheet(house: House, folder: Path, title: str = "") -> Path:
    """Write the contact sheet into a folder, under a title; give the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "sheet.png"
    path.write_bytes(contact_sheet(house, title))
    return path


def contact_sheet(house: House, title: str = "") -> bytes:
    """Draw what there was to see at the first door, and beneath it what its owner sees of that; a PNG."""
    bell = house.doors[0]
    recorded = _recorded(house, bell)
    moments_ns = _moments_ns(house, bell)
    panels = []
    for at_ns, next_ns in pairwise([*moments_ns, house.clock.now_ns() + 1]):
        drawn, shown = bgr(bell.footage.picture(at_ns)), _nearest(recorded, at_ns)
        panels.append(Panel(f"{at_ns / NS_PER_S:.1f} s", _told(house, at_ns, next_ns), drawn, shown))
    about = f"seed {house.seed}, {house.clock.now_ns() / NS_PER_S:.1f} s; {_summary(house)}"
    if not panels:
        about += "; there is no picture yet"
    name = house.scenario.name
    return sheet_png(f"{title}: {name}" if title else name, about, panels)


def _summary(house: House) -> str:
    return str(house.verdicts[0]) if house.verdicts else "the checkers have found nothing so far"


def _moments_ns(house: House, bell: Doorbell) -> list[int]:
    """Give times of pictures, evenly, up to now."""
    times, at_ns = [], bell.footage.next_ns(0)
    while at_ns is not None and at_ns <= house.clock.now_ns():
        times.append(at_ns)
        at_ns = bell.footage.next_ns(at_ns + 1)
    count = min(PANELS, len(times))
    return sorted({times[round(n * (len(times) - 1) / max(count - 1, 1))] for n in range(count)})


def _recorded(house: House, bell: Doorbell) -> list[tuple[int, RawFrame]]:
    """Give house times and frames of all whole clips, as the owner sees them."""
    found = []
    for entry in bell.index.rows():
        clip = house.owner.clip(bell, entry)
        booted_ns = bell.births.get(entry.clip, 0)
        found += [(frame.at_ns + booted_ns, frame) for frame in (clip.frames if clip else ())]
    return found


def _nearest(recorded: list[tuple[int, RawFrame]], at_ns: int) -> Plane | None:
    near = [(abs(shown_ns - at_ns), n) for n, (shown_ns, _) in enumerate(recorded)]
    if not near or min(near)[0] > NEAR_NS:
        return None
    return bgr(recorded[min(near)[1]][1])


def _told(house: House, from_ns: int, until_ns: int) -> str:
    """Say what happened in between, in few words."""
    words = [
        entry.text if entry.kind == "fault" else "ring" if entry.kind == "press" else f"power {entry.text}"
        for entry in house.trace.entries
        if from_ns <= entry.at_ns < until_ns and entry.kind in TOLD
    ]
    return ", ".join(dict.fromkeys(words))[:TOLD_CHARS]
