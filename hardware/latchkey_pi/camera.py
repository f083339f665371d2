"""The Raspberry Pi's camera, read by a thread of its own that opens it, and opens it anew with another
tuning.

`read` gives what waits and never blocks: not for a picture, not for libcamera, which takes a second to start.
What goes wrong in the thread ends it, and `read` raises it as CameraLost once all pictures before it are
given; `restart` begins another. So a camera that is missing at the start is a state of the device, not its
end.
"""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from latchkey.errors import CameraLost, LatchkeyError
from latchkey.frames import RawFrame
from latchkey.ports import Clock, Journal, JournalLine, Severity, Still
from latchkey.settings import PiSettings
from latchkey.units import NS_PER_S
from latchkey_pi.daynight import DayNight
from latchkey_pi.pace import Heat, Pace
from latchkey_pi.pins import PinLost
from latchkey_pi.sensortime import SensorTimes
from latchkey_pi.session import RIBBON, SILENT, Session, Shot, Wish

INBOX_FRAMES = 4
"""Pictures the camera may be ahead of the loop; older ones are dropped, as a sensor would."""

NOTES_LIMIT = 32
WAIT_S = 0.5
"""Longest wait for a picture before looking whether to stop."""

SILENT_NS = 4 * NS_PER_S
"""A camera that starts takes a second and a half for its first picture; a cable that is loose takes for
ever.
"""

JOIN_S = 5
"""Closing waits for the picture that is being waited for, and for libcamera to stop."""

HEAT_NS = 5 * NS_PER_S
"""How often the chip's temperature is read."""

STRANGE_PICTURES = 30
"""After so many pictures without a believable time it is said, once."""


class PiCamera:
    """Pictures of the sensor, in memory of ours, at the sensor's times."""

    def __init__(
        self,
        wish: Wish,
        settings: PiSettings,
        clock: Clock,
        journal: Journal,
        heat: Callable[[], Heat],
        infrared: Callable[[bool], None],
    ) -> None:
        self._wish = wish
        self._settings = settings
        self._clock = clock
        self._journal = journal
        self._heat = heat
        self._infrared = infrared
        self._inbox: deque[RawFrame] = deque(maxlen=INBOX_FRAMES)
        self._notes: deque[tuple[Severity, str]] = deque(maxlen=NOTES_LIMIT)
        self._pace = Pace(wish.fps, settings.slow_at_c)
        self._light = DayNight()
        self._heat_at_ns = -1
        self._is_weak = False
        self._lost: CameraLost | None = None
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self.restart()

    @property
    def fps(self) -> float:
        """The rate that is asked of the sensor now: lower while the chip is hot."""
        return self._pace.fps

    @property
    def is_night(self) -> bool:
        """Whether it is too dark for the sensor to see by what light there is."""
        return self._light.is_night

    def read(self) -> RawFrame | Still | None:
        """Give the oldest picture that waits, or None. Raises CameraLost."""
        while self._notes:
            severity, text = self._notes.popleft()
            self._journal.note(JournalLine(self._clock.now_ns(), "camera", text, severity))
        over = self._thread is None or not self._thread.is_alive()
        with suppress(IndexError):
            return self._inbox.popleft()
        if over:
            raise self._lost or CameraLost("the camera is closed")
        return None

    def restart(self) -> None:
        """Begin to open the camera; that it cannot be opened is told by `read`."""
        self.close()
        if self._thread is not None:
            raise CameraLost("the camera's driver hangs", hint="switch the board off and on")
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(self._stopped,), name="camera", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let go of the sensor; returns once it is let go, or its driver hangs."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(JOIN_S)
            self._thread = None if not self._thread.is_alive() else self._thread
        self._inbox.clear()
        self._lost = None

    def _run(self, stopped: threading.Event) -> None:
        try:
            while not stopped.is_set():
                self._film(stopped)
        except CameraLost as error:
            self._lost = error
        except LatchkeyError as error:
            self._lost = CameraLost(str(error), hint=error.hint)
        finally:
            self._clock.wake()

    def _film(self, stopped: threading.Event) -> None:
        """Take pictures until told to stop, or until another tuning is wanted."""
        tuning = self._tuning()
        session = Session(self._wish, tuning)
        self._light_up(on=self._light.is_night)
        try:
            times, seen_ns, fps = SensorTimes(), self._clock.now_ns(), self._wish.fps
            while not stopped.is_set() and self._tuning() == tuning:
                shot = session.shot(WAIT_S)
                now_ns = self._clock.now_ns()
                if shot is not None:
                    seen_ns = now_ns
                    self._take(shot, times, now_ns)
                elif now_ns - seen_ns > SILENT_NS:
                    raise CameraLost(SILENT, hint=RIBBON)
                self._feel_heat(now_ns)
                if self._pace.fps != fps:
                    fps = self._pace.fps
                    session.set_rate(fps)
        finally:
            session.close()
            self._light_up(on=False)

    def _take(self, shot: Shot, times: SensorTimes, now_ns: int) -> None:
        if shot.exposure is not None:
            self._see_light(shot, now_ns)
        at_ns = times.at_ns(shot.sensor_ns, now_ns)
        if times.strange == STRANGE_PICTURES:
            times.strange += 1
            self._note(
                "the sensor's times cannot be believed: pictures get the time of their arrival", "warning"
            )
        if at_ns is None:
            return
        self._inbox.append(RawFrame(*shot.planes, at_ns, shot.colour, shot.small))
        self._clock.wake()

    def _see_light(self, shot: Shot, now_ns: int) -> None:
        assert shot.exposure is not None
        before = self._light.is_night
        if self._light.see(shot.exposure, now_ns) is not before:
            again = "; the camera starts again with its other tuning" if self._has_tunings else ""
            self._note(("it is day again" if before else "it is night") + again)
            self._light_up(on=not before)

    def _light_up(self, *, on: bool) -> None:
        try:
            self._infrared(on)
        except PinLost as error:
            self._note(f"the infrared light: {error}", "error")

    def _feel_heat(self, now_ns: int) -> None:
        if now_ns < self._heat_at_ns:
            return
        self._heat_at_ns = now_ns + HEAT_NS
        heat = self._heat()
        if self._pace.see(heat, now_ns):
            self._note(f"takes {self._pace.fps:g} pictures a second now: {_told(heat)}")
        if heat.throttled.is_weak and not self._is_weak:
            self._note("the power supply is too weak: use the board's own, and a short cable", "warning")
        self._is_weak = heat.throttled.is_weak

    @property
    def _has_tunings(self) -> bool:
        return self._settings.day_tuning != self._settings.night_tuning

    def _tuning(self) -> str:
        return self._settings.night_tuning if self._light.is_night else self._settings.day_tuning

    def _note(self, text: str, severity: Severity = "info") -> None:
        self._notes.append((severity, text))


def _told(heat: Heat) -> str:
    warm = "the chip is warm" if heat.celsius is None else f"the chip is at {heat.celsius:.0f} °C"
    return f"{warm}, and its firmware slows it down" if heat.throttled.is_slowed else warm
