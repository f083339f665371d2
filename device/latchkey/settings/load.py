"""From TOML text to `Settings`, with errors that name file, line and key."""

import re
import tomllib
from dataclasses import fields, is_dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from latchkey.errors import SettingsError, masked
from latchkey.reading import read_small
from latchkey.settings.model import CREDENTIALS, SCHEMA, Settings, Zone
from latchkey.settings.places import Places

FILE_LIMIT_BYTES = 128 * 1024
"""Room for the most zones with the most points, twice over."""

LINE_LIMIT_CHARS = 4096
"""A key of n parts costs the parser n² memory: 16 MB here, gigabytes without a limit."""

ZONE_LIMIT = 32
ZONE_POINTS_LIMIT = 64

TEXT_LIMIT_CHARS = 1024
SHOWN_LIMIT_CHARS = 60
FLAT_AREA = 1e-6
"""Twice the area of a triangle, as a share of the picture, that is a line: half a pixel of 720p."""

NUMBER_LIMIT = 1 << 53
"""Beyond it no whole number is legal anywhere, and not every one is a float."""


def load(path: Path) -> Settings:
    """Read a settings file. Paths in it are relative to its folder. Raises SettingsError."""
    return load_with_places(path)[0]


def load_with_places(path: Path) -> tuple[Settings, Places]:
    """Read a settings file, and keep where its keys stand, for checks that `load` cannot make."""
    try:
        data = read_small(path, FILE_LIMIT_BYTES)
    except OSError as error:
        hint = "`latchkey check FILE` tries a settings file"
        raise SettingsError(f"{path}: {error.strerror}", hint=hint) from error
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SettingsError(f"{path}:{line}: not UTF-8 text") from error
    return parse(text, str(path), path.parent), Places(text, str(path))


def parse(text: str, name: str = "settings", folder: Path = Path()) -> Settings:
    """Turn TOML text into Settings; `name` stands in errors, `folder` before relative paths."""
    table = _table(text, name)
    reader = _Reader(text, name, folder)
    if "schema" not in table:
        raise SettingsError(
            f"{name}:1: the key schema is missing", hint=f"begin the file with: schema = {SCHEMA}"
        )
    if table["schema"] != SCHEMA or isinstance(table["schema"], bool):
        raise reader.error(("schema",), f"this version reads schema {SCHEMA}, not {_shown(table['schema'])}")
    settings: Settings = reader.section(Settings, table, ())
    return replace(settings, written=_written(table))


def _written(table: dict[str, Any]) -> frozenset[str]:
    """Give the keys that a file sets, with their sections."""
    sections = ((name, keys) for name, keys in table.items() if isinstance(keys, dict))
    return frozenset(f"{name}.{key}" for name, keys in sections for key in keys)


def _table(text: str, name: str) -> dict[str, Any]:
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > LINE_LIMIT_CHARS:
            raise SettingsError(f"{name}:{number}: a line of more than {LINE_LIMIT_CHARS} characters")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise SettingsError(f"{name}: nested too deeply") from None
    except ValueError as error:  # also for a whole number of more digits than Python converts
        raise _syntax_error(str(error), text, name) from error


def _syntax_error(said: str, text: str, name: str) -> SettingsError:
    """Move the line from the end of the parser's message to where all our errors have it."""
    message, _, where = said.rpartition(" (at ")
    if not message:
        return SettingsError(f"{name}: {said}")
    found = re.match(r"line (\d+), ", where)
    line = int(found[1]) if found else max(1, len(text.splitlines()))  # else it is the end of the file
    twice = message.startswith(("Cannot overwrite", "Cannot declare"))
    hint = "each section and each key in it may stand once only" if twice else None
    return SettingsError(f"{name}:{line}: {message[:1].lower()}{message[1:]}", hint=hint)


def _key_shown(path: tuple[str, ...]) -> str:
    key = ".".join(path)
    return key if len(key) <= SHOWN_LIMIT_CHARS else f"{key[:SHOWN_LIMIT_CHARS]}…"


def span(low: float, high: float) -> str:
    """Write bounds, whole numbers in full."""
    return "..".join(f"{bound:g}" if bound != int(bound) else str(int(bound)) for bound in (low, high))


