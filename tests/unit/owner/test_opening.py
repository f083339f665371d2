"""Opening clips: whole, or nothing is left."""

import io
import stat
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.adapters.disk import FolderDisk
from latchkey.clip import ClipDamaged, NoIdentityMatched, X25519Identity, seal
from latchkey.errors import ClipError, DiskError, NotOnDisk, UsageError
from latchkey.events import Trigger
from latchkey.owner import (
    ClipTorn,
    find_clip,
    is_seen_damaged,
    list_clips,
    open_clip,
    read_meta,
    stream_clip,
)
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.ports import ClipEntry, Disk
from latchkey.settings import VaultSettings
from latchkey.vault import ClipMeta, MetaDamaged, encode_meta, meta_name, sealed_name
from latchkey_sim.disk import MemoryDisk, MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import OWNER, FixedReaders

STRANGER = X25519Identity(b"s" * 32)
KEYS = [OWNER.text]
VIDEO = b"moof" * 50_000  # 3 chunks and a bit
ID = "ab" * 16
STATES = {"ok": 2, "fallback_region": 0, "fallback_full": 0}
META = ClipMeta(ID, Trigger.RING, (Trigger.RING,), 1, 2, 3, 2, 1, STATES, "centerface", 0, 1)


def keeper_of(disk: Disk, seed: int = 1) -> VaultKeeper:
    take = SeededEntropy(seed).take
    return VaultKeeper(disk, MemoryIndex(), FixedReaders(), take, VaultSettings())


def record(disk: Disk, clip: str = ID) -> ClipEntry:
    opened = keeper_of(disk, seed=int(clip[:4], 16)).begin(clip)
    opened.append(VIDEO)
    return opened.finish(replace(META, clip=clip))


def test_an_opened_clip_is_the_video_for_its_owner_only(tmp_path: Path) -> None:
    disk = FolderDisk(tmp_path / "vault")
    target = tmp_path / "clip.mp4"
    assert open_clip(disk, record(disk), KEYS, target) == len(VIDEO)
    assert target.read_bytes() == VIDEO
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_what_is_there_is_replaced_only_by_force(tmp_path: Path) -> None:
    disk = MemoryDisk()
    entry = record(disk)
    target = tmp_path / "clip.mp4"
    target.write_bytes(b"precious")
    with pytest.raises(UsageError) as caught:
        open_clip(disk, entry, KEYS, target)
    assert target.read_bytes() == b"precious"
    assert "--force" in (caught.value.hint or "")
    open_clip(disk, entry, KEYS, target, force=True)
    assert target.read_bytes() == VIDEO


def test_a_name_that_no_file_can_have_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    disk = FolderDisk(tmp_path / "vault")
    entry = record(disk)
    for target in (tmp_path / ("x" * 260), tmp_path / ("x" * 260) / "clip.mp4"):
        with pytest.raises(DiskError, match="File name too long"):
            open_clip(disk, entry, KEYS, target)
    assert [path.name for path in tmp_path.iterdir()] == ["vault"]


def test_devices_and_folders_are_never_replaced(tmp_path: Path) -> None:
    disk = MemoryDisk()
    entry = record(disk)
    for target in (tmp_path, Path("/dev/null")):
        with pytest.raises(UsageError, match="not an ordinary file"):
            open_clip(disk, entry, KEYS, target, force=True)
    with pytest.raises(UsageError, match="no folder"):
        open_clip(disk, entry, KEYS, tmp_path / "none" / "clip.mp4")


def damage_middle(data: bytearray) -> None:
    data[len(data) // 2] ^= 1


def damage_end(data: bytearray) -> None:
    del data[-1]


def extend(data: bytearray) -> None:
    data += b"x"


def empty(data: bytearray) -> None:
    data.clear()


def cut_in_header(data: bytearray) -> None:
    del data[60:]


def cut_in_payload(data: bytearray) -> None:
    del data[100_000:]


@pytest.mark.parametrize("damage", [empty, cut_in_header, cut_in_payload, damage_end, extend])
def test_a_clip_that_its_ends_give_away_is_seen_to_be_damaged(damage: Callable[[bytearray], None]) -> None:
    disk = MemoryDisk()
    entry = record(disk)
    assert not is_seen_damaged(disk, entry, KEYS)
    assert not is_seen_damaged(disk, entry, [STRANGER.text])
    damage(disk.files[f"clips/2026-11-24.{ID}.age"])
    assert is_seen_damaged(disk, entry, KEYS)
    assert is_seen_damaged(disk, entry, ()) is (damage in (empty, cut_in_header))


def test_a_clip_that_goes_meanwhile_or_was_torn_is_not_called_damaged() -> None:
    disk = MemoryDisk()
    entry = record(disk)
    torn = replace(entry, state="torn")
    disk.files[sealed_name(ID, torn.day, "torn")] = bytearray(b"half")
    assert not is_seen_damaged(disk, torn, KEYS)
    del disk.files[sealed_name(ID, entry.day, "whole")]
    assert not is_seen_damaged(disk, entry, KEYS)


@pytest.mark.parametrize("damage", [damage_middle, damage_end, extend])
def test_a_damaged_clip_leaves_nothing(tmp_path: Path, damage: Callable[[bytearray], None]) -> None:
    disk = MemoryDisk()
    entry = record(disk)
    damage(disk.files[f"clips/2026-11-24.{ID}.age"])
    with pytest.raises(ClipError):
        open_clip(disk, entry, KEYS, tmp_path / "clip.mp4")
    sink = io.BytesIO()
    with pytest.raises(ClipError):
        stream_clip(disk, entry, KEYS, sink.write)
    assert sink.getvalue() == b""
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_clip_leaves_the_file_that_was_to_be_replaced(tmp_path: Path) -> None:
    disk = MemoryDisk()
    entry = record(disk)
    damage_end(disk.files[f"clips/2026-11-24.{ID}.age"])
    (tmp_path / "clip.mp4").write_bytes(b"precious")
    with pytest.raises(ClipDamaged):
        open_clip(disk, entry, KEYS, tmp_path / "clip.mp4", force=True)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"precious"]


