"""Files of the owner: whole under their names or not there, alone and together."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from latchkey.errors import DiskError, LatchkeyError, UsageError
from latchkey.owner.files import writing, writing_together


def write(folder: Path, *, force: bool = False, spoil: str = "") -> None:
    """Write two files together; before they appear, spoil the second as told."""
    first, second = folder / "a.mp4", folder / "b.json"
    with writing_together((first, second), force=force) as streams:
        for stream in streams:
            stream.write(b"new")
        if spoil == "folder in place":
            second.unlink(missing_ok=True)
            second.mkdir()
        if spoil == "part gone":
            Path(streams[1].name).unlink()


def left(folder: Path) -> dict[str, bytes | None]:
    return {path.name: path.read_bytes() if path.is_file() else None for path in folder.iterdir()}


@pytest.mark.parametrize("force", [False, True])
def test_files_written_together_appear_together_and_leave_nothing_else(tmp_path: Path, force: bool) -> None:
    if force:
        (tmp_path / "a.mp4").write_bytes(b"old")
        (tmp_path / "b.json").write_bytes(b"old")
    write(tmp_path, force=force)
    assert left(tmp_path) == {"a.mp4": b"new", "b.json": b"new"}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_files_named_from_the_current_folder_on_leave_nothing_else_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path())
    assert left(tmp_path) == {"a.mp4": b"new", "b.json": b"new"}


@pytest.mark.parametrize(("spoil", "error"), [("folder in place", UsageError), ("part gone", DiskError)])
def test_where_the_second_cannot_appear_the_first_does_not_either(
    tmp_path: Path, spoil: str, error: type[LatchkeyError]
) -> None:
    with pytest.raises(error):
        write(tmp_path, spoil=spoil)
    assert left(tmp_path) == ({"b.json": None} if spoil == "folder in place" else {})


@pytest.mark.parametrize("has_nameless", [True, False])
@pytest.mark.parametrize("before", [["a.mp4", "b.json"], ["a.mp4"], ["b.json"]])
def test_where_the_second_cannot_appear_what_was_there_is_there_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: list[str], has_nameless: bool
) -> None:
    if not has_nameless:
        monkeypatch.setattr("latchkey.owner.files._TEMPORARY", None)
    for name in before:
        (tmp_path / name).write_text(f"old {name}")
        (tmp_path / name).chmod(0o640)
    with pytest.raises(DiskError):
        write(tmp_path, force=True, spoil="part gone")
    assert left(tmp_path) == {name: f"old {name}".encode() for name in before}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o640}


def test_without_force_nothing_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_bytes(b"old")
    with pytest.raises(UsageError):
        write(tmp_path)
    assert left(tmp_path) == {"b.json": b"old"}


KILLED = """
import os, signal, sys
from pathlib import Path
from latchkey.owner import writing
with writing(Path(sys.argv[1]), force=True) as stream:
    stream.write(b"a secret")
    stream.flush()
    assert Path(stream.name).read_bytes() == b"a secret"
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
@pytest.mark.parametrize("before", [{}, {"a.mp4": b"old"}])
def test_a_kill_in_the_middle_of_writing_leaves_nothing_of_it(
    tmp_path: Path, before: dict[str, bytes]
) -> None:
    for name, data in before.items():
        (tmp_path / name).write_bytes(data)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "a.mp4")], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert left(tmp_path) == before


KILLED_BETWEEN = """
import os, signal, sys
from pathlib import Path
from latchkey.owner.files import writing_together
left = int(sys.argv[2])
def watch(event, _):
    global left
    left -= event in ("os.rename", "os.remove", "os.link")
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
folder = Path(sys.argv[1])
with writing_together((folder / "a.mp4", folder / "b.json"), force=True) as streams:
    for stream in streams:
        stream.write(b"new")
    sys.addaudithook(watch)
"""


@pytest.mark.slow
def test_a_kill_at_any_step_of_replacing_leaves_no_old_file_hidden_nor_beside_a_new_one(
    tmp_path: Path,
) -> None:
    """What is replaced may show faces: whoever asked for that must not find it in a hidden file later."""
    for steps in range(20):
        folder = tmp_path / str(steps)
        folder.mkdir()
        for name in ("a.mp4", "b.json"):
            (folder / name).write_bytes(b"old")
        ended = subprocess.run([sys.executable, "-c", KILLED_BETWEEN, folder, str(steps)], check=False)
        found = left(folder)
        pair = found.pop("a.mp4", None), found.pop("b.json", None)
        assert pair in ((b"old", b"old"), (b"old", None), (b"new", None), (b"new", b"new"))
        assert b"old" not in found.values()
        if not ended.returncode:
            break
    assert steps > 2
    assert ended.returncode == 0
    assert found == {}


@pytest.mark.parametrize("has_nameless", [True, False])
def test_what_is_written_is_private_whole_and_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_nameless: bool
) -> None:
    if not has_nameless:
        monkeypatch.setattr("latchkey.owner.files._TEMPORARY", None)
    for force in (False, True):
        with writing(tmp_path / "a.mp4", force=force) as stream:
            stream.write(b"new")
            Path(stream.name).write_bytes(b"newer")  # as whoever opens it by name does
        assert left(tmp_path) == {"a.mp4": b"newer"}
        assert (tmp_path / "a.mp4").stat().st_mode & 0o777 == 0o600
    with pytest.raises(ValueError, match="surrogates"), writing(tmp_path / "a.mp4", force=True) as stream:
        stream.write("half \ud800".encode())
    assert left(tmp_path) == {"a.mp4": b"newer"}
