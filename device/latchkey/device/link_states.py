"""What Home Assistant shows of the doorbell: the latest of each state, as retained messages.

Keeps values and builds messages, sends nothing: whoever asks may publish or not.
"""

from dataclasses import replace

from latchkey import wire
from latchkey.events import CameraState, CaptureHealth, DiskState, HeadTold, ModesSet, MotionChanged
from latchkey.frames import FilterState
from latchkey.ports import Publication
from latchkey.units import NS_PER_S

BOOT_SLACK_S = 60
"""A wall clock that is set by more than this moves the time of the last start; less is drift."""

_MINUTE_NS = 60 * NS_PER_S
_NOTHING_HEARD = CaptureHealth(CameraState.LOST, FilterState.FALLBACK_FULL, "none", DiskState.OK, 0)


class LinkStates:
    """Motion, modes and health of one device."""

    def __init__(self, device_id: str) -> None:
        self._device_id = device_id
        self._moving = False
        self._health: CaptureHealth | None = None
        self._boot_s: int | None = None
        self._state_disk = DiskState.OK
        self._head: Publication | None = None

    def see_motion(self, message: MotionChanged) -> Publication:
        """Take in a change, and give its message."""
        self._moving = message.moving
        return self.motion()

    def see_health(self, health: CaptureHealth) -> bool:
        """Take in how the capture side is; tell whether that shows."""
        before, self._health = self._health, health
        return before is None or _shown(before) != _shown(health)

    def see_head(self, head: HeadTold) -> Publication:
        """Take in the head of the clips, and give its message. Raises WireError for one that is none."""
        values: dict[str, wire.Value] = {
            "schema": 1,
            "sequence": head.sequence,
            "whole": head.whole,
            "clip": head.clip,
            "signature": head.signature,
        }
        self._head = wire.record(self._device_id, wire.HEAD, values)
        return self._head

    def head(self) -> Publication | None:
        """Give the message of the newest head, or None before the capture side has told one."""
        return self._head

    def see_disk(self, state: DiskState) -> bool:
        """Take in how the state folder is; tell whether that is news. `failed` there outweighs all."""
        before, self._state_disk = self._state_disk, state
        return (before is DiskState.FAILED) != (state is DiskState.FAILED)

    def lose_capture(self) -> bool:
        """Take the capture side for dead: no camera, all covered. Tells whether that is news."""
        lost = replace(
            self._health or _NOTHING_HEARD,
            camera=CameraState.LOST,
            filter=FilterState.FALLBACK_FULL,
        )
        self._moving = False
        return self.see_health(lost)

    def motion(self) -> Publication:
        """Give the message of whether something moves."""
        return wire.plain(self._device_id, wire.MOTION, _on(self._moving))

    def modes(self, modes: ModesSet, snooze_left_ns: int, wall_ns: int) -> list[Publication]:
        """Give the messages of the three modes; a begun minute of snooze counts as one."""
        until = wire.stamp((wall_ns + snooze_left_ns) // NS_PER_S) if snooze_left_ns else None
        minutes = min(-(-snooze_left_ns // _MINUTE_NS), wire.SNOOZE_LIMIT_MIN)
        return [
            wire.plain(self._device_id, wire.ARMED, _on(modes.armed)),
            wire.plain(self._device_id, wire.SHUTTER, _on(modes.shutter_closed)),
            wire.record(self._device_id, wire.SNOOZE, {"until": until, "minutes_left": minutes}),
        ]

    def health(self, boot_s: int) -> Publication | None:
        """Give the message of how the device is, or None before the capture side has spoken."""
        if self._health is None:
            return None
        if self._boot_s is None or abs(boot_s - self._boot_s) > BOOT_SLACK_S:
            self._boot_s = boot_s
        values: dict[str, wire.Value] = {
            "filter": self._health.filter.value,
            "camera": self._health.camera.value,
            "disk": self._disk(self._health).value,
            "boot": wire.stamp(self._boot_s),
        }
        return wire.record(self._device_id, wire.HEALTH, values)

    def _disk(self, health: CaptureHealth) -> DiskState:
        return DiskState.FAILED if self._state_disk is DiskState.FAILED else health.disk


def _shown(health: CaptureHealth) -> tuple[str, str, str]:
    return health.filter, health.camera, health.disk


def _on(value: bool) -> str:
    return "ON" if value else "OFF"
