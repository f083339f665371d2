"""The page for people, hardware/TROUBLESHOOTING.md: made from the catalogue, so that both say the same."""

from collections.abc import Iterator

from latchkey_pi.blink import FLASHES
from latchkey_pi.doctor.catalogue import KINDS
from latchkey_pi.doctor.model import AREAS, Kind, Severity
from latchkey_pi.firstboot import FINDINGS

HEAD = """# When something is wrong

Written by `python -m latchkey_pi.doctor` from `hardware/latchkey_pi/doctor`; a test keeps the two equal.

On the doorbell, over SSH or at its keyboard:

```sh
sudo latchkey doctor
```

It says what is wrong, one line each, and below it the command or the movement of a hand that mends it. The
word in brackets leads to the line on this page. It only reads: the doorbell goes on meanwhile, no camera is
opened, nothing is written. Without `sudo` it sees less, and says what. Where the bell's service does not say
how the broker takes it, the broker is asked (`--offline` leaves that out), and that connection is told.

| code | meaning |
|---|---|
| 0 | nothing is wrong, and all was seen |
| 21 | something is wrong: an error or a warning |
| 22 | nothing was found wrong, but not all could be seen |

`latchkey doctor --json` is for programs: `schema` 1, `verdict` (`well`, `wrong`, `unknown`), `areas` (each
`well`, `wrong`, `unknown` or `absent`), `findings` (each `id`, `area`, `severity`, `line`, `fix`, `kept`,
`light`, `told`). Further ids may come; one that is there keeps its meaning.

**Capitals** in the tables stand for what your doorbell says there. **Light** is that of the Raspberry Pi's
wiring, [told here](README.md#the-light). **MQTT** is what the broker hears (a field of `health/state`, or
`status`), behind it what Home Assistant shows. *As before* means that neither can tell: `latchkey doctor`
does.

**What was not tried.** All findings were tried on simulated machines, what light and broker show on a
simulated doorbell. None was tried on a board: a ribbon pushed in the wrong way, a card pulled out while it
runs, a weak supply. If your doorbell says something else, please tell.
"""

SIGNS: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "note", "unknown": "not known"}
OTHER_LIGHTS: dict[str, str] = {
    "same": "as before",
    "closed": "long on, long off",
    "dark": "dark",
    "setup": "the Pi's own green light: beats at work, flashes in counts while it waits",
}
SHOWN = {
    "camera = lost": "*Camera*: problem",
    "camera = frozen": "*Camera*: problem",
    "camera = closed": "no problem",
    "disk = low": "*Clip storage*: problem",
    "disk = full": "*Clip storage*: problem",
    "disk = failed": "*Clip storage*: problem",
    "disk = no_keys": "*Clip storage*: problem",
    "boot = 1970": "*Last start*: 1970",
    "offline": "all of it unavailable",
}
"""What Home Assistant makes of what MQTT says."""


def light_words(light: str) -> str:
    """Give the rhythm of a light in words."""
    for trouble, flashes in FLASHES.items():
        if light == trouble:
            return f"{flashes} flashes, pause"
    return OTHER_LIGHTS[light]


def page() -> str:
    """Give the whole page."""
    return "\n".join([HEAD, *_by_light(), *_sections()]).rstrip("\n") + "\n"


def _by_light() -> Iterator[str]:
    yield "## By what the light shows"
    yield ""
    yield "| light | what it may be |"
    yield "|---|---|"
    for light in (*FLASHES, *OTHER_LIGHTS):
        named = [f"[`{kind.id}`](#{kind.id})" for kind in KINDS.values() if kind.light == light]
        if light != "same" and named:
            yield f"| {light_words(light)} | {', '.join(named)} |"
    yield ""


def _sections() -> Iterator[str]:
    for area, words in AREAS.items():
        kinds = [kind for kind in KINDS.values() if kind.area == area]
        if not kinds:
            continue
        yield f"## {words[0].upper()}{words[1:]}"
        yield ""
        for kind in kinds:
            yield from _entry(kind)
        if area == "first-boot":
            yield from _first_boot()


def _first_boot() -> Iterator[str]:
    yield "While it waits, the Pi's own green light counts, and `latchkey-log.txt` on the card says what for:"
    yield "[how a card is flashed](FLASH.md)."
    yield ""
    yield "| green light | code | do |"
    yield "|---|---|---|"
    for one in FINDINGS.values():
        yield f"| {one.flashes} flashes, pause | {one.code} | {_cell(one.fix)} |"
    yield ""


def _entry(kind: Kind) -> Iterator[str]:
    yield f"### `{kind.id}`"
    yield ""
    yield f"*{SIGNS[kind.severity]}*: {kind.for_people(kind.line)}"
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield f"| do | {_cell(kind.for_people(kind.fix))} |"
    yield f"| light | {light_words(kind.light)} |"
    yield f"| MQTT | {_told(kind)} |"
    yield f"| what is not lost | {_cell(kind.kept)} |"
    yield ""


def _told(kind: Kind) -> str:
    return f"`{kind.told}`; Home Assistant: {SHOWN[kind.told]}" if kind.told else "as before"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
