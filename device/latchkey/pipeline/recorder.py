"""From events to clips: when a clip begins, how long it lasts, which frame goes on film when.

    idle --event--> recording --until + look-ahead--> sealing --durable--> announced
                      ^   |
                      +---+ a further event moves `until`; a long visit is cut without a gap,
                            so is one in which the camera changes the size of its pictures

A frame goes on film once every look that can cover it is settled. Nothing here touches a pixel:
covering, encoding, sealing happen in the film worker, frame by frame, in order.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from latchkey.errors import WorkerBusy
from latchkey.events import ClipEnded, ClipExtended, ClipLost, ClipStarted, ToLink, Trigger
from latchkey.frames import Cause, FilterState
from latchkey.pipeline.film import ClipFacts, Film
from latchkey.pipeline.filtering import Filtering
from latchkey.pipeline.frame_queue import TOTAL_LIMIT_BYTES, FrameQueue
from latchkey.pipeline.selfcheck import SelfCheck
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.ports import CaptureBoard, ClipEntry, JournalLine, Severity, Ticket
from latchkey.settings import Settings
from latchkey.units import NS_PER_S, to_ns
from latchkey.vision import CoverPlan

FILM_IN_FLIGHT = 2
"""Frames handed to the film worker and not done: enough to keep it busy, few enough for memory."""

EXPOSED_PER_STEP = 1
"""Frames given to the film worker in one step, at two milliseconds each with a crowd: when a recording
begins a whole pre-roll waits. What is left follows in the next step, at once."""

SEALING_LIMIT = 4
"""Clips being sealed. While there are so many the film worker hangs or lags: no frame is given to it."""

BACKLOG_NS = 10 * NS_PER_S
"""A backlog longer than pre-roll plus this is not looked at any more but covered whole."""

STALL_NS = 2 * NS_PER_S
"""A camera silent for this long after the clip should end: it ends with the frames there are. One that says
beforehand that nothing comes for so long is not waited for."""

REST_NS = 5 * NS_PER_S
"""After a clip could not be kept, the next attempt waits; frames stay in the pre-roll."""

RANK = (Trigger.RING, Trigger.TEST, Trigger.MOTION)
"""Which of several triggers a clip is announced by."""


@dataclass(slots=True)
class _Session:
    """One recording: one or more clips, a filter for each format of picture."""

    until_ns: int
    filter: Filtering
    triggers: list[Trigger]
    zones: tuple[str, ...]
    wall_ns: int
    final: bool = False
    goes_on: bool = False
    wait_ns: int = STALL_NS
    """How long after `until_ns` pictures are waited for."""

    @property
    def over_ns(self) -> int:
        """When it ends with the frames there are."""
        return self.until_ns + self.wait_ns + 1


@dataclass(slots=True)
class _Clip:
    """A clip as the loop knows it."""

    film: Film
    start_ns: int
    start_wall_ns: int
    flight: deque[Ticket[None]] = field(default_factory=deque)
    facts: ClipFacts | None = None
    sealing: Ticket[ClipEntry | None] | None = None
    triggers: list[Trigger] = field(default_factory=list)
    zones: tuple[str, ...] = ()
    wall_s: int = 0
    seq: int = 0
    """How much was said of it after its start."""

    def next_seq(self) -> int:
        self.seq += 1
        return self.seq

    @property
    def trigger(self) -> Trigger:
        return min(self.triggers, key=RANK.index)


class Recorder:
    """Turns events and queued frames into clips."""

    def __init__(
        self, board: CaptureBoard, settings: Settings, keeper: VaultKeeper, say: Callable[[ToLink], None]
    ) -> None:
        self._board = board
        self._settings = settings
        self._keeper = keeper
        self._say = say
        self._check = None
        if board.finder is not None and settings.privacy.self_check:
            self._check = SelfCheck(board.finder, settings.privacy, board.workers)
        self._pre_roll_ns = to_ns(settings.recording.pre_roll_s)
        self._post_roll_ns = to_ns(settings.recording.post_roll_s)
        self._longest_ns = to_ns(settings.recording.longest_clip_s)
        self._session: _Session | None = None
        self._clip: _Clip | None = None
        self._sealing: deque[_Clip] = deque()
        self._given_up: deque[Film] = deque()
        self._rest_until_ns = -1
        self._has_more = False
        sound = board.finder or not settings.privacy.finds_faces
        self.filter_state = FilterState.OK if sound else FilterState.FALLBACK_REGION
        self._cause = None if sound else Cause.NO_DETECTOR
        self.dropped_frames = 0

    @property
    def detector(self) -> str:
        """Name of the face detector that is asked, or none."""
        finder = self._board.finder if self._settings.privacy.finds_faces else None
        return finder.name if finder else "none"

    @property
    def recording(self) -> bool:
        """Whether a clip is being recorded (sealing counts no more)."""
        return self._session is not None

    @property
    def busy(self) -> bool:
        """Whether a clip is being recorded or sealed."""
        return self._session is not None or bool(self._sealing) or bool(self._given_up)

    @property
    def unfinished(self) -> list[str]:
        """Ids of the clips that are begun and not sealed."""
        clips = [*self._sealing, *([self._clip] if self._clip else [])]
        return [clip.film.clip_id for clip in clips]

    @property
    def wake_ns(self) -> int | None:
        """When `step` has something to do though nothing arrives, or None."""
        if self._has_more:
            return self._board.clock.now_ns()
        session = self._session
        if session is None:
            return None
        times = (session.filter.wake_ns, None if session.final else session.over_ns)
        return min((at_ns for at_ns in times if at_ns is not None), default=None)

    def event(self, trigger: Trigger, at_ns: int, zones: tuple[str, ...] = ()) -> None:
        """Something happened at `at_ns`: begin a recording, or extend the one there is."""
        if at_ns < self._rest_until_ns and trigger is Trigger.MOTION:
            return  # a ring is always tried
        if self._session is None:
            self._begin(trigger, at_ns, zones)
            return
        session = self._session
        session.final = False
        session.until_ns = max(session.until_ns, at_ns + self._post_roll_ns)
        news = trigger not in session.triggers or not set(zones) <= set(session.zones)
        if news:
            session.triggers.append(trigger)
            session.zones = tuple(sorted({*session.zones, *zones}))
        if news and self._clip:
            self._clip.triggers.append(trigger)
            self._clip.zones = session.zones
            clip = self._clip
            self._say(ClipExtended(clip.film.clip_id, clip.next_seq(), trigger, clip.wall_s, session.zones))

    def stop(self) -> None:
        """End the recording with the frames there are (disarmed, shutter, shut-down)."""
        if self._session is not None:
            self._session.final = True

    def step(self, queue: FrameQueue, still_until_ns: int = -1) -> None:
        """Move frames on as far as they can go now. Never waits for a worker on a real board.

        The camera gives no picture before `still_until_ns`.
        """
        self._has_more = False
        if self._session is None:
            self._reap()
            if (newest_ns := queue.newest_ns) is not None:
                queue.drop_before(newest_ns - self._pre_roll_ns)
            return
        session = self._session
        session.wait_ns = 0 if still_until_ns > session.until_ns + STALL_NS else STALL_NS
        if self._board.clock.now_ns() >= session.over_ns:
            session.final = True
        session.filter.see(queue, final=session.final or queue.closed)
        self._relieve(session, queue)
        self._turn(session, queue)
        exposed = 0
        while self._session is session and self._ripe(session, queue) and self._film_has_room():
            if exposed == EXPOSED_PER_STEP:
                self._has_more = True
                break
            self._expose(session, queue)
            self._turn(session, queue)
            exposed += 1
        self._settle_flight()
        self._reap()
        if self._session is session and self._over(session, queue):
            self._end_clip()
            self._session = None

    def _begin(self, trigger: Trigger, at_ns: int, zones: tuple[str, ...]) -> None:
        until_ns, wall_ns = at_ns + self._post_roll_ns, self._board.clock.wall_ns()
        self._session = _Session(until_ns, self._filtering(), [trigger], zones, wall_ns)

    def _filtering(self, *, unsettled: bool = False) -> Filtering:
        board = self._board
        return Filtering(
            board.finder, self._settings.privacy, board.clock, board.workers, unsettled=unsettled
        )

    def _turn(self, session: _Session, queue: FrameQueue) -> None:
        """Go on with frames of another format: in a new clip, by a filter that knows no others."""
        if self._session is session and queue.closed and not len(queue):
            self._end_clip()
            session.filter = self._filtering(unsettled=True)
            queue.turn()

    def _ripe(self, session: _Session, queue: FrameQueue) -> bool:
        if not len(queue) or queue[0].at_ns > session.until_ns:
            return False
        return session.filter.ready(queue, final=session.final or queue.closed)

    def _over(self, session: _Session, queue: FrameQueue) -> bool:
        if not len(queue):
            return session.final
        return queue[0].at_ns > session.until_ns

    def _relieve(self, session: _Session, queue: FrameQueue) -> None:
        """Keep the backlog bounded: first stop looking (cover all), then drop the oldest frames."""
        newest_ns = queue.newest_ns
        if newest_ns is None or not len(queue):
            return
        span_ns = newest_ns - queue[0].at_ns
        size_bytes = queue.size_bytes
        too_much = span_ns > self._pre_roll_ns + BACKLOG_NS or size_bytes > TOTAL_LIMIT_BYTES
        if too_much and session.filter.give_up(newest_ns):
            self._note("filter", "too slow for the camera: the backlog is covered whole", "warning")
        while len(queue) and size_bytes > TOTAL_LIMIT_BYTES * 5 // 4:
            size_bytes -= queue.pop().size_bytes
            self.dropped_frames += 1

    def _expose(self, session: _Session, queue: FrameQueue) -> None:
        held, plan = session.filter.next(queue)
        if self._clip is not None and held.at_ns - self._clip.start_ns >= self._longest_ns:
            self._end_clip()
        clip = self._clip or self._start_clip(session, held.at_ns)
        self._tell_state(plan, session.filter)
        try:
            clip.flight.append(self._board.workers.submit("film", lambda: clip.film.expose(held, plan)))
        except WorkerBusy as error:
            self._lose(str(error))

    def _tell_state(self, plan: CoverPlan, filtering: Filtering) -> None:
        if plan.cause is Cause.SUDDEN:
            return  # for a frame or two: the record counts them, a log of them would hide the rest
        state = plan.state
        cause = None if state is FilterState.OK else plan.cause
        if state is self.filter_state and cause is self._cause:
            return
        self.filter_state, self._cause = state, cause
        if state is FilterState.OK:
            self._note("filter", "faces are found and covered again")
        else:
            what = "the whole picture" if state is FilterState.FALLBACK_FULL else "all that moves"
            self._note("filter", f"covers {what}: {filtering.reason(cause)}", "warning")

    def _start_clip(self, session: _Session, start_ns: int) -> _Clip:
        clock = self._board.clock
        start_wall_ns = clock.wall_ns() - (clock.now_ns() - start_ns)
        clip_id = self._board.entropy.take("clip-id", 16).hex()
        film = Film(clip_id, self._board.camera.fps, self._keeper, self._board.encoder, self._check)
        clip = _Clip(film, start_ns, start_wall_ns)
        clip.triggers, clip.zones = list(session.triggers), session.zones
        clip.wall_s = session.wall_ns // NS_PER_S
        if session.goes_on:  # it began with the frame after the last clip's; the ring was announced with that
            clip.triggers, clip.wall_s = [Trigger.MOTION], start_wall_ns // NS_PER_S
        session.goes_on = True
        self._clip = clip
        self._say(ClipStarted(clip_id, clip.trigger, clip.wall_s, clip.zones))
        self._note("clip", f"{clip_id[:8]} is being recorded ({clip.trigger})")
        return clip

    def _film_has_room(self) -> bool:
        if len(self._sealing) >= SEALING_LIMIT or not self._settle_flight():
            return False
        return self._clip is None or len(self._clip.flight) < FILM_IN_FLIGHT

    def _settle_flight(self) -> bool:
        """Take in what the film worker has done; False if the clip is lost by it.

        Not only when a next picture comes: who waits for that may not hear of a failing disk for long.
        """
        flight = self._clip.flight if self._clip else deque()
        while flight and flight[0].done():
            if not self._settle_film(flight):
                return False
        return True

    def _settle_film(self, flight: deque[Ticket[None]]) -> bool:
        """Take the oldest film ticket; False if the clip is lost by it."""
        try:
            flight.popleft().result()
        except Exception as error:  # noqa: BLE001 -- whatever broke the film, the device goes on
            self._lose(str(error) or type(error).__name__)
            return False
        return True

    def _lose(self, reason: str) -> None:
        """The clip being recorded cannot be kept: say so, tidy up, rest, then try again."""
        clip, self._clip, self._session = self._clip, None, None
        self._rest_until_ns = self._board.clock.now_ns() + REST_NS
        if clip is not None:
            self._give_up(clip, reason)

    def _give_up(self, clip: _Clip, reason: str) -> None:
        self._given_up.append(clip.film)
        self._say(ClipLost(clip.film.clip_id, reason[:200]))
        self._note("clip", f"{clip.film.clip_id[:8]} could not be kept: {reason}", "error")

    def _end_clip(self) -> None:
        clip, self._clip = self._clip, None
        if clip is None or self._session is None:
            return
        clip.facts = ClipFacts(
            trigger=clip.trigger,
            triggers=tuple(sorted(set(clip.triggers), key=RANK.index)),
            start_wall_ns=clip.start_wall_ns,
            detector=self.detector,
            failed_looks=self._session.filter.failed_looks,
        )
        self._sealing.append(clip)
        self._hand_over()

    def _hand_over(self) -> None:
        """Have clips sealed or abandoned; what a full worker does not take is handed over later."""
        try:
            for clip in self._sealing:
                if clip.sealing is None and (facts := clip.facts) is not None:
                    clip.sealing = self._board.workers.submit("film", partial(clip.film.finish, facts))
            while self._given_up:
                self._board.workers.submit("film", self._given_up[0].abandon)
                self._given_up.popleft()
        except WorkerBusy:
            return

    def _reap(self) -> None:
        self._hand_over()
        while self._sealing and (ticket := self._sealing[0].sealing) is not None and ticket.done():
            clip = self._sealing.popleft()
            try:
                for exposed in clip.flight:
                    exposed.result()
                entry = ticket.result()
            except Exception as error:  # noqa: BLE001 -- whatever broke the film, the device goes on
                self._give_up(clip, str(error) or type(error).__name__)
                continue
            if entry is not None:
                self._announce(clip, entry)

    def _announce(self, clip: _Clip, entry: ClipEntry) -> None:
        worst, day, seq = clip.film.worst, self._keeper.expires_day(entry), clip.next_seq()
        self._say(ClipEnded(entry.clip, seq, clip.trigger, clip.wall_s, clip.zones, worst, day))
        self._note("clip", f"{entry.clip[:8]} is sealed and kept ({entry.size_bytes / 1e6:.1f} MB)")

    def _note(self, part: str, text: str, severity: Severity = "info") -> None:
        self._board.journal.note(JournalLine(self._board.clock.now_ns(), part, text, severity))
