"""The program: `python -m latchkey_release`."""

import sys

from latchkey_release.command import main

sys.exit(main())
