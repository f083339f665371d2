"""The face layer end to end: what a whole device keeps of a masked face, with the layer off and on."""

import io
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest

from latchkey.adapters.planes import raw_frame
from latchkey.clip import NoIdentityMatched, X25519Identity, decrypt
from latchkey.frames import Cover, Plane, RawFrame
from latchkey.owner.composing import Composed, FaceLayer, compose
from latchkey.ports import Publication
from latchkey.settings import PrivacySettings, RecordingSettings, Settings
from latchkey.units import NS_PER_S
from latchkey.vault import faces_name, sealed_name
from latchkey.vision import COVER_YUV
from latchkey_sim.desk import DEVICE_ID, Desk, desk
from latchkey_sim.disk import MemoryDisk
from latchkey_sim.finder import PaintFinder
from latchkey_sim.household import OWNER
from latchkey_sim.masked import PAINT_YUV, PATTERN_LEVELS, face_at, masked_street
from latchkey_sim.street import kept_clips

STRANGER = X25519Identity(bytes(range(2, 34)))
SHORT = RecordingSettings(pre_roll_s=1.0, post_roll_s=2.0, threads=1)
pytestmark = pytest.mark.slow  # a visit takes a second or two
JPEG = b"\xff\xd8\xff"


@cache
def visit(hours: int, seed: int = 1) -> Desk:
    """Somebody with a painted face walks by and rings; all is sealed and over."""
    privacy = PrivacySettings(face_layer_hours=hours)
    settings = Settings(recording=SHORT, privacy=privacy)
    home = desk(masked_street(8), settings, finder=PaintFinder(), rings_ns=[3 * NS_PER_S], seed=seed)
    home.run_until_ended(100 * NS_PER_S)
    home.device.close()
    assert len(home.index.entries()) == 1
    return home


def unsealed(home: Desk) -> Iterator[bytes]:
    """All files of the vault as the owner reads them."""
    for name in home.vault.files:
        data = home.vault.read(name)
        yield b"".join(decrypt(data, [OWNER.text])) if name.endswith(".age") else data


def inner(cover: Cover) -> tuple[slice, slice]:
    """The middle of a rectangle, away from what the encoder does at its edges."""
    return slice(cover.y0 + 8, cover.y1 - 8), slice(cover.x0 + 8, cover.x1 - 8)


def number_of(frame: RawFrame) -> int:
    return round(frame.at_ns * 10 / NS_PER_S)


def composed(home: Desk, folder: Path, disk: MemoryDisk | None = None) -> tuple[Composed, list[RawFrame]]:
    """Open the clip with its faces; give the summary, and the frames with their device times."""
    (entry,) = home.index.entries()
    (kept,) = kept_clips(home, OWNER.text)
    target = folder / "faces.mp4"
    with FaceLayer(disk or home.vault, entry, [OWNER.text]) as layer:
        done = compose(disk or home.vault, entry, [OWNER.text], layer, str(target), target)
    with av.open(str(target), "r") as video:
        start_ns = kept.record.start_at_ns
        pictures = [
            raw_frame(picture, start_ns + round((picture.time or 0) * NS_PER_S))
            for picture in video.decode(video=0)
        ]
    return done, pictures


def test_with_the_layer_off_no_pixel_of_the_face_is_in_any_file() -> None:
    home = visit(0)
    assert not any(".faces." in name for name in home.vault.files)
    assert not any(JPEG in data for data in unsealed(home))
    (kept,) = kept_clips(home, OWNER.text)
    assert len(kept.frames) > 20
    for frame in kept.frames:
        hidden = frame.y[inner(face_at(number_of(frame)))].astype(int)
        assert np.abs(hidden - COVER_YUV[0]).max() <= 6


def test_the_clip_is_the_same_byte_for_byte_whether_it_has_a_layer() -> None:
    off, on = visit(0).vault.files, visit(24).vault.files
    assert {name: bytes(data) for name, data in on.items() if ".faces." not in name} == {
        name: bytes(data) for name, data in off.items()
    }
    assert len(on) == len(off) + 1


