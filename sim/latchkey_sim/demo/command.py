"""The command itself: arguments, the order of things, files, exit code."""

import json
import sys
import tempfile
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from latchkey.cli.command import Command, Terminal
from latchkey.cli.progress import Progress, speed_text
from latchkey.errors import EXIT_DAMAGED, EXIT_OK, EXIT_UNCOVERED
from latchkey.units import to_s
from latchkey_sim.board import SEED_LIMIT_DIGITS
from latchkey_sim.brokers import Delivery, Listener, any_broker
from latchkey_sim.demo.folder import out_folder, write_private
from latchkey_sim.demo.owner_side import make_household, open_clips
from latchkey_sim.demo.report import NO_DETECTOR, Summary, headline, summarise, table
from latchkey_sim.demo.review import OpenedClip, Review, review
from latchkey_sim.demo.stage import Played, Stage, Wishes, demo_settings, play, set_stage
from latchkey_sim.sheet import sheet_png

RING_LIMIT_S = 24 * 3600.0


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--out", type=Path, default=Path("out"), metavar="DIR", help="folder for the results (default: out)"
    )
    parser.add_argument(
        "--camera", default="sim", metavar="CAMERA", help="sim (default), file:VIDEO or webcam:NUMBER"
    )
    parser.add_argument(
        "--ring-at",
        type=_seconds,
        action="append",
        default=[],
        metavar="SECONDS",
        help="press the bell then; may be repeated",
    )
    parser.add_argument(
        "--seed", type=_seed, default=1, metavar="N", help="another visitor, other weather (default: 1)"
    )
    parser.add_argument(
        "--seconds",
        type=_seconds,
        default=30.0,
        metavar="N",
        help="how long a webcam's demo lasts (default: 30)",
    )
    parser.add_argument("--real-time", action="store_true", help="play at the speed of life; Enter rings")
    parser.add_argument("--json", action="store_true", help="print summary.json instead of the table")


def run(options: Namespace, terminal: Terminal) -> int:
    """Play the visit and report."""
    wishes = Wishes(options.camera, tuple(options.ring_at), options.seed, options.real_time, options.seconds)
    return perform(wishes, options.out, terminal, as_json=options.json)


def perform(wishes: Wishes, out: Path, terminal: Terminal, *, as_json: bool = False) -> int:
    """Play `wishes`, write `out`, tell the terminal; give the exit code.

    Raises LatchkeyError, Interrupted.
    """
    stop = terminal.stop
    with out_folder(out) as folder, tempfile.TemporaryDirectory(prefix="state-", dir=folder) as state:
        stage, played = _play(wishes, folder, Path(state), terminal)
        _tell_missed_rings(wishes.rings_s, stage, played, terminal)
        stop.check()
        opened = open_clips(folder)
        clips = opened.clips
        found = review(clips, stage.scene, stage.start_ns, stop)
        detector = stage.board.finder.name if stage.board.finder else NO_DETECTOR
        summary = summarise(played, opened, found, detector)
        stop.check()
        _write(folder, summary, played.deliveries, found, clips)
        stop.check()
    _tell(terminal, out, summary, clips, played, as_json=as_json)
    return verdict(terminal, summary)


def _play(wishes: Wishes, folder: Path, state: Path, terminal: Terminal) -> tuple[Stage, Played]:
    book = make_household(folder, state)
    with any_broker() as broker:
        settings = demo_settings(folder, state, book, broker, wishes.privacy)
        keys = sys.stdin if sys.stdin is not None and sys.stdin.isatty() else None
        stage = set_stage(wishes, settings, terminal.err, keys)
        with Listener(broker, now_ns=stage.board.clock.wall_ns) as listener:
            return stage, play(stage, listener, Progress(terminal.err, stage.total_ns), terminal.stop)


def _tell_missed_rings(rings_s: Sequence[float], stage: Stage, played: Played, terminal: Terminal) -> None:
    """Say which presses nobody heard: the footage had ended."""
    end_s = to_s(played.scene_ns if stage.total_ns is None else min(stage.total_ns, played.scene_ns))
    for ring_s in sorted(rings_s):
        if ring_s > end_s:
            terminal.say(f"latchkey: warning: the ring at {ring_s:g} s came after the end, at {end_s:.1f} s")


def _write(
    folder: Path, summary: Summary, deliveries: Sequence[Delivery], found: Review, clips: Sequence[OpenedClip]
) -> None:
    write_private(folder / "summary.json", (json.dumps(asdict(summary), indent=2) + "\n").encode())
    lines = [json.dumps(one.record(), ensure_ascii=False) + "\n" for one in deliveries]
    write_private(folder / "mqtt.ndjson", "".join(lines).encode())
    simulated = summary.faces_truth_frames is not None
    title = "One visit: as it was, and as it was kept" if simulated else "What was kept of it"
    write_private(folder / "visit.png", sheet_png(title, headline(summary, clips), found.panels))


def _tell(
    terminal: Terminal,
    out: Path,
    summary: Summary,
    clips: Sequence[OpenedClip],
    played: Played,
    *,
    as_json: bool,
) -> None:
    if as_json:
        terminal.put(json.dumps(asdict(summary), indent=2))
        return
    speed = summary.seconds_scene / max(summary.seconds_wall, 0.001)
    videos = ", ".join(clip.path.name for clip in clips)
    opened = f", {videos} (opened with owner.key from vault/)" if clips else ""
    terminal.put(f"\n{table(summary, clips, played.traffic)}\n")
    terminal.put(f"{headline(summary, clips)} ({summary.detector}, {speed_text(speed)}x real time)")
    terminal.put(
        f"in {out}/: visit.png to look at, summary.json{opened}, mqtt.ndjson (all that was published)"
    )


def verdict(terminal: Terminal, summary: Summary) -> int:
    """Tell what went wrong, if anything did; give the exit code."""
    if summary.detector == NO_DETECTOR:
        terminal.say(
            "latchkey: hint: without a face detector all that moves is covered; `latchkey models install`"
        )
    for fault in (*summary.faults, *summary.damage):
        terminal.complain(fault)
    if summary.faults:
        terminal.say("latchkey: hint: visit.png and summary.json show what was recorded")
        return EXIT_UNCOVERED
    return EXIT_DAMAGED if summary.damage else EXIT_OK


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= SEED_LIMIT_DIGITS):
        raise ArgumentTypeError(f"{text!r} is no whole number from 0, of up to {SEED_LIMIT_DIGITS} digits")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no number of seconds") from None
    if not 0 <= seconds <= RING_LIMIT_S:
        raise ArgumentTypeError(f"{text} s is not within a day")
    return seconds


COMMAND = Command("demo", "a simulated visit, end to end; writes out/", configure, run, minds_stop=True)
