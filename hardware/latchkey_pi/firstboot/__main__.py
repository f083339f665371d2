"""The program: `python3 -m latchkey_pi.firstboot`, as root, started by cloud-init at every boot."""

import argparse
import sys
from pathlib import Path

from latchkey_pi.firstboot.card import CARD, folder
from latchkey_pi.firstboot.course import run
from latchkey_pi.firstboot.install import steps, tidy
from latchkey_pi.firstboot.machine import Machine
from latchkey_pi.firstboot.show import Show


def main() -> int:
    """Install until all is installed."""
    parser = argparse.ArgumentParser(prog="latchkey-firstboot", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path("/"), help="another folder than /, to try it out")
    parser.add_argument("--boot", type=Path, default=Path("/boot/firmware"), help="the boot partition")
    parser.add_argument("--once", action="store_true", help="do not try again after a failure")
    options = parser.parse_args()
    machine = Machine(options.root, options.boot)
    if not (folder(machine) / CARD).exists():
        return 0  # all is done, or nothing was ever asked for
    return run(machine, steps(), Show(machine), tidy, once=options.once)


sys.exit(main())
