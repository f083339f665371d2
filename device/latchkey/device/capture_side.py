"""The side with the camera, the pixels and the vault. It has no network.

It takes `ToCapture` messages and gives `ToLink` messages, both as canonical bytes; `step`
moves everything on by what is due now and returns when it wants to be called next.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace

from latchkey.device.disk_watch import DiskAnswer, DiskWatch
from latchkey.device.lamp import RINGING_NS, lamp_of
from latchkey.device.repeats import SILENT_NS, Repeats
from latchkey.errors import CameraLost, DiskError, FootageEnded, VaultBusy
from latchkey.events import (
    BellRang,
    CameraState,
    CaptureHealth,
    ClipEnded,
    ClipLost,
    DiskState,
    ModesSet,
    MotionChanged,
    ToLink,
    Trigger,
    decode,
    encode,
)
from latchkey.frames import Cause, RawFrame
from latchkey.pipeline.dating import date_clips
from latchkey.pipeline.facevault import FaceVault
from latchkey.pipeline.frame_queue import FrameQueue, Held
from latchkey.pipeline.readers import Readers
from latchkey.pipeline.recorder import Recorder
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.ports import CaptureBoard, JournalLine, Severity, Still
from latchkey.settings import Settings
from latchkey.units import NS_PER_MS, NS_PER_S, to_ns, to_s
from latchkey.vision import MotionGate, PrivacyZones

FRAMES_PER_STEP = 2
"""More would make a step long; what is left is read in the next one, which follows at once."""

IDLE_NS = 100 * NS_PER_MS
"""Longest time between two steps while a camera gives no due time."""

RESTART_NS = (1 * NS_PER_S, 2 * NS_PER_S, 5 * NS_PER_S, 15 * NS_PER_S, 60 * NS_PER_S)
"""Pauses between attempts to bring a camera back; the last one repeats."""

HEALTH_NS = 60 * NS_PER_S

CLOSE_LIMIT_NS = 20 * NS_PER_S
"""Longest wait for the last clip to be sealed when the device is told to stop."""


class CaptureSide:
    """Camera, filter, recorder and vault of one device."""

    def __init__(self, board: CaptureBoard, settings: Settings, send: Callable[[bytes], None]) -> None:
        self._board = board
        self._settings = settings
        self._send = send
        self._modes = ModesSet(armed=False, shutter_closed=False, snoozed=False)
        self._slid = False
        """Whether the lens is covered by hand, as the shutter's contact tells."""

        self._shut = False
        self._ringing_until_ns = -1
        self._zones = PrivacyZones(settings.privacy.zones)
        self._gate = MotionGate(settings.motion, settings.privacy.zones)
        self._queue = FrameQueue(board.workers)
        take = board.entropy.take
        hours = settings.privacy.face_layer_hours
        self._readers = Readers(board.vault, board.clock, board.book, wants_faces=hours > 0)
        room = settings.vault.max_bytes
        faces = FaceVault(board.vault, take, board.clock, self._readers, hours, room)
        self._keeper = VaultKeeper(board.vault, board.index, self._readers, take, settings.vault, faces)
        self._recorder = Recorder(board, settings, self._keeper, self._say)
        self._moving = False
        self._calm_at_ns = 0
        self._crowding = ""
        self._camera = CameraState.OK
        self._restart_at_ns: int | None = None
        self._restarts = 0
        self._last_frame_ns = board.clock.now_ns()
        self._still_until_ns = -1
        self._repeats = Repeats()
        self._frames_since_health = 0
        self._health: CaptureHealth | None = None
        self._health_at_ns = -1
        self._disk = DiskWatch(board, "vault", "film", self._check_vault)
        self._winding_down = False
        self.ended = False
        """True once a recorded video has been played to its end and its clips are sealed."""

    def start(self) -> None:
        """Put the vault in order after whatever happened before; a failing one is told by `step`."""
        try:
            torn = self._keeper.start().torn
            self._readers.check(self._date)
        except DiskError:
            self._disk.doubt()
        else:
            if torn:
                self._note("disk", _torn(torn), "warning")
            self._tell_head()
        self._tell_news()

    def step(self, messages: Iterable[bytes]) -> int:
        """Do what is due; give the monotonic ns of the next due thing. Never blocks."""
        for message in messages:
            self._handle(message)
        self._ask_shutter()
        wake_ns = self._read_camera()
        self._recorder.step(self._queue, self._still_until_ns)
        if not self._may_record and not self._recorder.recording:
            self._queue.clear()
        self._housekeep()
        self._show()
        times = [wake_ns, self._recorder.wake_ns, self._restart_at_ns]
        return min(at_ns for at_ns in times if at_ns is not None)

    def wind_down(self) -> None:
        """Take no further frame, begin and extend no clip: the device is told to stop."""
        self._winding_down = True

    def tell_unfinished(self, limit_ns: int) -> None:
        """Say which clips could not be sealed within `limit_ns`; the next start finds them torn."""
        for clip in self._recorder.unfinished:
            text = (
                f"{clip[:8]} is not sealed after {to_s(limit_ns):.0f} s: what is written of it is left torn"
            )
            self._note("clip", text, "error")

    @property
    def busy(self) -> bool:
        """Whether a clip is being recorded or sealed."""
        return self._recorder.busy

    @property
    def status(self) -> str:
        """How it is, in a few words."""
        held = "closed" if self._modes.shutter_closed else "armed" if self._modes.armed else "disarmed"
        doing = "recording" if self._recorder.recording else held
        return f"{doing}; camera {self._camera.value}, disk {self._disk.state.value}"

    @property
    def waiting_frames(self) -> int:
        """How many pictures wait, as pre-roll or for the film."""
        return self._queue.total

    def finish(self) -> bool:
        """End the recording; True once no clip is being recorded or sealed (keep stepping until then)."""
        self._recorder.stop()
        return not self.busy

    def _handle(self, data: bytes) -> None:
        message = decode(data)
        if isinstance(message, BellRang):
            self._ring(message)
        elif isinstance(message, ModesSet):
            self._set_modes(message)

    def _ring(self, ring: BellRang) -> None:
        self._ringing_until_ns = self._board.clock.now_ns() + RINGING_NS
        if self._winding_down:
            self._note("bell", "nothing more is recorded: the device is told to stop")
            return
        if not self._may_record:
            self._note("bell", "nothing is recorded: the camera is " + self._why_not())
            return
        if self._disk.is_unfit:
            self._note("bell", f"nothing is recorded: the vault {self._disk.trouble}", "error")
            self._disk.doubt()
            return
        if self._camera in (CameraState.LOST, CameraState.FROZEN):
            self._note("bell", "no camera: the clip begins when it is back", "warning")
            self._restart_at_ns = self._board.clock.now_ns()  # not at the end of a minute's pause
        self._recorder.event(ring.trigger, ring.at_ns)

    def _why_not(self) -> str:
        return "shuttered" if self._shut else "disarmed"

    def _ask_shutter(self) -> None:
        slid = self._board.senses is not None and self._board.senses.shutter_closed()
        if slid is not self._slid:
            self._slid = slid
            self._note("camera", f"its shutter was {'closed' if slid else 'opened'} by hand")
            self._set_modes(self._modes)

    def _set_modes(self, modes: ModesSet) -> None:
        self._modes = modes
        before, self._shut = self._shut, modes.shutter_closed or self._slid
        if not self._may_record:
            self._recorder.stop()
        if self._shut and not before:
            self._board.camera.close()
            self._camera = CameraState.CLOSED
        elif before and not self._shut:
            self._restart_at_ns = self._board.clock.now_ns()
        self._tell_motion(moving=False)

    @property
    def _may_record(self) -> bool:
        return self._modes.armed and not self._shut

    def _read_camera(self) -> int:
        """Take in what the camera has; give when it wants to be asked again."""
        now_ns, self._still_until_ns = self._board.clock.now_ns(), -1
        if self._winding_down:
            return now_ns + IDLE_NS
        if self._restart_at_ns is not None and now_ns >= self._restart_at_ns:
            self._restart(now_ns)
        if self._restart_at_ns is not None or self._shut or self.ended:
            return now_ns + IDLE_NS
        try:
            for _ in range(FRAMES_PER_STEP):
                got = self._board.camera.read()
                if isinstance(got, RawFrame):
                    self._take(got)
                    continue
                if isinstance(got, Still):
                    if self._camera is not CameraState.FROZEN:
                        self._set_camera(CameraState.OK)  # it answers, though with no picture yet
                    self._last_frame_ns, self._still_until_ns = now_ns, got.until_ns
                    return max(self._calm(now_ns, got.until_ns), now_ns)
                self._watch(now_ns)
                return now_ns + IDLE_NS
        except FootageEnded as error:
            self._note("camera", str(error))
            self.ended = True
            self._recorder.stop()
        except CameraLost as error:
            self._lose_camera(error, now_ns)
        return now_ns

    def _take(self, raw: RawFrame) -> None:
        now_ns = self._board.clock.now_ns()
        self._last_frame_ns = now_ns
        self._frames_since_health += 1
        frame = self._zones.blank(raw)
        if self._repeats.see(frame.y, frame.at_ns):
            self._set_camera(CameraState.FROZEN)
        else:
            self._set_camera(CameraState.OK)
        if not self._modes.armed:
            return
        motion = self._gate.see(frame)
        if self._camera is CameraState.FROZEN:
            motion = replace(motion, unclear=Cause.FROZEN)
        self._queue.push(Held(frame, motion))
        if motion.moving:
            self._calm_at_ns = frame.at_ns + to_ns(self._settings.motion.hold_s)
        moving = motion.moving or (self._board.senses is not None and self._board.senses.somebody())
        if moving and not self._modes.snoozed and not self._disk.is_unfit:
            self._recorder.event(Trigger.MOTION, frame.at_ns, motion.zones)
        self._tell_motion(moving=moving and not self._modes.snoozed)

    def _calm(self, now_ns: int, still_until_ns: int) -> int:
        """Say that nothing moves any more, once that is clear without a picture; give when to look again."""
        if not self._moving or still_until_ns <= self._calm_at_ns:
            return still_until_ns
        if now_ns < self._calm_at_ns:
            return self._calm_at_ns
        self._tell_motion(moving=False)
        return still_until_ns

    def _watch(self, now_ns: int) -> None:
        if now_ns - self._last_frame_ns > SILENT_NS:
            self._set_camera(CameraState.FROZEN)
            self._plan_restart(now_ns)

    def _set_camera(self, state: CameraState) -> None:
        if state is self._camera:
            return
        if state is CameraState.OK:
            self._restarts, self._restart_at_ns = 0, None
            self._note("camera", "gives pictures again")
        else:
            self._note("camera", f"is {state}", "warning")
        self._camera = state

    def _lose_camera(self, error: CameraLost, now_ns: int) -> None:
        if self._camera is not CameraState.LOST:
            self._note("camera", f"is lost: {error}" + (f" ({error.hint})" if error.hint else ""), "error")
        self._camera = CameraState.LOST
        self._plan_restart(now_ns)

    def _plan_restart(self, now_ns: int) -> None:
        pause_ns = RESTART_NS[min(self._restarts, len(RESTART_NS) - 1)]
        self._restart_at_ns = now_ns + pause_ns
        self._restarts += 1

    def _restart(self, now_ns: int) -> None:
        self._restart_at_ns = None
        if self._shut:
            return
        try:
            self._board.camera.restart()
        except CameraLost as error:
            self._lose_camera(error, now_ns)
            return
        self._last_frame_ns = now_ns

    def _tell_motion(self, *, moving: bool) -> None:
        if moving is not self._moving:
            self._moving = moving
            self._note("motion", "something moves" if moving else "all is still again")
            self._say(MotionChanged(moving))

    def _housekeep(self) -> None:
        self._disk.step()
        self._tell_news()
        self._tell_health(self._board.clock.now_ns())

    def _check_vault(self) -> DiskAnswer:
        """Look after the vault; runs in the film worker."""
        found = self._keeper.check()
        with suppress(VaultBusy):  # a clip is being kept: the order waits for the next look
            self._readers.check(self._date)
        room = DiskState.NO_KEYS if self._readers.is_out else found.room
        news = [_torn(found.torn)] if found.torn else []
        if found.crowding not in ("", self._crowding):
            news.append(f"{found.crowding}; `latchkey clips rm` and `unkeep` make room, or a larger max_mib")
        self._crowding = found.crowding
        return DiskAnswer(room, "; ".join(news))

    def _date(self, day: int) -> None:
        date_clips(self._board.vault, self._board.index, day)

    def _tell_news(self) -> None:
        for severity, text in self._readers.news():
            self._note("owner", text, severity)

    def _tell_health(self, now_ns: int) -> None:
        since_ns = max(now_ns - self._health_at_ns, 1)
        health = CaptureHealth(
            camera=self._camera,
            filter=self._recorder.filter_state,
            detector=self._recorder.detector,
            disk=self._disk.state,
            fps_tenths=round(self._frames_since_health * 10 * NS_PER_S / since_ns),
        )
        old = self._health
        same = old is not None and (old.camera, old.filter, old.disk) == (
            health.camera,
            health.filter,
            health.disk,
        )
        if same and since_ns < HEALTH_NS:
            return
        self._health, self._health_at_ns, self._frames_since_health = health, now_ns, 0
        self._say(health)

    def _show(self) -> None:
        shown = lamp_of(
            shut=self._shut,
            camera=self._camera,
            disk=self._disk.state,
            ringing=self._board.clock.now_ns() < self._ringing_until_ns,
            recording=self._recorder.recording,
        )
        self._board.lamp.show(*shown)

    def _say(self, message: ToLink) -> None:
        if isinstance(message, ClipLost):
            self._disk.doubt()
        self._send(encode(message))
        if isinstance(message, ClipEnded):
            self._tell_head()

    def _tell_head(self) -> None:
        head = self._keeper.told_head()
        if head is not None:
            self._send(encode(head))

    def _note(self, part: str, text: str, severity: Severity = "info") -> None:
        self._board.journal.note(JournalLine(self._board.clock.now_ns(), part, text, severity))


def _torn(count: int) -> str:
    clips = "1 clip was" if count == 1 else f"{count} clips were"
    return f"{clips} torn by a power cut or crash"
