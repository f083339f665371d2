"""Which detector is used, and what the journal is told where there is none."""

import os
import sys
from pathlib import Path

import pytest

from latchkey.adapters.finders import centerface, open_finder, yunet
from latchkey.adapters.models import CENTERFACE, YUNET
from latchkey.settings import PrivacySettings


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment without any model; gives the folder where models would be."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    folder = tmp_path / "share" / "latchkey" / "models"
    folder.mkdir(parents=True)
    return folder


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("detector", ["auto", "yunet", "centerface", "none"])
def test_without_a_model_there_is_no_detector_and_the_note_says_what_happens(detector: str) -> None:
    found = open_finder(PrivacySettings(detector=detector))
    assert found.finder is None
    assert "all that moves is covered" in found.note
    assert ("by the settings" in found.note) is (detector == "none")


def test_an_altered_model_is_never_used(empty: Path) -> None:
    (empty / CENTERFACE.file_name).write_bytes(b"\x08" * CENTERFACE.size_bytes)
    found = open_finder(PrivacySettings(detector="centerface"))
    assert found.finder is None
    assert "is not the centerface we know" in found.note


def test_an_unreadable_model_is_reported_not_raised(empty: Path) -> None:
    (empty / YUNET.file_name).mkdir()
    assert open_finder(PrivacySettings(detector="auto")).finder is None


@pytest.mark.usefixtures("empty")
def test_opencv_is_told_to_be_silent() -> None:
    open_finder(PrivacySettings())
    assert os.environ["OPENCV_LOG_LEVEL"]


@pytest.mark.parametrize("mode", ["motion", "everything"])
def test_a_mode_that_hides_more_than_people_runs_no_detector_and_that_is_no_fault(mode: str) -> None:
    found = open_finder(PrivacySettings(mode=mode))
    assert (found.finder, found.chosen) == (None, True)
    assert "by the settings" not in found.note
    assert "the mode hides" in found.note


@pytest.mark.parametrize(
    ("name", "side_px"), [("YuNet", yunet.LONG_SIDE_PX), ("CenterFace", centerface.LONG_SIDE_PX)]
)
def test_the_documents_say_at_which_size_the_whole_picture_is_looked_at(name: str, side_px: int) -> None:
    root = Path(__file__).parents[3]
    assert f"{side_px} pixels ({name})" in (root / "README.md").read_text()
    assert f"| `{name.lower()}` | {side_px} px |" in (root / "device" / "FILTER.md").read_text()
