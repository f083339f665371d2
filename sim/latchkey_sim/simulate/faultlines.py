"""`--faults`: a file of `[[fault]]` tables as in scenes, or one fault as `kind@s[+s][=value]`.

power-cut@12=4s            at second 12, for 4 s (of this kind the value says how long)
net-loss@5+10=30           from second 5 on, for 10 s, 30 of a hundred packets
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from latchkey.errors import UsageError
from latchkey.settings.lines import key_lines, line_of
from latchkey_sim.house.faults import KINDS
from latchkey_sim.scenes.check import Problem, fault_problems, late
from latchkey_sim.scenes.errors import SceneError
from latchkey_sim.scenes.load import key_shown, parse_as, text_of
from latchkey_sim.scenes.model import DAY_S, SCHEMA, VALUE_LIMIT, SceneFault, amount_of, key

_NUMBER = r"[0-9]{1,6}(?:\.[0-9]{1,9})?"
_SHAPE = re.compile(
    rf"(?P<kind>[a-z0-9-]+)@(?P<at>{_NUMBER})(?:\+(?P<long>{_NUMBER}))?"
    r"(?:=(?P<value>-?[0-9][0-9.]*(?:ms|s|)))?",
    re.ASCII,
)
SHAPE_HINT = "faults look like power-cut@12=4s or net-loss@5+10=30; `latchkey sim list --faults` shows kinds"


@dataclass(frozen=True, slots=True)
class FaultFile:
    """A file of faults."""

    schema: int = key(SCHEMA, "version of the language", low=SCHEMA, high=SCHEMA)
    faults: tuple[SceneFault, ...] = key((), "what fails", name="fault")


def read_faults(text: str) -> tuple[SceneFault, ...]:
    """Read what `--faults` was given. Raises UsageError, SceneError."""
    if _is_one(text):
        return (read_fault(text),)
    if text in KINDS:
        raise UsageError(f"--faults {text}: when?", hint=SHAPE_HINT)
    return parse_as(FaultFile, text_of(Path(text)), text, Path(), _problems).faults


def read_fault(text: str) -> SceneFault:
    """Read `kind@s[+s][=value]`. Raises UsageError."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise UsageError(f"{text!r} is no fault", hint=SHAPE_HINT)
    kind, at_s, for_s = found["kind"], float(found["at"]), float(found["long"] or 0)
    value = amount_of(found["value"]) if found["value"] else None
    if found["value"] and value is None:
        raise UsageError(
            f"{text!r}: a value is a whole number, or a time like 1.5s or 200ms", hint=SHAPE_HINT
        )
    if at_s > DAY_S or for_s > DAY_S or abs(value or 0) > VALUE_LIMIT:
        raise UsageError(f"{text!r}: no scene lasts longer than a day, no value is above 2^53")
    fault = SceneFault(kind, at_s, for_s, value)
    for _, told, hint in fault_problems(fault, ()):
        raise UsageError(f"{text!r}: {told}", hint=hint or SHAPE_HINT)
    return fault


def must_fit(text: str, faults: Sequence[SceneFault], seconds: float) -> None:
    """See that what `--faults` was given happens within a scene of so many seconds. Raises SceneError."""
    for number, fault in enumerate(faults):
        end_s = fault.at_s + fault.for_s
        if end_s <= seconds:
            continue
        told, path = late(end_s, seconds), ("fault", number, "for" if fault.at_s <= seconds else "at")
        if _is_one(text):
            raise SceneError(f"--faults {text}", None, told)
        line = line_of(key_lines(text_of(Path(text))), path)
        raise SceneError(text, line, f"{key_shown(path)}: {told}")


def _is_one(text: str) -> bool:
    """Whether a fault is written out, and not the name of a file."""
    return "@" in text and "/" not in text


def _problems(file: FaultFile) -> Iterator[Problem]:
    for number, fault in enumerate(file.faults):
        yield from fault_problems(fault, ("fault", number))
