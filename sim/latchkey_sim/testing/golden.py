"""Golden traces: what a house told and did, without pictures, sizes and files, compared with tolerance.

A line of the file is one thing that happened, or the same `times` over, `every` so many seconds. Things
that differ in nothing but their time are one stream: each stream must have the same number of them, each
within the tolerance of its time. How things of different streams follow each other is free otherwise. Ids,
signatures and times within messages are left out.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latchkey.units import NS_PER_MS
from latchkey.wire.table import BASE
from latchkey_sim.house.house import House

FORMAT = 1
TOLERANCE_S = 0.5
SHOWN_LIMIT = 40
"""So many differences are told; a trace that has more is another trace."""

LEAST_RUN = 4
TIMES_LIMIT = 1_000_000

DISK_KINDS = ("vault", "state", "frame")
"""What depends on the version of the code, not on what it promises."""

VALUES_LIMIT_BYTES = 512
"""What is longer is not a message about the house, but Home Assistant's discovery."""

FIELDS = ("id", "ts", "start", "boot", "until", "signature", "clip")
_NAMES = re.compile(r"\b[0-9a-f]{8,}\b")
_SIZES = re.compile(r"\b\d+(\.\d+)? (MB|kB|bytes)\b")

Stream = tuple[str, str, str, str]
"""Who, kind, what, and the values as JSON."""


