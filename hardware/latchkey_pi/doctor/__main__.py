"""Write the page for people: `python -m latchkey_pi.doctor > hardware/TROUBLESHOOTING.md`."""

import sys

from latchkey_pi.doctor.page import page

sys.stdout.write(page())
