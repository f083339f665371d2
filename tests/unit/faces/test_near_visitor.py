"""Somebody close to the lens, whom covers hide with all of the picture: the layer keeps just their face."""

import io
from argparse import ArgumentParser
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest

from latchkey.adapters.planes import raw_frame
from latchkey.cli.clips import COMMAND
from latchkey.cli.command import Terminal
from latchkey.frames import RawFrame
from latchkey.pipeline.facelayer import LARGE_SHARE
from latchkey.settings import PrivacySettings, RecordingSettings, Settings, Zone
from latchkey.units import NS_PER_S
from latchkey.vault import faces_name
from latchkey.vision import COVER_YUV
from latchkey_sim.desk import Desk, desk
from latchkey_sim.finder import PaintFinder
from latchkey_sim.household import OWNER
from latchkey_sim.masked import FPS, PATTERN_LEVELS, SIZE, masked_street, near_face_at
from latchkey_sim.street import Kept, kept_clips

pytestmark = pytest.mark.slow  # a visit takes a second or two
SECONDS = 8
SHORT = RecordingSettings(pre_roll_s=1.0, post_roll_s=2.0, threads=1)
SHED = Zone("shed", ((0.0, 0.0), (0.1, 0.0), (0.1, 1.0), (0.0, 1.0)))


@cache
def visit(mode: str = "faces", zones: tuple[Zone, ...] = ()) -> Desk:
    """Nobody is there; then somebody comes up to the lens and rings."""
    privacy = PrivacySettings(face_layer_hours=24, mode=mode, zones=zones)
    settings = Settings(recording=SHORT, privacy=privacy)
    frames = masked_street(SECONDS, near_face_at)
    home = desk(frames, settings, finder=PaintFinder(), rings_ns=[4 * NS_PER_S])
    home.run_until_ended(100 * NS_PER_S)
    home.device.close()
    return home


def opened(home: Desk, folder: Path) -> tuple[Kept, list[RawFrame], str]:
    """The clip as it is kept, as `clips open --with-faces` writes it, and what that says."""
    vault, key, target = folder / "vault", folder / "owner.key", folder / "faces.mp4"
    for name, data in home.vault.files.items():
        path = vault / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    key.write_text(OWNER.text + "\n")
    key.chmod(0o600)
    (kept,) = kept_clips(home, OWNER.text)
    parser, terminal = ArgumentParser(), Terminal(io.StringIO(), io.StringIO())
    COMMAND.configure(parser)
    words = ["open", kept.record.clip, "-o", target, "--key", key, "--vault", vault, "--with-faces", "--yes"]
    assert COMMAND.run(parser.parse_args([*map(str, words)]), terminal) == 0
    with av.open(str(target)) as video:
        frames = [
            raw_frame(picture, kept.record.start_at_ns + round((picture.time or 0) * NS_PER_S))
            for picture in video.decode(video=0)
        ]
    assert isinstance(terminal.err, io.StringIO)
    return kept, frames, terminal.err.getvalue()


def with_face(frames: list[RawFrame]) -> Iterator[tuple[RawFrame, RawFrame, tuple[slice, slice]]]:
    """Those with a face in it: the frame, the original, and the middle of the face."""
    originals = list(masked_street(SECONDS, near_face_at))
    for frame in frames:
        number = round(frame.at_ns * FPS / NS_PER_S)
        if (face := near_face_at(number)) is not None:
            yield frame, originals[number], (slice(face.y0 + 8, face.y1 - 8), slice(face.x0 + 8, face.x1 - 8))


def off(seen: RawFrame, true: RawFrame, place: tuple[slice, slice]) -> float:
    return float(np.abs(seen.y[place].astype(int) - true.y[place].astype(int)).mean())


def is_bare(frame: RawFrame, place: tuple[slice, slice]) -> bool:
    return bool(np.abs(frame.y[place].astype(int) - COVER_YUV[0]).max() > 6)


@pytest.mark.parametrize("mode", ["faces", "people"])
def test_a_face_that_fills_the_picture_is_put_back_in_every_picture(mode: str, tmp_path: Path) -> None:
    kept, frames, said = opened(visit(mode), tmp_path)
    seen = list(with_face(frames))
    assert len(seen) > 20
    for frame, original, place in seen:
        assert off(frame, original, place) < 3.0 < PATTERN_LEVELS
    for frame, _, place in with_face(kept.frames):
        assert not is_bare(frame, place)
        assert (np.abs(frame.y.astype(int) - COVER_YUV[0]) <= 6).mean() > LARGE_SHARE
    assert f"{len(frames)} pictures" in said


def test_the_mode_everything_puts_nothing_back_and_says_why(tmp_path: Path) -> None:
    home = visit("everything")
    kept, frames, said = opened(home, tmp_path)
    everywhere = slice(0, SIZE[1]), slice(0, SIZE[0])
    assert not any(is_bare(frame, everywhere) for frame in frames)
    count = len(kept.frames)
    assert f"0 of {count} pictures with faces put back" in said
    assert f"covers stay in {count} picture(s) that were hidden by more than half where no face" in said
    (entry,) = home.index.entries()
    assert len(home.vault.read(faces_name(entry.clip, entry.day))) < 1_000


def test_what_a_zone_erased_is_not_put_back_with_the_face_across_it(tmp_path: Path) -> None:
    _, frames, _ = opened(visit(zones=(SHED,)), tmp_path)
    seen = list(with_face(frames))
    assert len(seen) > 20
    shed = SIZE[0] // 20 - 2
    assert max(original.v[:, :shed].max() for _, original, _ in seen) > 180, "the face reaches into the zone"
    for frame, original, (rows, columns) in seen:
        assert (frame.v[:, :shed] < 150).all()
        assert off(frame, original, (rows, slice(SIZE[0] // 10 + 20, columns.stop))) < 3.0
