"""The journals: one keeps, one prints for a person."""

import io

import pytest

from latchkey.cli.progress import scene_time
from latchkey.ports import JournalLine
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey_sim.journal import ListJournal, PrintingJournal


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_are_aligned_and_timed_by_the_scene() -> None:
    out = io.StringIO()
    journal = PrintingJournal(out, start_ns=NS_PER_S)
    journal.note(JournalLine(8 * NS_PER_S + 345 * NS_PER_MS, "bell", "somebody rings"))
    journal.note(JournalLine(75 * NS_PER_S, "motion", "all is still again"))
    assert out.getvalue() == "00:07.3  bell     somebody rings\n01:14.0  motion   all is still again\n"


def test_trouble_is_named_and_debug_lines_are_kept_but_not_shown() -> None:
    out = io.StringIO()
    journal = PrintingJournal(out)
    journal.note(JournalLine(0, "camera", "is lost", "error"))
    journal.note(JournalLine(0, "camera", "detail", "debug"))
    assert out.getvalue() == "00:00.0  camera   error: is lost\n"
    assert [line.text for line in journal.lines] == ["is lost", "detail"]


def test_colour_is_for_terminals_only() -> None:
    plain, colourful = io.StringIO(), Terminal()
    for stream in (plain, colourful):
        PrintingJournal(stream).note(JournalLine(0, "bell", "somebody rings"))
    assert "\x1b" not in plain.getvalue()
    assert "\x1b[1;33m" in colourful.getvalue()


@pytest.mark.parametrize(
    ("ns", "text"),
    [(0, "00:00.0"), (-5, "00:00.0"), (59_999_999_999, "00:59.9"), (600 * NS_PER_S, "10:00.0")],
)
def test_scene_time(ns: int, text: str) -> None:
    assert scene_time(ns) == text


def test_a_list_journal_keeps_everything() -> None:
    journal = ListJournal()
    line = JournalLine(1, "vault", "x", "debug")
    journal.note(line)
    assert journal.lines == [line]
