"""From TOML text to `Scene`, with errors that name file, line and key: `visit.toml:12: …`."""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from latchkey.reading import read_small
from latchkey.settings.lines import KeyPath, key_lines, line_of
from latchkey.settings.load import NUMBER_LIMIT, span
from latchkey_sim.scenes.check import Problem, problems
from latchkey_sim.scenes.errors import SceneError
from latchkey_sim.scenes.model import COUNT_LIMIT, SCHEMA, Scene, amount_of, key_name

T = TypeVar("T")

FILE_LIMIT_BYTES = 256 * 1024
"""The most actors with the longest courses, several times over."""

LINE_LIMIT_CHARS = 4096
TEXT_LIMIT_CHARS = 300
SHOWN_LIMIT_CHARS = 60
TYPES = {str: "text in quotes", int: "a whole number", float: "a number", bool: "true or false"}


def load(path: Path) -> Scene:
    """Read a scene file; a backdrop's path is relative to its folder. Raises SceneError."""
    return parse(text_of(path), str(path), path.parent)


def text_of(path: Path) -> str:
    """Read the text of a file. Raises SceneError."""
    try:
        data = read_small(path, FILE_LIMIT_BYTES)
    except OSError as error:
        raise SceneError(str(path), None, str(error.strerror)) from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SceneError(str(path), line, "not UTF-8 text") from error


def parse(text: str, name: str = "scene", folder: Path = Path()) -> Scene:
    """Turn TOML text into a scene; `name` stands in errors, `folder` before relative paths."""
    return parse_as(Scene, text, name, folder, problems)


def parse_as(
    kind: type[T],
    text: str,
    name: str,
    folder: Path = Path(),
    find_problems: Callable[[T], Iterable[Problem]] = lambda _: (),
) -> T:
    """Turn TOML text into a dataclass whose fields are declared as a scene's are. Raises SceneError."""
    table = table_of(text, name)
    reader = _Reader(name, key_lines(text), folder)
    if "schema" not in table:
        raise SceneError(name, 1, "the key schema is missing", hint=f"begin with: schema = {SCHEMA}")
    if table["schema"] != SCHEMA or isinstance(table["schema"], bool):
        told = f"this version reads scenes of schema {SCHEMA}, not {_shown(table['schema'])}"
        raise reader.error(
            ("schema",), told, "another version of latchkey wrote it, or it was written for one"
        )
    found: T = reader.section(kind, table, ())
    for path, told, hint in find_problems(found):
        raise reader.error(path, told, hint)
    return found


def table_of(text: str, name: str) -> dict[str, Any]:
    """Read TOML text. Raises SceneError."""
    for number, content in enumerate(text.split("\n"), 1):
        if len(content) > LINE_LIMIT_CHARS:
            raise SceneError(name, number, f"a line of more than {LINE_LIMIT_CHARS} characters")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise SceneError(name, None, "nested too deeply") from None
    except ValueError as error:  # also for a whole number of more digits than Python converts
        message, _, where = str(error).rpartition(" (at ")
        if not message:
            raise SceneError(name, None, str(error)) from error
        found = re.match(r"line (\d+), ", where)
        line = int(found[1]) if found else max(1, len(text.splitlines()))  # else it is the end of the file
        told = f"{message[:1].lower()}{message[1:]}"
        if message.startswith("Cannot overwrite"):
            told = f"the key {text.splitlines()[line - 1].partition('=')[0].strip()} is there twice"
        raise SceneError(name, line, told) from error


def key_shown(path: KeyPath) -> str:
    """Write a key for people: `actor[2].course[1].at`, counted from 1."""
    text = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
    return text if len(text) <= SHOWN_LIMIT_CHARS else f"{text[:SHOWN_LIMIT_CHARS]}…"


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, a table of endless depth
        return f"this {type(value).__name__}"
    return text if len(text) <= SHOWN_LIMIT_CHARS else f"{text[:SHOWN_LIMIT_CHARS]}…"


