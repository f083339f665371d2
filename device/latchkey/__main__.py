"""`python -m latchkey`: the same as the `latchkey` program."""

import sys

from latchkey.cli import main

sys.exit(main())
