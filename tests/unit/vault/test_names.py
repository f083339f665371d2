"""Names of files, and days as text."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey.errors import ClipError
from latchkey.vault import (
    day_text,
    faces_name,
    faces_part_name,
    is_clip_id,
    meta_name,
    parse_day,
    part_name,
    sealed_name,
)
from latchkey.vault.names import FileName, parse_name

ID = "0123456789abcdef" * 2
EPOCH = date(1970, 1, 1)
DAYS = st.integers((date.min - EPOCH).days, (date.max - EPOCH).days)


@given(DAYS)
def test_days_are_spelled_as_the_calendar_spells_them(day: int) -> None:
    assert day_text(day) == (EPOCH + timedelta(days=day)).isoformat()
    assert parse_day(day_text(day)) == day


def test_days_beyond_the_calendar_become_its_ends() -> None:
    assert day_text(-(10**9)) == "0001-01-01"
    assert day_text(10**9) == "9999-12-31"


@pytest.mark.parametrize(
    "text",
    ["", "2026-02-30", "2026-13-01", "2026-00-01", "2026-1-1", "0000-01-01", "2026-01-01x", "२०२६-०१-०१"],
)
def test_what_is_no_day_is_not_read(text: str) -> None:
    assert parse_day(text) is None


@given(DAYS, st.integers(0, 2**128 - 1))
def test_names_are_read_back(day: int, number: int) -> None:
    clip = f"{number:032x}"
    for name, kind in (
        (part_name(clip, day), "part"),
        (sealed_name(clip, day, "whole"), "whole"),
        (sealed_name(clip, day, "torn"), "torn"),
        (faces_name(clip, day), "faces"),
        (faces_part_name(clip, day), "faces_part"),
    ):
        assert parse_name(name.removeprefix("clips/")) == FileName(clip, kind, day)  # type: ignore[arg-type]
    assert parse_name(meta_name(clip).removeprefix("clips/")) == FileName(clip, "meta", None)


@pytest.mark.parametrize(
    "name",
    [
        "", "x", f"{ID}.age", f"2026-11-24.{ID}", f"2026-11-24.{ID[:-1]}.age", f"2026-11-24.{ID.upper()}.age",
        f"2026-11-31.{ID}.age", f"2026-11-24.{ID}.mp4", f"2026-11-24.{ID}.meta.age", f"{ID}.meta",
        f"{ID}.faces.age", f"2026-11-24.{ID}.faces", f"2026-11-24.{ID}.torn.faces.age",
        "index.sqlite",
    ],
)  # fmt: skip
def test_files_that_are_not_ours_are_not_read_as_ours(name: str) -> None:
    assert parse_name(name) is None


@pytest.mark.parametrize("text", ["", "a" * 31, "A" * 32, "g" * 32, "../" + "a" * 29, "a" * 32 + "\n"])
def test_what_is_no_id_never_becomes_part_of_a_name(text: str) -> None:
    assert not is_clip_id(text)
    with pytest.raises(ClipError):
        sealed_name(text, 0, "whole")
    with pytest.raises(ClipError):
        meta_name(text)
