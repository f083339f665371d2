"""How the first boot tells where it is: light, screen, state file, and, in trouble, the boot partition.

A place that cannot be told (no screen, a full card) must not keep the others from being told, nor the
work from being done.
"""

from contextlib import suppress
from pathlib import Path

from latchkey_pi.firstboot.findings import Failed
from latchkey_pi.firstboot.machine import Machine
from latchkey_pi.firstboot.state import STATE_FILES, State, encode_state

LOG = "latchkey-log.txt"
LOG_LIMIT_BYTES = 48 << 10
SCREEN = "dev/tty1"
LIGHTS = ("sys/class/leds/ACT", "sys/class/leds/led0")
"""The Pi's own green light, by its names: it works before any library is there."""

USUAL_TRIGGER = "mmc0"
OURS = ("heartbeat", "timer", "none")
FLASH_S, GAP_S, PAUSE_S = 0.2, 0.3, 1.5


class Show:
    """Tells states; keeps what happened for the log."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._story: list[str] = []
        self._trigger = ""

    def working(self, step: str, words: str) -> None:
        """Tell that a step begins: the light beats like a heart."""
        self._say(words)
        self._trigger = self._trigger or self._chosen_trigger()
        self._light("trigger", "heartbeat")
        self._state(State("working", step))

    def waiting(self, step: str, failed: Failed, tries: int) -> None:
        """Tell what is wrong, and write it where it can be read on another computer."""
        finding = failed.finding
        self._say(f"problem: {failed.detail}")
        self._say(f"what to do: {finding.fix}")
        self._say(f"(code {finding.code}: the green light flashes {finding.flashes} times, then pauses)")
        self._state(State("waiting", step, finding.code, failed.detail, finding.fix, tries))
        self._log()

    def flash(self, failed: Failed, seconds: float) -> None:
        """Wait, and let the light tell the finding's number meanwhile."""
        self._light("trigger", "none")
        round_s = failed.finding.flashes * (FLASH_S + GAP_S) + PAUSE_S
        for _ in range(max(1, round(seconds / round_s))):
            for _ in range(failed.finding.flashes):
                self._light("brightness", "1")
                self._machine.pause(FLASH_S)
                self._light("brightness", "0")
                self._machine.pause(GAP_S)
            self._machine.pause(PAUSE_S)

    def done(self, step: str) -> None:
        """Tell that all is done, and give the light back to the card's traffic."""
        self._say("Latchkey is installed. It can be paired on this screen now, or over SSH.")
        self._light("trigger", self._trigger or USUAL_TRIGGER)
        self._state(State("done", step))
        if (self._machine.boot / LOG).exists():
            self._log()

    def note(self, text: str) -> None:
        """Keep what a program printed: for the log only."""
        self._story.append(text.rstrip())

    def _say(self, line: str) -> None:
        self._story.append(f"* {line}")
        screen = self._machine.path(SCREEN)
        with suppress(OSError):
            if screen.exists():
                with screen.open("a") as stream:
                    stream.write(f"\r\n[latchkey] {line}\r\n")

    def _state(self, state: State) -> None:
        data = encode_state(
            State(state.state, state.step, state.finding, state.detail, state.fix, state.tries, self._at())
        )
        for name in STATE_FILES:
            with suppress(OSError):
                self._machine.put(self._machine.path(name), data)

    def _at(self) -> int:
        return int(self._machine.now())

    def _log(self) -> None:
        text = "\n".join(self._story).encode()[-LOG_LIMIT_BYTES:]
        head = f"Latchkey's first boot, by a clock that says {self._at()} s since 1970.\n\n".encode()
        with suppress(OSError):
            self._machine.put(self._machine.boot / LOG, (head + text + b"\n").replace(b"\n", b"\r\n"))

    def _chosen_trigger(self) -> str:
        """Give what drove the light before us: the word in brackets; of ours, the usual one."""
        for light in LIGHTS:
            text = (self._machine.read(self._machine.path(f"{light}/trigger")) or b"").decode(
                "ascii", "replace"
            )
            found = [word.strip("[]") for word in text.split() if word.startswith("[")]
            if found and found[0] not in OURS:
                return found[0]
        return USUAL_TRIGGER

    def _light(self, name: str, value: str) -> None:
        for light in LIGHTS:
            place = self._machine.path(f"{light}/{name}")
            with suppress(OSError):
                if place.exists():
                    _write(place, value)
                    return


def _write(path: Path, text: str) -> None:
    with path.open("w") as stream:
        stream.write(text)
