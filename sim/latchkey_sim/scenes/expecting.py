"""Whether what a scene expects came to be; presses of the bell are other checkers' to follow."""

from typing import TYPE_CHECKING

from latchkey.units import NS_PER_S, to_ns
from latchkey_sim.broker import Heard
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.owner import open_clip
from latchkey_sim.scenes.model import Expected, Scene

if TYPE_CHECKING:
    from latchkey_sim.house.house import House

SLACK_NS = NS_PER_S
"""Movement is noticed, and a clip's pictures stand, so much beside the second that is named."""


class Expects(Checker):
    """Blames each `[[expect]]` of a scene that did not come to be at the first door.

    When clips were is told by the device's wall clock: where a fault sets that, expect no clips.
    """

    name = "expects"

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._heard: list[tuple[int, str]] = []

    def on_message(self, house: "House", heard: Heard) -> None:  # noqa: ARG002 -- of the base
        """Note the time of what is told of rings, movement and clips."""
        topic, payload = heard.publication.topic, heard.publication.payload
        if topic.endswith("/event/doorbell"):
            self._heard.append((heard.at_ns, "ring"))
        elif topic.endswith("/event/clip"):
            self._heard.append((heard.at_ns, "clip"))
        elif topic.endswith("/motion/state") and payload == b"ON":
            self._heard.append((heard.at_ns, "motion"))

    def at_end(self, house: "House") -> None:
        """Compare."""
        recorded = _recorded(house)
        for one in self._scene.expect:
            if not self._came(one, recorded):
                until = f"{one.at_s:g} to {self._scene.until_s(one):g} s"
                house.blame(self.name, 0, f"{one.event} was expected, {until}, and did not come to be")

    def _came(self, one: Expected, recorded: list[tuple[int, int]]) -> bool:
        begin_ns, end_ns = to_ns(one.at_s), to_ns(self._scene.until_s(one))
        if one.event == "clip":
            return any(
                first - SLACK_NS <= begin_ns and (not one.for_s or last + SLACK_NS >= end_ns)
                for first, last in recorded
                if last + SLACK_NS >= begin_ns
            )
        told = [event for at_ns, event in self._heard if begin_ns - SLACK_NS <= at_ns <= end_ns + SLACK_NS]
        return not told if one.event == "nothing" else one.event in told


def _recorded(house: "House") -> list[tuple[int, int]]:
    """Give from when to when the clips of the first door were recorded, in house time."""
    (bell, *_) = house.doors
    wall_ns = house.clock.wall_ns() - house.clock.now_ns()
    opened = [open_clip(bell.vault, entry) for entry in bell.index.entries()]
    starts = [(clip.meta.start_wall_ns - wall_ns, clip.meta.span_ns) for clip in opened if clip is not None]
    return [(start_ns, start_ns + span_ns) for start_ns, span_ns in starts]
