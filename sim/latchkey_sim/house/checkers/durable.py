"""A clip that was announced is durable at that moment, opens to its end, and does so at the end of all."""

from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

from latchkey.clip import decrypt
from latchkey.errors import ClipError
from latchkey.frames import SafeFrame
from latchkey.vault import decode_meta, meta_name
from latchkey.wire import CLIP
from latchkey_sim.broker import Heard
from latchkey_sim.crashdisk import Files
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.checkers.events import door_of, event_of
from latchkey_sim.house.doorbell import Doorbell
from latchkey_sim.household import OWNER

if TYPE_CHECKING:
    from latchkey_sim.house.house import House


class Durable(Checker):
    """Takes the power in thought whenever an end is announced, and looks at what would be found."""

    name = "durable"

    def __init__(self) -> None:
        self._announced: dict[tuple[int, str], None] = {}
        self._begun: dict[tuple[int, str], None] = {}
        self._chance = Random(0)  # noqa: S311 -- replaced at the beginning

    def begin(self, house: "House") -> None:
        """Take chance from the house."""
        self._chance = house.chance("durable")

    def on_frame(self, house: "House", door: int, frame: SafeFrame) -> None:  # noqa: ARG002 -- its being there counts
        """Take the power in thought before a clip's first picture: the clip would be found, though torn."""
        bell = house.doors[door]
        clip = next(reversed(bell.births), "")
        if clip and (door, clip) not in self._begun:
            self._begun[door, clip] = None
            if not any(clip in name and name.endswith(".part") for name in bell.vault.durable_names):
                house.blame(
                    self.name, door, f"clip {clip[:8]} is begun, and power now would leave no trace of it"
                )

    def on_message(self, house: "House", heard: Heard) -> None:
        """Look into a drawn image when a clip's end is heard."""
        event = event_of(heard.publication)
        if event is None or event[0] is not CLIP or event[1]["event_type"] != "end":
            return
        door, clip = door_of(house, heard.publication), str(event[1]["id"])
        if door < 0:
            return
        self._announced[door, clip] = None
        bell = house.doors[door]
        if _is_excused(bell, clip):
            return
        wrong = _wrong(bell.vault.draw(self._chance), clip)
        if wrong:
            house.blame(self.name, door, f"clip {clip[:8]} is announced, and power now would leave {wrong}")

    def at_end(self, house: "House") -> None:
        """Look whether all that was announced is there, and opens with all its pictures."""
        for door, clip in self._announced:
            bell = house.doors[door]
            if _is_excused(bell, clip):
                continue
            entry = next((entry for entry in bell.index.rows() if entry.clip == clip), None)
            if entry is None or entry.state == "torn":
                house.blame(self.name, door, f"clip {clip[:8]} was announced, and is {entry and entry.state}")
                continue
            opened = house.owner.clip(bell, entry)
            if opened is None or len(opened.frames) != opened.meta.frames:
                house.blame(self.name, door, f"clip {clip[:8]} was announced, and does not open to its end")


def _is_excused(bell: Doorbell, clip: str) -> bool:
    """Whether a clip was deleted, or a bit of it flipped."""
    return clip in bell.removed or any(clip in name for name in bell.rotten)


def _wrong(image: Files, clip: str) -> str:
    """Say what is wrong with a clip on a disk, or nothing."""
    record = meta_name(clip)
    whole = [name for name in image if name.endswith((f"{clip}.age", f"{clip}.kept.age"))]
    if not whole or record not in image:
        return f"no {'record' if whole else 'clip'}"
    with suppress(ClipError):
        decode_meta(b"".join(decrypt(image[record], [OWNER])))
        for _ in decrypt(image[whole[0]], [OWNER]):
            pass
        return ""
    return "one that does not open"
