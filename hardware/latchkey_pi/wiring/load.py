"""From the text of `wiring.toml` to `Wiring`: closed, so that a misspelt key is told and not ignored."""

import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from latchkey.reading import read_small
from latchkey.settings.lines import KeyPath, key_lines, line_of
from latchkey_pi.wiring.errors import WiringError
from latchkey_pi.wiring.header import HEADER
from latchkey_pi.wiring.model import (
    BARRIER_NUMBER,
    CARRIES,
    COLOURS,
    CONTACT_NUMBERS,
    KINDS,
    SCHEMA,
    End,
    Module,
    Part,
    PinUse,
    Point,
    Terminal,
    Variant,
    Wire,
    Wiring,
)

FILE_LIMIT_BYTES = 256 * 1024

USES = ("input", "output", "sound")
PULLS = ("up", "down", "none")
_TEXT, _NUMBER, _FLAG, _LIST, _TABLE = "text in quotes", "a number", "true or false", "a list", "a section"
_TYPES: dict[str, Any] = {_TEXT: str, _NUMBER: (int, float), _FLAG: bool, _LIST: list, _TABLE: dict}

_PART = {"kind": _TEXT, "label": _TEXT, "type": _TEXT, "at": _LIST}
_PART_MAY = {
    "about": _TEXT, "flip": _FLAG, "existing": _FLAG, "shows": _TEXT, "cut_by": _TEXT, "colour": _TEXT,
}  # fmt: skip
_BOARD = {"terminals": _TABLE}
_BOARD_MAY = {"width": _NUMBER, "left": _LIST, "right": _LIST, "contacts": _LIST, "isolated": _LIST}
_TERMINAL_MAY = {
    "label": _TEXT, "takes": _NUMBER, "gives": _NUMBER, "senses": _NUMBER, "milliamps": _NUMBER,
    "ground": _FLAG, "carries": _TEXT, "floats": _TEXT,
}  # fmt: skip


def load(path: Path) -> Wiring:
    """Read a file. Raises WiringError."""
    try:
        text = read_small(path, FILE_LIMIT_BYTES).decode("utf-8")
    except OSError as error:
        raise WiringError(str(path), None, str(error.strerror)) from error
    except UnicodeDecodeError as error:
        raise WiringError(str(path), None, "not UTF-8 text") from error
    return parse(text, str(path))


def parse(text: str, name: str = "wiring.toml") -> Wiring:
    """Turn TOML text into a wiring; `name` stands in errors. Raises WiringError."""
    try:
        table = tomllib.loads(text)
    except ValueError as error:
        raise WiringError(name, None, str(error)) from error
    return _Reader(name, key_lines(text)).wiring(table)


