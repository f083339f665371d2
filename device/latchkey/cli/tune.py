"""`latchkey tune VIDEO`: what motion and filter would do with a recording, and a suggested setting."""

import json
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import disk_errors
from latchkey.adapters.finders import open_finder
from latchkey.adapters.video_file import VideoFile
from latchkey.adapters.workers import ThreadWorkers
from latchkey.cli.command import Command, Terminal
from latchkey.cli.progress import Progress, scene_time
from latchkey.cli.redact import add_filter_options, check_outputs, filter_settings, hidden_area, until_stopped
from latchkey.errors import EXIT_OK, EXIT_PARTIAL, UsageError
from latchkey.frames import FilterState
from latchkey.owner.files import writing
from latchkey.pipeline.redaction import FrameClock, Redaction
from latchkey.pipeline.rehearsal import Rehearsal, Suggestion
from latchkey.settings import Settings
from latchkey.units import NS_PER_S, to_s
from latchkey.vision import PrivacyZones

BAR = 20
"""Columns of the bar that stands for a fifth of the picture changing."""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("video", type=Path, metavar="VIDEO", help="a recording of your own door")
    add_filter_options(parser)
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="also draw it (needs matplotlib)")
    parser.add_argument("--force", action="store_true", help="replace FILE.png if it is there")
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(options: Namespace, terminal: Terminal) -> int:
    """Replay the recording and tell."""
    settings = filter_settings(options)
    with ExitStack() as stack:
        picture: BinaryIO | None = None
        if options.plot:
            _check_plot(options)
            picture = stack.enter_context(writing(options.plot, force=options.force))
        rehearsal, damage = _replay(options, settings, terminal)
        suggestion = rehearsal.suggestion()
        if picture is not None:
            title = f"{options.video.name}, suggestion: {_advice(suggestion)}"
            _plot(rehearsal, settings, title, picture, options.plot)
    for line in damage:
        terminal.say(f"latchkey: warning: {options.video}: {line}")
    if options.json:
        terminal.put(json.dumps(_record(rehearsal, suggestion), indent=1))
    else:
        _tell(rehearsal, suggestion, terminal)
    return EXIT_PARTIAL if damage else EXIT_OK


def _replay(options: Namespace, settings: Settings, terminal: Terminal) -> tuple[Rehearsal, list[str]]:
    found = open_finder(settings.privacy)
    terminal.say(found.note)
    looks = found.finder is not None and settings.privacy.finds_faces
    rehearsal = Rehearsal(settings.motion, settings.recording, looks=looks)
    clock = SystemClock()
    workers = ThreadWorkers(FrameClock(), lockstep=True)
    with VideoFile(options.video) as source:
        progress, began_ns = Progress(terminal.err, source.length_ns, "video"), clock.now_ns()
        redaction = Redaction(found.finder, settings, workers)
        zones = PrivacyZones(settings.privacy.zones)
        erased = (zones.blank(frame) for frame in until_stopped(source.frames(lambda _: None), terminal.stop))
        first_ns: int | None = None
        try:
            for frame in redaction.frames(rehearsal.watch(erased)):
                hidden = hidden_area(frame.covers, frame.width, frame.height)
                rehearsal.covered(
                    frame.at_ns, frame.state, len(frame.covers), hidden, has_face=redaction.has_face
                )
                first_ns = frame.at_ns if first_ns is None else first_ns
                progress.show(frame.at_ns - first_ns, clock.now_ns() - began_ns)
        finally:
            progress.finish()
            workers.close()
        return rehearsal, source.damage


def _tell(rehearsal: Rehearsal, suggestion: Suggestion, terminal: Terminal) -> None:
    clips = rehearsal.clips()
    inside = [
        any(c.begin_ns < (n + 1) * NS_PER_S and n * NS_PER_S < c.end_ns for c in clips)
        for n in range(len(rehearsal.seconds))
    ]
    print("time     clip  changed, full = 20 %  covers  hidden  frames by state", file=terminal.out)
    for number, second in enumerate(rehearsal.seconds):
        bar = "#" * min(round(second.changed * 5 * BAR), BAR) or ("." if second.moving else "")
        states = ", ".join(f"{count} {state}" for state, count in sorted(second.states.items()))
        print(
            f"{scene_time(number * NS_PER_S)}  {'rec' if inside[number] else '   '}   {bar:<{BAR}}  "
            f"{second.covers:>6}  {second.hidden:>6.1%}  {states}",
            file=terminal.out,
        )
    for clip in clips:
        print(f"clip     {scene_time(clip.begin_ns)} to {scene_time(clip.end_ns)}", file=terminal.out)
    if not clips:
        print("clip     none: nothing moves enough", file=terminal.out)
    print(f"suggest  {_advice(suggestion)}: {suggestion.reason}", file=terminal.out)
    if suggestion.place:
        print(
            f"where    {suggestion.place}; if nobody walks there, [motion] zones can leave it out",
            file=terminal.out,
        )


