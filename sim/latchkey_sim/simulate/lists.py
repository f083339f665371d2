"""What `latchkey sim list` shows: of each scene or fault its facts for scripts, and a row for people."""

from typing import Any

from latchkey_sim.house.faults import KINDS
from latchkey_sim.house.faults.kinds import NOTHING
from latchkey_sim.scenes import find_scene, shipped_names

Listed = list[tuple[dict[str, Any], tuple[str, ...]]]


def list_scenes() -> Listed:
    """Give the shipped scenes, and what each is for."""
    found = [(name, find_scene(name).about) for name in shipped_names()]
    return [({"name": name, "about": about}, (name, about)) for name, about in found]


def list_faults() -> Listed:
    """Give the kinds of faults: what each does, whether it lasts, what values it takes."""
    listed: Listed = []
    for kind in KINDS.values():
        facts: dict[str, Any] = {"name": kind.name, "about": kind.meaning, "lasts": kind.lasts, "value": None}
        shown = ""
        if kind.takes is not NOTHING:
            takes = kind.takes
            facts["value"] = {"low": takes.low, "high": takes.high, "usual": takes.usual}
            facts["value"]["unit"] = "ns" if takes.unit == "s" else takes.unit
            shown = f"={takes.shown(takes.usual).replace(' bytes', '')} ({takes.legal})"
        lasts = "@S+S" if kind.lasts else "@S"
        listed.append((facts, (kind.name, lasts, shown, kind.meaning)))
    return listed
