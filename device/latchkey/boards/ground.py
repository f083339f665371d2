"""What a process on a Linux machine stands on."""

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.entropy import OsEntropy
from latchkey.adapters.workers import ThreadWorkers
from latchkey.ports import Clock, Ground, Journal, Workers


def linux_ground(
    name: str, journal: Journal, clock: Clock | None = None, workers: Workers | None = None
) -> Ground:
    """Give the ground of one process. `clock` and `workers` are for boards in virtual time."""
    clock = clock or SystemClock()
    return Ground(
        name=name,
        clock=clock,
        entropy=OsEntropy(),
        workers=workers or ThreadWorkers(clock),
        journal=journal,
    )
