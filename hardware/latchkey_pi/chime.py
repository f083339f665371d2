"""What rings in the house: a relay that closes for a moment, or a sound. Neither needs a network, nor the
camera.

`ring` returns at once; a thread does the rest. While it plays, one more ring is kept for afterwards.
"""

import subprocess
import threading
from collections.abc import Callable
from shutil import which

from latchkey.errors import SettingsError
from latchkey.ports import Clock, Journal, JournalLine
from latchkey_pi.pins import Output, PinLost
from latchkey_pi.tone import chime_wav

SOUND_LIMIT_S = 10
"""`aplay` waits for a sound card that somebody else holds."""

REST_S = 0.3
"""A relay, and the coil behind it, need so long between two strokes."""

NO_APLAY = "apt install alsa-utils"


class Chime:
    """Plays in a thread of its own. What fails is said once, until it succeeds again."""

    def __init__(self, play: Callable[[threading.Event], str], clock: Clock, journal: Journal) -> None:
        self._play = play
        self._clock = clock
        self._journal = journal
        self._asked = threading.Event()
        self._stopped = threading.Event()
        self._said = ""
        self._thread = threading.Thread(target=self._run, name="chime", daemon=True)
        self._thread.start()

    def ring(self) -> None:
        """Ring, or once more when this is over."""
        self._asked.set()

    def close(self) -> None:
        """Be silent."""
        self._stopped.set()
        self._asked.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._asked.wait()
            self._asked.clear()
            if self._stopped.is_set():
                return
            trouble = self._play(self._stopped)
            if trouble and trouble != self._said:
                line = JournalLine(self._clock.now_ns(), "chime", f"did not ring: {trouble}", "error")
                self._journal.note(line)
            self._said = trouble


def relay(output: Output, seconds: float) -> Callable[[threading.Event], str]:
    """Give what closes a relay for so long."""

    def play(stopped: threading.Event) -> str:
        try:
            output.drive(high=True)
            stopped.wait(seconds)
            output.drive(high=False)
        except PinLost as error:
            return str(error)
        stopped.wait(REST_S)
        return ""

    return play


def sound(device: str) -> Callable[[threading.Event], str]:
    """Give what plays two tones on an ALSA device. Raises SettingsError where `aplay` is missing."""
    program, wav = which("aplay"), chime_wav()
    if program is None:
        raise SettingsError('[pi] chime = "sound" needs aplay, which is missing', hint=NO_APLAY)
    command = [program, "-q", "-D", device]

    def play(_stopped: threading.Event) -> str:
        try:
            done = subprocess.run(command, input=wav, capture_output=True, timeout=SOUND_LIMIT_S, check=False)  # noqa: S603 -- aplay, with fixed words
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        said = done.stderr.decode(errors="replace").strip().split("\n")[-1]
        return (said or f"aplay ended with {done.returncode}") if done.returncode else ""

    return play
