"""onnxruntime reports usage to its maker, since its wheels for Linux can; not from here."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

REPORTS_SINCE = (1, 29)
SUPPRESSING = re.compile(r"CI|.*_CI|TF_BUILD|BUILD_.*|GITHUB_.*|ORT_.*|JENKINS_.*|.*TEST.*")
"""Variables in whose presence it reports nothing anyhow."""

BARE = "import onnxruntime"
OURS = """
from latchkey.adapters.finders.engine import OnnxNetwork
from latchkey.errors import FinderError
try:
    OnnxNetwork(lambda: b"", "input", ["output"], 1)
except FinderError as error:
    assert "takes no such network" in str(error), error
else:
    raise SystemExit("it took an empty network")
"""


def files_of(program: str, home: Path) -> list[str]:
    """Run `program` in Python, with a home of its own; give the files it left."""
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if not SUPPRESSING.fullmatch(name)}
    places = {
        "HOME": str(home),
        "TMPDIR": str(home),
        "XDG_CACHE_HOME": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    subprocess.run([sys.executable, "-c", program], env={**kept, **places}, check=True, timeout=120)
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())


@pytest.mark.slow
def test_a_detector_in_onnxruntime_leaves_no_file_of_reports(
    tmp_path: Path, absent: Callable[[str, str], None]
) -> None:
    """It is off before the library loads: a bare import leaves an id of the machine and a store of events."""
    if find_spec("onnxruntime") is None:
        absent("onnxruntime", "it is not installed")
    assert files_of(OURS, tmp_path / "ours") == []
    number = tuple(int(part) for part in version("onnxruntime").split(".")[:2])
    if number >= REPORTS_SINCE and sys.platform == "linux":
        assert files_of(BARE, tmp_path / "bare") != []
