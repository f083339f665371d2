"""What the plugin costs those who do not use it: nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("numpy", "cv2", "av", "paho", "nacl", "matplotlib", "amqtt", "latchkey", "latchkey_sim.house")

BLOCKED = f"""
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if any(name == one or name.startswith(one + ".") for one in {HEAVY!r}):
            raise ImportError(f"{{name}} is not installed")

sys.meta_path.insert(0, Block())
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


def run(folder: Path, code: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    given = ("-p", "no:cacheprovider", "--rootdir", str(folder), "-c", str(folder / "none.ini"), *arguments)
    (folder / "none.ini").write_text("[pytest]\nfilterwarnings = error\naddopts = --strict-markers\n")
    command = [sys.executable, "-c", code, *given, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


@pytest.mark.slow
def test_where_nothing_else_is_installed_pytest_runs_with_the_plugin_loaded(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text("def test_it() -> None:\n    pass\n")
    done = run(tmp_path, BLOCKED, "--trace-config")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "latchkey_sim.plugin.hooks" in done.stdout
    assert "1 passed" in done.stdout


@pytest.mark.slow
def test_a_run_that_asks_for_no_house_loads_no_part_of_it(tmp_path: Path) -> None:
    text = (
        f"import sys\n\ndef test_it() -> None:\n    assert not [n for n in {HEAVY!r} if n in sys.modules]\n"
    )
    (tmp_path / "test_other.py").write_text(text)
    done = run(tmp_path, "import sys, pytest; sys.exit(pytest.main(sys.argv[1:]))")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_entry_point_is_this_module() -> None:
    declared = (Path(__file__).resolve().parents[3] / "pyproject.toml").read_text()
    assert '[project.entry-points.pytest11]\nlatchkey = "latchkey_sim.plugin.hooks"\n' in declared
