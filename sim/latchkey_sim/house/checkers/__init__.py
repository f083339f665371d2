"""The promises of the device, each watched from outside by a checker of its own."""

from latchkey_sim.house.checker import Checker
from latchkey_sim.house.checkers.bounded import Bounded
from latchkey_sim.house.checkers.covered import Covered
from latchkey_sim.house.checkers.durable import Durable
from latchkey_sim.house.checkers.files import Files
from latchkey_sim.house.checkers.head import Head
from latchkey_sim.house.checkers.in_time import InTime
from latchkey_sim.house.checkers.ledger import LedgerIsTap
from latchkey_sim.house.checkers.modes import Modes
from latchkey_sim.house.checkers.once import Once
from latchkey_sim.house.checkers.outside import Outside
from latchkey_sim.house.checkers.plaintext import Plaintext
from latchkey_sim.house.checkers.presence import Presence
from latchkey_sim.house.checkers.recorded import Recorded
from latchkey_sim.house.checkers.retention import Retention
from latchkey_sim.house.checkers.states import States
from latchkey_sim.house.checkers.times import Times
from latchkey_sim.house.checkers.told import Told
from latchkey_sim.house.checkers.topics import Topics


def all_checkers() -> list[Checker]:
    """Give one of each."""
    return [
        Plaintext(),
        Topics(),
        Covered(),
        Bounded(),
        Durable(),
        Once(),
        Retention(),
        InTime(),
        LedgerIsTap(),
        Presence(),
        Outside(),
        Files(),
        Times(),
        Head(),
        States(),
        Recorded(),
        Told(),
        Modes(),
    ]


__all__ = [
    "Bounded",
    "Covered",
    "Durable",
    "Files",
    "Head",
    "InTime",
    "LedgerIsTap",
    "Modes",
    "Once",
    "Outside",
    "Plaintext",
    "Presence",
    "Recorded",
    "Retention",
    "States",
    "Times",
    "Told",
    "Topics",
    "all_checkers",
]
