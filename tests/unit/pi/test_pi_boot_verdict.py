"""What `make pi-boot` finds wrong with messages, and what it says of memory; no board is started."""

import json
from pathlib import Path

from emulation.heard import wrong_messages
from emulation.peaks import CAPTURE, LINK, print_peaks
from latchkey.wire import MOTION, STATUS, discovery, plain

DEVICE = "0f" * 16


def heard(path: Path, *messages: tuple[str, str]) -> Path:
    """Write messages down as the ear at the broker does."""
    path.write_text("".join(json.dumps({"topic": name, "payload": text}) + "\n" for name, text in messages))
    return path


def said(name: str, text: str) -> tuple[str, str]:
    return f"latchkey/{DEVICE}/{name}", text


def test_messages_of_the_table_are_counted_and_nothing_is_wrong(tmp_path: Path) -> None:
    birth = discovery(DEVICE, "Front door", "file", "0.1.0")
    made = [plain(DEVICE, STATUS, "online"), plain(DEVICE, MOTION, "ON"), plain(DEVICE, MOTION, "OFF"), birth]
    path = heard(tmp_path / "heard", *((one.topic, one.payload.decode()) for one in made))
    assert wrong_messages(path) == ([], {"status": 1, "motion/state": 2, "discovery": 1})


def test_a_topic_that_the_table_lacks_is_told(tmp_path: Path) -> None:
    wrong, _ = wrong_messages(heard(tmp_path / "heard", said("picture", "x")))
    assert wrong == [f"latchkey/{DEVICE}/picture: is not in the table"]


def test_a_field_more_than_the_table_has_is_told(tmp_path: Path) -> None:
    event = {"event_type": "ring", "id": "0" * 32, "ts": "2026-11-24T10:00:00Z", "who": "Kim"}
    wrong, _ = wrong_messages(heard(tmp_path / "heard", said("event/doorbell", json.dumps(event))))
    assert len(wrong) == 1
    assert "who" in wrong[0]


def test_spaces_in_which_something_could_hide_are_told(tmp_path: Path) -> None:
    head = '{"until":null, "minutes_left":0}'
    wrong, _ = wrong_messages(heard(tmp_path / "heard", said("snooze/state", head)))
    assert wrong == [f"latchkey/{DEVICE}/snooze/state: is written in another way"]


def test_nothing_heard_gives_no_counts(tmp_path: Path) -> None:
    assert wrong_messages(tmp_path / "none") == ([], {})


def test_goals_for_memory_are_in_megabytes_and_a_missed_one_is_said() -> None:
    lines: list[str] = []
    side = {"RssAnon": 1, "RssFile": 1, "Pss": 1, "Threads": 1}
    units = {CAPTURE: side | {"VmHWM": 156_250}, LINK: side | {"VmHWM": 58_594}}
    lowest = {"MemTotal": 500_000, "MemAvailable": 200_000, "SwapTotal": 0}
    print_peaks({"units": units, "lowest": lowest}, lines.append)
    assert "capture alone: 160 MB, goal 160 MB: met" in lines
    assert "both: 220 MB, goal 220 MB: MISSED" in lines


def test_a_side_that_did_not_run_has_no_peak() -> None:
    lines: list[str] = []
    print_peaks({"units": {CAPTURE: {}, LINK: {}}, "lowest": {}}, lines.append)
    assert lines == [f"{CAPTURE}: it did not run"]
