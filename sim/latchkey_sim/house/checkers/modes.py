"""A camera that is disarmed or shut records nothing, from the moment on at which the device says so.

What holds is what the device has told. It can be opened again by a command alone: whoever sent one may see
pictures of the time after that.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from latchkey.frames import SafeFrame
from latchkey.units import NS_PER_S
from latchkey_sim.broker import Heard
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.checkers.events import door_of

if TYPE_CHECKING:
    from latchkey_sim.house.house import House

CLOSED = {"armed/state": b"OFF", "shutter/state": b"ON"}
OPENING = {"armed/set": b"ON", "shutter/set": b"OFF"}
KEPT_NS = 2 * NS_PER_S
"""So soon after that no picture waits any more."""

WAY_NS = 4 * NS_PER_S
"""So long a word of the device may be under way."""


@dataclass(slots=True)
class _Told:
    """What one life of a device has told: when which mode came to hold."""

    begin_ns: int
    words: list[tuple[int, str, bool]] = field(default_factory=list)


class ToldModes:
    """Takes down what devices tell of their modes."""

    def __init__(self) -> None:
        self._lives: dict[tuple[int, int], _Told] = {}

    def hear(self, house: "House", heard: Heard) -> bool:
        """Take a message in; tell whether a mode that closes the camera holds that did not before."""
        mode = "/".join(heard.publication.topic.split("/")[2:])
        door = door_of(house, heard.publication) if mode in CLOSED else -1
        if door < 0:
            return False
        life = door, house.doors[door].lives
        told = self._lives.setdefault(life, _Told(heard.at_ns))
        told.words.append((heard.at_ns, mode, heard.publication.payload == CLOSED[mode]))
        return told.words[-1][2]

    def may_be_closed(self, door: int, life: int, begin_ns: int, end_ns: int) -> bool:
        """Whether the camera may have been disarmed or shut at any time between two."""
        told = self._lives.get((door, life))
        if told is None:
            return False
        for mode in CLOSED:
            words = [(at_ns, closed) for at_ns, name, closed in told.words if name == mode]
            for number, (at_ns, closed) in enumerate(words):
                since_ns = at_ns - WAY_NS if number else 0
                until_ns = words[number + 1][0] + WAY_NS if number + 1 < len(words) else end_ns
                if closed and since_ns <= end_ns and begin_ns <= until_ns:
                    return True
        return False


class Modes(Checker):
    """Looks at each picture that is encoded."""

    name = "modes"

    def __init__(self) -> None:
        self._told = ToldModes()
        self._closed_ns: dict[int, int] = {}

    def on_message(self, house: "House", heard: Heard) -> None:
        """See what holds, and who asks for something else."""
        mode = "/".join(heard.publication.topic.split("/")[2:])
        if OPENING.get(mode) == heard.publication.payload:
            self._closed_ns.pop(door_of(house, heard.publication), None)
        elif self._told.hear(house, heard):
            self._closed_ns.setdefault(door_of(house, heard.publication), heard.at_ns)

    def on_end_of_life(self, house: "House", door: int) -> None:  # noqa: ARG002 -- as all checkers
        """Know nothing of the next life."""
        self._closed_ns.pop(door, None)

    def after_step(self, house: "House") -> None:
        """See that nothing of the time before is kept, once what was being recorded has ended."""
        for door, closed_ns in self._closed_ns.items():
            life = house.doors[door].life
            if life is None or life.device.capture.busy or not life.device.capture.waiting_frames:
                continue
            if house.clock.now_ns() - closed_ns > KEPT_NS:
                self._closed_ns[door] = house.clock.now_ns()
                text = f"the camera is shut, and {life.device.capture.waiting_frames} pictures wait"
                house.blame(self.name, door, text)

    def on_frame(self, house: "House", door: int, frame: SafeFrame) -> None:
        """Look at a picture."""
        life = house.doors[door].life
        at_ns = frame.at_ns + (life.clock.of_house(0) if life else 0)
        if at_ns > self._closed_ns.get(door, at_ns):
            house.blame(
                self.name, door, f"a picture of {at_ns / 1e9:.3f} s is recorded, and the camera is shut"
            )
