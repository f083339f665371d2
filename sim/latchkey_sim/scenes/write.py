"""From `Scene` to the TOML text that gives it back; what has its default is left out."""

import json
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any

from latchkey_sim.scenes.model import Point, key_name


def to_toml(scene: Any) -> str:
    """Give the text of a scene file, or of what else `parse_as` reads."""
    return "\n".join([f"schema = {scene.schema}", *_section(scene, ()), ""])


def _section(section: Any, path: tuple[str, ...]) -> Iterator[str]:
    """Give the lines of a table: its plain keys first, then the tables in it."""
    deeper = []
    for spec in fields(section):
        value, name = getattr(section, spec.name), key_name(spec)
        if name == "schema" or (spec.default is not MISSING and value == spec.default):
            continue
        if _is_table(value) or (isinstance(value, tuple) and value and _is_table(value[0])):
            deeper.append((name, value))
        else:
            yield f"{name} = {_plain(value)}"
    for name, value in deeper:
        if isinstance(value, tuple) and isinstance(value[0], Point):
            yield f"{name} = [\n{''.join(f'  {_inline(point)},{chr(10)}' for point in value)}]"
        elif isinstance(value, tuple):
            for entry in value:
                yield f"\n[[{'.'.join((*path, name))}]]"
                yield from _section(entry, (*path, name))
        else:
            lines = list(_section(value, (*path, name)))
            if lines and not lines[0].startswith("\n["):
                yield f"\n[{'.'.join((*path, name))}]"
            yield from lines


def _is_table(value: object) -> bool:
    return is_dataclass(value)


def _inline(section: Any) -> str:
    pairs = [
        f"{key_name(spec)} = {_plain(getattr(section, spec.name))}"
        for spec in fields(section)
        if spec.default is MISSING or getattr(section, spec.name) != spec.default
    ]
    return "{ " + ", ".join(pairs) + " }"


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(_plain(item) for item in value)}]"
    if isinstance(value, str | Path):
        return json.dumps(str(value), ensure_ascii=False)
    return repr(value)
