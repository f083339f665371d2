"""Pictures and page are what the file says, nothing lies on anything else; committed is what is made."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from latchkey_pi.wiring.__main__ import drawn, main
from latchkey_pi.wiring.diagram import diagram
from latchkey_pi.wiring.header import HEADER, place_of
from latchkey_pi.wiring.load import load, parse
from latchkey_pi.wiring.symbols import bands

HARDWARE = Path(__file__).resolve().parents[3] / "hardware"
WIRING = load(HARDWARE / "wiring.toml")
SVG = "{http://www.w3.org/2000/svg}"


def test_what_is_committed_is_what_the_file_makes() -> None:
    """Where this fails: `make wiring`."""
    made = drawn(WIRING)
    assert {name: (HARDWARE / name).read_text("utf-8") for name in made} == made
    assert {path.name for path in (HARDWARE / "pictures").glob("wiring-*.svg")} == {
        name.split("/")[1] for name in made if name.endswith(".svg")
    }


def test_the_program_writes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(HARDWARE / "wiring.toml"), "--into", str(tmp_path)]) == 0
    assert (tmp_path / "WIRING.md").read_text("utf-8") == drawn(WIRING)["WIRING.md"]
    assert "good, 5 variants" in capsys.readouterr().out


@pytest.mark.parametrize("name", WIRING.variants)
def test_nothing_lies_on_anything_else(name: str) -> None:
    assert diagram(WIRING.variants[name]).overlaps == ()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("at = [18, 1]", "at = [11, 1]", "lies on"),
        ('colour = "yellow"', 'colour = "yellow"\nvia = [[10, 4]]', ""),
        ("via = [[22, 5], [22, 1]]", "via = [[21, 7], [30, 7], [30, 1]]", "run on each other"),
        ("via = [[29, 3], [29, 9]]", "via = [[39, 3], [39, 9]]", "runs over camera"),
    ],
)
def test_a_picture_in_which_something_is_hidden_is_noticed(old: str, new: str, told: str) -> None:
    text = (HARDWARE / "wiring.toml").read_text("utf-8")
    assert old in text
    overlaps = [
        line
        for variant in parse(text.replace(old, new, 1)).variants.values()
        for line in diagram(variant).overlaps
    ]
    assert any(told in line for line in overlaps) if told else not overlaps


@pytest.mark.parametrize("name", WIRING.variants)
def test_every_wire_to_the_header_is_drawn_and_listed(name: str) -> None:
    variant = WIRING.variants[name]
    picture = ET.fromstring(diagram(variant).svg)
    bold = [text.text for text in picture.iter(f"{SVG}text") if text.get("font-weight") == "bold"]
    listed = (HARDWARE / "WIRING.md").read_text("utf-8")
    for wire in variant.wires:
        if wire.pin is not None:
            assert bold.count(str(wire.pin)) == 2, "at the header, and where it comes in"
            assert f"| {wire.pin} | {HEADER[wire.pin].name} | {wire.colour} |" in listed


def test_pins_are_where_every_pi_has_them() -> None:
    assert [place_of(bcm) for bcm in (2, 3, 4, 17, 27, 22, 10, 9, 11, 0, 5, 6, 13, 19, 26)] == [
        3, 5, 7, 11, 13, 15, 19, 21, 23, 27, 29, 31, 33, 35, 37,
    ]  # fmt: skip
    assert [place_of(bcm) for bcm in (14, 15, 18, 23, 24, 25, 8, 7, 1, 12, 16, 20, 21)] == [
        8, 10, 12, 16, 18, 22, 24, 26, 28, 32, 36, 38, 40,
    ]  # fmt: skip
    assert [number for number, pin in HEADER.items() if pin.power == "GND"] == [6, 9, 14, 20, 25, 30, 34, 39]
    assert [number for number, pin in HEADER.items() if pin.power == "5V"] == [2, 4]
    assert [number for number, pin in HEADER.items() if pin.power == "3V3"] == [1, 17]


def test_a_resistor_wears_its_value() -> None:
    names = {"#1f2328": "black", "#8a5a2b": "brown", "#d1242f": "red", "#f08c00": "orange", "#c9a227": "gold"}
    assert [names[colour] for colour in bands(330)] == ["orange", "orange", "brown", "gold"]
    assert [names[colour] for colour in bands(1000)] == ["brown", "black", "red", "gold"]
    assert [names[colour] for colour in bands(3300)] == ["orange", "orange", "red", "gold"]
