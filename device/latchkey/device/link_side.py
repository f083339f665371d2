"""The side with the bell and the network. It has no camera, no pixels and no keys.

A press is published before anything else is done with it, and needs nothing of the capture side:
the bell rings even if that is dead. Events go through the outbox; of states the latest is
published at each change and whenever the link comes up.
"""

from collections import deque
from collections.abc import Callable, Iterable

from latchkey import __version__, wire
from latchkey.device.disk_watch import DiskAnswer, DiskWatch
from latchkey.device.link_modes import LinkModes
from latchkey.device.link_states import LinkStates
from latchkey.errors import DiskError, LinkDown
from latchkey.events import (
    BellRang,
    CaptureHealth,
    ClipEnded,
    ClipExtended,
    ClipStarted,
    DiskState,
    HeadTold,
    MessageError,
    MotionChanged,
    Trigger,
    decode,
    encode,
)
from latchkey.pipeline.durable import probe
from latchkey.pipeline.outbox import Loaded, Outbox
from latchkey.ports import (
    Delivered,
    JournalLine,
    LinkBoard,
    LinkLost,
    LinkNews,
    LinkUp,
    Publication,
    Received,
    Refused,
    Severity,
)
from latchkey.settings import Settings
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey.wire import Topic, Value

HEALTH_NS = wire.HEALTH_EVERY_S * NS_PER_S
SILENT_NS = 3 * HEALTH_NS
"""The capture side speaks at least every minute; silent for so long, it is taken for dead."""

REPEAT_WITHIN_MS = 5000
"""After Home Assistant's start all its devices speak: each at a moment of its own."""

TEST_PAUSE_NS = 30 * NS_PER_S
"""A test ring records: not oftener than this at the word of anybody on the broker."""

COMMANDS_PER_STEP = 4
"""Each is published three times over and takes half a millisecond: what is left follows at once."""

SEQ_LIMIT = 999


