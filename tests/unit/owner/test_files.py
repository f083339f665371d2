"""Files of the owner: whole under their names or not there, alone and together."""

from pathlib import Path

import pytest

from latchkey.errors import DiskError, LatchkeyError, UsageError
from latchkey.owner.files import writing_together


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


@pytest.mark.parametrize(("spoil", "error"), [("folder in place", UsageError), ("part gone", DiskError)])
def test_where_the_second_cannot_appear_the_first_does_not_either(
    tmp_path: Path, spoil: str, error: type[LatchkeyError]
) -> None:
    with pytest.raises(error):
        write(tmp_path, spoil=spoil)
    assert left(tmp_path) == ({"b.json": None} if spoil == "folder in place" else {})


def test_where_the_second_cannot_appear_what_was_there_is_there_again(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"old a")
    (tmp_path / "b.json").write_bytes(b"old b")
    with pytest.raises(DiskError):
        write(tmp_path, force=True, spoil="part gone")
    assert left(tmp_path) == {"a.mp4": b"old a", "b.json": b"old b"}


def test_without_force_nothing_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_bytes(b"old")
    with pytest.raises(UsageError):
        write(tmp_path)
    assert left(tmp_path) == {"b.json": b"old"}
