"""From TOML text to `Settings`, with errors that name file, line and key."""

import tomllib
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from latchkey.errors import SettingsError
from latchkey.settings.model import SCHEMA, Settings, Zone

FILE_LIMIT_BYTES = 1 << 20
ZONE_LIMIT = 32
ZONE_POINTS_LIMIT = 64


def load(path: Path) -> Settings:
    """Read a settings file. Paths in it are relative to its folder. Raises SettingsError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"{path}: {error.strerror}", hint="`latchkey check FILE` tries a settings file"
        ) from error
    if len(data) > FILE_LIMIT_BYTES:
        raise SettingsError(f"{path}: larger than {FILE_LIMIT_BYTES} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SettingsError(f"{path}:{line}: not UTF-8 text") from error
    return parse(text, str(path), path.parent)


def parse(text: str, name: str = "settings", folder: Path = Path()) -> Settings:
    """Turn TOML text into Settings; `name` stands in errors, `folder` before relative paths."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"{name}: {error}") from error
    reader = _Reader(text, name, folder)
    if "schema" not in table:
        raise SettingsError(
            f"{name}:1: the key schema is missing", hint=f"begin the file with: schema = {SCHEMA}"
        )
    if table["schema"] != SCHEMA or isinstance(table["schema"], bool):
        raise reader.error(("schema",), f"this version reads schema {SCHEMA}, not {table['schema']!r}")
    settings: Settings = reader.section(Settings, table, ())
    return settings


class _Reader:
    """Walks the parsed table beside the dataclasses, and knows where each key stands."""

    def __init__(self, text: str, name: str, folder: Path) -> None:
        self._lines = text.splitlines()
        self._name = name
        self._folder = folder

    def error(self, path: tuple[str, ...], message: str, hint: str | None = None) -> SettingsError:
        where = f"{self._name}:{self._line(path)}: " if path else f"{self._name}: "
        return SettingsError(where + message, hint=hint)

    def section(self, kind: type, table: object, path: tuple[str, ...]) -> Any:
        if not isinstance(table, dict):
            raise self.error(path, f"{'.'.join(path)} must be a section")
        hints = get_type_hints(kind)
        for key in table:
            if key not in hints:
                near = get_close_matches(key, hints, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(hints)}"
                raise self.error((*path, key), f"unknown key {'.'.join((*path, key))}", hint)
        found = {}
        for spec in fields(kind):
            if spec.name in table:
                found[spec.name] = self._value(
                    hints[spec.name], dict(spec.metadata), table[spec.name], (*path, spec.name)
                )
        return kind(**found)

    def _value(self, hint: Any, rules: dict[str, Any], value: object, path: tuple[str, ...]) -> Any:
        key = ".".join(path)
        if get_origin(hint) is UnionType:
            hint = next(kind for kind in get_args(hint) if kind is not NoneType)
        if is_dataclass(hint) and isinstance(hint, type):
            return self.section(hint, value, path)
        if get_origin(hint) is tuple:
            return self._list(get_args(hint)[0], value, path)
        if hint is float and type(value) is int:
            value = float(value)
        wanted = str if hint is Path else hint
        if type(value) is not wanted:
            names = {str: "text in quotes", int: "a whole number", float: "a number", bool: "true or false"}
            raise self.error(path, f"{key} must be {names[wanted]}, not {value!r}")
        self._check_rules(rules, value, path)
        if hint is Path:
            return self._folder / Path(str(value)).expanduser()
        return value

    def _check_rules(self, rules: dict[str, Any], value: Any, path: tuple[str, ...]) -> None:
        key = ".".join(path)
        low, high, choices = rules.get("low"), rules.get("high"), rules.get("choices", ())
        if choices and value not in choices:
            near = get_close_matches(value, choices, n=1)
            raise self.error(
                path,
                f"{key} must be one of {', '.join(choices)}, not {value!r}",
                f"did you mean {near[0]}?" if near else None,
            )
        if (low is not None and not value >= low) or (high is not None and not value <= high):
            raise self.error(path, f"{key} must lie in {low:g}..{high:g}, not {value!r}")

    def _list(self, kind: type, value: object, path: tuple[str, ...]) -> tuple[Any, ...]:
        key = ".".join(path)
        if not isinstance(value, list):
            raise self.error(path, f"{key} must be a list")
        if kind is Zone:
            return self._zones(value, path)
        if not all(type(item) is str for item in value):
            raise self.error(path, f"{key} must be a list of texts in quotes")
        return tuple(value)

    def _zones(self, value: list[object], path: tuple[str, ...]) -> tuple[Zone, ...]:
        key = ".".join(path)
        if len(value) > ZONE_LIMIT:
            raise self.error(path, f"{key} has more than {ZONE_LIMIT} zones")
        zones = []
        for number, item in enumerate(value, 1):
            if not isinstance(item, dict) or set(item) != {"name", "points"} or type(item["name"]) is not str:
                raise self.error(path, f"{key}: zone {number} needs exactly the keys name and points")
            points = item["points"]
            if not isinstance(points, list) or not 3 <= len(points) <= ZONE_POINTS_LIMIT:
                raise self.error(path, f"{key}: zone {item['name']!r} needs 3 to {ZONE_POINTS_LIMIT} points")
            if not all(_is_point(point) for point in points):
                raise self.error(path, f"{key}: zone {item['name']!r} has a point that is not [x, y] in 0..1")
            zones.append(Zone(item["name"], tuple((float(x), float(y)) for x, y in points)))
        names = [zone.name for zone in zones]
        if len(set(names)) != len(names):
            raise self.error(path, f"{key}: two zones have the same name")
        return tuple(zones)

    def _line(self, path: tuple[str, ...]) -> int:
        """Find the line of a key: the parser does not tell, so look for it below its section."""
        start = 0
        for depth, part in enumerate(path):
            header = ".".join(path[: depth + 1])
            for index in range(start, len(self._lines)):
                line = self._lines[index].split("#")[0].strip()
                if line.strip("[]").replace(" ", "") == header and line.startswith("["):
                    start = index
                    break
                bare = line.partition("=")[0].strip().strip("\"'")
                if "=" in line and bare in (part, header):
                    return index + 1
        return start + 1


def _is_point(point: object) -> bool:
    return (
        isinstance(point, list)
        and len(point) == 2
        and all(type(value) in (int, float) and 0 <= value <= 1 for value in point)
    )
