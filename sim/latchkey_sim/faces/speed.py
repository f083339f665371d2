"""How fast the filter is, on files whose faces and hidden area are scored as they were written in that time.

One walk at 720p and one at 1080p, as H.264, nothing else of the run at work. Floor and filter take turns; the
median of `ROUNDS` counts. The written files are decoded and scored like all others.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from latchkey.adapters.finders import centerface
from latchkey.errors import UsageError
from latchkey.settings import RecordingSettings
from latchkey.vision.look import small_size
from latchkey_sim.faces.ablation import WHOLE
from latchkey_sim.faces.paths import Approach, Cross
from latchkey_sim.faces.score import ClipScore, score_clip
from latchkey_sim.faces.tally import Tally
from latchkey_sim.faces.walks import Script, Walk
from latchkey_sim.footage import decoded, write_video
from latchkey_sim.pace import Redacted, floor, redact, run

ROUNDS, PEER_ROUNDS = 3, 2
FPS, SECONDS = 25.0, 8.0
SEED, TONE = 301, "medium"

PEER = "deface"


@dataclass(frozen=True, slots=True)
class Speed:
    """One filter on one clip, in frames a second.

    `filter` leaves out the start of the program and the self-check, `checked` only the former; `program` and
    `checked_program` are from start to exit, `peer` is `deface` so, or None where there is none. `faces`,
    `missed` and `hidden` are of the file that was written without the self-check.
    """

    clip: str
    height: int
    policy: str
    floor: float
    filter: float
    checked: float
    program: float
    checked_program: float
    peer: float | None
    faces: int
    missed: int
    hidden: float
    peak_mb: float

    @property
    def ratio(self) -> float:
        """Share of the floor's speed."""
        return self.filter / self.floor

    def record(self) -> dict[str, object]:
        """Give it for JSON."""
        return {**asdict(self), "ratio": round(self.ratio, 4)}


def speed_clips() -> list[Walk]:
    """Give the clips to measure: somebody walks up, somebody else passes by."""
    return [
        Walk(
            Script(
                f"street-{height}p",
                (Cross(height / 16), Approach(height / 30, height / 6.5, turn=20)),
                (height * 16 // 9, height),
                FPS,
                SECONDS,
            ),
            SEED,
            TONE,
            "speed",
        )
        for height in (720, 1080)
    ]


def find_peer(wanted: str) -> str | None:
    """Give the path of `deface`: the one that is wanted, else one on PATH. Raises UsageError."""
    found = shutil.which(wanted or PEER)
    if wanted and found is None:
        raise UsageError(f"there is no program {wanted}")
    return found


def measure_speed(clip: Walk, detectors: Sequence[str], peer: str | None) -> Iterator[Speed]:
    """Measure filters on one clip; `peer` is the path of `deface`."""
    width, height = clip.script.size
    frames = len(clip.moments())
    with tempfile.TemporaryDirectory(prefix="latchkey-speed-") as place:
        folder = Path(place)
        video = folder / "street.mp4"
        write_video(video, clip.frames(), clip.fps)
        settings = RecordingSettings()
        floor(video, settings)
        floors: list[float] = []
        runs: dict[tuple[str, bool], list[Redacted]] = {
            (detector, check): [] for detector in detectors for check in (False, True)
        }
        for _ in range(ROUNDS):
            floors.append(floor(video, settings))
            for (detector, check), done in runs.items():
                out = folder / f"{detector}-{check}.mp4"
                done.append(redact(video, out, detector, self_check=check))
        theirs = _peer_speed(peer, video, frames, small_size(width, height, centerface.LONG_SIDE_PX))
        for detector in detectors:
            plain, checked = runs[detector, False], runs[detector, True]
            score = score_clip(clip, WHOLE.name(detector), plain[-1].kept, decoded(plain[-1].path))
            tally = _tally(score)
            yield Speed(
                clip=clip.name,
                height=height,
                policy=score.policy,
                floor=median(floors),
                filter=frames / median(one.work_s for one in plain),
                checked=frames / median(one.work_s for one in checked),
                program=frames / median(one.program.seconds for one in plain),
                checked_program=frames / median(one.program.seconds for one in checked),
                peer=theirs,
                faces=tally.faces,
                missed=tally.missed,
                hidden=score.hidden,
                peak_mb=max(one.program.peak_mb for one in (*plain, *checked)),
            )


def _tally(score: ClipScore) -> Tally:
    tally = Tally()
    tally.add(score.faces)
    return tally


def _peer_speed(peer: str | None, video: Path, frames: int, size: tuple[int, int]) -> float | None:
    """Give the frames a second of `deface` with that network input, in OpenCV, its faster run."""
    if peer is None:
        return None
    out = video.with_name("peer.mp4")
    command = [peer, str(video), "-o", str(out), "--scale", "{}x{}".format(*size), "--backend", "opencv"]
    return frames / min(run(command).seconds for _ in range(PEER_ROUNDS))
