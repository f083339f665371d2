"""One opened camera, by picamera2: configured, started, asked for pictures, closed. For one thread.

Every buffer belongs to the camera, which has few: a picture is copied out once, into memory of ours, and its
request is given back at once. (The filter holds pictures for about a second. Holding requests so long would
take a dozen buffers out of memory that a small board hardly has, and stops the sensor when they run out.)
"""

from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any

from latchkey.errors import CameraLost
from latchkey.frames import Colour, Plane
from latchkey.vision.motion import small_size
from latchkey_pi.daynight import Exposure
from latchkey_pi.layout import Layout
from latchkey_pi.libraries import load_library

LIBRARY_ERRORS = (RuntimeError, IndexError, KeyError, ValueError, OSError, TimeoutError, CancelledError)
"""What picamera2 and libcamera raise; all of it means that this camera gives no pictures."""

BUFFERS = 6
NONE_FOUND = "no camera is found"
RIBBON = (
    "switch the board off, and push both ends of the ribbon cable in again, its contacts towards those of the"
    " socket; a Zero 2 W and a Pi 5 need the narrow cable; `rpicam-hello --list-cameras` shows what is found"
)
IN_USE = (
    "`sudo fuser /dev/media*` shows who else uses it; a camera that hangs needs the power off for a moment"
)
SILENT = "the camera gives no more pictures"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a camera is asked for. `number` counts those that libcamera lists."""

    number: int
    width: int
    height: int
    fps: float
    upside_down: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A picture, in memory of ours, with what its metadata says."""

    planes: tuple[Plane, Plane, Plane]
    small: Plane
    colour: Colour
    sensor_ns: int | None
    exposure: Exposure | None


class Session:
    """A running camera. All methods raise CameraLost."""

    def __init__(self, wish: Wish, tuning: str) -> None:
        self._library = load_library("picamera2")
        self._libcamera = load_library("libcamera")
        self._job: Any = None
        self._camera = self._opened(wish.number, tuning)
        try:
            self._configure(wish)
            self._camera.start()
        except LIBRARY_ERRORS as error:
            self.close()
            raise CameraLost(f"the camera does not start: {_said(error)}", hint=IN_USE) from error
        except CameraLost:
            self.close()
            raise

    def shot(self, limit_s: float) -> Shot | None:
        """Wait for the next picture, at most so long; None if none came."""
        try:
            if self._job is None:
                self._job = self._camera.capture_request(wait=False)
            request = self._camera.wait(self._job, timeout=limit_s)
        except (
            TimeoutError
        ):  # the same job is waited for again: cancelled now, it might take a buffer with it
            return None
        except LIBRARY_ERRORS as error:
            raise CameraLost(f"{SILENT}: {_said(error)}", hint=RIBBON) from error
        self._job = None
        try:
            return self._taken(request)
        except LIBRARY_ERRORS as error:
            raise CameraLost(f"a picture cannot be read: {_said(error)}") from error
        finally:
            request.release()

    def set_rate(self, fps: float) -> None:
        """Ask for so many pictures a second from the next one on."""
        try:
            self._camera.set_controls(_rate(fps))
        except LIBRARY_ERRORS as error:
            raise CameraLost(f"the camera takes no rate of {fps:g}: {_said(error)}") from error

    def close(self) -> None:
        """Let go of the camera; what fails then fails at the next opening too, and is told there."""
        try:
            if self._job is not None:
                self._camera.cancel_all_and_flush()
            self._camera.close()
        except LIBRARY_ERRORS:
            return

    def _opened(self, number: int, tuning: str) -> Any:
        opener = self._library.Picamera2
        try:
            found = opener.global_camera_info()
            if not found:
                raise CameraLost(NONE_FOUND, hint=RIBBON)
            if number >= len(found):
                raise CameraLost(
                    f"there is no camera number {number}", hint=f"[camera] source: 0..{len(found) - 1}"
                )
            return opener(number, tuning=self._tuned(tuning))
        except LIBRARY_ERRORS as error:
            raise CameraLost(f"the camera does not open: {_said(error)}", hint=IN_USE) from error

    def _tuned(self, tuning: str) -> Any:
        if not tuning:
            return None
        try:
            return self._library.Picamera2.load_tuning_file(tuning)
        except LIBRARY_ERRORS as error:
            hint = "`ls /usr/share/libcamera/ipa/rpi/*` lists them; leave the key out for libcamera's choice"
            raise CameraLost(f"there is no tuning file {tuning}", hint=hint) from error

    def _configure(self, wish: Wish) -> None:
        camera, flip = self._camera, int(wish.upside_down)
        across, down = small_size(wish.width, wish.height)
        camera.configure(
            camera.create_video_configuration(
                main={"size": (wish.width, wish.height), "format": "YUV420"},
                lores={"size": (across & ~1, down & ~1), "format": "YUV420"},
                colour_space=self._libcamera.ColorSpace.Rec709(),
                transform=self._libcamera.Transform(hflip=flip, vflip=flip),
                buffer_count=BUFFERS,
                controls=_rate(wish.fps),
                display=None,
                encode=None,
            )
        )
        self._layout = self._layout_of("main")
        self._small = self._layout_of("lores")
        self._colour = self._colour_of(camera.camera_configuration()["colour_space"])

    def _layout_of(self, stream: str) -> Layout:
        got = self._camera.stream_configuration(stream)
        if got["format"] != "YUV420":
            raise CameraLost(f"the camera gives {got['format']} where YUV420 was asked for")
        width, height = got["size"]
        return Layout(width, height, got["stride"])

    def _colour_of(self, space: Any) -> Colour:
        """Say in H.273's words what the camera was configured to in the end."""
        spaces = self._libcamera.ColorSpace
        if space == spaces.Smpte170m():
            return Colour(matrix=6)
        return Colour(matrix=6, full_range=True) if space == spaces.Sycc() else Colour()

    def _taken(self, request: Any) -> Shot:
        mapped = self._library.MappedArray
        with mapped(request, "main", reshape=False, write=False) as main:
            planes = self._layout.copied(main.array)
        with mapped(request, "lores", reshape=False, write=False) as lores:
            small = self._small.luma(lores.array)
        told = request.get_metadata()
        exposure = None
        if "ExposureTime" in told:
            gain = float(told.get("AnalogueGain", 1.0)) * float(told.get("DigitalGain", 1.0))
            exposure = Exposure(int(told["ExposureTime"]), gain)
        sensor_ns = told.get("SensorTimestamp")
        return Shot(planes, small, self._colour, None if sensor_ns is None else int(sensor_ns), exposure)


def _rate(fps: float) -> dict[str, tuple[int, int]]:
    duration_us = round(1_000_000 / fps)
    return {"FrameDurationLimits": (duration_us, duration_us)}


def _said(error: BaseException) -> str:
    """Give the innermost cause, which says more: picamera2 wraps it in words of its own."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error).split("\n")[0] or type(error).__name__
