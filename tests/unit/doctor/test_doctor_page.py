"""The page for people, the program and the other documents say the same."""

import re
import shlex
from pathlib import Path

import pytest

import latchkey_pi.blink
from latchkey.cli import COMMANDS
from latchkey.errors import EXIT_FINDINGS, EXIT_NOT_KNOWN
from latchkey.events import CameraState, DiskState
from latchkey_pi.blink import FLASHES
from latchkey_pi.doctor.catalogue import KINDS
from latchkey_pi.doctor.model import Kind
from latchkey_pi.doctor.page import OTHER_LIGHTS, SHOWN, light_words, page

ROOT = Path(__file__).resolve().parents[3]
LEGAL: dict[str, set[str]] = {"camera": set(map(str, CameraState)), "disk": set(map(str, DiskState))}


def test_the_page_is_made_from_the_catalogue() -> None:
    """Mended by `python -m latchkey_pi.doctor > hardware/TROUBLESHOOTING.md`."""
    assert (ROOT / "hardware" / "TROUBLESHOOTING.md").read_text("utf-8") == page()


def test_the_page_is_linked_where_people_begin() -> None:
    assert "](TROUBLESHOOTING.md)" in (ROOT / "hardware" / "README.md").read_text("utf-8")
    assert "](hardware/TROUBLESHOOTING.md)" in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("code", [EXIT_FINDINGS, EXIT_NOT_KNOWN])
def test_the_exit_codes_are_in_both_tables(code: int) -> None:
    assert f"\n| {code} | " in page()
    assert re.search(rf"^\| {code} \| .*\(`doctor`\)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.id)
def test_a_kind_says_what_can_be_true(kind: Kind) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.id)
    assert kind.light in {*FLASHES, *OTHER_LIGHTS}
    if kind.told:
        assert kind.told in SHOWN
        field, _, value = kind.told.partition(" = ")
        assert value in LEGAL.get(field, {value})
    for text in (kind.line, kind.fix, kind.kept):
        assert text == text.strip()
        assert not text.endswith(";")


def test_lights_are_those_that_the_lamp_can_show() -> None:
    rhythms = latchkey_pi.blink.__doc__ or ""
    for trouble in FLASHES:
        assert f"| {light_words(trouble)} |" in rhythms
    assert light_words("closed") in rhythms


def test_commands_that_mend_are_commands_that_there_are() -> None:
    said = " ".join(kind.fix + kind.kept for kind in KINDS.values())
    named = re.findall(r"`(?:sudo )?latchkey ([a-z]+)", said)
    assert len(named) > 8
    assert set(named) <= {*COMMANDS, "doctor"}
    for command in re.findall(r"`([^`]*)`", said):
        shlex.split(command)
