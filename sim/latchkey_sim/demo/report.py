"""What a demo says at its end: summary.json, the table, the verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

from latchkey.cli.traffic import size, traffic_text
from latchkey.frames import FilterState
from latchkey.units import to_s
from latchkey_sim.demo.owner_side import Opened
from latchkey_sim.demo.review import OpenedClip, Review
from latchkey_sim.demo.stage import Played

HIDDEN_LIMIT = 0.2
"""Hiding more than a fifth of the picture of a lone visitor would be hiding, not covering a face."""

NO_DETECTOR = "none"


@dataclass(frozen=True, slots=True)
class Summary:
    """summary.json. `faces_*` are None for real input; `mqtt_bytes` counts payloads as delivered.

    `clips` are those that open whole; only they are counted and scored.
    """

    clips: int
    frames: int
    frames_with_covers: int
    faces_truth_frames: int | None
    faces_uncovered_frames: int | None
    bytes_sealed: int
    mqtt_messages: int
    mqtt_bytes: int
    detector: str
    seconds_wall: float
    seconds_scene: float
    hidden_area: float
    fallback_frames: int
    clips_torn: int = 0
    clips_unreadable: int = 0

    @property
    def damage(self) -> list[str]:
        """Which clips were begun and cannot be opened whole; empty if there is none."""
        kinds = (("torn", self.clips_torn), ("unreadable", self.clips_unreadable))
        return [f"{n} clip{' is' if n == 1 else 's are'} {what}" for what, n in kinds if n]

    @property
    def faults(self) -> list[str]:
        """Why the demo has failed; empty if it has not."""
        found = []
        if not self.clips:
            found.append("nothing was recorded")
        if self.faces_uncovered_frames:
            found.append(f"a face shows, or a frame is missing, {self.faces_uncovered_frames} times")
        if self.detector != NO_DETECTOR and self.fallback_frames:
            found.append(f"the detector was late or failed in {self.fallback_frames} frames")
        simulated = self.faces_truth_frames is not None
        if simulated and self.detector != NO_DETECTOR and self.hidden_area > HIDDEN_LIMIT:
            found.append(f"{self.hidden_area:.0%} of the picture is hidden, more than {HIDDEN_LIMIT:.0%}")
        return found


def summarise(played: Played, opened: Opened, found: Review, detector: str) -> Summary:
    """Put the figures together."""
    clips = opened.clips
    covering = (FilterState.FALLBACK_FULL, FilterState.FALLBACK_REGION)
    return Summary(
        clips=len(clips),
        frames=found.score.frames,
        frames_with_covers=found.score.frames_with_covers,
        faces_truth_frames=found.score.faces_truth_frames,
        faces_uncovered_frames=found.score.faces_uncovered_frames,
        bytes_sealed=sum(clip.sealed_bytes for clip in clips),
        mqtt_messages=len(played.deliveries),
        mqtt_bytes=sum(len(one.payload.encode()) for one in played.deliveries),
        detector=detector,
        seconds_wall=round(to_s(played.real_ns), 3),
        seconds_scene=round(to_s(played.scene_ns), 3),
        hidden_area=round(found.score.hidden_area, 4),
        fallback_frames=sum(clip.meta.states.get(state, 0) for clip in clips for state in covering),
        clips_torn=opened.torn,
        clips_unreadable=opened.unreadable,
    )


def table(summary: Summary, clips: Sequence[OpenedClip], traffic: Sequence[str]) -> str:
    """Give the table *what stayed / what left*, from the vault and the egress ledger."""
    stayed = [
        (
            f"clip {clip.meta.clip[:8]}",
            f"{clip.span_s:.1f} s, {size(clip.sealed_bytes)}, opens with your key only",
        )
        for clip in clips
    ] or [("no clip", "")]
    stayed += [("raw pictures", "none: they live in memory until their faces are covered")]
    left = [traffic_text(line) for line in traffic]
    left += [
        (
            "of which messages",
            f"{summary.mqtt_messages}, {size(summary.mqtt_bytes)}: when, what kind, how long kept",
        )
    ]
    left += [("pictures, sound, clips", "nothing")]
    width = max(len(name) for name, _ in stayed + left) + 2
    lines = ["what stayed", *_lines(stayed, width), "what left", *_lines(left, width)]
    return "\n".join(lines)


def headline(summary: Summary, clips: Sequence[OpenedClip]) -> str:
    """Give one line of figures for a person."""
    seconds = sum(clip.span_s for clip in clips)
    parts = [f"{seconds:.1f} s in {len(clips)} clip" + ("" if len(clips) == 1 else "s")]
    if summary.faces_truth_frames is not None and summary.faces_uncovered_frames is not None:
        covered = summary.faces_truth_frames - summary.faces_uncovered_frames
        parts.append(f"{covered} of {summary.faces_truth_frames} frames with a face are covered")
    parts.append(f"{summary.hidden_area:.1%} of the picture is hidden")
    return " · ".join(parts)


def _lines(rows: Sequence[tuple[str, str]], width: int) -> list[str]:
    return [f"  {name.ljust(width)}{value}".rstrip() for name, value in rows]
