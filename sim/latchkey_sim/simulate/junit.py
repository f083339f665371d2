"""JUnit XML, as continuous integration reads it: a suite, a case for each scenario."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

CASES_LIMIT = 10_000
"""Of longer soaks only failures are cases of their own, and the first of what passed."""

TEXT_LIMIT_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario. `trouble` is empty if all was well; `detail` is the command, and the trace around it,
    `told` what else somebody should know.
    """

    name: str
    seconds_wall: float
    trouble: tuple[str, ...] = ()
    detail: str = ""
    told: tuple[str, ...] = ()


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
        inner = []
        if case.trouble:
            text = "\n".join([*case.trouble, "", case.detail])[:TEXT_LIMIT_CHARS]
            inner.append(f"<failure message={_attribute(case.trouble[0])}>\n{escape(_legal(text))}</failure>")
        if case.told:
            inner.append(f"<system-out>{escape(_legal(chr(10).join(case.told)))}</system-out>")
        lines.append(f"{head}>{chr(10).join(inner)}</testcase>" if inner else f"{head}/>")
    return "\n".join([*lines, "</testsuite>", "</testsuites>", ""])


def _attribute(text: str) -> str:
    return quoteattr(_legal(" ".join(text.split())))


def _legal(text: str) -> str:
    """Give a text without what XML cannot hold."""
    return "".join(
        char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in text
    )
