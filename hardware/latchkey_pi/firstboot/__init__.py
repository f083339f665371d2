"""The first boot: from stock Raspberry Pi OS and a folder on the boot partition to a doorbell.

It runs out of the wheel itself, by the system's Python, before anything is installed: so it needs the
standard library and nothing else. Each step can be done again, and is marked as done only once its results
are durable; whenever power goes, the next boot goes on with the first step that has no mark.

What a step cannot do becomes a finding: told by the Pi's own green light, on the screen, in a file on the
boot partition, and in a state file for programs (`read_state`). Then it is tried again, for ever.
"""

from latchkey_pi.firstboot.findings import FINDINGS, Failed, Finding
from latchkey_pi.firstboot.state import STATE_FILES, State, read_state

__all__ = ["FINDINGS", "STATE_FILES", "Failed", "Finding", "State", "read_state"]
