"""The state of the first boot as a small JSON file, for `latchkey doctor` and whoever else asks.

It lies twice: in `/run`, which works with a full or broken card too, and in `/var/lib`, which outlasts a
power cut.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

SCHEMA = 1
STATE_FILES = ("run/latchkey-setup/state.json", "var/lib/latchkey-setup/state.json")
STATE_LIMIT_BYTES = 16 << 10


@dataclass(frozen=True, slots=True)
class State:
    """`working` at a step, `waiting` because of a finding and then trying again, or `done`."""

    state: Literal["working", "waiting", "done"]
    step: str
    finding: str = ""
    detail: str = ""
    fix: str = ""
    tries: int = 0
    at: int = 0


def encode_state(state: State) -> bytes:
    """Give the file's bytes."""
    return json.dumps({"schema": SCHEMA, **asdict(state)}, indent=1).encode() + b"\n"


def read_state(root: Path = Path("/")) -> State | None:
    """Give how the first boot goes; None where there was none, or where the file makes no sense."""
    for name in STATE_FILES:
        try:
            with (root / name).open("rb") as file:
                read = json.loads(file.read(STATE_LIMIT_BYTES))
            if read.pop("schema") == SCHEMA and read["state"] in ("working", "waiting", "done"):
                return State(**read)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            continue
    return None