def test_a_wrong_key_opens_neither_clip_nor_record(tmp_path: Path) -> None:
    disk = MemoryDisk()
    entry = record(disk)
    with pytest.raises(NoIdentityMatched) as caught:
        open_clip(disk, entry, [STRANGER.text], tmp_path / "clip.mp4")
    assert caught.value.exit_code == 5
    with pytest.raises(NoIdentityMatched):
        read_meta(disk, ID, [STRANGER.text])
    assert list(tmp_path.iterdir()) == []


def torn_vault(disk: Disk) -> ClipEntry:
    """Record half a clip, then start anew as after a power cut."""
    keeper_of(disk).begin(ID).append(VIDEO)
    keeper_of(disk, seed=2).start()
    (entry,) = list_clips(disk)
    return entry


def test_a_torn_clip_says_that_power_was_lost(tmp_path: Path) -> None:
    disk = MemoryDisk()
    entry = torn_vault(disk)
    with pytest.raises(ClipTorn, match="power was lost") as caught:
        open_clip(disk, entry, KEYS, tmp_path / "clip.mp4")
    assert caught.value.exit_code == 6
    assert f"clips recover {entry.clip} -o" in (caught.value.hint or "")
    assert list(tmp_path.iterdir()) == []


def test_the_age_tool_writes_the_part_of_a_torn_clip_that_verifies(
    need: Callable[[str], str], tmp_path: Path
) -> None:
    disk = MemoryDisk()
    torn_vault(disk)
    (tmp_path / "key").write_text(OWNER.text)
    (tmp_path / "torn.age").write_bytes(disk.files[f"clips/2026-11-24.{ID}.torn.age"])
    run = subprocess.run(
        [need("age"), "-d", "-i", tmp_path / "key", tmp_path / "torn.age"], capture_output=True, check=False
    )
    assert run.returncode != 0
    assert run.stdout
    assert VIDEO.startswith(run.stdout)


def test_the_age_tool_opens_a_clip_of_the_vault(need: Callable[[str], str], tmp_path: Path) -> None:
    record(FolderDisk(tmp_path))
    (tmp_path / "key").write_text(OWNER.text)
    clip = tmp_path / "clips" / f"2026-11-24.{ID}.age"
    run = subprocess.run([need("age"), "-d", "-i", tmp_path / "key", clip], capture_output=True, check=True)
    assert run.stdout == VIDEO


def test_a_record_of_another_clip_is_refused() -> None:
    disk = MemoryDisk()
    record(disk)
    other = "cd" * 16
    record(disk, other)
    disk.rename(meta_name(other), meta_name(ID))
    with pytest.raises(MetaDamaged, match="another clip"):
        read_meta(disk, ID, KEYS)


def test_an_endless_record_is_not_read_to_its_end() -> None:
    disk = MemoryDisk()
    data = encode_meta(META) + b" " * 10_000_000
    disk.create(meta_name(ID)).append(seal(data, [str(OWNER.recipient)], SeededEntropy(1)))
    with pytest.raises(MetaDamaged):
        read_meta(disk, ID, KEYS)


def test_a_torn_clip_has_no_record() -> None:
    disk = MemoryDisk()
    torn_vault(disk)
    with pytest.raises(NotOnDisk):
        read_meta(disk, ID, KEYS)


def test_a_clip_that_is_being_written_is_not_listed() -> None:
    disk = MemoryDisk()
    entry = record(disk, "cd" * 16)
    keeper_of(disk).begin(ID).append(VIDEO)
    assert list_clips(disk) == [entry]


def test_a_clip_is_found_by_the_start_of_its_id() -> None:
    entries = [ClipEntry(clip, 0, 0, "whole") for clip in ("aaaaaa" + "0" * 26, "aaaaaa" + "1" * 26)]
    assert find_clip(entries, "AAAAAA1") == entries[1]
    with pytest.raises(UsageError, match="2 clips begin"):
        find_clip(entries, "aaaaaa")
    with pytest.raises(UsageError, match="at least 6"):
        find_clip(entries, "aaaaa")
    with pytest.raises(NotOnDisk, match="no clip"):
        find_clip(entries, "bbbbbb")
