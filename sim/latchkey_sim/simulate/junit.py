"""JUnit XML, as continuous integration reads it: a suite, a case for each scenario."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

CASES_LIMIT = 10_000
"""Of longer soaks only failures are cases of their own, and the first of what passed."""

TEXT_LIMIT_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario. `trouble` is empty if all was well; `detail` is the command, and the trace around it."""

    name: str
    seconds_wall: float
    trouble: tuple[str, ...] = ()
    detail: str = ""


def junit_xml(cases: Sequence[Case], seconds_wall: float, suite: str = "latchkey sim") -> str:
    """Give the document."""
    failures = sum(bool(case.trouble) for case in cases)
    counts = f'tests="{len(cases)}" failures="{failures}" errors="0" skipped="0" time="{seconds_wall:.3f}"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites {counts}>"]
    lines.append(f"<testsuite name={_attribute(suite)} {counts}>")
    for case in cases:
        head = (
            f'<testcase classname="latchkey.sim" name={_attribute(case.name)} time="{case.seconds_wall:.3f}"'
        )
        if not case.trouble:
            lines.append(f"{head}/>")
            continue
        text = "\n".join([*case.trouble, "", case.detail])[:TEXT_LIMIT_CHARS]
        lines.append(f"{head}><failure message={_attribute(case.trouble[0])}>")
        lines.append(f"{escape(_legal(text))}</failure></testcase>")
    return "\n".join([*lines, "</testsuite>", "</testsuites>", ""])


def _attribute(text: str) -> str:
    return quoteattr(_legal(" ".join(text.split())))


def _legal(text: str) -> str:
    """Give a text without what XML cannot hold."""
    return "".join(
        char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in text
    )
