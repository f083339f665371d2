"""`latchkey bench-faces`: does the filter miss anybody, how much does it hide, how fast is it?"""

import json
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from time import monotonic

from latchkey.cli.command import Command, Terminal
from latchkey.errors import EXIT_FAILED, EXIT_OK, FinderError, UsageError
from latchkey_sim.faces.ablation import VARIANTS
from latchkey_sim.faces.contributions import contributions
from latchkey_sim.faces.draws import draws
from latchkey_sim.faces.goals import goals
from latchkey_sim.faces.misses import write_misses
from latchkey_sim.faces.report import record, text
from latchkey_sim.faces.runner import CAUSAL, DEFACE, PRETENDED, Plan, installed, run
from latchkey_sim.faces.score import ClipScore
from latchkey_sim.faces.speed import PEER, Speed, find_peer, measure_speed, speed_clips
from latchkey_sim.faces.stills import stills
from latchkey_sim.faces.truth import FaceClip
from latchkey_sim.faces.videos import videos
from latchkey_sim.faces.walks import walks

DETECTORS = ("yunet", "centerface", *PRETENDED)
EACH = "each"
DRAWN = 60


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder with faces/boxes.json, faces/images and video; without it only generated clips",
    )
    parser.add_argument(
        "--detector",
        action="append",
        choices=DETECTORS,
        help="measure the filter with this one; may be repeated (default: all that are installed)",
    )
    parser.add_argument("--models", type=Path, metavar="DIR", help="folder with further model files")
    parser.add_argument(
        "--draw",
        type=_draw,
        metavar="SEED[:N]",
        help=f"instead of all that, N walks (default {DRAWN}) drawn at random from a seed",
    )
    parser.add_argument("--quick", action="store_true", help="a sample of everything, a minute or two")
    parser.add_argument("--no-controls", action="store_true", help="leave the two simpler policies out")
    parser.add_argument(
        "--no-speed", action="store_true", help="leave the speed out, as --quick and --draw do"
    )
    parser.add_argument(
        "--deface",
        default="",
        metavar="PROGRAM",
        help=f"the {PEER} to compare the speed with (default: the one on PATH, if there is one)",
    )
    parser.add_argument(
        "--only",
        action="append",
        metavar="PATTERN",
        help="only clips whose name fits, like 'walks/dusk*'; may be repeated",
    )
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=(*VARIANTS, EACH),
        metavar="PART",
        help=f"also measure the filter without {', '.join(VARIANTS)}, or each in turn; may be repeated",
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures as JSON")
    parser.add_argument("--sheet", type=Path, metavar="DIR", help="write pictures of the worst misses")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a goal is missed")


def run_command(options: Namespace, terminal: Terminal) -> int:
    """Measure, print, write."""
    plan = _plan(options)
    terminal.say(f"{len(plan.clips)} clips, {', '.join(plan.detectors)}")
    speeds = _speeds(options, plan.detectors)
    scores = _measured(plan, terminal)
    filters = plan.filters
    policies = [*filters, *(name for name in (DEFACE, CAUSAL) if any(s.policy == name for s in scores))]
    terminal.put(text(scores, policies, filters, plan.ablated, speeds))
    if plan.without:
        terminal.put("\n" + contributions(scores, plan.detectors, plan.without))
    if options.json:
        values = record(scores, policies, filters, plan.ablated, speeds)
        options.json.write_text(json.dumps(values, indent=1) + "\n", "utf-8")
    if options.sheet:
        for policy in filters:
            shown = write_misses(options.sheet, scores, policy, plan.clips)
            terminal.say(f"{policy}: {shown} {'miss' if shown == 1 else 'misses'} drawn in {options.sheet}")
    failed = any(goal.passed is False for policy in filters for goal in goals(scores, policy, speeds))
    return EXIT_FAILED if failed and options.strict else EXIT_OK


def _draw(text: str) -> tuple[int, int]:
    """Read SEED or SEED:N."""
    seed, colon, count = text.partition(":")
    if not seed.isdecimal() or (colon and not count.isdecimal()):
        raise ArgumentTypeError(f"{text!r} is not SEED or SEED:N")
    return int(seed), int(count) if colon else DRAWN


def _plan(options: Namespace) -> Plan:
    there = installed(options.models)
    detectors = options.detector or there
    for name in detectors:
        if name not in PRETENDED and name not in there:
            raise FinderError(f"{name} is not installed", hint=f"`latchkey models install {name}` fetches it")
    if not detectors:
        raise FinderError("no detector is installed", hint="`latchkey models install` fetches one")
    clips = [clip for clip in _clips(options) if _is_wanted(clip.name, options)]
    if not clips and not any(_is_wanted(clip.name, options) for clip in speed_clips()):
        raise UsageError(
            "no clip fits", hint="names look like walks/dusk-light, stills/NAME-clean or drawn/7-12"
        )
    without = tuple(VARIANTS) if EACH in options.without else tuple(dict.fromkeys(options.without))
    controls, jobs = not options.no_controls, max(options.jobs, 1)
    return Plan(tuple(clips), tuple(detectors), without, options.models, controls, jobs)


def _clips(options: Namespace) -> list[FaceClip]:
    data, quick = options.data, options.quick
    if data is not None and not data.is_dir():
        raise UsageError(f"{data}: no such folder")
    photos = data / "faces" if data is not None and (data / "faces" / "boxes.json").is_file() else None
    if data is not None and photos is None and (options.draw or not (data / "video").is_dir()):
        raise UsageError(
            f"{data}: no photographs: faces/boxes.json is not in it",
            hint="`--data` takes the folder above `faces` and `video`; it may be left out",
        )
    if options.draw:
        seed, count = options.draw
        return [*draws(seed, count, photos)]
    clips: list[FaceClip] = [*walks(quick=quick)]
    if photos:
        clips += stills(photos, quick=quick)
    if data is not None and (data / "video").is_dir():
        found = videos(data / "video")
        clips += [one for one in found if len(one.moments()) <= QUICK_FRAMES] if quick else found
    return clips


QUICK_FRAMES = 200
"""Longer footage is left out of a quick run."""


def _speeds(options: Namespace, detectors: Sequence[str]) -> list[Speed]:
    """Measure the speed, before anything else runs; `latchkey redact` finds detectors that are installed."""
    peer = find_peer(options.deface)
    there = [name for name in detectors if name in installed()]
    if options.no_speed or options.quick or options.draw or not there:
        return []
    clips = [clip for clip in speed_clips() if _is_wanted(clip.name, options)]
    return [speed for clip in clips for speed in measure_speed(clip, there, peer)]


def _is_wanted(name: str, options: Namespace) -> bool:
    return not options.only or any(fnmatch(name, pattern) for pattern in options.only)


def _measured(plan: Plan, terminal: Terminal) -> list[ClipScore]:
    began = monotonic()
    scores: list[ClipScore] = []
    done: set[str] = set()
    for score in run(plan):
        scores.append(score)
        done.add(score.clip)
        if sys.stderr.isatty():
            print(f"\r{len(done)} of {len(plan.clips)} clips", end="", file=terminal.err, flush=True)
    terminal.say(f"\rmeasured in {monotonic() - began:.0f} s" + " " * 10)
    return scores


COMMAND = Command("bench-faces", "measure whether the privacy filter misses a face", configure, run_command)
