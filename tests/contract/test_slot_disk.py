"""What every SlotDisk does, in a folder or under power cuts; then what only a real folder can show."""

import os
import stat
from pathlib import Path

import pytest

from latchkey.adapters.slotdisk import FolderSlotDisk
from latchkey.errors import DiskError, NotOnDisk
from latchkey.ports import SlotDisk
from latchkey_sim.crashdisk import Power
from latchkey_sim.slotdisk import CrashSlotDisk


@pytest.fixture(params=["folder", "crash"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> SlotDisk:
    return FolderSlotDisk(tmp_path / "root") if request.param == "folder" else CrashSlotDisk(Power())


def put(disk: SlotDisk, name: str, data: bytes = b"x") -> None:
    file = disk.create(name)
    file.append(data)
    file.sync()
    file.close()


def test_a_link_leads_where_it_was_last_put(disk: SlotDisk) -> None:
    assert disk.target("current") is None
    disk.link("current", "releases/1")
    disk.link("current", "releases/22")
    disk.sync_folder("")
    assert disk.target("current") == "releases/22"


def test_a_link_is_no_file_and_a_file_no_link(disk: SlotDisk) -> None:
    put(disk, "a/file")
    disk.link("a/link", "file")
    assert disk.names("a") == ["file"]
    assert disk.target("a/file") is None


def test_a_program_is_a_file_like_any_other(disk: SlotDisk) -> None:
    file = disk.program("bin/x")
    file.append(b"#!")
    file.sync()
    file.close()
    assert disk.read("bin/x") == b"#!"
    with pytest.raises(DiskError):
        disk.program("bin/x")


def test_folders_are_listed_apart_from_files(disk: SlotDisk) -> None:
    assert disk.folders("releases") == []
    for name in ("releases/1/a/b", "releases/2/c", "releases/d"):
        put(disk, name)
    assert disk.folders("releases") == ["1", "2"]
    assert disk.names("releases") == ["d"]


def test_a_folder_goes_with_all_that_is_in_it_and_nothing_else(disk: SlotDisk) -> None:
    for name in ("releases/1/a/b", "releases/1/c", "releases/11/c"):
        put(disk, name)
    disk.link("releases/1/link", "../11")
    disk.remove_folder("releases/1")
    disk.remove_folder("releases/1")
    assert disk.folders("releases") == ["11"]
    with pytest.raises(NotOnDisk):
        disk.read("releases/1/c")
    assert disk.read("releases/11/c") == b"x"


def test_files_are_read_in_a_stream(disk: SlotDisk) -> None:
    put(disk, "downloads/a", b"one two")
    with disk.reader("downloads/a") as stream:
        assert stream.read(3) == b"one"


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a//b", ""])
def test_nothing_leads_out_of_the_folder(disk: SlotDisk, name: str) -> None:
    for use in (disk.program, disk.target, disk.remove_folder, disk.create):
        with pytest.raises(DiskError):
            use(name)
    with pytest.raises(DiskError):
        disk.link(name, "x")


def test_others_may_read_and_run_what_is_there_whatever_the_umask(tmp_path: Path) -> None:
    disk = FolderSlotDisk(tmp_path)
    old = os.umask(0o077)
    try:
        disk.create("releases/1/lib/a").close()
        disk.program("releases/1/bin/b").close()
        disk.link("releases/1/links/c", "a")
    finally:
        os.umask(old)
    modes = {
        path.relative_to(tmp_path).as_posix(): stat.S_IMODE(path.lstat().st_mode)
        for path in tmp_path.rglob("*")
        if not path.is_symlink()
    }
    folders = ["releases", "releases/1", "releases/1/bin", "releases/1/lib", "releases/1/links"]
    files = {"releases/1/lib/a": 0o644, "releases/1/bin/b": 0o755}
    assert modes == dict.fromkeys(folders, 0o755) | files


def test_a_link_that_a_killed_update_left_aside_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / ".current.part").symlink_to("anywhere")
    disk = FolderSlotDisk(tmp_path)
    disk.link("current", "releases/1")
    assert disk.target("current") == "releases/1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["current"]
