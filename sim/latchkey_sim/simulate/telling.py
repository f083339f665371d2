"""What came of scenarios, for terminals and scripts."""

from collections.abc import Callable, Sequence
from typing import Any

from latchkey import __version__
from latchkey.cli.command import Terminal, one_line
from latchkey.cli.progress import speed_text
from latchkey_sim.house.drawing import VERSION
from latchkey_sim.house.soak import Soak
from latchkey_sim.simulate.playing import Played, traces_sha256
from latchkey_sim.simulate.seeds import Seed


def tell(terminal: Terminal, played: Played, *, trace: bool) -> None:
    """Tell a person about one scenario; `trace` = with the trace around a failure."""
    house, chosen = played.house, played.chosen
    for note in [*chosen.notes, *played.unmet]:
        terminal.say(f"latchkey: note: {note}")
    speed = speed_text(played.virtual_s / max(played.seconds_wall, 0.001))
    clips = sum(len(bell.index.rows()) for bell in house.doors)
    told = [
        f"{played.virtual_s:.1f} s in {played.seconds_wall:.1f} s ({speed}x)",
        f"{len(house.presses)} rings",
        f"{clips} clips",
        f"{len(house.broker.heard)} messages",
        f"{len(house.faults_met)} of {len(house.scenario.faults)} faults met",
    ]
    word = "failed" if played.trouble else "passed"
    if played.cut is not None:
        word = "cut off"
    terminal.say(f"{word}  {chosen.name}  {chosen.seed}: {', '.join(told)}")
    if trace and played.trouble:
        for line in played.around():
            terminal.say(one_line(line))
    for line in played.trouble:
        terminal.complain(line)
    if played.trouble and played.cut is None:
        terminal.say(f"latchkey: hint: latchkey {__version__} repeats it: {chosen.command}")


def record(playeds: Sequence[Played], seconds_wall: float) -> dict[str, Any]:
    """Give it as `--json` prints it."""
    failed = [one for one in playeds if one.trouble]
    return {
        "scenarios": len(playeds),
        "failures": len(failed),
        "seconds_wall": round(seconds_wall, 3),
        "trace_sha256": traces_sha256([one.house.trace.sha256 for one in playeds]),
        "failed": [
            {
                "seed": str(one.chosen.seed),
                "scenario": one.chosen.name,
                "trouble": one.trouble,
                "command": one.chosen.command,
            }
            for one in failed
        ],
        "latchkey": __version__,
        "drawing": VERSION,
        "virtual_s": round(sum(one.virtual_s for one in playeds), 3),
        "played": [
            {
                "seed": str(one.chosen.seed),
                "scenario": one.chosen.name,
                "trace_sha256": one.house.trace.sha256,
                "faults": len(one.house.scenario.faults),
                "faults_met": len(one.house.faults_met),
            }
            for one in playeds
        ],
    }


def messages(played: Played) -> list[dict[str, Any]]:
    """Give all messages that reached the broker, as plain values."""
    return [
        {
            "at_s": heard.at_ns / 1e9,
            "from": heard.client,
            "topic": heard.publication.topic,
            "retain": heard.publication.retain,
            "payload": heard.publication.payload.decode("utf-8", "backslashreplace"),
        }
        for heard in played.house.broker.heard
    ]


def trace_text(played: Played) -> str:
    """Give the whole trace."""
    return "".join(entry.line() + "\n" for entry in played.house.trace.entries)


def soak_record(found: Soak, command: Callable[[int], str]) -> dict[str, Any]:
    """Give a soak as `--json` prints it; `command` gives what plays a seed again."""
    failed = [
        {
            "seed": str(Seed(one.seed)),
            "trouble": list(one.trouble),
            "trace_sha256": one.trace_sha256,
            "command": command(one.seed),
        }
        for one in found.failed
    ]
    return {**found.as_json(), "failed": failed, "latchkey": __version__, "drawing": VERSION}
