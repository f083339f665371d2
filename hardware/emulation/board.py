"""The emulated board while it runs: four Cortex-A53, 512 MB, a disk, a boot partition, a serial line.

It has no way out: the network between it and QEMU gives an address and a route, and drops the rest.
"""

import os
import random
import select
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from emulation.image import System
from emulation.root import PROCESSOR, EmulationError

MEMORY_MIB, PROCESSORS = 512, 4
SAYS = "boot-check: "
CUT_WITHIN_S = 12.0
"""The cord is pulled so long after a step began, at most."""

APPEND = "console=ttyAMA0 quiet loglevel=3 panic=-1 systemd.getty_auto=no systemd.show_status=no"


class Board:
    """A board and its disks."""

    def __init__(self, system: System, disk: Path, boot: Path, log: Path) -> None:
        self._log = log
        self._command = [
            *("qemu-system-aarch64", "-M", "virt", "-cpu", PROCESSOR, "-smp", str(PROCESSORS)),
            *("-m", str(MEMORY_MIB), "-accel", "tcg,thread=multi", "-nodefaults", "-no-reboot"),
            *("-display", "none", "-monitor", "none", "-serial", "stdio"),
            *("-kernel", str(system.kernel), "-initrd", str(system.initrd), "-append", APPEND),
            *_drive("system", disk),
            *_drive("boot", boot),
            *("-netdev", "user,id=cable,restrict=on", "-device", "virtio-net-pci,netdev=cable,romfile="),
            *("-device", "virtio-rng-pci"),
        ]

    def run(self, limit_s: float, hear: Callable[[str], None], cut_at: str = "") -> bool:
        """Let it run until it powers off; `hear` gets what its check says. Raises EmulationError.

        With `cut_at` the power goes soon after the check has said so. Gives whether that was done.
        """
        until = time.monotonic() + limit_s
        with (
            self._log.open("ab") as log,
            subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            ) as board,
        ):
            try:
                for line in _lines(board, until, log.write):
                    if line.startswith(SAYS):
                        hear(line.removeprefix(SAYS))
                    if cut_at and line.endswith(cut_at):
                        time.sleep(random.uniform(0, CUT_WITHIN_S))
                        return True
            finally:
                board.kill()
        if board.wait() > 0:
            raise EmulationError(f"QEMU failed: {self._log} says why")
        return False


def _drive(name: str, image: Path) -> tuple[str, ...]:
    return ("-drive", f"file={image},if=none,id={name},format=raw", "-device", f"virtio-blk-pci,drive={name}")


def _lines(board: "subprocess.Popen[bytes]", until: float, keep: Callable[[bytes], int]) -> Iterator[str]:
    """Give what the board says on its serial line, until it is off. Raises EmulationError at the limit."""
    assert board.stdout is not None
    rest = b""
    while True:
        left = until - time.monotonic()
        if left <= 0 or not select.select([board.stdout], [], [], left)[0]:
            raise EmulationError("the board did not power off in time")
        data = os.read(board.stdout.fileno(), 1 << 16)
        if not data:
            return
        keep(data)
        *whole, rest = (rest + data).split(b"\n")
        yield from (line.decode("utf-8", "replace").strip() for line in whole)
