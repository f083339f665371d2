"""The scene's camera, the video file's and a Raspberry Pi's keep the promises of `ports.Camera`.

The last one is the real driver on a bench: stand-ins for picamera2 and libcamera. It has no end, and its
pictures come when the sensor gives them, so what is about footage is asked of the other two.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from latchkey.adapters.cameras import VideoCamera
from latchkey.errors import CameraLost, FootageEnded
from latchkey.frames import RawFrame
from latchkey.ports import Camera, Still
from latchkey.settings import PiSettings
from latchkey.units import NS_PER_S
from latchkey_pi.camera import PiCamera
from latchkey_pi.session import Wish
from latchkey_pi.soc import Soc
from latchkey_sim.benchpi import Bench, BenchModules, until
from latchkey_sim.clock import VirtualClock
from latchkey_sim.journal import ListJournal
from latchkey_sim.scene import SHORT_VISIT, Lens, Scene, SceneCamera

OpenCamera = Callable[[VirtualClock], Camera]
FRAMES = 135


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene(1, SHORT_VISIT, Lens(320, 180))


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine seconds at 15 fps, written by the test itself."""
    path = tmp_path_factory.mktemp("video") / "walk.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=15)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(FRAMES):
            picture = np.full((270, 320), 40 + number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="yuv420p")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A Pi whose sensor gives a picture whenever it is asked."""
    pi = Bench(tmp_path / "root")
    pi.sensor.never_ends = True
    with BenchModules(pi):
        yield pi


@pytest.fixture(params=["scene", "video", "pi"])
def open_any(request: pytest.FixtureRequest, scene: Scene, video: Path, bench: Bench) -> OpenCamera:
    if request.param == "scene":
        return lambda clock: SceneCamera(scene, clock)
    if request.param == "video":
        return lambda clock: VideoCamera(video, clock)
    wish, soc = Wish(0, 320, 180, 15.0), Soc(bench.root)
    return lambda clock: PiCamera(wish, PiSettings(), clock, ListJournal(), soc.heat, lambda _: None)


def taken(camera: Camera, clock: VirtualClock) -> RawFrame:
    """Read until a picture comes; a live camera opens in a thread of its own."""
    got: list[RawFrame] = []

    def came() -> bool:
        clock.wait_until(clock.now_ns() + NS_PER_S // 100)
        read = camera.read()
        if isinstance(read, RawFrame):
            got.append(read)
        return bool(got)

    until(came)
    return got[0]


@pytest.fixture(params=["scene", "video"])
def open_camera(request: pytest.FixtureRequest, scene: Scene, video: Path) -> OpenCamera:
    if request.param == "scene":
        return lambda clock: SceneCamera(scene, clock)
    return lambda clock: VideoCamera(video, clock)


def play(camera: Camera, clock: VirtualClock) -> list[RawFrame]:
    frames = []
    try:
        while True:
            got = camera.read()
            if isinstance(got, RawFrame):
                frames.append(got)
            else:
                assert isinstance(got, Still)
                assert got.until_ns > clock.now_ns()
                clock.wait_until(got.until_ns)
    except FootageEnded:
        return frames


def test_frames_come_in_order_when_due_until_the_footage_ends(open_camera: OpenCamera) -> None:
    clock = VirtualClock(0, start_ns=50 * NS_PER_S)
    camera = open_camera(clock)
    frames = play(camera, clock)
    times = [frame.at_ns for frame in frames]
    assert len(frames) == FRAMES
    assert times[0] == 50 * NS_PER_S
    assert np.allclose(np.diff(times), NS_PER_S / 15, atol=2)
    assert clock.now_ns() == times[-1]
    camera.close()


def test_frames_are_planar_with_even_sides(open_any: OpenCamera) -> None:
    clock = VirtualClock(0)
    camera = open_any(clock)
    frame = taken(camera, clock)
    assert (frame.width, frame.height) == (320, 180)
    assert frame.u.shape == frame.v.shape == (90, 160)
    assert {plane.dtype for plane in (frame.y, frame.u, frame.v)} == {np.dtype(np.uint8)}
    camera.close()


def test_no_frame_comes_early(open_camera: OpenCamera) -> None:
    clock = VirtualClock(0)
    camera = open_camera(clock)
    assert isinstance(camera.read(), RawFrame)
    early = camera.read()
    assert isinstance(early, Still)
    assert camera.read() == early
    camera.close()


def test_the_rate_is_told(open_any: OpenCamera) -> None:
    camera = open_any(VirtualClock(0))
    assert camera.fps == pytest.approx(15)
    camera.close()


def test_times_rise_and_no_picture_is_of_the_future(open_any: OpenCamera) -> None:
    clock = VirtualClock(0, start_ns=7 * NS_PER_S)
    camera = open_any(clock)
    times = []
    for _ in range(5):
        times.append(taken(camera, clock).at_ns)
        assert times[-1] <= clock.now_ns()
    assert times == sorted(set(times))
    camera.close()


def test_a_picture_stays_what_it_is_while_others_follow(open_any: OpenCamera) -> None:
    clock = VirtualClock(0)
    camera = open_any(clock)
    first = taken(camera, clock)
    before = first.y.tobytes()
    for _ in range(8):
        taken(camera, clock)
    assert first.y.tobytes() == before
    camera.close()


def test_a_closed_camera_is_lost_until_it_is_restarted(open_any: OpenCamera) -> None:
    clock = VirtualClock(0)
    camera = open_any(clock)
    camera.close()
    with pytest.raises(CameraLost):
        camera.read()
    camera.restart()
    assert taken(camera, clock).width == 320
    camera.close()
    camera.close()


def test_the_scene_goes_on_while_its_camera_is_closed(scene: Scene) -> None:
    clock = VirtualClock(0)
    camera = SceneCamera(scene, clock)
    camera.close()
    clock.wait_until(4 * NS_PER_S)
    camera.restart()
    frame = camera.read()
    assert isinstance(frame, RawFrame)
    assert frame.at_ns == 4 * NS_PER_S


def test_the_end_of_footage_is_told_again_and_again(open_camera: OpenCamera) -> None:
    clock = VirtualClock(0)
    camera = open_camera(clock)
    play(camera, clock)
    for _ in range(3):
        with pytest.raises(FootageEnded):
            camera.read()
    camera.close()


@pytest.mark.parametrize("content", [b"", b"this is no video" * 100])
def test_a_file_that_is_no_video_is_one_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(content)
    with pytest.raises(CameraLost, match=r"broken\.mp4"):
        VideoCamera(path, VirtualClock(0))


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CameraLost, match="nowhere"):
        VideoCamera(tmp_path / "nowhere.mp4", VirtualClock(0))
