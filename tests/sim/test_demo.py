"""The demo: end to end on a short visit, on a video, and what it refuses to do."""

import io
import json
import stat
import subprocess
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from latchkey.adapters.finders import open_finder
from latchkey.cli.progress import Progress, speed_text
from latchkey.cli.traffic import size, traffic_text
from latchkey.errors import EXIT_OK, EXIT_UNCOVERED, CameraLost, UsageError
from latchkey.frames import Plane
from latchkey.settings import PrivacySettings
from latchkey_sim.demo import COMMAND
from latchkey_sim.demo.command import perform
from latchkey_sim.demo.folder import MARKER
from latchkey_sim.demo.report import Summary, table
from latchkey_sim.demo.stage import Wishes
from latchkey_sim.scene import SHORT_VISIT, Scene
from latchkey_sim.screen import Screen

NO_DETECTOR = PrivacySettings(detector="none")
KEYS = {
    "clips", "frames", "frames_with_covers", "faces_truth_frames", "faces_uncovered_frames", "bytes_sealed",
    "mqtt_messages", "mqtt_bytes", "detector", "seconds_wall", "seconds_scene", "hidden_area",
    "fallback_frames", "clips_torn", "clips_unreadable",
}  # fmt: skip


def play(wishes: Wishes, out: Path, *, as_json: bool = False) -> tuple[int, Screen]:
    screen = Screen()
    return perform(wishes, out, screen, as_json=as_json), screen


def summary_of(out: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((out / "summary.json").read_text())
    return found


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene(1, SHORT_VISIT)


@pytest.fixture(scope="module")
def detector(absent: Callable[[str, str], None]) -> str:
    found = open_finder(PrivacySettings()).finder
    if found is None:
        absent("centerface", "no face detector is installed")
        raise AssertionError
    return found.name


@pytest.fixture(scope="module")
def visit(scene: Scene, detector: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, Screen]:
    out = tmp_path_factory.mktemp("demo") / "out"
    return (out, *play(Wishes(scene=scene), out))


@pytest.mark.slow
def test_a_visit_is_recorded_with_every_face_covered(visit: tuple[Path, int, Screen], detector: str) -> None:
    out, code, screen = visit
    summary = summary_of(out)
    assert set(summary) == KEYS
    assert summary["faces_uncovered_frames"] == 0, screen.told
    assert code == EXIT_OK
    assert summary["clips"] == 1
    assert summary["detector"] == detector
    assert summary["fallback_frames"] == 0
    assert isinstance(summary["faces_truth_frames"], int)
    assert summary["faces_truth_frames"] > 40
    assert isinstance(summary["hidden_area"], float)
    assert summary["hidden_area"] < 0.2


@pytest.mark.slow
def test_the_results_are_there_and_the_key_is_the_owners_alone(visit: tuple[Path, int, Screen]) -> None:
    out = visit[0]
    names = {"visit.mp4", "visit.png", "mqtt.ndjson", "owner.key", "vault", "summary.json", MARKER}
    assert {path.name for path in out.iterdir()} == names
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in out.rglob("*")}
    assert [path for path, mode in modes.items() if mode != (0o700 if path.is_dir() else 0o600)] == []
    with av.open(str(out / "visit.mp4")) as video:
        assert sum(1 for _ in video.decode(video=0)) == summary_of(out)["frames"]
    sheet = cv2.imread(str(out / "visit.png"))
    assert sheet is not None
    assert sheet.shape[1] == 1600


@pytest.mark.slow
def test_the_broker_delivered_metadata_and_nothing_else(visit: tuple[Path, int, Screen]) -> None:
    lines = [json.loads(line) for line in (visit[0] / "mqtt.ndjson").read_text().splitlines()]
    assert len(lines) == summary_of(visit[0])["mqtt_messages"]
    assert all(set(line) == {"at", "topic", "qos", "retain", "payload"} for line in lines)
    topics = [line["topic"].split("/", 2)[-1] for line in lines]
    assert topics.count("event/doorbell") == 1
    assert [json.loads(line["payload"])["event_type"] for line in lines if "event/clip" in line["topic"]][
        -1
    ] == "end"
    assert lines[-1]["payload"] == "offline"
    assert max(len(line["payload"]) for line in lines) < 8192


