"""On which line of a TOML text each key and each entry of a list stands; `tomllib` does not tell.

It is asked only about text that `tomllib` has read, and so need not judge: it steps over values, and
notes where things begin.
"""

import re
import tomllib
from bisect import bisect_right

KeyPath = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'", re.DOTALL
)
_SCALAR = re.compile(r"[^,\]}\n#]*")


def key_lines(text: str) -> dict[KeyPath, int]:
    """Give the line of each key, counted from 1: `("actor", 0, "course", 2, "at")`.

    An entry of an array of tables stands where its header does.
    """
    return _Scanner(text).scanned()


def line_of(lines: dict[KeyPath, int], path: KeyPath) -> int:
    """Give the line of a key; for one that is left out, that of what it should stand in."""
    for depth in range(len(path), 0, -1):
        if path[:depth] in lines:
            return lines[path[:depth]]
    return 1


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._lines: dict[KeyPath, int] = {}
        self._counts: dict[KeyPath, int] = {}

    def scanned(self) -> dict[KeyPath, int]:
        base: KeyPath = ()
        while self._begins():
            if self._text[self._at] == "[":
                base = self._header()
            else:
                self._pair(base)
        return self._lines

    def _begins(self) -> bool:
        """Step over what says nothing; tell whether more follows."""
        self._step(_BLANK)
        return self._at < len(self._text)

    def _step(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        assert found is not None, "asked about text that is no TOML"
        self._at = found.end()
        return found[0]

    def _note(self, path: KeyPath) -> None:
        self._lines.setdefault(path, bisect_right(self._starts, self._at))

    def _header(self) -> KeyPath:
        many = self._text.startswith("[[", self._at)
        start = self._at
        self._at += 2 if many else 1
        *parents, last = self._keys()
        end = self._at
        self._at = start
        path: KeyPath = ()
        for part in parents:
            path = (*path, part)
            self._note(path)
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
        path = (*path, last)
        self._note(path)
        if many:
            number = self._counts.get(path, 0)
            self._counts[path] = number + 1
            path = (*path, number)
            self._note(path)
        self._at = end + (2 if many else 1)
        return path

    def _keys(self) -> list[str]:
        """Read a dotted key; stop at what follows it."""
        keys: list[str] = []
        while True:
            self._step(_BLANK)
            if self._text[self._at] in "\"'":
                keys.append(str(tomllib.loads(f"key = {self._step(_STRING)}")["key"]))
            else:
                keys.append(self._step(_BARE_KEY))
            self._step(_BLANK)
            if self._text[self._at] != ".":
                return keys
            self._at += 1

    def _pair(self, base: KeyPath) -> None:
        start = self._at
        keys = self._keys()
        end, self._at = self._at, start
        for depth in range(1, len(keys) + 1):
            self._note((*base, *keys[:depth]))
        self._at = end + 1
        self._value((*base, *keys))

    def _value(self, path: KeyPath) -> None:
        self._step(_BLANK)
        first = self._text[self._at]
        if first == "{":
            self._members("}", path)
        elif first == "[":
            self._members("]", path)
        elif first in "\"'":
            self._step(_STRING)
        else:
            self._step(_SCALAR)

    def _members(self, end: str, path: KeyPath) -> None:
        """Step through an inline table, or a list, whose entries are numbered."""
        self._at += 1
        number = 0
        while self._begins() and self._text[self._at] != end:
            if self._text[self._at] == ",":
                self._at += 1
            elif end == "}":
                self._pair(path)
            else:
                self._note((*path, number))
                self._value((*path, number))
                number += 1
        self._at += 1
