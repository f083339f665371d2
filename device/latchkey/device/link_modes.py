"""The modes of a running device: baseline and wishes joined, the wishes kept on disk.

A change holds at once; that it is stored follows. Unreadable wishes close the shutter: better a
camera that must be opened by hand than one that looks although it was told not to.
"""

from collections.abc import Callable
from dataclasses import replace

from latchkey.errors import DiskError, NotOnDisk, WorkerBusy
from latchkey.events import ModesSet
from latchkey.pipeline.durable import read_checked, write_checked
from latchkey.pipeline.modes import (
    MOST_PRIVATE,
    ModesDamaged,
    Wishes,
    apply,
    decode_wishes,
    effective,
    encode_wishes,
    snooze_left_ns,
)
from latchkey.ports import LinkBoard, Ticket
from latchkey.settings import BaselineSettings
from latchkey.wire import Command

FILE = "modes.json"


class LinkModes:
    """Follows commands, remembers them, and says what holds; `changed` hears of each change."""

    def __init__(
        self, board: LinkBoard, baseline: BaselineSettings, changed: Callable[[ModesSet], None]
    ) -> None:
        self._board = board
        self._baseline = baseline
        self._changed = changed
        self._wishes = Wishes()
        self._now = self._effective()
        self._to_store: bytes | None = None
        self._storing: Ticket[None] | None = None
        self._lost = False

    @property
    def now(self) -> ModesSet:
        """What holds."""
        return self._now

    @property
    def snooze_left_ns(self) -> int:
        """How long the snooze lasts yet; 0 = there is none."""
        return snooze_left_ns(self._wishes, self._board.clock.now_ns())

    @property
    def wake_ns(self) -> int | None:
        """When the snooze ends, on the monotonic clock; None = there is none."""
        return self._wishes.snooze_until_ns or None

    def load(self) -> str:
        """Take up what was stored and announce it; give what was wrong, or nothing.

        Wishes that cannot be read, for whatever reason, close the shutter.
        """
        clock = self._board.clock
        trouble = ""
        try:
            self._wishes = decode_wishes(
                read_checked(self._board.state, FILE), clock.now_ns(), clock.wall_ns()
            )
        except NotOnDisk:
            pass
        except (ModesDamaged, DiskError) as error:
            self._wishes = MOST_PRIVATE
            trouble = f"{error}: the shutter closes until it is opened over the broker"
        self._now = self._effective()
        self._changed(self._now)
        return trouble

    def obey(self, command: Command) -> None:
        """Follow a command, as far as it makes the camera more private than the baseline.

        One that changes nothing is stored too where the last one could not be: whoever asks again is heard.
        """
        clock = self._board.clock
        wishes = apply(self._wishes, command, clock.now_ns())
        if wishes != self._wishes or self._lost:
            self._wishes, self._lost = wishes, False
            self._to_store = encode_wishes(wishes, clock.now_ns(), clock.wall_ns())
        self._settle()

    def end_snooze(self) -> bool:
        """End a snooze whose time is over; tell whether one did."""
        if not self._wishes.snooze_until_ns or self.snooze_left_ns:
            return False
        self._wishes = replace(self._wishes, snooze_until_ns=0)
        self._settle()
        return True

    def store(self) -> str:
        """Hand what is to be stored to the worker; give what went wrong before, or nothing."""
        trouble = self._take_result()
        data, disk = self._to_store, self._board.state
        if data is None or self._storing is not None:
            return trouble
        try:
            self._storing = self._board.workers.submit("disk", lambda: write_checked(disk, FILE, data))
        except WorkerBusy:
            return trouble
        self._to_store = None
        return trouble

    def _effective(self) -> ModesSet:
        return effective(self._baseline, self._wishes, self._board.clock.now_ns())

    def _settle(self) -> None:
        before, self._now = self._now, self._effective()
        if self._now != before:
            self._changed(self._now)

    def _take_result(self) -> str:
        if self._storing is None or not self._storing.done():
            return ""
        storing, self._storing = self._storing, None
        try:
            storing.result()
        except DiskError as error:
            self._lost = self._to_store is None
            return f"the modes cannot be stored: {error}"
        return ""