@pytest.mark.slow
def test_the_log_tells_the_visit_in_scene_time(visit: tuple[Path, int, Screen]) -> None:
    told = visit[2].told
    assert "00:03.0  bell     " in told
    assert "00:03.0  visitor  rings" in told
    assert "\x1b" not in told


@pytest.mark.slow
def test_the_age_tool_opens_the_clip_with_the_owners_key(
    visit: tuple[Path, int, Screen], need: Callable[[str], str], tmp_path: Path
) -> None:
    (clip,) = (visit[0] / "vault" / "clips").glob("????-??-??.*.age")
    key = str(visit[0] / "owner.key")
    made = subprocess.run([need("age"), "-d", "-i", key, str(clip)], check=True, capture_output=True)
    assert made.stdout == (visit[0] / "visit.mp4").read_bytes()


@pytest.mark.slow
def test_without_a_detector_all_that_moves_is_covered(scene: Scene, tmp_path: Path) -> None:
    code, screen = play(Wishes(scene=scene, privacy=NO_DETECTOR), tmp_path / "out", as_json=True)
    summary = json.loads(screen.shown)
    assert code == EXIT_OK
    assert summary["detector"] == "none"
    assert summary["faces_uncovered_frames"] == 0
    assert summary["fallback_frames"] == summary["frames"] > 0
    assert "covered" in screen.told


def write_video(path: Path, pictures: Iterable[Plane]) -> None:
    """Write 640 x 360 pictures, each as (540, 640) planar YUV, at 15 fps."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=15)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="yuv420p")))
        container.mux(stream.encode(None))


def small_planes(scene: Scene, number: int) -> Plane:
    frame = scene.render(number)
    flat = np.concatenate([plane[::2, ::2].reshape(-1) for plane in (frame.y, frame.u, frame.v)])
    picture: Plane = flat.reshape(540, 640)
    return picture


@pytest.fixture(scope="module")
def video(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of the visit as somebody's own video file."""
    path = tmp_path_factory.mktemp("video") / "door.mp4"
    write_video(path, (small_planes(scene, number) for number in range(15, 75)))
    return path


