"""`python -m latchkey.wire` prints `WIRE.md`."""

import sys

from latchkey.wire.reference import reference

sys.stdout.write(reference())
