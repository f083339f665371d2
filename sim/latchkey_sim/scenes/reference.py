"""The tables of `docs/scenes.md`, made from the declarations: `python -m latchkey_sim.scenes.reference`."""

import sys
from dataclasses import MISSING, Field, fields
from typing import Any

from latchkey.settings.load import span
from latchkey_sim.house.faults import KINDS as FAULTS
from latchkey_sim.house.faults.kinds import NOTHING
from latchkey_sim.scenes.library import find_scene, shipped_names
from latchkey_sim.scenes.model import (
    SPOTS,
    Actor,
    CameraEvent,
    Expected,
    Headlights,
    LightKey,
    Point,
    Scene,
    SceneFault,
    WeatherSpell,
    key_name,
)

SECTIONS = {
    "the file itself": Scene,
    "[[actor]]": Actor,
    "points of a course": Point,
    "[[light]]": LightKey,
    "[[headlights]]": Headlights,
    "[[weather]]": WeatherSpell,
    "[[camera]]": CameraEvent,
    "[[expect]]": Expected,
    "[[fault]]": SceneFault,
}
LISTS = {"actor", "light", "headlights", "weather", "camera", "expect", "fault", "settings"}
"""Keys of the file that have a section of their own."""


def scenes_reference() -> str:
    """Give the tables as Markdown: keys, named places, shipped scenes."""
    parts = ["## Keys"]
    for title, kind in SECTIONS.items():
        parts += [
            f"\n### {title}\n",
            f"{_doc(kind)}\n",
            "| key | default | legal | meaning |",
            "|---|---|---|---|",
        ]
        parts += [_row(spec) for spec in fields(kind) if kind is not Scene or key_name(spec) not in LISTS]
    parts += ["\n### Kinds of faults\n", *_kinds()]
    parts += ["\n## Places\n", "| place | x | z |", "|---|---|---|"]
    parts += [f"| `{name}` | {x:g} | {z:g} |" for name, (x, z) in SPOTS.items()]
    parts += ["\n## Shipped scenes\n", "| name | what it is for |", "|---|---|"]
    parts += [f"| `{name}` | {find_scene(name).about} |" for name in shipped_names()]
    return "\n".join(parts) + "\n"


def _kinds() -> list[str]:
    """Tell the kinds of faults: what each does, whether it lasts, what it takes."""
    told = "A kind that lasts goes on for `for`, or to the end; an instant takes no `for`."
    rows = [f"{told}\n", "| kind | what happens | lasts | `value` | usual |", "|---|---|---|---|---|"]
    for kind in FAULTS.values():
        lasts = "yes" if kind.lasts else "no; with `operation` yes" if kind.counts else "no"
        takes = kind.takes
        legal, usual = (takes.legal, takes.shown(takes.usual)) if takes is not NOTHING else ("", "")
        rows.append(f"| `{kind.name}` | {kind.meaning} | {lasts} | {legal} | {usual} |")
    return rows


def _doc(kind: type) -> str:
    return " ".join(str(kind.__doc__).split())


def _row(spec: "Field[Any]") -> str:
    rules = spec.metadata
    legal = ", ".join(f"`{choice}`" for choice in rules["choices"])
    if rules["legal"]:
        legal = rules["legal"]
    elif rules["low"] is not None:
        legal = span(rules["low"], rules["high"])
    given = spec.default is MISSING or key_name(spec) == "schema"
    default = "must be given" if given else _default(spec.default)
    return f"| `{key_name(spec)}` | {default} | {legal} | {rules['help']} |"


def _default(value: object) -> str:
    if value in ((), None):
        return ""
    if isinstance(value, tuple):
        return f"`{list(value)}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


if __name__ == "__main__":
    sys.stdout.write(scenes_reference())
