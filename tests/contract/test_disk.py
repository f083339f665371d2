"""What every Disk does, in memory, under power cuts or in a folder; then what only some can show."""

import fcntl
import os
import stat
from pathlib import Path
from threading import Timer

import pytest

from latchkey.adapters.disk import LOCK_NAME, FolderDisk
from latchkey.errors import DiskError, DiskFull, NotOnDisk
from latchkey.owner.opening import GrowingDisk
from latchkey_sim.crashdisk import CrashDisk, Power
from latchkey_sim.disk import MemoryDisk

ESCAPES = ["../x", "a/../../x", "/etc/passwd", "a//b", "", ".", "..", "a/.", "a\0b", "./a", "a/", "x" * 300]


@pytest.fixture(params=["folder", "memory", "crash"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> GrowingDisk:
    if request.param == "folder":
        return FolderDisk(tmp_path / "root")
    return MemoryDisk() if request.param == "memory" else CrashDisk(Power())


def put(disk: GrowingDisk, name: str, data: bytes) -> None:
    file = disk.create(name)
    file.append(data)
    file.sync()
    file.close()


def test_what_was_appended_is_read_back(disk: GrowingDisk) -> None:
    file = disk.create("clips/a")
    file.append(b"one ")
    file.append(b"")
    file.append(b"two")
    file.sync()
    assert disk.size_bytes("clips/a") == 7
    file.close()
    assert disk.read("clips/a") == b"one two"
    with disk.reader("clips/a") as stream:
        assert stream.read(4) == b"one "
        assert stream.read() == b"two"


def test_a_file_is_added_to_later_and_made_where_there_is_none(disk: GrowingDisk) -> None:
    for data in (b"one ", b"two"):
        file = disk.extend("logs/a")
        file.append(data)
        file.sync()
        file.close()
    assert disk.read("logs/a") == b"one two"
    with pytest.raises(DiskError):
        disk.extend("logs")


def test_a_taken_name_is_not_created_again(disk: GrowingDisk) -> None:
    put(disk, "clips/a", b"first")
    with pytest.raises(DiskError):
        disk.create("clips/a")
    assert disk.read("clips/a") == b"first"


def test_a_file_is_not_a_folder_nor_the_other_way_round(disk: GrowingDisk) -> None:
    put(disk, "clips/a", b"")
    with pytest.raises(DiskError):
        disk.create("clips/a/b")
    with pytest.raises(DiskError):
        disk.create("clips")


def test_the_time_of_a_files_last_change_is_set_and_its_bytes_stay(disk: GrowingDisk) -> None:
    put(disk, "clips/a", b"data")
    disk.set_time("clips/a", 86_400 * 10**9)
    disk.set_time("clips/a", 2 * 86_400 * 10**9)
    disk.rename("clips/a", "clips/b")
    assert disk.read("clips/b") == b"data"
    with pytest.raises(NotOnDisk):
        disk.set_time("clips/a", 0)
    for name in ("../x", "clips"):
        with pytest.raises(DiskError):
            disk.set_time(name, 0)


def test_a_rename_replaces_what_has_the_name(disk: GrowingDisk) -> None:
    put(disk, "clips/a.part", b"new")
    put(disk, "clips/a", b"old")
    disk.rename("clips/a.part", "clips/a")
    disk.sync_folder("clips")
    assert disk.read("clips/a") == b"new"
    assert disk.names("clips") == ["a"]


def test_a_rename_to_itself_changes_nothing(disk: GrowingDisk) -> None:
    put(disk, "a", b"data")
    disk.rename("a", "a")
    assert disk.read("a") == b"data"


def test_a_rename_into_a_new_folder_makes_it(disk: GrowingDisk) -> None:
    put(disk, "outbox/a", b"bad")
    disk.rename("outbox/a", "damaged/a")
    assert disk.names("outbox") == []
    assert disk.names("damaged") == ["a"]


def test_an_open_file_can_be_renamed_and_still_grows(disk: GrowingDisk) -> None:
    file = disk.create("a.part")
    disk.rename("a.part", "a")
    file.append(b"more")
    file.close()
    assert disk.read("a") == b"more"


def test_names_are_sorted_and_only_of_files_right_below(disk: GrowingDisk) -> None:
    for name in ("b", "clips/z", "clips/a", "clips/deep/x", "a"):
        put(disk, name, b"")
    assert disk.names("") == ["a", "b"]
    assert disk.names("clips") == ["a", "z"]
    assert disk.names("missing") == []


def test_a_missing_file_is_named_as_missing(disk: GrowingDisk) -> None:
    for attempt in (
        disk.read,
        disk.reader,
        disk.remove,
        disk.size_bytes,
        lambda name: disk.rename(name, "b"),
    ):
        with pytest.raises(NotOnDisk):
            attempt("clips/none")


def test_a_missing_folder_cannot_be_synced(disk: GrowingDisk) -> None:
    put(disk, "a", b"")
    disk.sync_folder("")
    with pytest.raises(NotOnDisk):
        disk.sync_folder("clips")


def test_a_removed_file_is_gone(disk: GrowingDisk) -> None:
    put(disk, "clips/a", b"")
    disk.remove("clips/a")
    disk.sync_folder("clips")
    assert disk.names("clips") == []


def test_a_closed_file_takes_nothing(disk: GrowingDisk) -> None:
    file = disk.create("a")
    file.close()
    file.close()
    with pytest.raises(DiskError):
        file.append(b"x")
    with pytest.raises(DiskError):
        file.sync()


@pytest.mark.parametrize("name", ESCAPES)
def test_a_name_cannot_lead_out_of_the_root(disk: GrowingDisk, name: str, tmp_path: Path) -> None:
    put(disk, "a", b"")
    for attempt in (
        disk.create,
        disk.read,
        disk.reader,
        disk.remove,
        disk.size_bytes,
        lambda name: disk.rename("a", name),
        lambda name: disk.rename(name, "b"),
    ):
        with pytest.raises(DiskError):
            attempt(name)
    assert not (tmp_path / "x").exists()
    assert disk.names("") == ["a"]


def test_there_is_room_before_the_first_file(disk: GrowingDisk) -> None:
    assert disk.free_bytes() > 0


@pytest.mark.parametrize("disk", [MemoryDisk(limit_bytes=5), CrashDisk(Power(), limit_bytes=5)])
def test_a_full_disk_says_so_and_may_hold_a_part(disk: MemoryDisk) -> None:
    file = disk.create("a")
    with pytest.raises(DiskFull):
        file.append(b"1234567")
    assert disk.read("a") == b"12345"
    assert disk.free_bytes() == 0


@pytest.mark.parametrize("disk", [MemoryDisk(), CrashDisk(Power())])
def test_a_failed_sync_is_never_forgotten(disk: MemoryDisk) -> None:
    file = disk.create("a")
    file.append(b"x")
    disk.fail_next("sync", DiskError("Input/output error"))
    for _ in range(2):
        with pytest.raises(DiskError):
            file.sync()
    assert disk.after_power_cut().files == {}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_real_full_disk_says_so(tmp_path: Path) -> None:
    from latchkey.adapters.disk import FolderFile

    file = FolderFile(os.open("/dev/full", os.O_WRONLY), Path("/dev/full"))
    with pytest.raises(DiskFull):
        file.append(b"x")
    file.close()


def test_folders_and_files_are_for_their_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        disk = FolderDisk(tmp_path / "new" / "root")
        put(disk, "clips/a", b"x")
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE((tmp_path / "new" / path).stat().st_mode) for path in ("root", "root/clips")}
    assert set(modes.values()) == {0o700}
    assert stat.S_IMODE((tmp_path / "new/root/clips/a").stat().st_mode) == 0o600


def test_a_claimed_folder_is_refused_to_others_until_it_is_let_go(tmp_path: Path) -> None:
    first, second = FolderDisk(tmp_path / "new" / "root"), FolderDisk(tmp_path / "new" / "root")
    first.claim()
    with pytest.raises(DiskError, match="another latchkey uses") as caught:
        second.claim()
    assert (caught.value.exit_code, caught.value.hint is None) == (7, False)
    assert (second.names(""), second.names("clips")) == ([LOCK_NAME], [])
    put(second, "clips/a", b"")  # whoever lists, opens or deletes needs no claim
    del first
    second.claim()
    lock = tmp_path / "new" / "root" / LOCK_NAME
    assert (lock.stat().st_size, stat.S_IMODE(lock.stat().st_mode)) == (0, 0o600)


def test_a_device_starts_while_somebody_looks_whether_one_runs(tmp_path: Path) -> None:
    disk = FolderDisk(tmp_path)
    disk.claim()
    with (tmp_path / LOCK_NAME).open("rb") as handle:
        del disk
        fcntl.flock(handle, fcntl.LOCK_SH)  # what `is_claimed` does, for an instant
        Timer(0.03, fcntl.flock, (handle.fileno(), fcntl.LOCK_UN)).start()
        FolderDisk(tmp_path).claim()
        assert not FolderDisk(tmp_path).is_claimed()


def test_a_folder_that_cannot_be_made_or_locked_is_left_to_whoever_writes(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    FolderDisk(tmp_path / "file").claim()
    FolderDisk(tmp_path / "file" / "below").claim()
    (tmp_path / "root" / LOCK_NAME).mkdir(parents=True)
    FolderDisk(tmp_path / "root").claim()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / LOCK_NAME).symlink_to(tmp_path / "file")
    FolderDisk(tmp_path / "other").claim()
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["file"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(b"secret")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path / "outside")
    (root / "file").symlink_to(tmp_path / "outside" / "secret")
    disk = FolderDisk(root)
    for attempt in (disk.read, disk.size_bytes, disk.create, disk.extend):
        for name in ("link/secret", "link/new", "file"):
            with pytest.raises(DiskError):
                attempt(name)
    assert disk.names("") == []
    assert not (tmp_path / "outside" / "new").exists()


def test_a_pipe_in_the_folder_does_not_hang_a_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DiskError, match="not a file"):
        FolderDisk(tmp_path).read("pipe")
    with pytest.raises(DiskError, match="No such device"):
        FolderDisk(tmp_path).extend("pipe")  # nobody reads from it


def test_a_root_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DiskError, match="Not a directory"):
        FolderDisk(tmp_path / "file" / "root").create("a")


def test_what_a_disk_cannot_read_on_is_an_error_that_names_the_file() -> None:
    """Of a process's own memory the kernel reads nothing at address 0: as of a bad sector, `EIO`."""
    disk = FolderDisk(Path("/proc/self"))
    for n_bytes in (10, -1, 1 << 20):
        with disk.reader("mem") as file, pytest.raises(DiskError, match="cannot read /proc/self/mem"):
            file.read(n_bytes)


def test_a_folder_notes_the_time_that_was_set_and_follows_no_link(tmp_path: Path) -> None:
    disk = FolderDisk(tmp_path / "root")
    put(disk, "clips/a", b"data")
    disk.set_time("clips/a", 1_234_567_890)
    assert (tmp_path / "root/clips/a").stat().st_mtime_ns == 1_234_567_890
    (tmp_path / "root/clips/link").symlink_to(tmp_path / "root/clips/a")
    with pytest.raises(DiskError):
        disk.set_time("clips/link", 0)
