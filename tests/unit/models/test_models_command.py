"""`latchkey models` as a person or a script uses it."""

import hashlib
import io
import json
import sys
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.adapters.models import MODELS
from latchkey.cli import main
from latchkey.cli.command import Terminal
from latchkey.cli.models import COMMAND
from latchkey.errors import EXIT_DETECTOR, EXIT_OK, EXIT_USAGE


@pytest.fixture(autouse=True)
def _empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "environment"))


def call(*words: str) -> tuple[int, str, str]:
    parser = ArgumentParser()
    COMMAND.configure(parser)
    out, err = io.StringIO(), io.StringIO()
    code = COMMAND.run(parser.parse_args(words), Terminal(out, err))
    return code, out.getvalue(), err.getvalue()


def test_list_names_each_model_and_says_that_none_is_installed() -> None:
    code, out, err = call("list")
    assert (code, err) == (EXIT_OK, "")
    assert [line.split()[0] for line in out.splitlines()] == list(MODELS)
    assert all("not installed" in line for line in out.splitlines())


def test_list_as_json_holds_what_a_script_wants() -> None:
    rows = json.loads(call("list", "--json")[1])
    assert [row["name"] for row in rows] == list(MODELS)
    assert not any(row["installed"] for row in rows)
    assert {"path", "sha256", "size_bytes", "licence", "source"} <= set(rows[0])


def test_a_wrong_file_is_an_error_with_its_own_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.onnx"
    wrong.write_bytes(b"something else")
    assert main(["models", "install", "yunet", "--from", str(wrong)]) == EXIT_DETECTOR
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("latchkey: error: ")
    assert lines[1].startswith("latchkey: hint: ")
    assert len(lines) == 2


def test_installing_without_a_name_tells_what_else_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toys = {
        name: replace(model, sha256=hashlib.sha256(name.encode()).hexdigest(), size_bytes=len(name))
        for name, model in MODELS.items()
    }
    monkeypatch.setattr("latchkey.cli.models.MODELS", toys)
    for name in toys:
        (tmp_path / name).write_text(name)
    hint = "`latchkey models install yunet`"
    default = ("install", "--from", str(tmp_path / "centerface"))
    assert hint in call(*default)[2]
    assert hint not in call("install", "centerface", *default[1:])[2]
    assert call("install", "yunet", "--from", str(tmp_path / "yunet"))[0] == EXIT_OK
    assert hint not in call(*default)[2]


@pytest.mark.parametrize("words", [["models"], ["models", "install", "haar"], ["models", "remove"]])
def test_what_there_is_not_is_a_usage_error(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == EXIT_USAGE
    assert capsys.readouterr().err.startswith("latchkey: error: ")
