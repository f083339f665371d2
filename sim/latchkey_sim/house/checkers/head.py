"""The head of the clips that is told is signed by the device, and never goes back."""

import json
from typing import TYPE_CHECKING

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from latchkey_sim.broker import Heard
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.checkers.events import door_of

if TYPE_CHECKING:
    from latchkey_sim.house.house import House

PUBLIC = "keys/device.pub"
CONTEXT = b"latchkey/told/1\n"
FIELDS = ("clip", "schema", "sequence", "whole")
"""What is signed, in the order of its one spelling."""


class Head(Checker):
    """Verifies with the public key on the vault, as whoever paired with the device does."""

    name = "head"

    def __init__(self) -> None:
        self._newest: dict[tuple[int, bytes], tuple[int, int]] = {}

    def on_message(self, house: "House", heard: Heard) -> None:
        """Look at a head."""
        said, door = heard.publication, door_of(house, heard.publication)
        if door < 0 or not said.topic.endswith("/head/state"):
            return
        bell = house.doors[door]
        public = bytes(bell.vault.files.get(PUBLIC, b""))
        if PUBLIC in bell.rotten or not public:
            return
        values = json.loads(said.payload)
        record = json.dumps({name: values[name] for name in FIELDS}, separators=(",", ":")).encode()
        try:
            VerifyKey(bytes.fromhex(public.decode("ascii").strip())).verify(
                CONTEXT + record, bytes.fromhex(values["signature"])
            )
        except (BadSignatureError, ValueError):
            house.blame(self.name, door, f"head {values['sequence']} is not signed by {PUBLIC}")
        told = int(values["sequence"]), int(values["whole"])
        before = self._newest.setdefault((door, public), told)
        if not heard.again and not bell.rotten and min(x - y for x, y in zip(told, before, strict=True)) < 0:
            house.blame(self.name, door, f"the head goes back from {before} to {told}")
        self._newest[door, public] = told
