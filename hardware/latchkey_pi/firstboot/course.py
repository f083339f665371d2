"""The course of the first boot: steps in order, each marked once its results are durable.

A mark holds a digest of what the step was made from. Where that changes (new files on the card), the step is
done again. Steps without marks (`always`) are conditions: judged each time, before what needs them.
"""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from latchkey_pi.firstboot.findings import Failed, from_os_error
from latchkey_pi.firstboot.machine import Machine
from latchkey_pi.firstboot.show import Show

MARKS = "var/lib/latchkey-setup/marks"
FIRST_WAIT_S, LONGEST_WAIT_S = 20, 300


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `made_from` gives what it depends on; None = judged each time."""

    name: str
    words: str
    do: Callable[[Machine, Show], None]
    made_from: Callable[[Machine], bytes] | None = None


def run(
    machine: Machine,
    steps: Sequence[Step],
    show: Show,
    tidy: Callable[[Machine], None],
    *,
    once: bool = False,
) -> int:
    """Do all steps, again and again until each is done, then tidy up. Gives 0, or 1 after a failure with
    `once`.
    """
    tries = 0
    while True:
        failed = _attempt(machine, steps, show, tries)
        if failed is None:
            with suppress(OSError):  # a card that takes no files any more: all is installed
                tidy(machine)
            return 0
        if once:
            return 1
        show.flash(failed, min(FIRST_WAIT_S * 2 ** min(tries, 8), LONGEST_WAIT_S))
        tries += 1


def _attempt(machine: Machine, steps: Sequence[Step], show: Show, tries: int) -> Failed | None:
    """Do what is not done yet; give what kept us from it."""
    for step in steps:
        try:
            _take(machine, step, show)
        except (Failed, OSError) as error:
            failed = from_os_error(error) if isinstance(error, OSError) else error
            show.waiting(step.name, failed, tries + 1)
            return failed
    show.done(steps[-1].name)
    return None


def _take(machine: Machine, step: Step, show: Show) -> None:
    if step.made_from is None:
        step.do(machine, show)
        return
    mark = machine.path(f"{MARKS}/{step.name}")
    digest = hashlib.sha256(step.made_from(machine)).hexdigest().encode()
    if machine.read(mark) == digest:
        return
    show.working(step.name, step.words)
    step.do(machine, show)
    machine.sync()
    machine.put(mark, digest)
