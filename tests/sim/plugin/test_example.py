"""The example project `sim/examples/ci`, as a stranger has it: copied, with the package installed."""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[3]
TESTS = 7


def copied(folder: Path) -> Path:
    return Path(shutil.copytree(ROOT / "sim" / "examples" / "ci", folder / "ci"))


def checked(python: Path | str, project: Path, *arguments: str, **environment: str) -> str:
    command = [str(python), "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(
        command, cwd=project, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    return done.stdout + done.stderr


def test_its_tests_pass_with_every_seed(tmp_path: Path) -> None:
    said = checked(sys.executable, copied(tmp_path), "--latchkey-seeds=2")
    assert f"{2 * TESTS} passed" in said, said


def test_its_tests_find_what_is_wrong_with_an_automation_and_leave_evidence(tmp_path: Path) -> None:
    project = copied(tmp_path)
    code = project / "porch_light.py"
    text = code.read_text()
    for sound, broken in (
        ('event["event_type"] != "ring"', "False"),
        ('event["id"] == self._last_id', "False"),
    ):
        assert sound in text
        text = text.replace(sound, broken)
    code.write_text(text)
    said = checked(sys.executable, project, "--latchkey-out=evidence")
    assert f"2 failed, {TESTS - 2} passed" in said, said
    assert "FAILED tests/test_porch_light.py::test_a_message_that_the_network_doubles_is_one_ring" in said
    assert "FAILED tests/test_porch_light.py::test_a_ring_that_is_told_long_after_turns_no_light_on" in said
    kept = sorted(path.name for path in (project / "evidence").rglob("*.*") if path.is_file())
    assert kept == ["sheet.png", "sheet.png", "trace.txt", "trace.txt"]


def test_its_workflow_uses_options_that_there_are() -> None:
    workflow = (ROOT / "sim" / "examples" / "ci" / ".github" / "workflows" / "test.yml").read_text()
    (line,) = [line for line in workflow.splitlines() if "run: pytest" in line]
    known = subprocess.run(
        [sys.executable, "-m", "pytest", "--help"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    options = [word.split("=")[0] for word in line.split() if word.startswith("--")]
    assert len(options) == 3
    assert [option for option in options if option not in known] == []


def test_a_stranger_who_installs_the_wheel_can_run_it(
    tmp_path: Path, absent: Callable[[str, str], None]
) -> None:
    """Builds the wheel, and installs it with its needs into an environment of its own: downloads 150 MB."""
    if "wheel" not in os.environ.get("LATCHKEY_REQUIRE", "").split(","):
        absent("wheel", "wheels are built only where LATCHKEY_REQUIRE names wheel")
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    quiet = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*quiet, "wheel", "--no-deps", "-w", str(tmp_path), str(ROOT)], check=True)
    (wheel,) = tmp_path.glob("latchkey-*.whl")
    needs = [f"{wheel}[sim]", "pytest", "pytest-xdist"]
    subprocess.run([*quiet, "install", "-c", str(ROOT / "constraints.txt"), *needs], check=True)
    said = checked(python, copied(tmp_path), "-n", "2", "--latchkey-seeds=2", PYTHONPATH="")
    assert f"{2 * TESTS} passed" in said, said
