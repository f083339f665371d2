"""`latchkey check` says whether faces are kept, and for how long."""

import io
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.cli.check import COMMAND
from latchkey.cli.command import Terminal
from latchkey.errors import SettingsError
from latchkey.settings import parse
from latchkey_sim.household import SimHousehold, write_book

NOON_NS = 1_795_521_600_000_000_000  # 2026-11-24T12:00:00Z


def check(folder: Path, privacy: str, signed: bytes | None = None) -> str:
    file, out = folder / "door.toml", io.StringIO()
    book = write_book(folder, NOON_NS)
    if signed is not None:
        book.write_bytes(signed)
    file.write_text(f'schema = 1\n[owner]\nbook = "{book}"\n[privacy]\n{privacy}\n')
    COMMAND.run(Namespace(file=file, json=False), Terminal(out, io.StringIO()))
    (line,) = [line for line in out.getvalue().splitlines() if line.strip().startswith("faces")]
    return line


def test_by_default_nothing_under_the_covers_is_kept(tmp_path: Path) -> None:
    assert "nothing under the covers is kept" in check(tmp_path, "")


def test_a_layer_is_said_with_its_hours(tmp_path: Path) -> None:
    line = check(tmp_path, "face_layer_hours = 36")
    assert "for at most 36 hour(s)" in line
    assert "opens for 1 day(s)" in line


def test_a_layer_that_could_hold_nothing_is_said_to(tmp_path: Path) -> None:
    line = check(tmp_path, 'face_layer_hours = 36\nmode = "everything"')
    assert "nothing under the covers is kept: mode everything" in line


def test_a_book_without_keys_for_faces_is_said(tmp_path: Path) -> None:
    state = replace(SimHousehold.begun(20_781).state, face_ratchet=None)
    line = check(tmp_path, "face_layer_hours = 36", state.book(20_781)[1])
    assert "has no keys for faces: no face layer is kept" in line


@pytest.mark.parametrize("hours", [-1, 721, 1.5, "true", "'1'"])
def test_impossible_hours_are_refused(hours: object) -> None:
    with pytest.raises(SettingsError, match=r"privacy\.face_layer_hours must"):
        parse(f"schema = 1\n[privacy]\nface_layer_hours = {hours}")
