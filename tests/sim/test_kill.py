"""SIGKILL at every system call that changes the disk: a real process, real files, a real index.

What is killed between two such calls leaves the same files. A kill keeps whatever was written, so these tests
say less than `test_outage.py`: they show that the real disk and the real index do what the simulated ones do.
"""

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from latchkey_sim.crashdisk import Power
from latchkey_sim.outage.clips import check_vault, keeper_of
from latchkey_sim.outage.events import check_events
from latchkey_sim.outage.home import Home
from latchkey_sim.outage.small import DeviceId
from latchkey_sim.outage.victim import FACE_HOURS, found_in, home_in, promised_in

CALLS = "mkdir,openat,write,pwrite64,ftruncate,fsync,fdatasync,rename,unlink,close"
SIGKILL_STATUS = 9


class Victims:
    """Processes that do the same work in a new folder each, with a tracer on them."""

    def __init__(self, strace: str, folder: Path) -> None:
        self._strace = strace
        self._folder = folder
        command = [sys.executable, "-m", "latchkey_sim.outage.victim"]
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, *options: str) -> tuple[Path, int]:
        """Let one work under `strace` with these options; give its folder and its exit status."""
        folder = self._folder / "home"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        pid = self._ask(str(folder))
        command = [self._strace, "-p", pid, *options]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
            assert tracer.stderr is not None
            assert "attached" in tracer.stderr.readline()
            status = int(self._ask("go"))
        return folder, status

    def close(self) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait(10)
        assert self._server.stdout is not None
        self._server.stdout.close()

    def _ask(self, line: str) -> str:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(f"{line}\n")
        self._server.stdin.flush()
        return self._server.stdout.readline().strip()


@pytest.fixture
def victims(
    need: Callable[[str], str], absent: Callable[[str, str], None], tmp_path: Path
) -> Iterator[Victims]:
    strace = need("strace")
    tried = subprocess.run([strace, "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        absent("strace", f"no process may be traced here: {tried.stderr.strip()}")
    server = Victims(strace, tmp_path)
    yield server
    server.close()


def troubles(folder: Path) -> list[str]:
    """Start on what is there with the real disk and index, then hold all of it against what was promised."""
    promises, found = promised_in(folder), found_in(folder)
    real = home_in(folder, seed=5)
    problems = list(check_vault(real, promises, keeper_of(real, face_hours=FACE_HOURS)))
    again = Home(Random(1), Power(), found=found)
    problems += check_vault(again, promises, keeper_of(again, face_hours=FACE_HOURS))
    problems += check_events(again, promises)
    problems += DeviceId().check(again, promises)
    return [f"{problem.trouble}: {problem.text}" for problem in problems]


@pytest.mark.slow
def test_a_process_killed_at_any_system_call_keeps_its_promises(victims: Victims, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    folder, status = victims.run("-e", f"trace={CALLS}", "-o", str(trace))
    assert status == 0
    assert promised_in(folder).whole, "nothing was recorded"
    assert not troubles(folder)
    counts = Counter(line.partition("(")[0] for line in trace.read_text().splitlines() if "(" in line)
    assert counts["fsync"] > 20
    assert counts["pwrite64"] > 10
    killed = 0
    for call, count in counts.items():
        for number in range(1, count + 1):
            inject = f"inject={call}:signal=KILL:when={number}"
            folder, status = victims.run("-e", f"trace={call}", "-e", inject, "-o", "/dev/null")
            assert status == SIGKILL_STATUS, f"{call} number {number} did not come"
            assert not troubles(folder), f"killed at {call} number {number}"
            killed += 1
    print(f"killed at {killed} system calls: {dict(counts)}")


def test_a_new_folder_is_made_durable_in_the_one_above_it_before_anything_is_put_there(
    victims: Victims, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    folder, _ = victims.run("-y", "-e", "trace=mkdir,fsync", "-o", str(trace))
    lines = trace.read_text().splitlines()
    made = [(number, line.split('"')[1]) for number, line in enumerate(lines) if line.startswith("mkdir(")]
    assert {f"{folder}/vault", f"{folder}/vault/clips", f"{folder}/state/outbox"} <= {
        path for _, path in made
    }
    for number, path in made:
        if "EEXIST" not in lines[number]:
            assert f"<{Path(path).parent}>" in lines[number + 1]
