"""A verdict as text for people, and as JSON for programs: a closed schema with a version."""

import json
from collections.abc import Iterator

from latchkey_pi.doctor.model import AREAS, Area, Finding
from latchkey_pi.doctor.rules import State, Verdict

SCHEMA = 1
"""Of the JSON; raised when a field changes its meaning. New kinds of findings do not raise it."""

WORDS = {"error": "error", "warning": "warning", "note": "note", "unknown": "not known"}
WELL = "nothing is wrong"
NOT_SEEN = "nothing is wrong as far as could be seen"


def verdict_of(verdict: Verdict) -> State:
    """Give one word for all of it: wrong, unknown or well."""
    states = set(verdict.areas.values())
    return "wrong" if "wrong" in states else "unknown" if "unknown" in states else "well"


def as_json(verdict: Verdict) -> str:
    """Give the report for programs."""
    record = {
        "schema": SCHEMA,
        "verdict": verdict_of(verdict),
        "areas": dict(verdict.areas),
        "findings": [_record(one) for one in verdict.findings],
    }
    return json.dumps(record, indent=1, ensure_ascii=False)


def _record(one: Finding) -> dict[str, str]:
    kind = one.kind
    return {
        "id": kind.id,
        "area": one.area,
        "severity": kind.severity,
        "line": one.line,
        "fix": one.fix,
        "kept": kind.kept,
        "light": kind.light,
        "told": kind.told,
    }


def as_text(verdict: Verdict) -> Iterator[str]:
    """Give the lines for people."""
    for one in verdict.findings:
        yield f"{WORDS[one.kind.severity]}: {one.line}  [{one.kind.id}]"
        yield f"  fix: {one.fix}"
    word = verdict_of(verdict)
    if word != "wrong":
        yield WELL if word == "well" else NOT_SEEN
    for state, words in (("well", "well"), ("unknown", "not known"), ("absent", "not here")):
        named = [AREAS[area] for area in _in(verdict, state)]
        if named:
            yield f"{words}: {', '.join(named)}"


def _in(verdict: Verdict, state: str) -> list[Area]:
    return [area for area, found in verdict.areas.items() if found == state]
