"""What every ClipIndex does; then what only a file can show: damage, other processes, permissions."""

import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from latchkey.adapters.index import SqliteIndex
from latchkey.errors import DiskError
from latchkey.ports import ClipEntry, ClipIndex
from latchkey_sim.disk import MemoryIndex

A = ClipEntry("a" * 32, 20_000, 10, "whole")
B = ClipEntry("b" * 32, 19_000, 20, "torn")
C = ClipEntry("c" * 32, 21_000, 0, "whole")


@pytest.fixture(params=["sqlite", "memory"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> ClipIndex:
    return SqliteIndex(tmp_path / "vault" / "index.sqlite") if request.param == "sqlite" else MemoryIndex()


def test_a_new_index_is_empty(index: ClipIndex) -> None:
    assert index.entries() == []


def test_entries_come_in_the_order_of_recording_whatever_the_clock_said(index: ClipIndex) -> None:
    for entry in (A, B, C):
        index.put(entry)
    assert index.entries() == [A, B, C]


def test_a_replaced_entry_keeps_its_place(index: ClipIndex) -> None:
    for entry in (A, B):
        index.put(entry)
    changed = ClipEntry(A.clip, 30_000, 99, "torn")
    index.put(changed)
    assert index.entries() == [changed, B]


def test_a_dropped_clip_is_forgotten_and_unknown_ones_are_fine(index: ClipIndex) -> None:
    index.put(A)
    index.drop(B.clip)
    index.drop(A.clip)
    assert index.entries() == []


def test_a_rebuilt_index_holds_exactly_what_it_was_given(index: ClipIndex) -> None:
    index.put(A)
    index.rebuild([C, B])
    assert index.entries() == [C, B]
    index.rebuild([])
    assert index.entries() == []


def test_entries_outlive_the_object(tmp_path: Path) -> None:
    SqliteIndex(tmp_path / "i").put(A)
    assert SqliteIndex(tmp_path / "i").entries() == [A]


def test_reading_makes_no_file(tmp_path: Path) -> None:
    assert SqliteIndex(tmp_path / "i").entries() == []
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    SqliteIndex(tmp_path / "i").put(A)
    assert stat.S_IMODE((tmp_path / "i").stat().st_mode) == 0o600


def test_a_dropped_id_is_not_left_in_the_file(tmp_path: Path) -> None:
    index = SqliteIndex(tmp_path / "i")
    for entry in (A, B):
        index.put(entry)
    index.drop(A.clip)
    assert A.clip.encode() not in (tmp_path / "i").read_bytes()


def damage_header(path: Path) -> None:
    path.write_bytes(b"this is no database" * 500)


def damage_middle(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[100:] = b"\xff" * (len(data) - 100)
    path.write_bytes(data)


def make_newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")


def drop_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TABLE clips")


@pytest.mark.parametrize("damage", [damage_header, damage_middle, make_newer, drop_table])
def test_a_damaged_file_is_moved_aside_and_begun_afresh(tmp_path: Path, damage: object) -> None:
    path = tmp_path / "i"
    SqliteIndex(path).put(A)
    assert callable(damage)
    damage(path)
    index = SqliteIndex(path)
    assert index.entries() == []
    index.put(B)
    assert index.entries() == [B]
    assert (tmp_path / "i.damaged").exists()


def test_an_empty_file_from_a_crash_at_birth_is_an_empty_index(tmp_path: Path) -> None:
    (tmp_path / "i").touch()
    assert SqliteIndex(tmp_path / "i").entries() == []


def test_another_thread_may_use_it(tmp_path: Path) -> None:
    index = SqliteIndex(tmp_path / "i")
    index.put(A)
    worker = threading.Thread(target=index.put, args=(B,))
    worker.start()
    worker.join()
    assert index.entries() == [A, B]


def test_another_process_reads_while_this_one_writes(tmp_path: Path) -> None:
    index = SqliteIndex(tmp_path / "i")
    index.put(A)
    code = (
        "import sys, pathlib; from latchkey.adapters.index import SqliteIndex\n"
        "for _ in range(30): print(len(SqliteIndex(pathlib.Path(sys.argv[1])).entries()))"
    )
    reader = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "i")], stdout=subprocess.PIPE, text=True
    )
    for number in range(30):
        index.put(ClipEntry(f"{number:032x}", number, 0, "whole"))
    answer, _ = reader.communicate(timeout=30)
    counts = [int(line) for line in answer.split()]
    assert reader.returncode == 0
    assert len(counts) == 30
    assert counts == sorted(counts)
    assert counts[0] >= 1


def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DiskError):
        SqliteIndex(tmp_path / "file" / "i").put(A)
    (tmp_path / "folder").mkdir()
    with pytest.raises(DiskError):
        SqliteIndex(tmp_path / "folder").entries()


def test_who_is_alone_keeps_the_others_out_until_the_end(index: ClipIndex) -> None:
    with index.alone(wait=False):
        index.put(A)
        with pytest.raises(DiskError, match="lock"), index.alone(wait=False):
            pass
    with index.alone(wait=True):
        pass


def test_who_waits_comes_in_when_the_other_is_out(index: ClipIndex) -> None:
    came_in = threading.Event()

    def come_in() -> None:
        with index.alone(wait=True):
            came_in.set()

    waiting = threading.Thread(target=come_in)
    with index.alone(wait=True):
        waiting.start()
        assert not came_in.wait(0.05)
    waiting.join()
    assert came_in.is_set()
