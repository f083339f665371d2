"""Kept clips that take the room of new ones: said in the log, in `disk` and by `latchkey check`."""

import time
from pathlib import Path

import pytest

from latchkey.cli import main
from latchkey.device.disk_watch import WELL_NS
from latchkey.ports import ClipEntry
from latchkey.settings import RecordingSettings, Settings, VaultSettings
from latchkey.units import MIB, NS_PER_S
from latchkey.vault import sealed_name
from latchkey_sim.desk import desk
from latchkey_sim.disk import MemoryDisk
from latchkey_sim.household import write_book
from latchkey_sim.street import heard, street

SMALL = Settings(
    vault=VaultSettings(max_mib=16, spare_mib=8),
    recording=RecordingSettings(pre_roll_s=2.0, post_roll_s=3.0, threads=1),
)
WARNING = "kept clips take 13 of the 16 MiB"
KEPT = ClipEntry("a" * 32, 20_000, 13 * MIB, "kept")
KEPT_NAME = sealed_name(KEPT.clip, KEPT.day, "kept")


@pytest.mark.slow
def test_it_is_told_once_and_recording_goes_on() -> None:
    vault, seconds = MemoryDisk(), WELL_NS // NS_PER_S + 30  # the vault is looked after twice
    vault.create(KEPT_NAME).append(bytes(KEPT.size_bytes))
    home = desk(street(seconds, ((6.0, 8.0),)), SMALL, vault=vault)
    home.run_until(seconds * NS_PER_S)
    warnings = [line for line in home.journal.lines if WARNING in line.text]
    assert [line.severity for line in warnings] == ["warning"]
    assert "max_mib" in warnings[0].text
    assert heard(home, "health/state")[-1]["disk"] == "low"
    assert [clip["event_type"] for clip in heard(home, "event/clip")] == ["start", "end"]
    home.device.close()


@pytest.mark.parametrize(("max_mib", "is_crowded"), [(16, True), (64, False)])
def test_check_warns_of_a_vault_that_kept_clips_fill(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], max_mib: int, *, is_crowded: bool
) -> None:
    (tmp_path / "vault" / "clips").mkdir(parents=True)
    with (tmp_path / "vault" / KEPT_NAME).open("wb") as file:
        file.truncate(KEPT.size_bytes)
    write_book(tmp_path, time.time_ns())
    settings = tmp_path / "door.toml"
    places = f'[vault]\npath = "vault"\nmax_mib = {max_mib}\n[owner]\nbook = "book.json"\n'
    settings.write_text(f"schema = 1\n{places}", encoding="utf-8")
    assert main(["check", str(settings)]) == 0
    out, err = capsys.readouterr()
    assert "good" in out
    assert (WARNING in err) == ("hint: `latchkey clips rm`" in err) == is_crowded
