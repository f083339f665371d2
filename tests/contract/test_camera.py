"""The scene's camera and the video file's keep the promises of `ports.Camera`."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from latchkey.adapters.cameras import VideoCamera
from latchkey.errors import CameraLost, FootageEnded
from latchkey.frames import RawFrame
from latchkey.ports import Camera, Still
from latchkey.units import NS_PER_S
from latchkey_sim.clock import VirtualClock
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


def test_frames_are_planar_with_even_sides(open_camera: OpenCamera) -> None:
    camera = open_camera(VirtualClock(0))
    frame = camera.read()
    assert isinstance(frame, RawFrame)
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


def test_the_rate_is_told(open_camera: OpenCamera) -> None:
    camera = open_camera(VirtualClock(0))
    assert camera.fps == pytest.approx(15)
    camera.close()


def test_a_closed_camera_is_lost_until_it_is_restarted(open_camera: OpenCamera) -> None:
    clock = VirtualClock(0)
    camera = open_camera(clock)
    camera.close()
    with pytest.raises(CameraLost):
        camera.read()
    camera.restart()
    assert isinstance(camera.read(), RawFrame)
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