def test_the_layer_puts_the_face_back_to_within_what_codecs_lose(tmp_path: Path) -> None:
    home = visit(24)
    done, frames = composed(home, tmp_path)
    assert done == Composed(len(frames), len(frames))
    originals = {frame.at_ns: frame for frame in masked_street(8)}
    for frame in frames:
        original = originals[round(frame.at_ns / NS_PER_S * 10) * NS_PER_S // 10]
        place = inner(face_at(number_of(frame)))
        chroma = tuple(slice(side.start // 2, side.stop // 2) for side in place)
        assert _off(frame.y[place], original.y[place]) < 2.0 < PATTERN_LEVELS
        assert _off(frame.u[chroma], original.u[chroma]) < 2.0 < abs(PAINT_YUV[1] - COVER_YUV[1])
        assert _off(frame.v[chroma], original.v[chroma]) < 2.0


def _off(seen: Plane, true: Plane) -> float:
    return float(np.abs(seen.astype(int) - true.astype(int)).mean())


def test_the_opened_video_keeps_times_and_everything_outside_the_covers(tmp_path: Path) -> None:
    home = visit(24)
    _, frames = composed(home, tmp_path)
    (kept,) = kept_clips(home, OWNER.text)
    assert [frame.at_ns for frame in frames] == [frame.at_ns for frame in kept.frames]
    for shown, covered in zip(frames, kept.frames, strict=True):
        bare = np.abs(covered.y[:20].astype(int) - COVER_YUV[0]) > 8
        assert _off(shown.y[:20][bare], covered.y[:20][bare]) < 1.5


def test_the_layer_is_an_age_file_of_its_own_key_that_only_the_owner_opens() -> None:
    home = visit(24)
    (entry,) = home.index.entries()
    sealed = home.vault.read(faces_name(entry.clip, entry.day))
    assert sealed.startswith(b"age-encryption.org/v1\n")
    assert JPEG not in sealed
    assert JPEG in b"".join(decrypt(sealed, [OWNER.text]))
    with pytest.raises(NoIdentityMatched):
        decrypt(sealed, [STRANGER.text])
    sealed_files = [data for name, data in home.vault.files.items() if name.endswith(".age")]
    heads = [bytes(data[: data.index(b"\n--- ")]) for data in sealed_files]
    assert len(set(heads)) == 4


def test_no_plaintext_of_the_layer_is_ever_on_the_disk() -> None:
    home = visit(24)
    stored = b"".join([*map(bytes, home.vault.files.values()), *map(bytes, home.state.files.values())])
    assert b"LKFACES" not in stored
    assert JPEG not in stored


def test_nobody_on_the_broker_can_turn_the_layer_on() -> None:
    settings = Settings(recording=SHORT)
    home = desk(masked_street(8), settings, finder=PaintFinder(), rings_ns=[3 * NS_PER_S])
    for word in ("faces", "face_layer", "face_layer_hours", "privacy", "armed", "shutter", "snooze"):
        for value in (b"24", b'{"face_layer_hours": 24}', b"faces"):
            home.broker.publish(Publication(f"latchkey/{DEVICE_ID}/{word}/set", value, retain=False))
    home.run_until_ended(100 * NS_PER_S)
    home.device.close()
    assert not [name for name in home.vault.files if ".faces." in name]


def test_a_layer_cut_off_by_a_power_cut_gives_the_faces_up_to_there(tmp_path: Path) -> None:
    home = visit(24)
    (entry,) = home.index.entries()
    name = faces_name(entry.clip, entry.day)
    disk = MemoryDisk()
    disk.files = {key: bytearray(data) for key, data in home.vault.files.items()}
    disk.files[name] = disk.files[name][: 400 + 65_552 + 20_000]
    done, frames = composed(home, tmp_path, disk)
    assert 0 < done.frames_with_faces < done.frames == len(frames)
    assert "chunk 1" in done.torn
    last = frames[-1]
    hidden = last.y[inner(face_at(number_of(last)))].astype(int)
    assert np.abs(hidden - COVER_YUV[0]).max() <= 6


def test_a_power_cut_while_recording_keeps_the_layer_as_far_as_it_was_durable() -> None:
    privacy = PrivacySettings(face_layer_hours=24)
    settings = Settings(recording=SHORT, privacy=privacy)
    home = desk(masked_street(30), settings, finder=PaintFinder(), rings_ns=[3 * NS_PER_S])
    home.run_until(12 * NS_PER_S)
    found = home.vault.after_power_cut()
    assert [name for name in found.files if name.endswith(".faces.age.part")]
    again = desk(iter(()), replace(settings), vault=found, seed=2)
    (entry,) = again.index.entries()
    assert entry.state == "torn"
    with FaceLayer(found, entry, [OWNER.text]) as layer:
        assert layer.at(0)
    assert not [name for name in found.files if name.endswith(".part")]


def test_the_layer_starts_no_second_copy_in_the_clips_own_file() -> None:
    home = visit(24)
    (entry,) = home.index.entries()
    clip = b"".join(decrypt(home.vault.read(sealed_name(entry.clip, entry.day, "whole")), [OWNER.text]))
    assert b"LKFACES" not in clip
    assert JPEG not in clip
    with av.open(io.BytesIO(clip), "r") as video:
        assert len(video.streams) == 1
