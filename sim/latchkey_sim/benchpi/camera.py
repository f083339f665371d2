"""The camera on the bench: what picamera2 and libcamera look like to a driver."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from latchkey.frames import Plane

STALE = 0xEE
"""What lies between the end of a row and the next one, and must never reach a picture."""

GONE = 0xAA
"""What a buffer holds once it was given back."""


@dataclass(slots=True)
class BenchShot:
    """A picture as the sensor gives it: luma and colours by level, or whole planes, and its metadata."""

    level: int = 90
    planes: tuple[Plane, Plane, Plane] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class BenchSensor:
    """What is plugged in, and what goes wrong with it. Tests change it; `shoot` gives pictures."""

    models: list[str] = field(default_factory=lambda: ["imx708"])
    tunings: set[str] = field(default_factory=lambda: {"imx708.json", "imx708_noir.json"})
    stride_px: int = 64
    open_error: Exception | None = None
    start_error: Exception | None = None
    colour: str = ""
    """The colour space that libcamera takes instead of what was asked for; "" = what was asked for."""

    given_format: str = "YUV420"
    shots: "queue.Queue[BenchShot | Exception]" = field(default_factory=queue.Queue)
    opened: list[str] = field(default_factory=list)
    """The tuning of each opening."""

    rates: list[float] = field(default_factory=list)
    configured: dict[str, Any] = field(default_factory=dict)
    never_ends: bool = False
    """Whether it gives a picture whenever it is asked."""

    is_open: bool = False
    buffers_out: int = 0

    def shoot(self, count: int = 1, **what: Any) -> None:
        """Let the sensor give pictures."""
        for _ in range(count):
            self.shots.put(BenchShot(**what))

    def fail(self, error: Exception) -> None:
        """Let the next picture be an error of the library."""
        self.shots.put(error)


class _Request:
    def __init__(self, owner: "Any", shot: BenchShot) -> None:
        self.owner = owner
        self.metadata = shot.metadata
        self.buffers = {name: _filled(owner.streams[name], shot, name) for name in ("main", "lores")}
        owner.sensor.buffers_out += 1

    def get_metadata(self) -> dict[str, Any]:
        return dict(self.metadata)

    def release(self) -> None:
        self.owner.sensor.buffers_out -= 1
        for buffer in self.buffers.values():
            buffer[:] = GONE


def _filled(stream: dict[str, Any], shot: BenchShot, name: str) -> Plane:
    (width, height), stride = stream["size"], stream["stride"]
    whole: Plane = np.full(stride * height * 3 // 2, STALE, np.uint8)
    planes = shot.planes if shot.planes is not None and name == "main" else _flat(shot, width, height)
    luma_end, quarter = stride * height, stride * height // 4
    whole[:luma_end].reshape(height, stride)[:, :width] = planes[0]
    for number, plane in enumerate(planes[1:]):
        part = whole[luma_end + number * quarter :][:quarter]
        part.reshape(height // 2, stride // 2)[:, : width // 2] = plane
    return whole


def _flat(shot: BenchShot, width: int, height: int) -> tuple[Plane, Plane, Plane]:
    y: Plane = np.full((height, width), shot.level, np.uint8)
    if shot.planes is not None:  # the ISP's own scaling, roughly
        rows = np.arange(height) * shot.planes[0].shape[0] // height
        columns = np.arange(width) * shot.planes[0].shape[1] // width
        y = shot.planes[0][np.ix_(rows, columns)]
    half = (height // 2, width // 2)
    return y, np.full(half, 110, np.uint8), np.full(half, 140, np.uint8)


def camera_modules(sensor: BenchSensor) -> dict[str, ModuleType]:
    """Give modules named picamera2 and libcamera, for one sensor."""

    class Picamera2:
        """One opened camera."""

        def __init__(self, camera_num: int = 0, tuning: Any = None) -> None:
            if sensor.open_error is not None:
                raise RuntimeError("Camera __init__ sequence did not complete.") from sensor.open_error
            if sensor.is_open:
                raise RuntimeError("Device or resource busy")
            self.sensor, self.number = sensor, sensor.models[camera_num]
            self.streams: dict[str, dict[str, Any]] = {}
            sensor.is_open = True
            sensor.opened.append(tuning["file"] if tuning else "")

        @staticmethod
        def global_camera_info() -> list[dict[str, Any]]:
            return [{"Model": model, "Num": number} for number, model in enumerate(sensor.models)]

        @staticmethod
        def load_tuning_file(tuning_file: str) -> dict[str, Any]:
            if tuning_file not in sensor.tunings:
                raise RuntimeError("Tuning file not found")
            return {"file": tuning_file}

        def create_video_configuration(self, **wanted: Any) -> dict[str, Any]:
            return wanted

        def configure(self, wanted: dict[str, Any]) -> None:
            sensor.configured = dict(wanted)
            sensor.rates.append(_fps(wanted["controls"]))
            for name in ("main", "lores"):
                width, height = wanted[name]["size"]
                stride = -(-width // sensor.stride_px) * sensor.stride_px
                self.streams[name] = {
                    "size": (width, height),
                    "stride": stride,
                    "format": sensor.given_format,
                }

        def stream_configuration(self, name: str) -> dict[str, Any]:
            return self.streams[name]

        def camera_configuration(self) -> dict[str, Any]:
            return {"colour_space": sensor.colour or sensor.configured["colour_space"]}

        def start(self) -> None:
            if sensor.start_error is not None:
                raise sensor.start_error

        def set_controls(self, controls: dict[str, Any]) -> None:
            sensor.rates.append(_fps(controls))

        def capture_request(self, wait: bool) -> object:
            assert not wait, "a driver that waits for ever cannot be closed"
            return object()

        def wait(self, job: object, timeout: float) -> _Request:
            assert job is not None
            if sensor.never_ends and sensor.shots.empty():
                return _Request(self, BenchShot())
            try:
                shot = sensor.shots.get(timeout=timeout)
            except queue.Empty:
                raise TimeoutError from None
            if isinstance(shot, Exception):
                raise shot
            return _Request(self, shot)

        def cancel_all_and_flush(self) -> None:
            return None

        def close(self) -> None:
            sensor.is_open = False

    @contextmanager
    def mapped_array(request: _Request, stream: str, *, reshape: bool, write: bool) -> Iterator[Any]:
        assert not reshape
        assert not write, "pictures of the camera are not written into"
        yield SimpleNamespace(array=request.buffers[stream])

    picamera2, libcamera = ModuleType("picamera2"), ModuleType("libcamera")
    vars(picamera2).update(Picamera2=Picamera2, MappedArray=mapped_array)
    spaces = SimpleNamespace(Rec709=lambda: "Rec709", Smpte170m=lambda: "SMPTE170M", Sycc=lambda: "sYCC")
    vars(libcamera).update(ColorSpace=spaces, Transform=lambda **flips: flips)
    return {"picamera2": picamera2, "libcamera": libcamera}


def _fps(controls: dict[str, Any]) -> float:
    shortest, longest = controls["FrameDurationLimits"]
    assert shortest == longest
    return round(1_000_000 / float(longest), 2)
