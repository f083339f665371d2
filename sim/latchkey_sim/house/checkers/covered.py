"""Every face that was there is covered in the clip, in the decoded picture of the same time."""

from typing import TYPE_CHECKING

from latchkey.frames import FilterState, SafeFrame
from latchkey.units import NS_PER_S
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.doorbell import Doorbell
from latchkey_sim.house.owner import OpenedClip
from latchkey_sim.scoring import COVERED_SHARE, MATCH_NS, covered_share, hidden_mask

if TYPE_CHECKING:
    from latchkey_sim.house.house import House

REACH_NS = 2 * NS_PER_S
"""A look counts for frames this much later, at most."""


class Covered(Checker):
    """Holds clips against the truth of the footage.

    A privacy zone hides as well as a cover does. Pictures that the camera spoilt show something else. Where
    every look fails, no picture is taken for one in which nobody shows.
    """

    name = "covered"

    def __init__(self) -> None:
        self._failing_since_ns: dict[int, int] = {}

    def after_step(self, house: "House") -> None:
        """See whose detector fails, and since when."""
        for door, bell in enumerate(house.doors):
            if bell.finder is not None and bell.finder.raising:
                self._failing_since_ns.setdefault(door, house.clock.now_ns())
            else:
                self._failing_since_ns.pop(door, None)

    def on_frame(self, house: "House", door: int, frame: SafeFrame) -> None:
        """Look at a picture all of whose looks have failed."""
        bell, since_ns = house.doors[door], self._failing_since_ns.get(door)
        if bell.life is None or bell.finder is None or since_ns is None or not bell.finder.raising:
            return
        at_ns = bell.life.clock.of_house(frame.at_ns)
        if frame.state is FilterState.OK and since_ns <= at_ns - REACH_NS:
            text = f"the detector fails, and the picture of {at_ns / 1e9:.3f} s is taken for a clear one"
            house.blame(self.name, door, text)

    def at_end(self, house: "House") -> None:
        """Open all whole clips."""
        for door, bell in enumerate(house.doors):
            for entry in bell.index.rows():
                clip = house.owner.clip(bell, entry)
                if clip is None:
                    continue
                for at_ns in bare_ns(bell, clip):
                    text = f"a face is not covered in clip {entry.clip[:8]}, at {at_ns / 1e9:.3f} s"
                    house.blame(self.name, door, text)
                    break


def bare_ns(bell: Doorbell, clip: OpenedClip) -> list[int]:
    """Give the house times of pictures in which a face is not covered."""
    booted_ns, bare = bell.births.get(clip.entry.clip, 0), []
    for frame in clip.frames:
        at_ns = bell.footage.next_ns(frame.at_ns + booted_ns - MATCH_NS)
        if at_ns is None or abs(at_ns - frame.at_ns - booted_ns) > MATCH_NS or at_ns in bell.sensor.spoilt:
            continue
        faces = bell.footage.faces(at_ns)
        if faces:
            mask = hidden_mask(frame, bell.settings.privacy.zones)
            if any(covered_share(mask, box) < COVERED_SHARE for box in faces):
                bare.append(at_ns)
    return bare
