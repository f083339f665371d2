"""What the program says of a command line that it does not understand."""

import subprocess
import sys

import pytest

from latchkey.cli import main
from latchkey.errors import EXIT_USAGE


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["--speed"], "latchkey"),
        (["redact", "in.mp4", "-o", "out.mp4", "--speed"], "latchkey redact"),
        (["clips", "log", "--speed"], "latchkey clips log"),
    ],
)
def test_an_unknown_option_points_to_the_help_of_the_command_that_was_meant(
    words: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == EXIT_USAGE
    assert capsys.readouterr().err.splitlines() == [
        "latchkey: error: unrecognized arguments: --speed",
        f"latchkey: hint: `{meant} --help` shows what there is",
    ]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--help"], 0, "be a doorbell until told to stop"),
        (["--version"], 0, "latchkey "),
        (["bench-faces"], EXIT_USAGE, "`latchkey bench-faces` needs the package matplotlib"),
    ],
)
def test_without_what_the_simulator_needs_the_other_commands_are_there(
    words: list[str], code: int, said: str
) -> None:
    """As on a doorbell: it has the packages that it runs with, and no others."""
    script = (
        f"import sys; sys.modules['matplotlib'] = None; import latchkey.cli as c; sys.exit(c.main({words}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
