"""What the program says of a command line that it does not understand."""

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