@pytest.mark.slow
def test_a_video_is_played_rung_and_recorded_without_truth(video: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, screen = play(Wishes(camera=f"file:{video}", rings_s=(1.0, 2.5), privacy=NO_DETECTOR), out)
    summary = summary_of(out)
    assert code == EXIT_OK
    assert summary["faces_truth_frames"] is summary["faces_uncovered_frames"] is None
    assert summary["frames"] == 60
    lines = [json.loads(line) for line in (out / "mqtt.ndjson").read_text().splitlines()]
    assert [line["topic"].endswith("/event/doorbell") for line in lines].count(True) == 2
    assert "visitor" not in screen.told


@pytest.mark.slow
def test_a_video_in_which_nothing_happens_fails_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "still.mp4"
    write_video(path, [np.full((540, 640), 128, np.uint8)] * 15)
    code, screen = play(Wishes(camera=f"file:{path}", privacy=NO_DETECTOR), tmp_path / "out")
    assert code == EXIT_UNCOVERED
    assert "latchkey: error: nothing was recorded" in screen.told
    assert not (tmp_path / "out" / "visit.mp4").exists()


@pytest.mark.slow
def test_a_ring_after_the_end_is_told(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    write_video(path, [np.full((180 * 3 // 2, 320), 90, np.uint8)] * 8)
    _, screen = play(
        Wishes(camera=f"file:{path}", rings_s=(0.1, 99.0), privacy=NO_DETECTOR), tmp_path / "out"
    )
    told = [line for line in screen.told.splitlines() if "came after the end" in line]
    assert len(told) == 1
    assert told[0].startswith("latchkey: warning: the ring at 99 s came after the end, at ")


def test_a_missing_video_leaves_no_folder_behind(tmp_path: Path) -> None:
    with pytest.raises(CameraLost):
        play(Wishes(camera="file:nowhere.mp4"), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("camera", ["", "file:", "film:x", "sim:2"])
def test_a_camera_that_is_none_is_refused(tmp_path: Path, camera: str) -> None:
    with pytest.raises(UsageError):
        play(Wishes(camera=camera), tmp_path / "out")


def test_progress_is_plain_lines_where_there_is_no_terminal() -> None:
    out = io.StringIO()
    progress = Progress(out, 40 * 10**9)
    for second in range(0, 41, 5):
        progress.show(second * 10**9, second * 10**8)
    progress.finish()
    assert out.getvalue().splitlines() == [
        f"00:{second}.0  progress {second * 5 // 2}% of the visit, 10.0x real time"
        for second in (10, 20, 30, 40)
    ]


def test_the_speed_of_a_video_whose_times_are_nonsense_is_no_long_number() -> None:
    out = io.StringIO()
    Progress(out, None).show(10**23, 10**9)
    assert out.getvalue().endswith("progress over 1000x real time\n")
    assert [speed_text(speed) for speed in (0.04, 12.34, 999.0, 3e13)] == [
        "0.0",
        "12.3",
        "999.0",
        "over 1000",
    ]


def test_progress_is_one_line_on_a_terminal() -> None:
    class Live(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Live()
    progress = Progress(out, 10 * 10**9)
    progress.show(5 * 10**9, 10**9)
    progress.show(5 * 10**9 + 1, 10**9 + 1)
    progress.finish()
    assert "\n" not in out.getvalue()
    assert out.getvalue().count("█" * 16 + "░" * 16) == 1
    assert out.getvalue().endswith("\r\x1b[K")


GOOD = Summary(1, 500, 300, 260, 0, 6_000_000, 14, 4000, "centerface", 8.0, 42.0, 0.03, 0)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"clips": 0}, "nothing was recorded"),
        ({"faces_uncovered_frames": 3}, "a face shows"),
        ({"fallback_frames": 1}, "late or failed"),
        ({"hidden_area": 0.3}, "30% of the picture"),
    ],
)
def test_each_condition_fails_the_demo_by_itself(change: dict[str, int], fault: str) -> None:
    assert GOOD.faults == []
    (found,) = replace(GOOD, **change).faults  # type: ignore[arg-type]
    assert fault in found


def test_the_table_is_made_from_ledger_and_vault() -> None:
    row = '{"host":"127.0.0.1","port":1883,"purpose":"mqtt","connections":1,"bytes_out":5600,"bytes_in":77}'
    text = table(GOOD, [], [row])
    assert "what stayed\n  no clip\n" in text
    assert "mqtt to 127.0.0.1:1883  5.6 kB out, 77 B in, 1 connection" in text
    assert "pictures, sound, clips" in text


def test_traffic_that_the_kernel_does_not_count_is_said_to_be_unknown() -> None:
    row = '{"host":"a.b","port":53,"purpose":"system-dns","connections":2,"bytes_out":null,"bytes_in":null}'
    assert traffic_text(row) == ("system-dns to a.b:53", "2 connection(s), bytes unknown")


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (6_100_000, "6.1 MB")]
)
def test_sizes_are_written_for_people(count: int, text: str) -> None:
    assert size(count) == text


def test_the_command_line_has_private_defaults() -> None:
    parser = ArgumentParser()
    COMMAND.configure(parser)
    options = parser.parse_args([])
    assert (options.out, options.camera, options.seed, options.ring_at) == (Path("out"), "sim", 1, [])
    assert parser.parse_args(["--ring-at", "1", "--ring-at", "2.5"]).ring_at == [1.0, 2.5]


@pytest.mark.parametrize("text", ["-1", "x", "nan", "1e9"])
def test_a_ring_at_no_time_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = ArgumentParser()
    COMMAND.configure(parser)
    with pytest.raises(SystemExit):
        parser.parse_args([f"--ring-at={text}"])
    assert "ring-at" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["-3", "1.5", "x", "", "²", "9" * 100_000])
def test_a_seed_that_is_no_whole_number_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = ArgumentParser()
    COMMAND.configure(parser)
    with pytest.raises(SystemExit):
        parser.parse_args([f"--seed={text}"])
    assert "seed" in capsys.readouterr().err
