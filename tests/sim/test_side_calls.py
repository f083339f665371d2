"""What the two sides ask of the kernel while they record a visit is what their units allow.

systemd filters system calls of a service; where there is none to run one, a trace tells what it would refuse,
and refusing that by hand tells whether the program runs on.
"""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from latchkey_sim.brokers import any_broker
from latchkey_sim.footage import write_video
from latchkey_sim.street import FPS, street
from latchkey_sim.twosides import Side, TwoSides

pytestmark = pytest.mark.slow
REFUSED = {"mbind", "fchown"}
"""OpenBLAS asks for memory near a processor, and goes on without; only root gives files away."""


@pytest.fixture
def strace(need: Callable[[str], str], absent: Callable[[str, str], None]) -> str:
    program = need("strace")
    if subprocess.run([program, "-o", os.devnull, "true"], capture_output=True, check=False).returncode:
        absent("strace", "this machine lets nobody trace")
    return program


def _expanded(group: str) -> set[str]:
    """Give the system calls of one of systemd's groups."""
    words = ["systemd-analyze", "syscall-filter", "--no-pager", group]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    found = set[str]()
    for line in said.splitlines()[1:]:
        name = line.strip()
        if name and not name.startswith("#"):
            found |= _expanded(name) if name.startswith("@") else {name}
    return found


def _allowed(side: str) -> set[str]:
    """Give the system calls that a unit allows."""
    unit = (files("latchkey_pi") / "units" / f"latchkey-{side}.service").read_text()
    allowed = set[str]()
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit, re.MULTILINE):
        named = set[str]().union(*(_expanded(group) for group in line.removeprefix("~").split()))
        allowed = allowed - named if line.startswith("~") else allowed | named
    return allowed


def _end_traced(side: Side) -> None:
    """Tell the program to stop, not its tracer."""
    children = Path(f"/proc/{side.child.pid}/task/{side.child.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGTERM)
    assert side.child.wait(60) == 0, side.said


def test_a_visit_needs_no_system_call_that_the_units_refuse(
    strace: str, absent: Callable[[str, str], None], tmp_path: Path
) -> None:
    if not shutil.which("systemd-analyze"):
        absent("systemd", "systemd-analyze is not installed")
    video = tmp_path / "door.mp4"
    write_video(video, street(60), FPS, crf=4)
    refusing = f"inject={','.join(sorted(REFUSED - {'fchown'}))}:error=EPERM"
    with any_broker() as broker, TwoSides(tmp_path, broker, "file", str(video)) as doorbell:
        traced = {
            side: doorbell.start(
                side, [strace, "-f", "-qq", "-e", "trace=all", "-e", refusing, "-o", str(tmp_path / side)]
            )
            for side in ("capture", "link")
        }
        traced["link"].wait_for("the capture side is there")
        traced["link"].wait_for("connected to the broker")
        traced["link"].press()
        traced["capture"].wait_for("is sealed and kept")
        for process in traced.values():
            _end_traced(process)
    for side in traced:
        calls = (tmp_path / side).read_text()
        used = set(re.findall(r"^\d+ +([a-z_0-9]+)\(", calls, re.MULTILINE))
        assert len(used) > 30
        assert used - _allowed(side) <= REFUSED
        families = set(re.findall(r"\bsocket\((AF_\w+)", calls))
        assert families <= ({"AF_UNIX"} if side == "capture" else {"AF_UNIX", "AF_INET", "AF_INET6"})
        assert (
            not [  # MemoryDenyWriteExecute=
                line
                for line in calls.splitlines()
                if "PROT_EXEC" in line and ("PROT_WRITE" in line or "mprotect(" in line)
            ]
        )