class _Reader:
    def __init__(self, name: str, lines: dict[KeyPath, int]) -> None:
        self._name = name
        self._lines = lines

    def wiring(self, table: dict[str, Any]) -> Wiring:
        top = {"schema": _NUMBER, "pi_milliamps": _NUMBER, "modules": _TABLE, "variants": _TABLE}
        self._keys(table, (), top)
        if table["schema"] != SCHEMA:
            self._fail(("schema",), f"this version reads schema {SCHEMA}")
        modules = {name: self._module(name, found) for name, found in self._tables(table, "modules")}
        variants = {
            name: self._variant(name, found, modules) for name, found in self._tables(table, "variants")
        }
        return Wiring(self._name, float(table["pi_milliamps"]), modules, variants, self._lines)

    def _fail(self, path: KeyPath, text: str, hint: str | None = None) -> NoReturn:
        raise WiringError(self._name, line_of(self._lines, path), text, hint=hint)

    def _unknown(self, path: KeyPath, what: str, word: str, known: Iterable[str]) -> NoReturn:
        names = sorted(known)
        near = get_close_matches(word, names, n=1)
        self._fail(
            path,
            f"unknown {what} {word}",
            f"did you mean {near[0]}?" if near else f"known: {', '.join(names)}",
        )

    def _keys(
        self, table: dict[str, Any], path: KeyPath, needs: dict[str, str], may: dict[str, str] | None = None
    ) -> None:
        known = {**needs, **(may or {})}
        for key, value in table.items():
            if key not in known:
                self._unknown((*path, key), "key", key, known)
            wanted = _TYPES[known[key]]
            if not isinstance(value, wanted) or (isinstance(value, bool) and known[key] != _FLAG):
                self._fail((*path, key), f"{key} must be {known[key]}")
        for key in needs:
            if key not in table:
                self._fail(path, f"the key {key} is missing")

    def _tables(self, table: dict[str, Any], key: str) -> Iterable[tuple[str, dict[str, Any]]]:
        for name, found in table[key].items():
            if not isinstance(found, dict):
                self._fail((key, name), f"{name} must be a section")
            yield name, found

    def _module(self, name: str, table: dict[str, Any]) -> Module:
        path: KeyPath = ("modules", name)
        needs = {"title": _TEXT, "says": _TEXT, "check": _TEXT, "parts": _TABLE, "wires": _LIST}
        self._keys(table, path, needs, {"settings": _TABLE, "pins": _TABLE, "config": _TEXT})
        parts = {
            part: self._part(name, part, found)
            for part, found in ((key, value) for key, value in table["parts"].items())
        }
        wires = tuple(
            self._wire(name, parts, found, (*path, "wires", number))
            for number, found in enumerate(table["wires"])
        )
        pins = dict(
            self._pin(key, found, (*path, "pins", key)) for key, found in table.get("pins", {}).items()
        )
        return Module(
            name, table["title"], table["says"], table["check"], table.get("settings", {}), parts, wires,
            pins, path, table.get("config", ""),
        )  # fmt: skip

    def _part(self, module: str, name: str, table: Any) -> Part:
        path: KeyPath = ("modules", module, "parts", name)
        if not isinstance(table, dict) or table.get("kind") not in KINDS:
            word = str(table.get("kind")) if isinstance(table, dict) else str(table)
            self._unknown((*path, "kind"), "kind of part", word, KINDS)
        kind = table["kind"]
        numbers = dict.fromkeys(KINDS[kind].needs, _NUMBER)
        if kind == "board":
            numbers = self._board_numbers(table)
            self._keys(table, path, {**_PART, **_BOARD, **numbers}, {**_PART_MAY, **_BOARD_MAY})
        else:
            self._keys(table, path, {**_PART, **numbers}, _PART_MAY)
        for key in numbers:
            if table[key] <= 0:
                self._fail((*path, key), f"{key} must be more than 0")
        return Part(
            module=module, name=name, kind=kind, label=table["label"], type=table["type"],
            about=table.get("about", ""), at=self._point(table["at"], (*path, "at")),
            numbers={key: float(table[key]) for key in numbers}, path=path, flip=table.get("flip", False),
            existing=table.get("existing", False), colour=table.get("colour", ""),
            shows=table.get("shows", ""), cut_by=table.get("cut_by", ""), **self._board(table, path),
        )  # fmt: skip

    def _board_numbers(self, table: dict[str, Any]) -> dict[str, str]:
        """A board with contacts must say what these stand; one that isolates must say how well."""
        contacts = CONTACT_NUMBERS if table.get("contacts") else ()
        isolation = (BARRIER_NUMBER,) if table.get("isolated") else ()
        given = [key for key in (*CONTACT_NUMBERS, BARRIER_NUMBER) if key in table]
        return dict.fromkeys((*contacts, *isolation, *given), _NUMBER)

    def _board(self, table: dict[str, Any], path: KeyPath) -> dict[str, Any]:
        if table["kind"] != "board":
            return {}
        terminals = {}
        for name, found in table["terminals"].items():
            where = (*path, "terminals", name)
            if not isinstance(found, dict):
                self._fail(where, f"{name} must be a section")
            self._keys(found, where, {}, _TERMINAL_MAY)
            if found.get("carries", CARRIES[0]) not in CARRIES:
                self._unknown((*where, "carries"), "thing to carry", found["carries"], CARRIES)
            terminals[name] = Terminal(**found)
        left, right = tuple(table.get("left", ())), tuple(table.get("right", ()))
        if sorted([*left, *right]) != sorted(terminals):
            self._fail(path, f"left and right must name each of {', '.join(terminals)} once")
        groups = (*table.get("contacts", ()), *table.get("isolated", ()))
        for name in (name for group in groups for name in group):
            if name not in terminals:
                self._unknown(path, "terminal", str(name), terminals)
        return {
            "board": terminals, "left": left, "right": right, "width": float(table.get("width", 8)),
            "contacts": tuple((first, second) for first, second in table.get("contacts", ())),
            "isolated": tuple(tuple(group) for group in table.get("isolated", ())),
        }  # fmt: skip

    def _point(self, value: Any, path: KeyPath) -> Point:
        if not isinstance(value, list) or len(value) != 2 or not all(type(n) in (int, float) for n in value):
            self._fail(path, "a place is two numbers, [across, down]")
        return float(value[0]), float(value[1])

    def _wire(self, module: str, parts: dict[str, Part], table: Any, path: KeyPath) -> Wire:
        if not isinstance(table, dict):
            self._fail(path, "a wire is written { from = …, to = …, colour = … }")
        self._keys(table, path, {"from": _TEXT, "to": _TEXT, "colour": _TEXT}, {"via": _LIST})
        if table["colour"] not in COLOURS:
            self._unknown(path, "colour", table["colour"], COLOURS)
        first, second = (self._end(module, parts, table[key], path) for key in ("from", "to"))
        via = tuple(self._point(point, (*path, "via")) for point in table.get("via", ()))
        return Wire(module, (first, second), table["colour"], via, path)

    def _end(self, module: str, parts: dict[str, Part], text: str, path: KeyPath) -> End:
        if text.startswith("pin "):
            number = text.removeprefix("pin ")
            if not number.isdecimal() or int(number) not in HEADER:
                self._fail(path, f"{text}: the header has pins 1 to {len(HEADER)}")
            return End(module, "", str(int(number)))
        part, _, terminal = text.partition(".")
        if part not in parts:
            self._unknown(path, "part", part, parts)
        if terminal not in parts[part].terminals:
            self._unknown(path, f"terminal of {part}", terminal, parts[part].terminals)
        return End(module, part, terminal)

    def _pin(self, key: str, table: Any, path: KeyPath) -> tuple[int, PinUse]:
        number = int(key) if key.isdecimal() else 0
        if number not in HEADER or HEADER[number].bcm is None:
            self._fail(path, f"pin {key} is no GPIO")
        if not isinstance(table, dict):
            self._fail(path, "a pin's use is written { as = …, setting = … }")
        self._keys(table, path, {"as": _TEXT}, {"pull": _TEXT, "setting": _TEXT})
        pull = table.get("pull", "none")
        for word, known in ((table["as"], USES), (pull, PULLS)):
            if word not in known:
                self._unknown(path, "use", word, known)
        return number, PinUse(number, table["as"], pull, table.get("setting", ""), path)

    def _variant(self, name: str, table: dict[str, Any], modules: dict[str, Module]) -> Variant:
        path: KeyPath = ("variants", name)
        self._keys(table, path, {"title": _TEXT, "says": _TEXT, "modules": _LIST})
        for number, word in enumerate(table["modules"]):
            if word not in modules:
                self._unknown((*path, "modules", number), "module", str(word), modules)
        return Variant(
            name, table["title"], table["says"], tuple(modules[word] for word in table["modules"]), path
        )
