"""Decoded pictures as planes, however they lie in memory and whatever their size."""

import struct
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from latchkey.adapters.planes import UPRIGHT, raw_frame, turn_of
from latchkey.frames import Plane

WIDTH, HEIGHT = 64, 48


def chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def avi(picture: bytes, tail: bytes) -> bytes:
    """An AVI of one I420 picture; `tail` follows the header of its stream's format."""
    size = len(picture)
    main = struct.pack("<14I", 40000, 0, 0, 0x10, 1, 0, 1, size, WIDTH, HEIGHT, 0, 0, 0, 0)
    head = b"vidsI420" + struct.pack(
        "<IHHIIIIIIII4H", 0, 0, 0, 0, 1, 25, 0, 1, size, 0, 0, 0, 0, WIDTH, HEIGHT
    )
    look = (
        struct.pack("<IiiHH4sIiiII", 40 + len(tail), WIDTH, HEIGHT, 1, 12, b"I420", size, 0, 0, 0, 0) + tail
    )
    stream = chunk(b"LIST", b"strl" + chunk(b"strh", head) + chunk(b"strf", look))
    movie = chunk(b"LIST", b"movi" + chunk(b"00dc", picture))
    return chunk(b"RIFF", b"AVI " + chunk(b"LIST", b"hdrl" + chunk(b"avih", main) + stream) + movie)


def noise(seed: int, width: int, height: int) -> Plane:
    return np.random.default_rng(seed).integers(30, 220, (height, width), np.uint8)


@pytest.mark.parametrize("bottom_up", [False, True])
def test_a_picture_stored_from_the_bottom_up_shows_itself_and_nothing_of_the_memory_around_it(
    tmp_path: Path, bottom_up: bool
) -> None:
    y, u = noise(1, WIDTH, HEIGHT), np.full((HEIGHT // 2, WIDTH // 2), 90, np.uint8)
    v = np.full_like(u, 150)
    path = tmp_path / "in.avi"
    path.write_bytes(avi(y.tobytes() + u.tobytes() + v.tobytes(), b"BottomUp\0" if bottom_up else b""))
    with av.open(str(path)) as container:
        frame = raw_frame(next(container.decode(video=0)), 0)
    assert np.array_equal(frame.y, y[::-1] if bottom_up else y)
    assert np.abs(frame.u.astype(int) - 90).max() <= 1
    assert np.abs(frame.v.astype(int) - 150).max() <= 1


@pytest.mark.parametrize(("width", "height"), [(24, 48), (240, 480), (96, 20), (17, 33)])
def test_a_picture_of_another_shape_keeps_its_proportions_and_has_black_beside_it(
    width: int, height: int
) -> None:
    bright = av.VideoFrame.from_ndarray(np.full((height, width), 255, np.uint8), format="gray")
    y = raw_frame(bright, 0, UPRIGHT, (WIDTH, HEIGHT)).y
    rows, columns = np.nonzero(y > 120)
    across, down = np.ptp(columns) + 1, np.ptp(rows) + 1
    assert (y.shape[1], y.shape[0]) == (WIDTH, HEIGHT)
    assert across == WIDTH or down == HEIGHT
    assert abs(across / down - width / height) < 0.12 * width / height
    assert abs(columns.min() + columns.max() + 1 - WIDTH) <= 2
    assert abs(rows.min() + rows.max() + 1 - HEIGHT) <= 2
    assert (y[y <= 120] == 16).all()


def test_a_picture_of_the_same_shape_fills_all() -> None:
    bright = av.VideoFrame.from_ndarray(np.full((97, 129), 255, np.uint8), format="gray")
    assert (raw_frame(bright, 0, UPRIGHT, (WIDTH, HEIGHT)).y > 120).all()


def test_any_size_fits_into_any_other() -> None:
    for width, height in ((19, 48), (64, 21), (17, 17)):
        for across, down in ((2, 2), (1000, 2), (2, 1000), (33, 90), (95, 31), (19, 47)):
            grey = av.VideoFrame.from_ndarray(np.full((down, across), 255, np.uint8), format="gray")
            frame = raw_frame(grey, 0, UPRIGHT, (width, height))
            assert (frame.width, frame.height) == (width & ~1, height & ~1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_turned_and_mirrored_as_its_exif_data_say(tmp_path: Path, orientation: int) -> None:
    path, drawn = tmp_path / "in.jpg", np.full((HEIGHT, WIDTH), 60, np.uint8)
    drawn[:16, :16], drawn[:16, 48:] = 200, 130
    jpeg = cv2.imencode(".jpg", drawn)[1].tobytes()
    exif = b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)
    path.write_bytes(jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:])
    with av.open(str(path)) as container:
        picture = next(container.decode(video=0))
        y = raw_frame(picture, 0, turn_of(picture)).y.astype(int)
    upright = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert upright is not None
    assert y.shape == upright.shape
    assert np.abs(y - y.mean() - (upright - upright.mean())).mean() < 8
