"""The driver of the camera, on a picamera2 of the bench: pictures of ours, times of the sensor, one line per
trouble.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.errors import CameraLost
from latchkey.frames import Colour, Plane, RawFrame
from latchkey.settings import PiSettings
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey_pi.camera import INBOX_FRAMES, PiCamera
from latchkey_pi.daynight import SETTLE_NS
from latchkey_pi.pace import Heat, Throttled
from latchkey_pi.session import Wish
from latchkey_sim.benchpi import Bench, BenchModules, until
from latchkey_sim.benchpi.camera import GONE
from latchkey_sim.journal import ListJournal

SMALL = Wish(0, 200, 120, 10.0)
DARK = {"ExposureTime": 33_333, "AnalogueGain": 16.0, "DigitalGain": 1.0}
SUNNY = {"ExposureTime": 1_000, "AnalogueGain": 1.0}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A board whose libraries are in place of a Pi's."""
    board = Bench(tmp_path / "root")
    with BenchModules(board):
        yield board


class Rig:
    """A camera that runs on the bench, and all it gave."""

    def __init__(self, bench: Bench, wish: Wish, settings: PiSettings, clock: SystemClock) -> None:
        self.journal, self.clock, self.heat = ListJournal(), clock, Heat(45.0)
        self.bench = bench
        self.frames: list[RawFrame] = []
        self.infrared: list[bool] = []
        self.camera = PiCamera(wish, settings, clock, self.journal, lambda: self.heat, self.infrared.append)

    def see(self, **what: object) -> RawFrame:
        """Let the sensor give a picture, and wait for it."""
        self.bench.sensor.shoot(**what)  # type: ignore[arg-type]
        return self.next()

    def next(self) -> RawFrame:
        """Wait for the next picture."""
        before = len(self.frames)
        until(lambda: self._read() or len(self.frames) > before)
        return self.frames[-1]

    def lost(self) -> CameraLost:
        """Wait until the camera is lost."""
        caught: list[CameraLost] = []

        def is_lost() -> bool:
            try:
                self._read()
            except CameraLost as error:
                caught.append(error)
            return bool(caught)

        until(is_lost)
        return caught[0]

    def said(self) -> str:
        """Give the log."""
        return "\n".join(line.text for line in self.journal.lines)

    def _read(self) -> bool:
        got = self.camera.read()
        if isinstance(got, RawFrame):
            self.frames.append(got)
        return False


