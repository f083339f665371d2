"""Kinds of faults, by part: what each does to a house, how it is drawn, and whether it had an effect."""

from latchkey_sim.house.faults import board, broker, camera, clock, detector, disk, network, people, power
from latchkey_sim.house.faults.kinds import Kind, Running

_PARTS = (power, disk, camera, detector, broker, network, clock, board, people)

KINDS: dict[str, Kind] = {kind.name: kind for part in _PARTS for kind in part.KINDS}

__all__ = ["KINDS", "Kind", "Running"]
