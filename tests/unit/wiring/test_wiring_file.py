"""A wiring file is read strictly: what it cannot mean is told with its line, not ignored."""

from pathlib import Path

import pytest

from latchkey_pi.wiring.__main__ import main
from latchkey_pi.wiring.errors import WiringError
from latchkey_pi.wiring.load import load, parse

FILE = Path(__file__).resolve().parents[3] / "hardware" / "wiring.toml"
TEXT = FILE.read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "text", "hint"),
    [
        ("schema = 1", "schema = 2", "reads schema 1", None),
        ("schema = 1\n", "", "the key schema is missing", None),
        ("ohms = 1000", "ohm = 1000", "unknown key ohm", "did you mean ohms?"),
        ("ohms = 1000\n", "", "the key ohms is missing", None),
        ("ohms = 1000", 'ohms = "1k"', "ohms must be a number", None),
        ("ohms = 1000", "ohms = true", "ohms must be a number", None),
        ("ohms = 1000", "ohms = 0", "ohms must be more than 0", None),
        ('kind = "resistor"', 'kind = "resister"', "unknown kind of part resister", "did you mean resistor?"),
        ('colour = "yellow"', 'colour = "yelow"', "unknown colour yelow", "did you mean yellow?"),
        ('from = "pin 11"', 'from = "pin 41"', "pin 41: the header has pins 1 to 40", None),
        ('from = "pin 11"', 'from = "pin x"', "pin x: the header has pins 1 to 40", None),
        ('to = "resistor.a"', 'to = "resitor.a"', "unknown part resitor", "did you mean resistor?"),
        ('to = "resistor.a"', 'to = "resistor.c"', "unknown terminal of resistor c", "known: a, b"),
        ("11 = { as", "9 = { as", "pin 9 is no GPIO", None),
        ('as = "input"', 'as = "imput"', "unknown use imput", "did you mean input?"),
        ('pull = "up"', 'pull = "high"', "unknown use high", None),
        ("at = [9, 1]", "at = [9]", "a place is two numbers", None),
        ('right = ["usb"]', 'right = ["usb", "usb"]', "left and right must name each of usb once", None),
        ('contacts = [["com", "no"]]', 'contacts = [["com", "nc"]]', "unknown terminal nc", None),
        (
            '"bell-button", "status-light"]',
            '"bell-buton", "status-light"]',
            "unknown module bell-buton",
            None,
        ),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_line(old: str, new: str, text: str, hint: str | None) -> None:
    assert old in TEXT
    with pytest.raises(WiringError, match=r"^wiring\.toml:\d+: error: ") as caught:
        parse(TEXT.replace(old, new, 1))
    assert text in caught.value.text
    assert hint is None or caught.value.hint == hint


def test_text_that_is_no_toml_is_told() -> None:
    with pytest.raises(WiringError, match="line 2"):
        parse("schema = 1\nwrong\n")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(WiringError, match="No such file"):
        load(tmp_path / "wiring.toml")


def test_the_program_tells_each_finding_with_file_line_and_hint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TEXT.replace("ohms = 330", "ohms = 33", 1), "utf-8")
    assert main([str(path), "--into", str(tmp_path / "out")]) == 1
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith(f"latchkey: {path}:")
    assert told[1].startswith("latchkey: hint: ")
    assert not (tmp_path / "out").exists()


def test_the_program_tells_a_file_that_it_cannot_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "none.toml")]) == 3
    assert "No such file" in capsys.readouterr().err
