"""A list for Raspberry Pi Imager, from one that is shaped as the published one. All figures are made up."""

import json
from pathlib import Path
from typing import Any

import pytest

from latchkey_card.command import main
from latchkey_card.imager import ListWrong, manifest, wrong_list


def entry(name: str, date: str, **more: Any) -> dict[str, Any]:
    file = f"{date}-raspios-trixie-arm64-lite.img.xz"
    return {
        "name": name,
        "description": "made up",
        "icon": "https://example.org/icon.png",
        "url": f"https://example.org/raspios_lite_arm64/images/{file}",
        "extract_size": 2_000_000_000,
        "extract_sha256": "ab" * 32,
        "image_download_size": 500_000_000,
        "release_date": date,
        "init_format": "cloudinit-rpi",
        "devices": ["pi5-64bit", "pi4-64bit", "pi3-64bit"],
        **more,
    }


def published() -> dict[str, Any]:
    desktop = entry("Desktop", "2030-02-02", url="https://example.org/2030-02-02-raspios-trixie-arm64.img.xz")
    legacy = entry("Lite (Legacy)", "2030-03-03", init_format="systemd")
    older, newer = (
        entry("Lite (64-bit)", "2030-01-01"),
        entry("Lite (64-bit)", "2030-02-02", extract_sha256="cd" * 32),
    )
    return {
        "imager": {
            "latest_version": "9.9.9",
            "devices": [{"name": "Pi 4", "description": "made up", "tags": ["pi4-64bit"]}],
        },
        "os_list": [
            desktop,
            {"name": "other", "description": "group", "subitems": [older, newer, legacy]},
            {"name": "elsewhere", "description": "link", "subitems_url": "https://example.org/more.json"},
        ],
    }


def test_the_newest_lite_system_that_cloud_init_sets_up_is_taken_as_it_is() -> None:
    made = manifest(published())
    (taken,) = made["os_list"]
    original = published()["os_list"][1]["subitems"][1]
    assert {key: taken[key] for key in original if key not in ("name", "description")} == {
        key: value for key, value in original.items() if key not in ("name", "description")
    }
    assert taken["init_format"] == "cloudinit-rpi"
    assert "latest_version" not in made["imager"]
    assert wrong_list(made) == []


def test_imager_can_be_kept_from_asking_what_our_files_answer() -> None:
    (taken,) = manifest(published(), questions=False)["os_list"]
    assert taken["init_format"] == "none"


@pytest.mark.parametrize(
    "os_list", [{}, [], None, {"os_list": []}, {"os_list": [{"name": "x"}, 3]}, {"os_list": {}}]
)
def test_a_list_without_our_system_is_refused(os_list: Any) -> None:
    with pytest.raises(ListWrong, match="no Raspberry Pi OS Lite"):
        manifest(os_list)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("extract_sha256", "abc"),
        ("extract_size", "2000"),
        ("extract_size", 0),
        ("image_download_size", True),
        ("release_date", "yesterday"),
        ("url", "http://example.org/raspios_lite_arm64-trixie.img.xz"),
        ("devices", []),
        ("devices", [4]),
        ("icon", None),
    ],
)
def test_an_entry_that_imager_would_refuse_is_never_written(key: str, value: object) -> None:
    wrong = entry("Lite (64-bit)", "2030-01-01", **{key: value})
    with pytest.raises(ListWrong, match=key):
        manifest({"os_list": [wrong]})


def test_rules_for_the_list_itself() -> None:
    assert wrong_list([]) == ["there is no os_list"]
    fine = {"os_list": [entry("Lite", "2030-01-01")]}
    assert wrong_list(fine) == []
    assert wrong_list({**fine, "more": 1}) == ["more is no part of a list"]
    assert wrong_list({**fine, "imager": {"colour": 1}}) == ["imager.colour is unknown"]
    assert wrong_list({**fine, "imager": {"devices": [{"name": "x"}]}})
    assert wrong_list({"os_list": [entry("Lite", "2030-01-01", init_format="cloud")]})
    without = entry("Lite", "2030-01-01")
    del without["icon"]
    assert wrong_list({"os_list": [without]}) == ["Lite: icon is missing"]


def test_the_program_writes_it_where_imager_opens_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "os_list.json").write_text(json.dumps(published()))
    into = tmp_path / "out/latchkey.rpi-imager-manifest"
    assert main(["manifest", str(tmp_path / "os_list.json"), "--into", str(into), "--no-questions"]) == 0
    assert json.loads(into.read_text())["os_list"][0]["extract_sha256"] == "cd" * 32
    assert "cd" * 32 in capsys.readouterr().out
    (tmp_path / "os_list.json").write_text("{}")
    assert main(["manifest", str(tmp_path / "os_list.json"), "--into", str(into)]) == 1
