"""The demo on footage that misbehaves, and on a vault in which not every clip opens."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.adapters.disk import FolderDisk
from latchkey.cli.command import Terminal
from latchkey.errors import EXIT_DAMAGED, EXIT_OK, EXIT_UNCOVERED
from latchkey.owner import list_clips
from latchkey.settings import PrivacySettings
from latchkey.vault import meta_name, sealed_name
from latchkey_sim.demo import owner_side
from latchkey_sim.demo.command import perform, verdict
from latchkey_sim.demo.owner_side import open_clips
from latchkey_sim.demo.report import Summary
from latchkey_sim.demo.stage import Wishes
from latchkey_sim.footage import decoded, write_video
from latchkey_sim.street import street

NO_DETECTOR = PrivacySettings(detector="none")

GOOD = Summary(1, 500, 300, 260, 0, 6_000_000, 14, 4000, "centerface", 8.0, 42.0, 0.03, 0)
MOVING = ((1.0, 9.0),)


def changing_video(folder: Path) -> Path:
    """Two segments of raw H.264 of different size, one behind the other: one stream to a decoder."""
    small, wide = folder / "small.h264", folder / "wide.h264"
    write_video(small, street(4, MOVING, size=(320, 240)), 25)
    write_video(wide, street(4, MOVING, size=(480, 240), begin_s=4), 25)
    path = folder / "door.h264"
    path.write_bytes(small.read_bytes() + wide.read_bytes())
    return path


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, str]:
    """Play the video whose size changes; give the folder, the exit code, what was told."""
    folder = tmp_path_factory.mktemp("changing")
    screen = Terminal(io.StringIO(), io.StringIO())
    wishes = Wishes(camera=f"file:{changing_video(folder)}", rings_s=(0.5,), privacy=NO_DETECTOR)
    code = perform(wishes, folder / "out", screen)
    assert isinstance(screen.err, io.StringIO)
    return folder / "out", code, screen.err.getvalue()


@pytest.mark.slow
def test_a_video_whose_size_changes_becomes_two_whole_clips(played: tuple[Path, int, str]) -> None:
    out, code, told = played
    assert code == EXIT_OK, told
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["clips"], summary["frames"], summary["clips_torn"]) == (2, 80, 0)
    sizes = {(frame.width, frame.height) for path in out.glob("visit*.mp4") for frame in decoded(path)}
    assert sizes == {(320, 240), (480, 240)}
    lines = [json.loads(line) for line in (out / "mqtt.ndjson").read_text().splitlines()]
    clips = [json.loads(line["payload"]) for line in lines if line["topic"].endswith("/event/clip")]
    assert sorted(clip["event_type"] for clip in clips)[:4] == ["end", "end", "start", "start"]


@pytest.mark.slow
def test_clips_that_do_not_open_are_counted_and_the_others_opened(
    played: tuple[Path, int, str], tmp_path: Path
) -> None:
    """One clip without its record, one torn: as a power cut or a hand in the vault leave them."""
    out, _, _ = played
    vault = tmp_path / owner_side.VAULT_NAME / "clips"
    vault.mkdir(parents=True)
    (tmp_path / owner_side.KEY_NAME).write_bytes((out / owner_side.KEY_NAME).read_bytes())
    for path in (out / owner_side.VAULT_NAME / "clips").iterdir():
        (vault / path.name).write_bytes(path.read_bytes())
    first, second = list_clips(FolderDisk(vault.parent))
    (vault.parent / meta_name(first.clip)).unlink()
    opened = open_clips(tmp_path)
    assert (len(opened.clips), opened.torn, opened.unreadable) == (1, 0, 1)
    (tmp_path / "visit.mp4").unlink()
    whole = vault.parent / sealed_name(second.clip, second.day, "whole")
    whole.rename(vault.parent / sealed_name(second.clip, second.day, "torn"))
    opened = open_clips(tmp_path)
    assert (len(opened.clips), opened.torn, opened.unreadable) == (0, 1, 1)


@pytest.mark.parametrize(
    ("torn", "unreadable", "told"),
    [
        (0, 0, []),
        (1, 0, ["1 clip is torn"]),
        (2, 1, ["2 clips are torn", "1 clip is unreadable"]),
    ],
)
def test_damage_is_told_in_words_and_by_the_exit_code(torn: int, unreadable: int, told: list[str]) -> None:
    summary = replace(GOOD, clips_torn=torn, clips_unreadable=unreadable)
    screen = Terminal(io.StringIO(), io.StringIO())
    assert verdict(screen, summary) == (EXIT_DAMAGED if told else EXIT_OK)
    assert isinstance(screen.err, io.StringIO)
    assert screen.err.getvalue().splitlines() == [f"latchkey: error: {text}" for text in told]


def test_a_face_that_shows_outweighs_a_torn_clip() -> None:
    screen = Terminal(io.StringIO(), io.StringIO())
    assert verdict(screen, replace(GOOD, faces_uncovered_frames=1, clips_torn=1)) == EXIT_UNCOVERED
