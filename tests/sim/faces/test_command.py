"""`latchkey bench-faces` as a user meets it."""

import io
import json
import tomllib
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path

import pytest

from latchkey.cli.command import Terminal
from latchkey.errors import EXIT_FAILED, EXIT_OK, FinderError, UsageError
from latchkey_sim.faces.command import COMMAND


def bench(*arguments: str) -> tuple[int, str]:
    parser = ArgumentParser()
    COMMAND.configure(parser)
    out = io.StringIO()
    code = COMMAND.run(parser.parse_args(arguments), Terminal(out, io.StringIO()))
    return code, out.getvalue()


def test_the_command_is_declared_under_its_name() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    module, name = project["entry-points"]["latchkey.commands"]["bench-faces"].split(":")
    assert getattr(import_module(module), name) is COMMAND
    assert COMMAND.name == "bench-faces"


@pytest.mark.slow
def test_without_data_or_model_it_still_measures_generated_clips(tmp_path: Path) -> None:
    json_file, sheet = tmp_path / "faces.json", tmp_path / "sheet"
    arguments = ["--detector", "none", "--no-controls", "--jobs", "1", "--only", "walks/far-crossing-light"]
    code, text = bench(*arguments, "--json", str(json_file), "--sheet", str(sheet), "--strict")
    assert code == EXIT_FAILED  # a fallback covers, but finds nobody
    values = json.loads(json_file.read_text())
    (row,) = values["sets"]
    assert row["faces"] > 40
    assert row["bare"] + row["fallback"] == row["missed"] == row["faces"]
    assert row["fallback"] > row["bare"]
    assert "latchkey none" in text
    assert "controls" not in text
    assert "Worst misses" in text
    drawn = sorted(path.name for path in sheet.glob("*"))
    assert drawn == (["misses-latchkey-none.png"] if row["bare"] else [])


@pytest.mark.slow
def test_a_blind_detector_leaves_nobody_bare_who_stood_there_from_the_first_picture_on(
    tmp_path: Path,
) -> None:
    json_file = tmp_path / "faces.json"
    arguments = ["--detector", "blind", "--no-controls", "--jobs", "1", "--only", "walks/roll-light"]
    bench(*arguments, "--json", str(json_file))
    (row,) = json.loads(json_file.read_text())["sets"]
    assert row["faces"] > 60
    assert (row["bare"], row["fallback"]) == (0, row["faces"])


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        bench("--detector", "none", "--data", str(tmp_path / "gone"))


@pytest.mark.parametrize("draw", [(), ("--draw", "7:1")], ids=["all", "drawn walks"])
def test_a_folder_without_photographs_or_footage_is_a_usage_error(
    tmp_path: Path, draw: tuple[str, ...]
) -> None:
    (tmp_path / "images").mkdir()
    with pytest.raises(UsageError, match="no photographs"):
        bench("--detector", "none", "--data", str(tmp_path), *draw)


def test_walks_are_not_drawn_without_photographs_from_a_folder_of_footage_alone(tmp_path: Path) -> None:
    (tmp_path / "video").mkdir()
    with pytest.raises(UsageError, match="no photographs"):
        bench("--detector", "none", "--data", str(tmp_path), "--draw", "7:1")


def test_a_pattern_that_fits_nothing_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no clip fits"):
        bench("--detector", "none", "--only", "nothing/*")


def test_a_detector_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.prefix", "/nowhere")
    with pytest.raises(FinderError, match="yunet is not installed"):
        bench("--detector", "yunet")
    with pytest.raises(FinderError, match="no detector is installed"):
        bench()


@pytest.mark.slow
def test_the_filter_without_a_part_is_measured_in_the_same_run() -> None:
    arguments = ["--detector", "none", "--no-controls", "--jobs", "1", "--only", "empty/empty-201"]
    code, text = bench(*arguments, "--without", "survey", "--without", "tracks")
    assert code == EXIT_OK
    lines = [line for line in text.splitlines() if line.startswith("empty ")]
    assert [line[17:].split("  ")[0].strip() for line in lines[:3]] == [
        "latchkey none",
        "none without survey",
        "none without tracks",
    ]
    assert "| `tracks` | 0, 0, " in text


@pytest.mark.slow
def test_misses_do_not_fail_the_command_unless_it_is_strict() -> None:
    arguments = ["--detector", "none", "--no-controls", "--jobs", "1", "--only", "empty/empty-201"]
    code, text = bench(*arguments)
    assert code == EXIT_OK
    assert "FAIL" in text