def _shown(value: object) -> str:
    """Write a wrong value for an error: short, whatever it is."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, a table of endless depth
        return f"this {type(value).__name__}"
    return text if len(text) <= SHOWN_LIMIT_CHARS else f"{text[:SHOWN_LIMIT_CHARS]}…"


class _Reader:
    """Walks the parsed table beside the dataclasses, and knows where each key stands."""

    def __init__(self, text: str, name: str, folder: Path) -> None:
        self.error = Places(text, name).error
        self._folder = folder

    def section(self, kind: type, table: object, path: tuple[str, ...]) -> Any:
        if not isinstance(table, dict):
            raise self.error(path, f"{'.'.join(path)} must be a section")
        declared = [spec for spec in fields(kind) if not spec.metadata.get("internal")]
        types = get_type_hints(kind)
        hints = {spec.name: types[spec.name] for spec in declared}
        for key in table:
            if key not in hints:
                near = get_close_matches(key, hints, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(hints)}"
                raise self.error((*path, key), f"unknown key {_key_shown((*path, key))}", hint)
        found = {}
        for spec in declared:
            if spec.name in table:
                found[spec.name] = self._value(
                    hints[spec.name], dict(spec.metadata), table[spec.name], (*path, spec.name)
                )
            elif is_dataclass(spec.default):
                found[spec.name] = self.section(hints[spec.name], {}, (*path, spec.name))
            elif isinstance(spec.default, Path):
                found[spec.name] = self._folder / spec.default
        return kind(**found)

    def _value(self, hint: Any, rules: dict[str, Any], value: object, path: tuple[str, ...]) -> Any:
        key = ".".join(path)
        if get_origin(hint) is UnionType:
            hint = next(kind for kind in get_args(hint) if kind is not NoneType)
        if is_dataclass(hint) and isinstance(hint, type):
            return self.section(hint, value, path)
        if get_origin(hint) is tuple:
            return self._zones(value, path)
        if hint is float and type(value) is int and abs(value) <= NUMBER_LIMIT:
            value = float(value)
        wanted = str if hint is Path else hint
        if type(value) is not wanted:
            names = {str: "text in quotes", int: "a whole number", float: "a number", bool: "true or false"}
            raise self.error(path, f"{key} must be {names[wanted]}, not {_shown(value)}")
        self._check_rules(rules, value, path)
        if type(value) is str:
            self._check_text(value, path)
        return self._path(str(value), path) if hint is Path else value

    def _check_text(self, text: str, path: tuple[str, ...]) -> None:
        """No setting is a long text or holds control characters: neither names, hosts, paths nor keys."""
        if len(text) > TEXT_LIMIT_CHARS:
            raise self.error(path, f"{'.'.join(path)} has more than {TEXT_LIMIT_CHARS} characters")
        if any(ord(char) < 0x20 or ord(char) == 0x7F for char in text):
            raise self.error(path, f"{'.'.join(path)} holds a control character: {_shown(text)}")
        if masked(text) != text:
            hint = "settings take public keys alone; a secret key that lay here should be replaced"
            raise self.error(path, f"{'.'.join(path)} holds a secret key", hint)

    def _path(self, text: str, path: tuple[str, ...]) -> Path:
        if not text:
            raise self.error(path, f"{'.'.join(path)} is empty", "leave the key out for its default")
        if text.startswith(f"{CREDENTIALS}/"):
            return Path(text)
        try:
            return self._folder / Path(text).expanduser()
        except RuntimeError as error:
            raise self.error(path, f"{'.'.join(path)}: there is no home folder for {_shown(text)}") from error

    def _check_rules(self, rules: dict[str, Any], value: Any, path: tuple[str, ...]) -> None:
        key = ".".join(path)
        low, high, choices = rules.get("low"), rules.get("high"), rules.get("choices", ())
        if choices and value not in choices:
            near = get_close_matches(value, choices, n=1)
            raise self.error(
                path,
                f"{key} must be one of {', '.join(choices)}, not {_shown(value)}",
                f"did you mean {near[0]}?" if near else None,
            )
        if low is not None and high is not None and not low <= value <= high:
            raise self.error(path, f"{key} must lie in {span(low, high)}, not {_shown(value)}")

    def _zones(self, value: object, path: tuple[str, ...]) -> tuple[Zone, ...]:
        key = ".".join(path)
        if not isinstance(value, list):
            raise self.error(path, f"{key} must be a list")
        if len(value) > ZONE_LIMIT:
            raise self.error(path, f"{key} has more than {ZONE_LIMIT} zones")
        zones = []
        for number, item in enumerate(value, 1):
            if not isinstance(item, dict) or set(item) != {"name", "points"} or type(item["name"]) is not str:
                raise self.error(path, f"{key}: zone {number} needs exactly the keys name and points")
            self._check_text(item["name"], path)
            points = item["points"]
            if not isinstance(points, list) or not 3 <= len(points) <= ZONE_POINTS_LIMIT:
                raise self.error(
                    path, f"{key}: zone {_shown(item['name'])} needs 3 to {ZONE_POINTS_LIMIT} points"
                )
            if not all(_is_point(point) for point in points):
                raise self.error(
                    path, f"{key}: zone {_shown(item['name'])} has a point that is not [x, y] in 0..1"
                )
            if not _has_area(points):
                raise self.error(
                    path, f"{key}: zone {_shown(item['name'])} is a line or a point: it has no area"
                )
            zones.append(Zone(item["name"], tuple((float(x), float(y)) for x, y in points)))
        names = [zone.name for zone in zones]
        if len(set(names)) != len(names):
            raise self.error(path, f"{key}: two zones have the same name")
        return tuple(zones)


def _has_area(points: list[tuple[float, float]]) -> bool:
    """Whether a polygon's corners do not all lie on one line. (A bow tie's signed area would be 0.)"""
    x0, y0 = points[0]
    x1, y1 = max(points, key=lambda point: abs(point[0] - x0) + abs(point[1] - y0))
    return any(abs((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) > FLAT_AREA for x, y in points)


def _is_point(point: object) -> bool:
    return (
        isinstance(point, list)
        and len(point) == 2
        and all(type(value) in (int, float) and 0 <= value <= 1 for value in point)
    )