class LinkSide:
    """Bell, broker, outbox and modes of one device."""

    def __init__(
        self, board: LinkBoard, settings: Settings, device_id: str, to_capture: Callable[[bytes], None]
    ) -> None:
        self._board = board
        self._settings = settings
        self._device_id = device_id
        self._to_capture = to_capture
        self._has_broker = bool(settings.mqtt.host)
        self._outbox = Outbox(device_id, board.link, board.state, board.workers)
        self._modes = LinkModes(board, settings.baseline, lambda now: to_capture(encode(now)))
        self._states = LinkStates(device_id)
        self._disk = DiskWatch(board, "state folder", "disk", self._check_state)
        self._news: deque[LinkNews] = deque()
        self._up = False
        self._why_down = ""
        self._refused: set[str] = set()
        now_ns = board.clock.now_ns()
        self._started_ns = now_ns
        self._health_at_ns = now_ns + HEALTH_NS
        self._heard_at_ns = now_ns
        self._repeat_at_ns: int | None = None
        self._tested_at_ns: int | None = None

    def start(self) -> None:
        """Take up modes and unsent events, tell the capture side its modes, begin to connect.

        Damaged files are set aside; a disk that fails is told by `step`, and the bell rings.
        """
        clock = self._board.clock
        self._complain(self._modes.load())
        if self._has_broker:
            try:
                loaded = self._outbox.load(clock.now_ns(), clock.wall_ns())
            except DiskError as error:
                self._complain(f"events of the last run cannot be taken up: {error}")
            else:
                self._tell_loaded(loaded)
        self._board.link.open(wire.will(self._device_id), wire.subscriptions(self._device_id))

    def _tell_loaded(self, loaded: Loaded) -> None:
        if loaded.waiting:
            self._note("link", f"{loaded.waiting} events of the last run are still to be sent")
        if loaded.damaged:
            self._note("link", f"{loaded.damaged} damaged events were set aside", "warning")

    def step(self, messages: Iterable[bytes]) -> int:
        """Do what is due, presses first; give the monotonic ns of the next due thing. Never blocks."""
        self.take_presses()
        self._take_all_news()
        for message in messages:
            self._take_message(message)
        self._do_timers()
        self._watch_disk(self._modes.store(), *self._outbox.pump(self._board.clock.now_ns()))
        return self._next_ns()

    def take_presses(self) -> None:
        """Publish what the bell has; `step` does it too."""
        for at_ns in self._board.bell.presses():
            self._ring(at_ns, Trigger.RING)

    @property
    def status(self) -> str:
        """How it is, in a few words."""
        broker = "connected to the broker" if self._up else f"no broker: {self._why_down or 'none yet'}"
        return f"{broker}, {self.waiting} events wait" if self._has_broker else "no broker is named"

    @property
    def waiting(self) -> int:
        """How many events have not reached the broker yet."""
        return self._outbox.waiting

    def lose_capture(self, why: str) -> None:
        """Show no camera and nothing moving until the capture side is heard again; say so once."""
        if self._states.lose_capture():
            self._note("camera", f"{why}: the bell works, nothing is recorded", "error")
            self._publish_health()
            self._publish(self._states.motion())

    def after_storing(self, job: Callable[[], None]) -> None:
        """Have the disk worker run `job` once all that was said so far is stored, or could not be."""
        self._outbox.after_storing(job)

    def close(self) -> None:
        """Say goodbye to the broker; what it has not acknowledged stays on disk."""
        last = wire.plain(self._device_id, wire.STATUS, "offline")
        self._board.link.close(last)
        for news in (*self._news, *self._board.link.news()):
            if isinstance(news, Delivered):
                self._outbox.delivered(news.ticket)
        self._outbox.went_down()
        self._outbox.pump(self._board.clock.now_ns())

    def _ring(self, at_ns: int, trigger: Trigger) -> None:
        """Publish first; then the log, then the capture side."""
        event = self._board.entropy.take("event", 16).hex()
        values: dict[str, Value] = {"event_type": "ring", "id": event, "ts": wire.stamp(self._wall_s(at_ns))}
        sent = self._post(wire.DOORBELL, values, at_ns)
        self._to_capture(encode(BellRang(event, at_ns, trigger)))
        who = "a test ring" if trigger is Trigger.TEST else "somebody rings"
        kept = "" if sent or not self._has_broker else "; the broker is away, it will hear of it later"
        self._note("bell", who + kept)

    def _take_all_news(self) -> None:
        """Take news in order, but not more than `COMMANDS_PER_STEP` commands among them."""
        self._news.extend(self._board.link.news())
        commands = 0
        while self._news and commands < COMMANDS_PER_STEP:
            news = self._news.popleft()
            commands += isinstance(news, Received)
            self._take_news(news)

    def _take_news(self, news: LinkNews) -> None:
        if isinstance(news, LinkUp):
            self._come_up(news.note)
        elif isinstance(news, LinkLost):
            self._go_down(news.reason)
        elif isinstance(news, Delivered):
            self._outbox.delivered(news.ticket)
        elif isinstance(news, Refused):
            self._hear_refusal(news)
        else:
            self._hear(news)

    def _come_up(self, note: str) -> None:
        self._up, self._why_down = True, ""
        self._refused.clear()
        self._note("link", f"connected to the broker ({note})" if note else "connected to the broker")
        self._outbox.came_up()
        self._publish(self._discovery())
        self._publish(wire.plain(self._device_id, wire.STATUS, "online"))
        self._outbox.pump(self._board.clock.now_ns())
        self._publish_states()

    def _go_down(self, reason: str) -> None:
        was_up, self._up = self._up, False
        self._outbox.went_down()
        if was_up:
            self._note("link", f"the broker is gone: {reason}", "warning")
        elif reason != self._why_down:
            self._note("link", f"no broker yet: {reason}", "warning")
        self._why_down = reason

    def _hear_refusal(self, news: Refused) -> None:
        self._outbox.refused(news.ticket)
        if news.reason not in self._refused:
            self._refused.add(news.reason)
            self._note("link", f"the broker refuses what we say: {news.reason}", "warning")

    def _hear(self, news: Received) -> None:
        if news.topic == wire.BIRTH_TOPIC:
            if news.payload == b"online" and self._repeat_at_ns is None:
                self._repeat_at_ns = self._board.clock.now_ns() + self._jitter_ns()
            return
        try:
            command = wire.read_command(self._device_id, news.topic, news.payload)
        except wire.WireError as error:
            self._note("link", f"a command makes no sense and is ignored: {error}", "warning")
            return
        if news.retained:
            self._note("link", f"a retained command is ignored: {command.topic.suffix}", "warning")
        elif command.topic is wire.TEST_SET:
            self._test()
        else:
            self._obey(command)

    def _test(self) -> None:
        now_ns = self._board.clock.now_ns()
        if self._tested_at_ns is not None and now_ns - self._tested_at_ns < TEST_PAUSE_NS:
            self._note("bell", "a test ring so soon after the last is ignored", "warning")
            return
        self._tested_at_ns = now_ns
        self._ring(now_ns, Trigger.TEST)

    def _obey(self, command: wire.Command) -> None:
        """Follow a command about modes, and show what holds now, changed or not."""
        self._note("link", f"asked over the broker: {command.topic.suffix} {command.value}")
        self._modes.obey(command)
        self._publish_modes()

    def _take_message(self, data: bytes) -> None:
        try:
            message = decode(data)
        except MessageError as error:
            self._note("link", f"the capture side said something unknown: {error}", "error")
            return
        self._heard_at_ns = self._board.clock.now_ns()
        if isinstance(message, MotionChanged):
            self._publish(self._states.see_motion(message))
        elif isinstance(message, CaptureHealth):
            self._see_health(message)
        elif isinstance(message, HeadTold):
            self._see_head(message)
        elif isinstance(message, ClipStarted | ClipExtended | ClipEnded):
            self._post_clip(message)

    def _see_health(self, health: CaptureHealth) -> None:
        if self._states.see_health(health):
            self._publish_health()

    def _see_head(self, head: HeadTold) -> None:
        try:
            self._publish(self._states.see_head(head))
        except wire.WireError as error:
            self._note("link", f"the head of the clips may not leave: {error}", "error")

    def _post_clip(self, message: ClipStarted | ClipExtended | ClipEnded) -> None:
        """Announce a clip; at its end only, since only then it is whole and durable."""
        seq = 0 if isinstance(message, ClipStarted) else message.seq
        values: dict[str, Value] = {
            "event_type": {ClipStarted: "start", ClipExtended: "update", ClipEnded: "end"}[type(message)],
            "v": 1,
            "id": message.clip,
            "seq": min(seq, SEQ_LIMIT),
            "start": wire.stamp(message.wall_s),
            "trigger": message.trigger.value,
            "zones": wire.fit_zones(message.zones),
        }
        if isinstance(message, ClipEnded):
            values |= {"filter": message.filter.value, "expires": wire.day(message.expires_day)}
        self._post(wire.CLIP, values, self._board.clock.now_ns())

    def _post(self, topic: Topic, values: dict[str, Value], born_ns: int) -> bool:
        """Hand an event to the outbox; tell whether it is on its way. Without a broker, nothing."""
        if not self._has_broker:
            return False
        clock = self._board.clock
        try:
            return self._outbox.post(topic, values, born_ns, clock.now_ns(), clock.wall_ns())
        except wire.WireError as error:
            self._note("link", f"an event may not leave and is dropped: {error}", "error")
            return False

    def _do_timers(self) -> None:
        now_ns = self._board.clock.now_ns()
        if self._modes.end_snooze():
            self._note("motion", "the snooze is over")
            self._publish_modes()
        if now_ns >= self._health_at_ns:
            self._health_at_ns = now_ns + HEALTH_NS
            self._tick(now_ns)
        if self._repeat_at_ns is not None and now_ns >= self._repeat_at_ns:
            self._repeat_at_ns = None
            self._publish(self._discovery())
            self._publish_states()

    def _tick(self, now_ns: int) -> None:
        """Every minute: health, and whatever has a net in Home Assistant that must not fall."""
        if now_ns - self._heard_at_ns > SILENT_NS:
            self.lose_capture("the capture side is silent")
        self._publish_health()
        self._publish(self._states.motion())
        if self._modes.now.snoozed:
            self._publish_modes()

    def _watch_disk(self, *troubles: str) -> None:
        """Say what could not be stored, unless it is said already that nothing can."""
        if any(troubles):
            self._disk.doubt()
            self._complain(*(() if self._disk.is_failing else troubles))
        self._disk.step()
        if self._states.see_disk(self._disk.state):
            self._publish_health()

    def _check_state(self) -> DiskAnswer:
        """Look whether events and modes can be stored; runs in the disk worker."""
        probe(self._board.state)
        return DiskAnswer(DiskState.OK)

    def _next_ns(self) -> int:
        if self._news:
            return self._board.clock.now_ns()
        times = (self._health_at_ns, self._modes.wake_ns, self._repeat_at_ns)
        return min(at_ns for at_ns in times if at_ns is not None)

    def _publish_states(self) -> None:
        self._publish_modes()
        self._publish(self._states.motion())
        self._publish(self._states.head())
        self._publish_health()

    def _publish_modes(self) -> None:
        wall_ns = self._board.clock.wall_ns()
        for publication in self._states.modes(self._modes.now, self._modes.snooze_left_ns, wall_ns):
            self._publish(publication)

    def _publish_health(self) -> None:
        self._publish(self._states.health(self._wall_s(self._started_ns)))

    def _publish(self, publication: Publication | None) -> None:
        """Send a state if the link is up; if not, the next `LinkUp` sends the latest anyway."""
        if publication is None or not self._up:
            return
        try:
            self._board.link.publish(publication)
        except LinkDown:
            return

    def _discovery(self) -> Publication:
        return wire.discovery(self._device_id, self._settings.device.name, self._board.name, __version__)

    def _jitter_ns(self) -> int:
        return (
            int.from_bytes(self._board.entropy.take("jitter", 2), "big")
            * REPEAT_WITHIN_MS
            // 65536
            * NS_PER_MS
        )

    def _wall_s(self, at_ns: int) -> int:
        clock = self._board.clock
        return (clock.wall_ns() - (clock.now_ns() - at_ns)) // NS_PER_S

    def _complain(self, *troubles: str) -> None:
        for trouble in troubles:
            if trouble:
                self._note("link", trouble, "error")

    def _note(self, part: str, text: str, severity: Severity = "info") -> None:
        self._board.journal.note(JournalLine(self._board.clock.now_ns(), part, text, severity))
