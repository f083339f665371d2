"""The notice for visitors says what the settings make true, in every language, on one sheet."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.cli import main
from latchkey.cli.notice_words import LANGUAGES, PAPERS, Facts, notice
from latchkey.owner.household import new_household
from latchkey.units import utc_day
from latchkey_sim.entropy import SeededEntropy

DAY = utc_day(SystemClock().wall_ns())
SHEET = Facts(True, "faces", 5, 8, 3, 2, 0, "192.168.1.4")


def door(folder: Path, more: str = "") -> str:
    (folder / "book.json").write_bytes(new_household(DAY, 3, SeededEntropy(1).take).book(DAY)[1])
    (folder / "door.toml").write_text(
        f'schema = 1\n[owner]\nbook = "book.json"\n[vault]\npath = "vault"\n{more}'
    )
    return str(folder / "door.toml")


def told(page: str) -> str:
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL).split())


def test_it_says_what_the_settings_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = door(tmp_path, "[recording]\npre_roll_s = 4\npost_roll_s = 9\n[privacy]\nface_layer_hours = 6\n")
    assert main(["notice", path, "--ask", "Kim <first floor>"]) == 0
    page = capsys.readouterr().out
    text = told(page)
    for said in (
        "from 4 seconds before to 9 seconds after",
        "After 3 days",
        "for 6 hours at most",
        "One key opens",
    ):
        assert said in text
    assert "can miss somebody" in text
    assert "Kim &lt;first floor&gt;" in page
    assert "no messages" in text


def test_days_of_the_vault_count_where_they_are_fewer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = door(tmp_path)
    text = (tmp_path / "door.toml").read_text().replace('path = "vault"', 'path = "vault"\ndays = 1')
    (tmp_path / "door.toml").write_text(text)
    assert main(["notice", path, "--ask", "Kim", "--language", "de"]) == 0
    assert "Nach einem Tag wird eine Aufnahme gelöscht" in capsys.readouterr().out


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("mode", ["faces", "people", "motion", "everything"])
def test_every_language_fills_every_gap(language: str, mode: str) -> None:
    for facts in (
        SHEET,
        Facts(True, mode, 5, 8, 1, 1, 24, ""),
        Facts(True, mode, 5, 8, 1, 1, 24, "mqtt.example.com"),
        Facts(False, mode, 5, 8, 1, 1, 24, ""),
    ):
        text = told(notice(facts, "Kim", language, "a6"))
        assert not set("{}") & set(text)
        assert "Kim" in text


@pytest.mark.parametrize(
    "host",
    [
        "192.168.1.4",
        "10.0.0.2",
        "127.0.0.1",
        "::1",
        "fd12::7",
        "fe80::1",
        "localhost",
        "Home.local",
        "a.local.",
    ],
)
def test_a_broker_in_the_house_is_told_as_the_households_own(host: str) -> None:
    sheet = replace(SHEET, broker=host)
    assert "this household's own system" in told(notice(sheet, "Kim", "en", "a5"))
    assert "die eigene Anlage des Haushalts" in told(notice(sheet, "Kim", "de", "a5"))


@pytest.mark.parametrize(
    "host", ["mqtt.example.com", "8.8.8.8", "2606:4700::1", "broker", "evil-local", "10.example.net"]
)
def test_a_broker_that_may_be_elsewhere_is_named_and_not_told_as_the_households_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str
) -> None:
    path = door(tmp_path, f'[mqtt]\nhost = "{host}"\n')
    for language, own in (("en", "own system"), ("de", "eigene Anlage")):
        assert main(["notice", path, "--ask", "Kim", "--language", language]) == 0
        text = told(capsys.readouterr().out)
        assert own not in text
        assert host in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_claims_no_law_and_no_certainty(language: str) -> None:
    everything = " ".join(
        told(notice(Facts(True, mode, 5, 8, 3, 2, 24, broker), "Kim", language, "a5"))
        for mode in ("faces", "people", "motion", "everything")
        for broker in ("", "192.168.1.4", "mqtt.example.com")
    ).lower()
    for word in ("gdpr", "dsgvo", "compliant", "konform", "anonym", "guarantee", "garant", "100"):
        assert word not in everything


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_doorbell_that_records_nothing_speaks_of_no_clips(language: str) -> None:
    text = told(notice(Facts(False, "faces", 5, 8, 3, 2, 24, "192.168.1.4"), "Kim", language, "a5"))
    assert not re.search(r"\d", text.replace("a5", ""))


@pytest.mark.parametrize("paper", PAPERS)
def test_the_sheet_has_the_size_of_the_paper(paper: str) -> None:
    width, height, _ = PAPERS[paper]
    assert f"size: {width} {height}" in notice(SHEET, "Kim", "en", paper)


def test_a_file_is_written_and_not_replaced_by_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["notice", door(tmp_path), "--ask", "Kim", "-o", str(tmp_path / "notice.html")]
    assert main(words) == 0
    assert "your country's law" in capsys.readouterr().err
    assert (tmp_path / "notice.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert main(words) == 2
    assert main([*words, "--force"]) == 0


@pytest.mark.parametrize("ask", ["", " ", "x" * 121, "Kim\nBo"])
def test_whom_to_ask_is_one_line(tmp_path: Path, ask: str) -> None:
    assert main(["notice", door(tmp_path), "--ask", ask]) == 2
