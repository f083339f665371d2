"""A vault or state folder that takes no files: said once, seen on the wire, mended by itself."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.adapters.disk import FolderDisk
from latchkey.device.disk_watch import FAILING_NS, WELL_NS
from latchkey.errors import DiskError, DiskFull
from latchkey.pipeline.durable import PROBE, probe
from latchkey.ports import Board
from latchkey.settings import RecordingSettings, Settings, VaultSettings
from latchkey.units import MIB, NS_PER_S
from latchkey_sim.desk import Desk, desk
from latchkey_sim.disk import MemoryDisk
from latchkey_sim.street import heard, street

SHORT = RecordingSettings(pre_roll_s=2.0, post_roll_s=3.0, longest_clip_s=60.0, threads=1)
READ_ONLY = DiskError("cannot create it: Read-only file system")
VISITS = ((6.0, 8.0), (60.0, 62.0))


def _home(
    prepare: Callable[[Board], Board] = lambda board: board,
    *,
    vault: MemoryDisk | None = None,
    state: MemoryDisk | None = None,
) -> Desk:
    settings = Settings(recording=SHORT)
    rings_ns = [7 * NS_PER_S, 61 * NS_PER_S]
    frames = street(90, VISITS)
    return desk(frames, settings, rings_ns=rings_ns, prepare=prepare, vault=vault, state=state)


def _disk_words(home: Desk) -> list[str]:
    """What the broker heard of the disk, without repetitions."""
    words = [str(state["disk"]) for state in heard(home, "health/state")]
    return [word for number, word in enumerate(words) if number == 0 or words[number - 1] != word]


def _rings(home: Desk) -> int:
    return sum(ring["event_type"] == "ring" for ring in heard(home, "event/doorbell"))


def test_a_file_where_the_vault_should_be_is_named_once_and_the_bell_rings(tmp_path: Path) -> None:
    """The real disk; root may write anywhere, but not below a file."""
    place = tmp_path / "vault"
    place.write_text("not a folder")
    home = _home(lambda board: replace(board, vault=FolderDisk(place)))
    home.run_until(30 * NS_PER_S)
    assert home.said("disk") == [f"the vault takes no files: cannot create {place / PROBE}: Not a directory"]
    assert (_disk_words(home), home.lamp.shown[-1][1]) == (["failed"], "trouble")
    assert _rings(home) == 1
    assert heard(home, "event/clip") == []
    assert "nothing is recorded: the vault takes no files" in home.said("bell")
    place.unlink()
    home.run_until_ended(200 * NS_PER_S)
    home.device.close()
    assert home.said("disk")[1:] == ["the vault takes files again"]
    assert _disk_words(home) == ["failed", "ok"]
    assert home.lamp.shown[-1][1] == "idle"
    assert len(list((place / "clips").glob("????-??-??.*.age"))) == 1
    assert _rings(home) == 2


def test_a_vault_that_becomes_read_only_loses_the_clip_loudly_and_says_why_once() -> None:
    home = _home()
    home.run_until(7 * NS_PER_S)
    home.vault.break_writes(READ_ONLY)
    home.run_until(50 * NS_PER_S)
    assert home.said("disk") == [f"the vault takes no files: {READ_ONLY}"]
    assert sum("could not be kept" in text for text in home.said("clip")) == 1
    assert _disk_words(home)[-1] == "failed"
    home.vault.mend()
    home.run_until_ended(200 * NS_PER_S)
    assert [entry.state for entry in home.index.entries() if entry.state == "whole"] == ["whole"]
    assert _disk_words(home)[-1] == "ok"
    assert _rings(home) == 2


def test_a_vault_that_fails_while_nothing_happens_is_told_before_anybody_comes() -> None:
    settings = Settings(recording=SHORT)
    home = desk(street(WELL_NS / NS_PER_S + 60), settings)
    home.run_until(5 * NS_PER_S)
    home.vault.break_writes(READ_ONLY)
    home.run_until(WELL_NS + 10 * NS_PER_S)
    assert _disk_words(home)[-1] == "failed"


def test_a_state_folder_that_takes_nothing_is_told_once_and_the_bell_rings() -> None:
    state = MemoryDisk()
    state.break_writes(READ_ONLY)
    home = _home(state=state)
    home.run_until(30 * NS_PER_S)
    assert home.said("disk") == [f"the state folder takes no files: {READ_ONLY}"]
    assert not [text for text in home.said("link") if "cannot be stored" in text]
    assert _disk_words(home) == ["failed"]
    assert _rings(home) == 1
    assert [entry.state for entry in home.index.entries()] == ["whole"]
    state.mend()
    home.run_until(30 * NS_PER_S + FAILING_NS + NS_PER_S)
    assert home.said("disk")[1:] == ["the state folder takes files again"]
    assert _disk_words(home)[-1] == "ok"


def test_a_state_folder_that_cannot_even_be_read_closes_the_shutter_and_the_bell_rings() -> None:
    """What was wished is unknown: better no picture than one that was not wanted."""
    state = MemoryDisk()
    state.fail_next("read", DiskError("cannot read: Input/output error"))
    state.fail_next("names", DiskError("cannot list: Input/output error"))
    home = _home(state=state)
    home.run_until(30 * NS_PER_S)
    assert _rings(home) == 1
    assert home.index.entries() == []
    assert home.lamp.shown[-1][1] == "closed"
    assert any("Input/output error" in text for text in home.said("link"))


def test_a_vault_in_disorder_that_comes_back_is_put_in_order_before_a_clip_begins() -> None:
    vault = MemoryDisk()
    vault.create("clips/2026-09-01." + "a" * 32 + ".age.part").append(b"begun and never ended")
    vault.fail_next("names", DiskError("cannot list clips: Input/output error"))
    home = _home(vault=vault)
    home.run_until_ended(200 * NS_PER_S)
    assert "1 clip was torn by a power cut or crash" in home.said("disk")
    assert not [name for name in home.vault.files if name.endswith(".part")]
    assert sorted(entry.state for entry in home.index.entries()) == ["whole", "whole"]


SMALL = VaultSettings(spare_mib=8, max_mib=16)


def _small_home(limit_bytes: int, **files: bytes) -> Desk:
    """A vault of `limit_bytes`; two visits, the second at 60 s, and a bell press in each."""
    vault = MemoryDisk(limit_bytes)
    for clip, data in files.items():
        vault.create(f"clips/2026-09-21.{clip * 32}.age").append(data)
    settings = Settings(recording=SHORT, vault=SMALL)
    rings_ns = [7 * NS_PER_S, 61 * NS_PER_S]
    return desk(street(90, VISITS), settings, rings_ns=rings_ns, vault=vault)


def test_on_a_full_vault_no_clip_begins_which_is_told_once_and_the_bell_rings() -> None:
    home = _small_home(MIB // 2)
    home.run_until(40 * NS_PER_S)
    assert heard(home, "event/clip") == []
    assert home.said("disk") == ["the vault is full"]
    assert home.said("bell")[1:] == ["nothing is recorded: the vault is full"]
    assert (_disk_words(home), home.lamp.shown[-1][1], _rings(home)) == (["full"], "trouble", 1)
    home.vault.limit_bytes = 100 * MIB
    home.run_until(40 * NS_PER_S + FAILING_NS + NS_PER_S)
    assert home.said("disk")[1:] == ["the vault takes files again"]
    home.run_until_ended(200 * NS_PER_S)
    assert [event["event_type"] for event in heard(home, "event/clip")] == ["start", "update", "end"]
    assert (_disk_words(home)[-1], _rings(home)) == ("ok", 2)


def test_a_vault_that_fills_up_costs_one_clip_and_no_more_are_begun() -> None:
    home = _small_home(100 * MIB)
    home.run_until(NS_PER_S)
    home.vault.limit_bytes = 2000
    home.run_until_ended(200 * NS_PER_S)
    assert [event["event_type"] for event in heard(home, "event/clip")] == ["start"]
    assert home.said("disk") == ["the vault is full"]


def test_retention_makes_room_before_a_vault_counts_as_full() -> None:
    home = _small_home(12 * MIB, a=bytes(11 * MIB))
    home.run_until_ended(200 * NS_PER_S)
    assert home.said("disk") == []
    assert [entry.state for entry in home.index.entries()] == ["whole", "whole"]
    assert not [name for name in home.vault.files if "a" * 32 in name]


@pytest.mark.parametrize("operation", ["create", "append", "sync", "remove"])
def test_the_probe_tells_whatever_fails(operation: str) -> None:
    disk = MemoryDisk()
    disk.fail_next(operation, DiskFull("no room"))  # type: ignore[arg-type]
    with pytest.raises(DiskFull):
        probe(disk)
    probe(disk)
    assert disk.files == {}


def test_the_probe_is_not_stopped_by_what_a_crash_left_of_the_last() -> None:
    disk = MemoryDisk()
    disk.create(PROBE).append(b"?")
    probe(disk)
    assert disk.files == {}