def _advice(suggestion: Suggestion) -> str:
    changes = ", ".join(f"{key} = {value:g}" for key, value in suggestion.changes.items())
    return f"[motion] {changes}" if changes else "no change"


def _record(rehearsal: Rehearsal, suggestion: Suggestion) -> dict[str, object]:
    return {
        "seconds": [
            {
                "frames": second.frames,
                "moving": second.moving,
                "changed": round(second.changed, 6),
                "covers": second.covers,
                "hidden_area": round(second.hidden, 6),
                "states": dict(second.states),
            }
            for second in rehearsal.seconds
        ],
        "clips": [[to_s(clip.begin_ns), to_s(clip.end_ns)] for clip in rehearsal.clips()],
        "suggestion": asdict(suggestion),
    }


def _check_plot(options: Namespace) -> None:
    """Refuse before the work is done what could not be drawn after it. Raises UsageError."""
    try:
        import matplotlib  # noqa: F401 -- an extra; only asked whether it is there
    except ImportError as error:
        raise UsageError(
            "--plot needs matplotlib, which is not installed", hint="pip install 'latchkey[sim]'"
        ) from error
    if options.plot.suffix != ".png":
        raise UsageError(f"{options.plot} becomes a PNG, and is not called so", hint="--plot NAME.png")
    check_outputs(options.video, [options.plot])


def _plot(rehearsal: Rehearsal, settings: Settings, title: str, sink: BinaryIO, path: Path) -> None:
    """Draw motion, clips, and what is hidden, over time; `path` is what errors call it.

    No picture of the video is in it. Raises DiskError.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6), layout="constrained")
    figure.suptitle(title)
    top, bottom = figure.subplots(2, 1, sharex=True)
    seconds, edges = rehearsal.seconds, range(len(rehearsal.seconds) + 1)
    changed = [second.changed * 100 for second in seconds]
    top.stairs(changed, edges, fill=True, color="#526E95", label="changed, at its most in each second")
    least = settings.motion.min_area * 100
    top.axhline(
        least, color="#333333", linestyle="--", linewidth=1, label="[motion] min_area: less is no motion"
    )
    for number, clip in enumerate(rehearsal.clips()):
        top.axvspan(
            to_s(clip.begin_ns),
            to_s(clip.end_ns),
            facecolor="#F0D8C0",
            edgecolor="#D08030",
            zorder=0,
            label="" if number else "a clip that motion would start",
        )
    top.set(title="Motion", ylabel="% of the picture")
    hidden = [second.hidden * 100 for second in seconds]
    bottom.stairs(hidden, edges, baseline=None, color="#333333", label="hidden, mean of each second")
    fallback = [second.states.total() > second.states[FilterState.OK] for second in seconds]
    for number in (number for number, fell_back in enumerate(fallback) if fell_back):
        label = "" if any(fallback[:number]) else "a frame in it is a fallback: hidden to be safe"
        bottom.axvspan(number, number + 1, facecolor="#F0C8C8", zorder=0, label=label)
    bottom.set(title="Filter", ylabel="% of the picture", xlabel="seconds since the first frame", ylim=0)
    for axes, below in ((top, -0.1), (bottom, -0.25)):
        axes.legend(loc="upper left", bbox_to_anchor=(0, below), ncols=3, frameon=False, fontsize="small")
    figure.draw_without_rendering()  # finer ticks after the first layout are wider: the second makes room
    with disk_errors(f"write {path}"):
        figure.savefig(sink, format="png")


COMMAND = Command(
    "tune", "show what motion and filter would do with a recording", configure, run, minds_stop=True
)