class GoldenError(AssertionError):
    """A trace is not the golden one, or there is none to compare with."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How a trace is compared. See `SimHouse.golden`."""

    tolerance_s: float = TOLERANCE_S
    ignore: tuple[str, ...] = ()
    ignore_fields: tuple[str, ...] = ()

    def keeps(self, kind: str, what: str) -> bool:
        """Whether a line is compared."""
        return kind not in DISK_KINDS and not {kind, f"{kind} {what}"} & set(self.ignore)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened. `values` are those of a message."""

    at_ms: int
    who: str
    kind: str
    what: str
    values: str = ""

    @property
    def stream(self) -> Stream:
        """Give all but the time."""
        return self.who, self.kind, self.what, self.values

    def as_json(self, step_ms: int = 0, times: int = 1) -> str:
        """Give it as a line of the file; `times` over, so far apart."""
        table: dict[str, Any] = {"at": self.at_ms / 1000}
        table |= {"every": step_ms / 1000, "times": times} if times > 1 else {}
        table |= {"who": self.who, "kind": self.kind}
        table |= {"what": self.what} if self.what else {}
        table |= {"values": json.loads(self.values)} if self.values else {}
        return json.dumps(table, ensure_ascii=False)


def path_of(folder: Path, name: str) -> Path:
    """Give the file of a golden trace. Raises ValueError for one that would lie somewhere else."""
    path = folder / f"{name}.jsonl"
    if not name or not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{name!r} is no name of a golden trace: it would not lie in {folder}")
    return path


def check(path: Path, house: House, rules: Rules, *, update: bool) -> str:
    """Compare a house's trace with a golden one, or write that. Raises GoldenError.

    The file knows its seed: with another one there is nothing to compare, and that is what it gives back.
    """
    __tracebackhide__ = True
    lines = lines_of(house, rules)
    if update:
        with suppress(GoldenError):
            if path.is_file() and (written := _read(path)[0]) != house.seed:
                return f"{path.name} belongs to seed {written}: with other seeds it is not written"
        _write(path, house.seed, lines)
        return ""
    if not path.is_file():
        raise GoldenError(f"there is no golden trace {path}; --update-golden writes it")
    seed, golden = _read(path)
    if seed != house.seed:
        return f"{path.name} belongs to seed {seed}: with other seeds nothing is compared with it"
    told = differences([one for one in golden if rules.keeps(one.kind, one.what)], lines, rules)
    if told:
        rest = [f"… and {len(told) - SHOWN_LIMIT} more"] if len(told) > SHOWN_LIMIT else []
        head = f"the trace is not that of {path} (- golden, + now, ~ at another time):"
        tail = "if that is as it should be, --update-golden writes the new one"
        raise GoldenError("\n".join([head, *told[:SHOWN_LIMIT], *rest, tail]))
    return ""


def lines_of(house: House, rules: Rules) -> list[Line]:
    """Give what a house has done so far, in order of its time."""
    found = [
        Line(_ms(entry.at_ns), entry.who, entry.kind, _masked(entry.text))
        for entry in house.trace.entries
        if entry.kind != "message"
    ]
    fields = {*FIELDS, *rules.ignore_fields}
    for heard in house.broker.heard:
        topic, payload = heard.publication.topic, heard.publication.payload
        parts = topic.split("/", 2)
        what = parts[2] if parts[0] == BASE and len(parts) == 3 else _masked(topic)
        again = " again" if heard.again else ""
        found.append(Line(_ms(heard.at_ns), heard.client, "message", what + again, _values(payload, fields)))
    kept = [line for line in found if rules.keeps(line.kind, line.what)]
    return sorted(kept, key=lambda line: (line.at_ms, line.stream))


def differences(golden: Iterable[Line], now: Iterable[Line], rules: Rules) -> list[str]:
    """Say in which lines two traces differ, in the order of their times."""
    limit_ms = round(rules.tolerance_s * 1000)
    before, after = _streams(golden), _streams(now)
    told: list[tuple[int, Stream, str]] = []
    for stream in sorted({*before, *after}):
        old, new = before[stream], after[stream]
        if len(old) == len(new):
            pairs: list[tuple[int | None, int | None]] = list(zip(old, new, strict=True))
        else:
            pairs = _matched(old, new, limit_ms)
        told += [(_first(pair), stream, _told(pair, stream)) for pair in pairs if _differs(pair, limit_ms)]
    return [text for _, _, text in sorted(told)]


def _streams(lines: Iterable[Line]) -> defaultdict[Stream, list[int]]:
    streams: defaultdict[Stream, list[int]] = defaultdict(list)
    for line in lines:
        streams[line.stream].append(line.at_ms)
    return streams


def _matched(old: list[int], new: list[int], limit_ms: int) -> list[tuple[int | None, int | None]]:
    """Pair times of a stream that has gained or lost some: what is near belongs together."""
    pairs: list[tuple[int | None, int | None]] = []
    left, right = [*old], [*new]
    while left and right:
        if abs(left[0] - right[0]) <= limit_ms:
            pairs.append((left.pop(0), right.pop(0)))
        elif left[0] < right[0]:
            pairs.append((left.pop(0), None))
        else:
            pairs.append((None, right.pop(0)))
    return [*pairs, *((at_ms, None) for at_ms in left), *((None, at_ms) for at_ms in right)]


def _first(pair: tuple[int | None, int | None]) -> int:
    return min(at_ms for at_ms in pair if at_ms is not None)


def _differs(pair: tuple[int | None, int | None], limit_ms: int) -> bool:
    old, new = pair
    return old is None or new is None or abs(old - new) > limit_ms


def _told(pair: tuple[int | None, int | None], stream: Stream) -> str:
    old, new = pair
    text = " ".join(part for part in stream if part)
    if old is not None and new is not None:
        return f"~ {old / 1000:9.3f} {text}   now at {new / 1000:.3f}"
    return f"- {old / 1000:9.3f} {text}" if old is not None else f"+ {_first(pair) / 1000:9.3f} {text}"


def _ms(at_ns: int) -> int:
    return round(at_ns / NS_PER_MS)


def _masked(text: str) -> str:
    return _SIZES.sub("… \\2", _NAMES.sub("…", text))


def _values(payload: bytes, without: set[str]) -> str:
    """Give what a message says, without the fields that every run has anew."""
    if len(payload) > VALUES_LIMIT_BYTES:
        return ""
    text = payload.decode(errors="replace")
    try:
        values = json.loads(text)
    except ValueError:
        return json.dumps(text, ensure_ascii=False)
    if isinstance(values, dict):
        values = {name: value for name, value in values.items() if name not in without}
    return json.dumps(values, ensure_ascii=False, sort_keys=True)


def _write(path: Path, seed: int, lines: list[Line]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        (first_ms, stream, Line(first_ms, *stream).as_json(step_ms, times))
        for stream, times_ms in _streams(lines).items()
        for first_ms, step_ms, times in _runs(times_ms)
    ]
    head = json.dumps({"golden": FORMAT, "seed": seed})
    path.write_text("\n".join([head, *(text for _, _, text in sorted(rows)), ""]), "utf-8")


def _runs(times_ms: list[int]) -> list[tuple[int, int, int]]:
    """Give the times of a stream as (first, step, count): what repeats at the same distance is one."""
    runs, begin = [], 0
    while begin < len(times_ms):
        end = begin + 1
        step_ms = times_ms[end] - times_ms[begin] if end < len(times_ms) else 0
        while end < len(times_ms) and times_ms[end] - times_ms[end - 1] == step_ms:
            end += 1
        if end - begin < LEAST_RUN or not step_ms:
            step_ms, end = 0, begin + 1
        runs.append((times_ms[begin], step_ms, end - begin))
        begin = end
    return runs


def _read(path: Path) -> tuple[int, list[Line]]:
    """Give seed and lines. Raises GoldenError."""
    rows = path.read_text("utf-8").splitlines() or [""]
    lines = []
    for number, row in enumerate(rows, 1):
        try:
            table = json.loads(row)
            if number == 1:
                known, seed = table["golden"] == FORMAT, int(table["seed"])
            else:
                lines += _expanded(table)
        except (ValueError, KeyError, TypeError) as error:
            told = "this is no line of a golden trace; --update-golden writes the file anew"
            raise GoldenError(f"{path}:{number}: {told}") from error
    if not known:
        raise GoldenError(f"{path}:1: its format is not known here; --update-golden writes the file anew")
    return seed, lines


def _expanded(table: dict[str, Any]) -> list[Line]:
    """Give what a line of the file stands for."""
    values = table.get("values")
    text = "" if values is None else json.dumps(values, ensure_ascii=False, sort_keys=True)
    at_ms, step_ms = round(float(table["at"]) * 1000), round(float(table.get("every", 0)) * 1000)
    stream = str(table["who"]), str(table["kind"]), str(table.get("what", "")), text
    return [Line(at_ms + n * step_ms, *stream) for n in range(min(int(table.get("times", 1)), TIMES_LIMIT))]
