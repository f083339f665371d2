"""The arguments of `latchkey sim`. Imports nothing of the simulator: help is given at once."""

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path

NONE, AUTO = "none", "auto"
DETECTORS = (AUTO, NONE, "yunet", "centerface")
LIMIT_S = 300.0
SOAK_LIMIT_S = 60.0
SHRINK_MINUTES = 10.0
SCENARIOS = 1000
COUNT_LIMIT = 10**9
DURATION_LIMIT = 1e6
"""In seconds eleven days, in minutes two years."""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments of all actions."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    _run(actions.add_parser("run", help="play scenes under all checkers, or one in real time"))
    _soak(actions.add_parser("soak", help="play many drawn scenarios"))
    replaying = actions.add_parser("replay", help="play a seed again, and print its trace")
    replaying.add_argument(
        "seed", metavar="SEED[@SCENE]", help="as a failure told it: v2:123 or v2:1@visitor"
    )
    replaying.add_argument("--all", action="store_true", help="the whole trace, not only around the failure")
    shrinking = actions.add_parser("shrink", help="find the smallest scenario that fails alike")
    shrinking.add_argument("seed", metavar="SEED[@SCENE]", help="a seed that fails")
    shrinking.add_argument(
        "--minutes",
        type=_duration,
        default=SHRINK_MINUTES,
        metavar="M",
        help=f"end by then with the smallest found (default: {SHRINK_MINUTES:g})",
    )
    _playing(replaying, LIMIT_S)
    _playing(shrinking, LIMIT_S)
    _html(replaying)
    listing = actions.add_parser("list", help="show the shipped scenes, and what each is for")
    listing.add_argument("--faults", action="store_true", help="show the kinds of faults instead")
    listing.add_argument("--json", action="store_true", help="print a JSON array")


def _run(parser: ArgumentParser) -> None:
    parser.add_argument("scenes", nargs="+", metavar="SCENE", help="name of a shipped scene, or a TOML file")
    parser.add_argument("--seed", type=_seed, metavar="N", help="seed of all chance (default: 1)")
    _playing(parser, LIMIT_S)
    parser.add_argument("--real-time", action="store_true", help="at the speed of life; tells what happens")
    parser.add_argument(
        "--broker",
        metavar="URL",
        help="mqtt://user:password@host:port: be a doorbell on a real broker, the scene over and over",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder for report, trace, messages and clips"
    )
    _results(parser)
    _html(parser)


def _soak(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--scenarios",
        type=_count,
        metavar="N",
        help=f"how many (default: {SCENARIOS}, or without end where --minutes are given)",
    )
    parser.add_argument("--jobs", type=_count, default=1, metavar="J", help="processes (default: 1)")
    parser.add_argument("--minutes", type=_duration, metavar="M", help="begin no more after that time")
    parser.add_argument("--seed", type=_seed, default=0, metavar="FIRST", help="the first seed (default: 0)")
    _limit(parser, SOAK_LIMIT_S)
    _results(parser)


def _playing(parser: ArgumentParser, limit_s: float) -> None:
    parser.add_argument(
        "--faults",
        action="append",
        default=[],
        metavar="FILE|KIND@S[+S][=VALUE]",
        help="what fails besides: a file of [[fault]] tables, or one like power-cut@12=4s; may be repeated",
    )
    parser.add_argument(
        "--detector",
        choices=DETECTORS,
        default=AUTO,
        help="who finds the faces of scenes; auto = the scene's settings, if installed",
    )
    _limit(parser, limit_s)


def _limit(parser: ArgumentParser, limit_s: float) -> None:
    parser.add_argument(
        "--limit",
        type=_duration,
        default=limit_s,
        metavar="SECONDS",
        help=f"real time that a scenario may take (default: {limit_s:g})",
    )


def _results(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print a JSON object")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML")


def _html(parser: ArgumentParser) -> None:
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a report for people")


def _seed(text: str) -> str:
    if "@" in text:
        raise ArgumentTypeError(f"{text!r}: the scene is named by itself")
    return text


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and 1 <= int(text) <= COUNT_LIMIT):
        raise ArgumentTypeError(f"{text!r} is no whole number from 1 to {COUNT_LIMIT}")
    return int(text)


def _duration(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no number") from None
    if not 0 < found <= DURATION_LIMIT:
        raise ArgumentTypeError(f"{text!r} is not above 0, or above {DURATION_LIMIT:g}")
    return found
