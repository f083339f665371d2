"""Video files, made on the spot with known faces and read again: for tests and benchmarks."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from latchkey.adapters.cameras import VideoCamera
from latchkey.adapters.planes import rows_of
from latchkey.errors import FootageEnded
from latchkey.frames import Box, Plane, RawFrame
from latchkey.ports import Still
from latchkey.units import NS_PER_S
from latchkey_sim.clock import VirtualClock
from latchkey_sim.scene.head import photo_path

FACE_IN_PHOTO = (165, 45, 375, 330)
"""Left, top, right, bottom of the head in the photo, in pixels: brow to chin with a little hair."""

FACE_SHARE = 0.018
"""Share of the picture that the face takes, as on people who stand at a door."""


def face_box(number: int, fps: float, width: int, height: int) -> Box:
    """Give where `moving_face` draws the face in frame `number`, in pixels."""
    side_px = (FACE_SHARE * width * height) ** 0.5
    half_w, half_h = side_px * 0.43, side_px * 0.58
    second = number / fps
    x = width * (0.5 + 0.32 * np.sin(0.7 * second))
    y = height * (0.5 + 0.18 * np.sin(1.1 * second + 1))
    return Box(float(x - half_w), float(y - half_h), float(x + half_w), float(y + half_h))


def moving_face(width: int, height: int, fps: float, seconds: float, seed: int = 1) -> Iterator[RawFrame]:
    """Draw frames in which one photo face moves over a textured wall; same seed, same pixels."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(60, 190, (height // 16, width // 16, 3), dtype=np.uint8)
    wall = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    left, top, right, bottom = FACE_IN_PHOTO
    photo = np.asarray(cv2.imread(str(photo_path())), np.uint8)[top:bottom, left:right]
    for number in range(int(fps * seconds)):
        picture = wall.copy()
        _paste(picture, photo, face_box(number, fps, width, height))
        picture = cv2.add(picture, _grain(rng, picture.shape), dtype=cv2.CV_8U)
        yield _frame(picture, round(number * NS_PER_S / fps))


def write_video(path: Path, frames: Iterable[RawFrame], fps: float, crf: int = 20) -> None:
    """Write frames as an H.264 file at a steady rate."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": str(crf), "preset": "veryfast"}
        for number, frame in enumerate(frames):
            if not number:
                stream.width, stream.height = frame.width, frame.height
            picture = av.VideoFrame(frame.width, frame.height, "yuv420p")
            for plane, pixels in zip(picture.planes, (frame.y, frame.u, frame.v), strict=True):
                rows_of(plane)[:, : pixels.shape[1]] = pixels
            picture.pts = number
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def decoded(path: Path) -> Iterator[RawFrame]:
    """Decode a video; frames are stamped with the time since its first. Raises CameraLost."""
    clock = VirtualClock(0)
    camera = VideoCamera(path, clock)
    try:
        while True:
            got = camera.read()
            if isinstance(got, Still):
                clock.wait_until(got.until_ns)
            elif got is not None:
                yield got
    except FootageEnded:
        return
    finally:
        camera.close()


def _grain(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.int8]:
    """Noise as of a small sensor indoors, up to 10 steps: without it a wall costs an encoder nothing."""
    return rng.integers(-10, 11, shape, dtype=np.int8)


def _paste(picture: Plane, photo: Plane, box: Box) -> None:
    x0, y0, x1, y1 = (round(value) for value in box[:4])
    face = cv2.resize(photo, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA)
    mask: NDArray[np.float32] = np.zeros(face.shape[:2], np.float32)
    middle = (face.shape[1] // 2, face.shape[0] // 2)
    cv2.ellipse(mask, middle, (middle[0] - 3, middle[1] - 3), 0, 0, 360, 1.0, -1)
    mask = cv2.GaussianBlur(mask, (7, 7), 0)[..., None]
    patch = picture[y0:y1, x0:x1]
    patch[:] = (mask * face + (1 - mask) * patch).astype(np.uint8)


def _frame(picture: Plane, at_ns: int) -> RawFrame:
    height, width = picture.shape[:2]
    planes: Plane = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
    chroma = planes[height:].reshape(2, height // 2, width // 2)
    return RawFrame(planes[:height], chroma[0], chroma[1], at_ns)
