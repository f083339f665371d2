"""`--faults`: a file of `[[fault]]` tables as in scenes, or one fault as `kind@s[+s][=value]`.

power-cut@12=4s            at second 12, for 4 s (of this kind the value says how long)
net-loss@5+10=30           from second 5 on, for 10 s, 30 of a hundred packets
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from latchkey.errors import UsageError
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey_sim.house.faults import KINDS
from latchkey_sim.scenes.check import Problem
from latchkey_sim.scenes.load import parse_as, text_of
from latchkey_sim.scenes.model import DAY_S, SCHEMA, SceneFault, key

UNITS = {"": 1, "ms": NS_PER_MS, "s": NS_PER_S}
VALUE_LIMIT = 1 << 53
_NUMBER = r"[0-9]{1,6}(?:\.[0-9]{1,9})?"
_SHAPE = re.compile(
    rf"(?P<kind>[a-z0-9-]+)@(?P<at>{_NUMBER})(?:\+(?P<long>{_NUMBER}))?"
    r"(?:=(?P<value>-?[0-9]{1,16}(?:\.[0-9]{1,9})?)(?P<unit>ms|s|))?",
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
    if "@" in text and "/" not in text:
        return (read_fault(text),)
    return parse_as(FaultFile, text_of(Path(text)), text, Path(), _problems).faults


def read_fault(text: str) -> SceneFault:
    """Read `kind@s[+s][=value]`. Raises UsageError."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise UsageError(f"{text!r} is no fault", hint=SHAPE_HINT)
    kind, at_s, for_s = found["kind"], float(found["at"]), float(found["long"] or 0)
    if kind not in KINDS:
        raise UsageError(f"{text!r}: {_unknown(kind)}", hint=_near(kind))
    value = round(float(found["value"] or 0) * UNITS[found["unit"] or ""])
    if found["value"] and not found["unit"] and "." in found["value"]:
        raise UsageError(
            f"{text!r}: a value is a whole number, or a time like 1.5s or 200ms", hint=SHAPE_HINT
        )
    if at_s > DAY_S or for_s > DAY_S or abs(value) > VALUE_LIMIT:
        raise UsageError(f"{text!r}: no scene lasts longer than a day, no value is above 2^53")
    return SceneFault(kind, at_s, for_s, value)


def _problems(file: FaultFile) -> Iterator[Problem]:
    for number, fault in enumerate(file.faults):
        if fault.kind not in KINDS:
            yield ("fault", number, "kind"), _unknown(fault.kind), _near(fault.kind)


def _unknown(kind: str) -> str:
    return f"unknown kind of fault {kind!r}"


def _near(kind: str) -> str:
    near = get_close_matches(kind, KINDS, n=1)
    return f"did you mean {near[0]}?" if near else f"known are: {', '.join(KINDS)}"
