"""What a detector finds in one picture with a face: run natively and emulated.

python look.py DETECTOR     prints boxes as JSON: left, top, right, bottom in pixels, and the score
"""

import json
import sys

from latchkey.adapters.finders import open_finder
from latchkey.settings import PrivacySettings
from latchkey.vision.look import small_bgr
from latchkey_sim.footage import moving_face

WIDTH_PX, HEIGHT_PX = 256, 160

if __name__ == "__main__":
    finder = open_finder(PrivacySettings(detector=sys.argv[1])).finder
    if finder is None:
        sys.exit(f"{sys.argv[1]} is not installed")
    frame = next(moving_face(WIDTH_PX, HEIGHT_PX, 15, 1))
    found = finder.find(small_bgr(frame, WIDTH_PX, HEIGHT_PX))
    print(json.dumps([list(box) for box in found]))
