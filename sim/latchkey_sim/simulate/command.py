"""The command itself: what is wanted, the order of things, files, exit code."""

import json
import time
from argparse import Namespace
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from latchkey import __version__
from latchkey.cli.command import Terminal
from latchkey.errors import EXIT_BROKEN_PROMISE, EXIT_OK, UsageError
from latchkey_sim.house import soak
from latchkey_sim.scenes import to_toml
from latchkey_sim.simulate.arguments import SCENARIOS
from latchkey_sim.simulate.chosen import Chosen, choose, choose_seed
from latchkey_sim.simulate.faultlines import read_faults
from latchkey_sim.simulate.junit import CASES_LIMIT, Case, junit_xml
from latchkey_sim.simulate.lists import list_faults, list_scenes
from latchkey_sim.simulate.outdir import claim_files, claim_folder, write, write_folder
from latchkey_sim.simulate.page import report_page
from latchkey_sim.simulate.permanent import be_doorbell, read_broker
from latchkey_sim.simulate.playing import Played, play
from latchkey_sim.simulate.reallife import LifeClock, come_alive
from latchkey_sim.simulate.seeds import Seed, read_seed
from latchkey_sim.simulate.shrink import reasons, shrink
from latchkey_sim.simulate.telling import record, soak_record, tell, trace_text

TOLD_EVERY_S = 10.0
"""A soak says so often how far it is."""

FAILED_SHOWN = 20
"""So many seeds that failed are named where a soak is interrupted."""


def run(options: Namespace, terminal: Terminal) -> int:
    """Do what is wanted; all but real time is interrupted at once. Raises LatchkeyError."""
    claim_files(options)
    if options.action == "run" and (options.real_time or options.broker):
        return _run_live(options, terminal)
    actions = {"run": _run, "soak": _soak, "replay": _replay, "shrink": _shrink, "list": _list}
    with terminal.stop.at_once():
        return actions[options.action](options, terminal)


def _chosen(options: Namespace) -> list[Chosen]:
    """Find all that `run` names, before any of it is played."""
    if options.html and len(options.scenes) > 1:
        raise UsageError("--html is the report of one scene", hint="--out DIR writes one for each")
    seed = None if options.seed is None else read_seed(options.seed).number
    faults = [(text, read_faults(text)) for text in options.faults]
    return [choose(what, seed, faults, options.detector) for what in options.scenes]


def _run(options: Namespace, terminal: Terminal) -> int:
    chosen = _chosen(options)
    folders = _folders(options.out, chosen)
    began_s = time.monotonic()
    playeds: list[Played] = []
    for one, folder in zip(chosen, folders, strict=True):
        played = play(one, options.limit)
        playeds.append(played)
        _told(options, terminal, played, folder)
        if played.cut is not None:
            raise played.cut
        terminal.stop.check()
    return _end(options, terminal, playeds, time.monotonic() - began_s)


def _run_live(options: Namespace, terminal: Terminal) -> int:
    """Play one scene in real time: in a house, or on a real broker for ever."""
    with terminal.stop.at_once():
        if options.broker:
            read_broker(options.broker)
        chosen = _chosen(options)
        if len(chosen) > 1:
            raise UsageError("in real time one scene is played")
        (one,) = chosen
    if options.broker:
        if one.scene is None or options.faults or options.json or options.junit or options.html:
            raise UsageError(
                "with --broker a scene rings until Ctrl-C: no faults, no verdicts, no reports",
                hint="leave --broker out to play it in the simulated house",
            )
        return be_doorbell(one, one.scene, options.broker, options.out, terminal)
    (folder,) = _folders(options.out, chosen)
    house = come_alive(one.house(LifeClock(terminal.stop)), terminal)
    played = play(one, house.scenario.span_ns / 1e9 + options.limit, house)
    _told(options, terminal, played, folder)
    if played.cut is not None:
        raise played.cut
    return _end(options, terminal, [played], played.seconds_wall)


def _folders(out: Path | None, chosen: Sequence[Chosen]) -> list[Path | None]:
    """Give a folder for each scenario: `out` itself for one, else one in it by its name."""
    if out is None:
        return [None] * len(chosen)
    claim_folder(out)
    if len(chosen) == 1:
        return [out]
    names = [one.name for one in chosen]
    if len(set(names)) < len(names):
        raise UsageError("two scenes have one name, and would share a folder in --out")
    for name in names:
        claim_folder(out / name)
    return [out / name for name in names]


def _told(options: Namespace, terminal: Terminal, played: Played, folder: Path | None) -> None:
    tell(terminal, played, trace=folder is None)
    if folder is not None:
        write_folder(folder, played, record([played], played.seconds_wall))
        terminal.say(
            f"in {folder}/: report.html to look at, trace.txt, messages.ndjson, summary.json, clips/"
        )
    if options.html:
        write(options.html, report_page(played))


def _end(options: Namespace, terminal: Terminal, playeds: Sequence[Played], seconds_wall: float) -> int:
    if options.junit:
        write(options.junit, junit_xml([_case(one) for one in playeds], seconds_wall))
    if options.json:
        terminal.put(json.dumps(record(playeds, seconds_wall), indent=2))
    codes = [one.exit_code for one in playeds]
    return EXIT_BROKEN_PROMISE if EXIT_BROKEN_PROMISE in codes else max(codes, default=EXIT_OK)