class _Reader:
    """Walks the parsed table beside the dataclasses."""

    def __init__(self, name: str, lines: dict[KeyPath, int], folder: Path) -> None:
        self._name = name
        self._lines = lines
        self._folder = folder

    def error(self, path: KeyPath, text: str, hint: str | None = None) -> SceneError:
        """Give the error about the key at `path`."""
        return SceneError(self._name, line_of(self._lines, path), text, hint=hint)

    def section(self, kind: type, table: object, path: KeyPath) -> Any:
        """Turn a table into a dataclass."""
        if not isinstance(table, dict):
            raise self.error(path, f"{key_shown(path)} must be a section, not {_shown(table)}")
        hints = get_type_hints(kind)
        known = {key_name(spec): spec for spec in fields(kind)}
        if path and "schema" in known:  # of the settings: a scene has one of its own
            del known["schema"]
        for key in table:
            if key not in known:
                raise self._unknown((*path, key), known)
        found = {}
        for key, spec in known.items():
            if key in table:
                found[spec.name] = self._value(hints[spec.name], spec.metadata, table[key], (*path, key))
            elif spec.default is MISSING:
                raise self.error(path, f"the key {key_shown((*path, key))} is missing")
        return kind(**found)

    def _unknown(self, path: KeyPath, known: Mapping[str, object]) -> SceneError:
        near = get_close_matches(str(path[-1]), known, n=1)
        hint = f"did you mean {near[0]}?" if near else None
        told = f"unknown key {key_shown(path)}; known here: {', '.join(known)}"
        return self.error(path, told, hint)

    def _value(self, hint: Any, rules: Mapping[str, Any], value: object, path: KeyPath) -> Any:
        if get_origin(hint) is UnionType:
            hint = next(kind for kind in get_args(hint) if kind is not NoneType)
        if is_dataclass(hint) and isinstance(hint, type):
            return self.section(hint, value, path)
        if get_origin(hint) is tuple:
            return self._list(get_args(hint), rules, value, path)
        if hint is float and type(value) is int and abs(value) <= NUMBER_LIMIT:
            value = float(value)
        if hint is int and rules.get("legal") and type(value) is str:
            value = self._amount(value, path)
        wanted = str if hint is Path else hint
        if type(value) is not wanted:
            raise self.error(path, f"{key_shown(path)} must be {TYPES[wanted]}, not {_shown(value)}")
        self._check(rules, value, path)
        return self._path(str(value), path) if hint is Path else value

    def _amount(self, text: str, path: KeyPath) -> int:
        found = amount_of(text)
        if found is None:
            told = f'{key_shown(path)} must be a whole number, or a time like "4s" or "200ms"'
            raise self.error(path, f"{told}, not {_shown(text)}")
        return found

    def _list(self, kinds: tuple[Any, ...], rules: Mapping[str, Any], value: object, path: KeyPath) -> Any:
        shown = key_shown(path)
        if not isinstance(value, list):
            raise self.error(path, f"{shown} must be a list, not {_shown(value)}")
        if kinds[-1] is Ellipsis:
            if len(value) > COUNT_LIMIT:
                raise self.error(path, f"{shown} has more than {COUNT_LIMIT} entries")
            kinds = (kinds[0],) * len(value)
        if len(value) != len(kinds):
            raise self.error(path, f"{shown} must have {len(kinds)} entries, not {len(value)}")
        items = zip(kinds, value, strict=True)
        return tuple(self._value(kind, rules, item, (*path, n)) for n, (kind, item) in enumerate(items))

    def _path(self, text: str, path: KeyPath) -> Path:
        if not path or path[0] == "settings":
            raise self.error(
                path, f"{key_shown(path)} is the simulation's own: a scene names no files of a device"
            )
        return self._folder / text

    def _check(self, rules: Mapping[str, Any], value: Any, path: KeyPath) -> None:
        shown = key_shown(path)
        choices, low, high = rules.get("choices", ()), rules.get("low"), rules.get("high")
        if choices and value not in choices:
            near = get_close_matches(value, choices, n=1)
            hint = f"did you mean {near[0]}?" if near else None
            raise self.error(path, f"{shown} must be one of {', '.join(choices)}, not {_shown(value)}", hint)
        if low is not None and high is not None and not low <= value <= high:
            raise self.error(path, f"{shown} must lie in {span(low, high)}, not {_shown(value)}")
        if type(value) is str:
            if not value or len(value) > TEXT_LIMIT_CHARS:
                raise self.error(path, f"{shown} must have 1 to {TEXT_LIMIT_CHARS} characters")
            if not value.isprintable():
                raise self.error(path, f"{shown} must be one line of printable text, not {_shown(value)}")
