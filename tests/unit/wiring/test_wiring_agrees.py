"""Wires, settings, rules and words agree: what people build is what the program expects."""

import re
from pathlib import Path

import pytest

import latchkey_pi.blink
from latchkey.settings import PiSettings
from latchkey.settings.load import parse as parse_settings
from latchkey.units import NS_PER_MS
from latchkey_pi.contacts import PULSE_GAP_NS
from latchkey_pi.wiring.currents import PULSE_GAP_MS
from latchkey_pi.wiring.header import HEADER
from latchkey_pi.wiring.lint import findings
from latchkey_pi.wiring.load import load, parse
from latchkey_pi.wiring.page import settings_text

HARDWARE = Path(__file__).resolve().parents[3] / "hardware"
WIRING = load(HARDWARE / "wiring.toml")


@pytest.mark.parametrize("name", WIRING.variants)
def test_the_settings_of_a_variant_can_be_read_and_name_its_pins(name: str) -> None:
    variant = WIRING.variants[name]
    settings = parse_settings(f"schema = 1\n{settings_text(variant)}").pi
    for use in variant.pins:
        if use.setting:
            assert getattr(settings, use.setting) == HEADER[use.number].bcm


def test_wires_go_to_the_pins_that_the_program_takes_by_itself() -> None:
    """A default of 0 means that the part is optional: then the page says what to write."""
    wired = {
        use.setting: HEADER[use.number].bcm
        for module in WIRING.modules.values()
        for use in module.pins.values()
        if use.setting
    }
    names = {name for name in PiSettings.__dataclass_fields__ if name.endswith("_pin")}
    assert set(wired) == names
    for name, bcm in wired.items():
        assert getattr(PiSettings(), name) in (0, bcm)


def test_pulses_of_a_chime_are_judged_by_the_gap_that_the_program_waits() -> None:
    assert PULSE_GAP_MS * NS_PER_MS == PULSE_GAP_NS


def test_the_readme_tells_every_rhythm_of_the_light() -> None:
    rows = re.findall(r"^\| .* \|$", latchkey_pi.blink.__doc__ or "", re.MULTILINE)
    assert len(rows) == 10
    readme = (HARDWARE / "README.md").read_text("utf-8")
    assert [row for row in rows if row not in readme] == []


def test_the_readme_shows_every_variant_and_names_no_file_that_is_not_there() -> None:
    readme = (HARDWARE / "README.md").read_text("utf-8")
    for variant in WIRING.variants.values():
        assert f"[{variant.title}](WIRING.md#" in readme
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", readme):
        assert (HARDWARE / target).exists(), target


def test_the_readme_shows_a_finding_as_it_is_told() -> None:
    head, light, tail = (HARDWARE / "wiring.toml").read_text("utf-8").partition("[modules.status-light]")
    finding = findings(parse(head + light + tail.replace("ohms = 330", "ohms = 33", 1)))[-1]
    told = f"hardware/wiring.toml:{finding.line}: error: {finding.text}\nlatchkey: hint: {finding.hint}"
    assert told in (HARDWARE / "README.md").read_text("utf-8")
