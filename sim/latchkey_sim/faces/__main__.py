"""`python -m latchkey_sim.faces` is `latchkey bench-faces`."""

import sys

from latchkey.cli import main

if __name__ == "__main__":
    sys.exit(main(["bench-faces", *sys.argv[1:]]))
