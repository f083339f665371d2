"""The owner's look at what was recorded: opens the clips, counts, scores, draws the contact sheet.

Works on decoded clips alone. The pictures of the scene beside them are drawn anew from its seed:
raw frames were never kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from latchkey.cli import Stop
from latchkey.cli.progress import scene_time
from latchkey.frames import Plane, RawFrame
from latchkey.units import NS_PER_S, to_ns, to_s
from latchkey.vault import ClipMeta
from latchkey_sim.footage import decoded
from latchkey_sim.scene import Scene, bgr
from latchkey_sim.scoring import Score, Scorer
from latchkey_sim.sheet import Panel

PANELS = 6


@dataclass(frozen=True, slots=True)
class OpenedClip:
    """A clip as its owner has it: the opened video, its sealed record, and its size while sealed."""

    path: Path
    meta: ClipMeta
    sealed_bytes: int

    @property
    def span_s(self) -> float:
        """Seconds from its first frame to its last."""
        return to_s(self.meta.span_ns)


@dataclass(frozen=True, slots=True)
class Review:
    """What was found."""

    score: Score
    panels: list[Panel]


def review(clips: Sequence[OpenedClip], scene: Scene | None, start_ns: int, stop: Stop) -> Review:
    """Score all clips against a scene that began at `start_ns` on the device's clock.

    Raises CameraLost, Interrupted.
    """
    scorer = Scorer(scene)
    wanted = _wanted(clips, scene, start_ns)
    kept: dict[int, tuple[int, Plane]] = {}
    for clip in clips:
        offset_ns = clip.meta.start_at_ns - start_ns
        for frame in decoded(clip.path):
            stop.check()
            at_ns = frame.at_ns + offset_ns
            scorer.see(RawFrame(frame.y, frame.u, frame.v, at_ns, frame.colour))
            for index, (moment_ns, _) in enumerate(wanted):
                if index not in kept and at_ns >= moment_ns - NS_PER_S // 1000:
                    kept[index] = (at_ns, bgr(frame))
    return Review(scorer.score(), [_panel(index, wanted, kept, scene) for index in range(len(wanted))])


def _wanted(clips: Sequence[OpenedClip], scene: Scene | None, start_ns: int) -> list[tuple[int, str]]:
    """Moments worth showing, as (scene time, text): the script's, or evenly spread over the clips."""
    if scene is not None:
        return [(_frame_time(scene, to_ns(moment.at_s)), moment.text) for moment in scene.script.moments]
    total_ns = sum(clip.meta.span_ns for clip in clips)
    moments = []
    for index in range(PANELS if clips else 0):
        left_ns = total_ns * (2 * index + 1) // (2 * PANELS)
        for clip in clips:
            if left_ns <= clip.meta.span_ns:
                break
            left_ns -= clip.meta.span_ns
        moments.append((clip.meta.start_at_ns - start_ns + left_ns, ""))
    return moments


def _frame_time(scene: Scene, at_ns: int) -> int:
    return scene.at_ns(round(at_ns * scene.fps / NS_PER_S))


def _panel(
    index: int, wanted: list[tuple[int, str]], kept: dict[int, tuple[int, Plane]], scene: Scene | None
) -> Panel:
    at_ns, text = wanted[index]
    drawn = None if scene is None else bgr(scene.render(round(at_ns * scene.fps / NS_PER_S)))
    recorded_ns, recorded = kept.get(index, (at_ns, None))
    late = scene is not None and abs(recorded_ns - at_ns) > NS_PER_S // 1000
    return Panel(scene_time(at_ns), text, drawn, None if late else recorded)
