"""A visit by a video file, in virtual time, the broker in the same process; run natively and emulated.

    python visit.py VIDEO OUT     plays it, opens the clip as its owner does, writes OUT/summary.json

No detector looks: an emulated look takes hundreds of times as long as a native one, and is late. So all
that moves is covered. `look.py` has the detectors.
"""

import sys
from pathlib import Path

from latchkey.cli.command import Terminal
from latchkey.settings import PrivacySettings
from latchkey_sim.demo.command import perform
from latchkey_sim.demo.stage import Wishes

RINGS_S = (1.6,)

if __name__ == "__main__":
    video, out = sys.argv[1:]
    wishes = Wishes(f"file:{video}", RINGS_S, privacy=PrivacySettings(detector="none"))
    sys.exit(perform(wishes, Path(out), Terminal(sys.stdout, sys.stderr), as_json=True))