class SteppedClock(SystemClock):
    """Real time, and what a test adds to it."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead_ns = 0

    def now_ns(self) -> int:
        return super().now_ns() + self.ahead_ns


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def rig_of(bench: Bench, clock: SteppedClock) -> Iterator[Callable[..., Rig]]:
    rigs = []

    def make(wish: Wish = SMALL, **settings: object) -> Rig:
        rigs.append(Rig(bench, wish, PiSettings(**settings), clock))  # type: ignore[arg-type]
        return rigs[-1]

    yield make
    for rig in rigs:
        bench.sensor.shoot()  # what a camera is closed after: a picture that was waited for
        rig.camera.close()
        assert bench.sensor.buffers_out == 0, "a request was kept"
        assert not bench.sensor.is_open


def _planes(width: int, height: int) -> tuple[Plane, Plane, Plane]:
    y = np.add.outer(np.arange(height), np.arange(width)).astype(np.uint8)
    return y, y[::2, ::2].copy(), y[1::2, 1::2].copy()


@pytest.mark.parametrize("stride", [2, 32, 64, 256])
def test_pictures_come_without_the_padding_of_their_rows(
    bench: Bench, rig_of: Callable[..., Rig], stride: int
) -> None:
    bench.sensor.stride_px = stride
    frame = rig_of().see(planes=_planes(200, 120))
    for got, sent in zip((frame.y, frame.u, frame.v), _planes(200, 120), strict=True):
        assert np.array_equal(got, sent)
    assert frame.small is not None
    assert frame.small.shape == (120, 200)
    assert np.array_equal(frame.small, frame.y)


def test_a_picture_is_ours_before_its_buffer_is_given_back(rig_of: Callable[..., Rig]) -> None:
    frame = rig_of().see(level=77)
    assert set(np.unique(frame.y)) == {77}
    assert GONE not in frame.y
    assert frame.y.base is not None
    assert frame.y.flags.writeable


def test_planes_of_a_picture_lie_in_one_piece(rig_of: Callable[..., Rig]) -> None:
    frame = rig_of().see()
    assert all(plane.flags.c_contiguous for plane in (frame.y, frame.u, frame.v))
    assert frame.y.base is frame.u.base or frame.y.base is frame.v.base


def test_times_are_those_of_the_sensor(rig_of: Callable[..., Rig], clock: SteppedClock) -> None:
    rig = rig_of()
    taken_ns = clock.now_ns() - 80 * NS_PER_MS
    assert rig.see(metadata={"SensorTimestamp": taken_ns}).at_ns == taken_ns


def test_a_sensor_whose_clock_is_another_gets_times_of_arrival_and_that_is_said_once(
    rig_of: Callable[..., Rig], clock: SteppedClock
) -> None:
    rig, began_ns = rig_of(), clock.now_ns()
    for number in range(40):
        frame = rig.see(metadata={"SensorTimestamp": 1_700_000_000 * NS_PER_S + number})
        assert began_ns <= frame.at_ns <= clock.now_ns()
    times = [frame.at_ns for frame in rig.frames]
    assert times == sorted(set(times))
    assert rig.said().count("cannot be believed") == 1


def test_a_loop_that_is_late_gets_the_newest_pictures(rig_of: Callable[..., Rig], bench: Bench) -> None:
    rig = rig_of()
    for level in range(10):
        bench.sensor.shoot(level=level)
    until(lambda: bench.sensor.shots.empty() and bench.sensor.buffers_out == 0)
    bench.sensor.shoot(level=99)
    until(lambda: bench.sensor.shots.empty() and bench.sensor.buffers_out == 0)
    seen = [int(rig.next().y[0, 0]) for _ in range(INBOX_FRAMES)]
    assert seen[-1] == 99
    assert len(seen) == INBOX_FRAMES


def test_what_was_asked_for_reaches_libcamera(rig_of: Callable[..., Rig], bench: Bench) -> None:
    rig_of(Wish(0, 1280, 720, 15.0, upside_down=True)).see()
    asked = bench.sensor.configured
    assert asked["main"] == {"size": (1280, 720), "format": "YUV420"}
    assert asked["lores"] == {"size": (320, 180), "format": "YUV420"}
    assert asked["transform"] == {"hflip": 1, "vflip": 1}
    assert bench.sensor.rates == [15.0]


@pytest.mark.parametrize(
    ("space", "colour"),
    [("Rec709", Colour()), ("SMPTE170M", Colour(6)), ("sYCC", Colour(6, full_range=True))],
)
def test_colours_are_named_as_libcamera_makes_them(
    rig_of: Callable[..., Rig], bench: Bench, space: str, colour: Colour
) -> None:
    bench.sensor.colour = space
    assert rig_of().see().colour == colour


def test_without_a_camera_the_cable_is_named_and_plugging_it_in_is_the_way_back(
    rig_of: Callable[..., Rig], bench: Bench
) -> None:
    bench.sensor.models = []
    rig = rig_of()
    lost = rig.lost()
    assert str(lost) == "no camera is found"
    assert "ribbon" in (lost.hint or "")
    bench.sensor.models = ["imx219"]
    rig.camera.restart()
    assert rig.see().width == 200


def test_a_camera_number_that_is_not_there_is_one_line(rig_of: Callable[..., Rig]) -> None:
    assert str(rig_of(Wish(3, 200, 120, 10.0)).lost()) == "there is no camera number 3"


@pytest.mark.parametrize(
    ("where", "error", "line"),
    [
        ("open_error", RuntimeError("Failed to acquire camera: Device or resource busy"), "does not open"),
        ("start_error", RuntimeError("Failed to start camera: Cannot allocate memory"), "does not start"),
    ],
)
def test_what_libcamera_says_is_one_line_with_a_hint(
    rig_of: Callable[..., Rig], bench: Bench, where: str, error: Exception, line: str
) -> None:
    setattr(bench.sensor, where, error)
    lost = rig_of().lost()
    assert line in str(lost)
    assert str(error) in str(lost)
    assert lost.hint
    assert "\n" not in str(lost)


def test_pictures_before_a_loss_are_given_first(rig_of: Callable[..., Rig], bench: Bench) -> None:
    rig = rig_of()
    bench.sensor.shoot(2)
    bench.sensor.fail(RuntimeError("Camera frontend has timed out!"))
    until(lambda: not bench.sensor.is_open and bench.sensor.shots.empty())
    rig.next()
    rig.next()
    assert "Camera frontend has timed out!" in str(rig.lost())


def test_a_sensor_that_goes_silent_is_lost_with_the_cable_as_its_cause(
    rig_of: Callable[..., Rig], clock: SteppedClock
) -> None:
    rig = rig_of()
    rig.see()
    clock.ahead_ns += 10 * NS_PER_S
    lost = rig.lost()
    assert "no more pictures" in str(lost)
    assert "ribbon" in (lost.hint or "")


def test_a_stream_of_another_format_is_refused(rig_of: Callable[..., Rig], bench: Bench) -> None:
    bench.sensor.given_format = "NV12"
    assert "NV12" in str(rig_of().lost())


def test_a_missing_library_is_one_line_with_the_package(bench: Bench, clock: SteppedClock) -> None:
    with BenchModules(bench, without=("picamera2",)):
        rig = Rig(bench, Wish(0, 200, 120, 10.0), PiSettings(), clock)
        lost = rig.lost()
    assert str(lost) == "the pi board needs picamera2, which is missing"
    assert (lost.hint or "").startswith("apt install python3-picamera2")


def test_night_opens_the_camera_anew_with_its_other_tuning_and_day_too(
    rig_of: Callable[..., Rig], bench: Bench, clock: SteppedClock
) -> None:
    rig = rig_of(night_tuning="imx708_noir.json")
    rig.see(metadata=DARK)
    clock.ahead_ns += SETTLE_NS
    rig.see(metadata=DARK)
    assert rig.camera.is_night
    rig.see(metadata=SUNNY)
    assert bench.sensor.opened == ["", "imx708_noir.json"]
    clock.ahead_ns += SETTLE_NS
    rig.see(metadata=SUNNY)
    rig.see(metadata=SUNNY)
    assert bench.sensor.opened == ["", "imx708_noir.json", ""]
    assert "it is night; the camera starts again" in rig.said()
    assert "it is day again" in rig.said()
    assert rig.infrared[-1] is False


def test_without_another_tuning_night_changes_nothing_but_is_known(
    rig_of: Callable[..., Rig], bench: Bench, clock: SteppedClock
) -> None:
    rig = rig_of()
    rig.see(metadata=DARK)
    clock.ahead_ns += SETTLE_NS
    rig.see(metadata=DARK)
    rig.see(metadata=DARK)
    assert rig.camera.is_night
    assert bench.sensor.opened == [""]
    assert rig.infrared == [False, True]


def test_a_tuning_file_that_is_not_there_is_one_line(rig_of: Callable[..., Rig]) -> None:
    lost = rig_of(day_tuning="imx999.json").lost()
    assert str(lost) == "there is no tuning file imx999.json"
    assert lost.hint


def test_a_hot_chip_is_asked_for_fewer_pictures_and_the_clip_is_told(
    rig_of: Callable[..., Rig], bench: Bench, clock: SteppedClock
) -> None:
    rig = rig_of()
    rig.see()
    rig.heat = Heat(82.0)
    clock.ahead_ns += 5 * NS_PER_S
    rig.see()
    rig.see()
    assert rig.camera.fps == 7.5
    assert bench.sensor.rates == [10.0, 7.5]
    assert "takes 7.5 pictures a second now: the chip is at 82 °C" in rig.said()


def test_a_weak_supply_is_told_once_while_it_lasts(rig_of: Callable[..., Rig], clock: SteppedClock) -> None:
    rig = rig_of()
    rig.heat = Heat(45.0, Throttled(1))
    for _ in range(4):
        clock.ahead_ns += 3 * NS_PER_S
        rig.see()
    assert rig.said().count("power supply is too weak") == 1


def test_closing_lets_go_of_the_sensor_and_may_be_done_twice(
    rig_of: Callable[..., Rig], bench: Bench
) -> None:
    rig = rig_of()
    rig.see()
    rig.camera.close()
    assert not bench.sensor.is_open
    rig.camera.close()
    with pytest.raises(CameraLost, match="closed"):
        rig.camera.read()
