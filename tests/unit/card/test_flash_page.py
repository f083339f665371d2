"""The page about flashing and the first boot say the same."""

import re
from pathlib import Path

from latchkey_card.answers import TEMPLATE
from latchkey_card.cloud import LOGIN
from latchkey_pi.firstboot import FINDINGS, STATE_FILES
from latchkey_pi.firstboot.show import LOG

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "hardware/FLASH.md").read_text()
FLASHES = {finding.flashes for finding in FINDINGS.values()}


def meaning(page: str, flashes: int) -> list[str] | None:
    """Give the first words that a page says of so many flashes."""
    found = re.search(rf"^\| {flashes} flashes, pause \| (.*?) \|", page, re.MULTILINE)
    return re.findall(r"\w+", found[1])[:4] if found else None


def test_every_number_of_flashes_is_explained_and_no_other() -> None:
    told = {int(number) for number in re.findall(r"^\| (\d+) flashes, pause", PAGE, re.MULTILINE)}
    assert told == FLASHES


def test_numbers_that_the_doorbells_own_light_has_too_mean_the_same() -> None:
    other = (ROOT / "hardware/README.md").read_text()
    both = {number: meaning(other, number) for number in FLASHES if meaning(other, number)}
    assert both == {number: meaning(PAGE, number) for number in both}
    assert set(both) == {3, 4}


def test_names_on_the_page_are_those_of_the_program() -> None:
    assert LOG in PAGE
    assert f"ssh {LOGIN}@doorbell.local" in PAGE
    assert all(f"/{Path(name).parent}" in PAGE for name in STATE_FILES)
    assert 'hostname = "doorbell"' in TEMPLATE
    makefile = (ROOT / "Makefile").read_text()
    assert all(f"\n{target}:" in makefile for target in set(re.findall(r"make (pi-[a-z]+)", PAGE)))