def _case(played: Played) -> Case:
    chosen = played.chosen
    detail = "\n".join([f"latchkey {__version__}: {chosen.command}", "", *played.around()])
    met, faults = len(played.house.faults_met), len(played.house.scenario.faults)
    told = (f"{met} of {faults} faults met", *played.unmet) if faults else ()
    name, trouble = f"{chosen.name} {chosen.seed}", tuple(played.trouble)
    return Case(name, played.seconds_wall, trouble, detail, told)


def _soak(options: Namespace, terminal: Terminal) -> int:
    first = read_seed(str(options.seed)).number
    total = options.scenarios or (None if options.minutes else SCENARIOS)
    seeds = count(first) if total is None else range(first, first + total)
    cases: list[Case] = []
    began_s = told_s = time.monotonic()
    done, failed = 0, list[Seed]()

    def hear(outcome: soak.Outcome) -> None:
        nonlocal told_s, done
        now_s = time.monotonic()
        done += 1
        if outcome.trouble:
            failed.append(Seed(outcome.seed))
        if options.junit and (outcome.trouble or done <= CASES_LIMIT):
            cases.append(_soak_case(outcome))
        for line in outcome.trouble:
            terminal.complain(f"{Seed(outcome.seed)}: {line}")
        if outcome.trouble:
            terminal.say(
                f"latchkey: hint: latchkey {__version__} repeats it: {_replay_command(outcome.seed)}"
            )
        if now_s - told_s >= TOLD_EVERY_S:
            told_s = now_s
            of = "" if total is None else f" of {total}"
            terminal.say(f"{done}{of} scenarios, {len(failed)} failed, {done / (now_s - began_s):.1f}/s")
        terminal.stop.check()  # what Ctrl-C raised is lost where it struck in a destructor or a callback

    try:
        found = soak.run(seeds, options.jobs, minutes=options.minutes, limit_s=options.limit, tell=hear)
    except KeyboardInterrupt:
        which = f": {', '.join(map(str, failed[:FAILED_SHOWN]))}" if failed else ""
        terminal.say(f"{done} scenarios from {Seed(first)} so far, {len(failed)} failed{which}")
        if options.junit:
            write(options.junit, junit_xml(cases, time.monotonic() - began_s, "latchkey sim soak"))
        raise
    terminal.say(
        f"{found.scenarios} scenarios from {Seed(first)} in {found.seconds_wall:.1f} s,"
        f" {found.failures} failed;"
        f" {found.virtual_s / max(found.seconds_wall, 0.001):.0f}x real time"
    )
    if options.junit:
        write(options.junit, junit_xml(cases, found.seconds_wall, "latchkey sim soak"))
    if options.json:
        terminal.put(json.dumps(soak_record(found, _replay_command), indent=2))
    if found.lacks:
        terminal.say(f"the soak is worth nothing: only {found.lacks}")
    return EXIT_BROKEN_PROMISE if found.failures or found.lacks else EXIT_OK


def _replay_command(seed: int) -> str:
    return f"latchkey sim replay {Seed(seed)}"


def _soak_case(outcome: soak.Outcome) -> Case:
    detail = f"latchkey {__version__}: {_replay_command(outcome.seed)}" if outcome.trouble else ""
    return Case(str(Seed(outcome.seed)), outcome.seconds_wall, outcome.trouble, detail)


def _seed_chosen(options: Namespace) -> Chosen:
    seed = read_seed(options.seed)
    faults = [(text, read_faults(text)) for text in options.faults]
    return choose_seed(seed, faults, options.detector)


def _replay(options: Namespace, terminal: Terminal) -> int:
    played = play(_seed_chosen(options), options.limit)
    terminal.put((trace_text(played) if options.all else "\n".join(played.around())).rstrip("\n"))
    tell(terminal, played, trace=False)
    if options.html:
        write(options.html, report_page(played))
    if played.cut is not None:
        raise played.cut
    return played.exit_code


def _shrink(options: Namespace, terminal: Terminal) -> int:
    chosen = _seed_chosen(options)
    played = play(chosen, options.limit)
    if played.cut is not None:
        raise played.cut
    if not played.trouble:
        raise UsageError(f"{chosen.seed} does not fail: there is nothing to shrink")
    why = reasons(played)[0]
    terminal.say(f"{chosen.seed} fails: {why}")
    found = shrink(chosen, why, options.limit, options.minutes * 60, terminal.say)
    seed = "" if found.chosen.scene is None else f" --seed {Seed(chosen.seed.number)}"
    detector = "" if found.chosen.scene is None else f" --detector {found.chosen.detector}"
    command = f"latchkey sim run FILE{seed}{detector}"
    terminal.put(f"# Fails by {why}; latchkey {__version__} repeats it: {command}")
    source = found.chosen.scene or found.chosen.file
    terminal.put(to_toml(source).rstrip("\n"))
    terminal.say(f"{found.plays} scenarios were played; put this into FILE.toml, then: {command}")
    return EXIT_BROKEN_PROMISE


def _list(options: Namespace, terminal: Terminal) -> int:
    found = list_faults() if options.faults else list_scenes()
    if options.json:
        terminal.put(json.dumps([facts for facts, _ in found], indent=2))
        return EXIT_OK
    widths = [max(map(len, column)) for column in zip(*(row for _, row in found), strict=True)]
    for _, row in found:
        terminal.put("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
    return EXIT_OK
