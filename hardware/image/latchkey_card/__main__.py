"""The program: `python -m latchkey_card`."""

import sys

from latchkey_card.command import main

sys.exit(main())
