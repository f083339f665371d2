"""The demo's output folder: whole or not at all, nobody else's, and no secrets left beside it."""

import os
from pathlib import Path

import pytest

from latchkey.errors import UsageError
from latchkey_sim.demo.folder import MARKER, MARKER_TEXT, check_replaceable, out_folder


def interrupted_run(out: Path) -> None:
    with out_folder(out) as folder:
        (folder / "visit.mp4").write_bytes(b"half")
        raise KeyboardInterrupt


def test_the_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    with pytest.raises(KeyboardInterrupt):
        interrupted_run(out)
    assert list(out.parent.iterdir()) == []


def test_a_rerun_replaces_what_a_run_made_and_an_interrupted_one_leaves_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for text in ("first", "second"):
        with out_folder(out) as folder:
            (folder / "summary.json").write_text(text)
    assert (out / "summary.json").read_text() == "second"
    with pytest.raises(KeyboardInterrupt):
        interrupted_run(out)
    assert (out / "summary.json").read_text() == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_no_demo_made_is_never_touched(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    check_replaceable(mine)
    (mine / "holiday.mp4").write_bytes(b"dear to me")
    with pytest.raises(UsageError, match="no demo made it"):
        check_replaceable(mine)
    (mine / MARKER).touch()
    with pytest.raises(UsageError, match=r"holiday\.mp4"):
        check_replaceable(mine)
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(mine)
    for name in ("file", "link"):
        with pytest.raises(UsageError):
            check_replaceable(tmp_path / name)


@pytest.mark.parametrize("name", ["", ".", "..", "/"])
def test_what_has_no_name_of_its_own_is_never_replaced(name: str) -> None:
    with pytest.raises(UsageError, match="names no folder"):
        check_replaceable(Path(name))


def abandoned(folder: Path, marker: str | None = MARKER_TEXT) -> Path:
    """Make what a killed demo leaves."""
    folder.mkdir()
    (folder / "owner.key").write_text("secret")
    if marker is not None:
        (folder / MARKER).write_text(marker)
    return folder


def test_what_a_killed_demo_left_is_swept_by_the_next(tmp_path: Path) -> None:
    left = [abandoned(tmp_path / name) for name in (".out-abcd1234", ".out-abcd1234-old")]
    with out_folder(tmp_path / "out"):
        pass
    assert not any(folder.exists() for folder in left)


def test_a_folder_beside_it_that_no_demo_made_stays(tmp_path: Path) -> None:
    mine = [
        abandoned(tmp_path / ".out-abcd1234", marker=None),
        abandoned(tmp_path / ".out-abcd5678", marker="mine"),
        abandoned(tmp_path / ".out-backup"),
        abandoned(tmp_path / ".other-abcd1234"),
    ]
    (tmp_path / ".out-linklink").symlink_to(abandoned(tmp_path / "elsewhere"))
    os.mkfifo(mine[0] / MARKER)
    with out_folder(tmp_path / "out"):
        pass
    assert all((folder / "owner.key").exists() for folder in [*mine, tmp_path / "elsewhere"])


def test_a_demo_that_still_runs_is_not_swept_by_another(tmp_path: Path) -> None:
    with out_folder(tmp_path / "out") as running:
        with out_folder(tmp_path / "out") as other:
            (other / "summary.json").write_text("other")
        assert running.is_dir()
