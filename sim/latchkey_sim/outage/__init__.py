"""Power cuts at every operation of every path that writes: `latchkey_sim.soakdisk` runs them by the million.

A write path (`WritePath`) does something through the production code and notes what it has promised
(`Home`); whatever a power cut may leave is then started by the production code, and held against that.
"""

from latchkey_sim.outage.home import Found, Home, Problem, Trouble, WritePath
from latchkey_sim.outage.paths import CONTROLS, PATHS, SHORT
from latchkey_sim.outage.survey import Place, Tally, survey

__all__ = [
    "CONTROLS",
    "PATHS",
    "SHORT",
    "Found",
    "Home",
    "Place",
    "Problem",
    "Tally",
    "Trouble",
    "WritePath",
    "survey",
]
