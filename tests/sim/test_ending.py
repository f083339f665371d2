"""Ended from outside: whatever the moment and the signal, in order, and nothing is left."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from latchkey_sim.brokers import any_broker
from latchkey_sim.footage import moving_face, write_video
from latchkey_sim.household import write_book

LIMIT_S = 60.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MOMENTS = (
    "", ".out-*", ".out-*/owner.key", ".out-*/state-*/device-id", "filter   ",
    "connected to the broker", "something moves", "somebody rings", "is being recorded",
    ".out-*/vault/clips/*", "has ended", "is sealed and kept", ".out-*/.visit*.part", ".out-*/visit.mp4",
    ".out-*/summary.json", ".out-*/visit.png",
)  # fmt: skip
"""When to strike: as soon as a text is in the log, or a file is in the folder; at once."""


@dataclass
class Program:
    """The program in a process of its own, in a folder of its own."""

    child: "subprocess.Popen[bytes]"
    folder: Path
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text()

    @property
    def runs(self) -> bool:
        return self.child.poll() is None

    def helpers(self) -> list[int]:
        """Give the processes it has started."""
        children = Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children")
        return [int(word) for word in children.read_text().split()] if self.runs else []

    def listens(self) -> bool:
        """Whether it has come so far that no signal just kills it any more."""
        lines = Path(f"/proc/{self.child.pid}/status").read_text().splitlines()
        caught = next(int(line.split()[1], 16) for line in lines if line.startswith("SigCgt"))
        return bool(caught >> (signal.SIGHUP - 1) & 1)

    def wait_for(self, what: Callable[[], bool]) -> None:
        """Wait until something holds, or the program has ended."""
        limit_s = time.monotonic() + LIMIT_S
        while self.runs and not what():
            assert time.monotonic() < limit_s, self.said
            time.sleep(0.002)

    def reach(self, moment: str) -> None:
        self.wait_for(lambda: moment in self.said or bool(list(self.folder.glob(moment))))

    def strike(self, number: int, times: int) -> None:
        for _ in range(times):
            self.child.send_signal(number)
            time.sleep(0.02)

    def end(self) -> int:
        code = self.child.wait(LIMIT_S)
        for wrong in ("Traceback", "Exception ignored", "terminate called", "Fatal"):
            assert wrong not in self.said
        return code


def start(home: Path, *words: object, stdin: int = subprocess.DEVNULL) -> Program:
    folder, log, temporary = home / "folder", home / "log", home / "tmp"
    for path in (folder, temporary):
        path.mkdir(exist_ok=True)
    with log.open("wb") as sink:
        child = subprocess.Popen(
            [sys.executable, "-m", "latchkey", *map(str, words)],
            cwd=folder, env={**os.environ, "TMPDIR": str(temporary)}, stdin=stdin, stdout=sink, stderr=sink,
        )  # fmt: skip
    program = Program(child, folder, log)
    program.wait_for(program.listens)
    return program


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "door.mp4"
    write_video(path, moving_face(640, 360, 15, 3), 15)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(MOMENTS)), ids=MOMENTS)
def test_an_interrupted_demo_leaves_nothing(number: int, video: Path, tmp_path: Path) -> None:
    program = start(tmp_path, "demo", "--camera", f"file:{video}", "--ring-at", 1)
    program.reach(MOMENTS[number])
    helpers, blow = program.helpers(), SIGNALS[number % 3]
    program.strike(blow, 1 + number % 2)
    code = program.end()
    if code == 0:  # it had ended a moment before
        assert number > MOMENTS.index("is being recorded")
        assert [path.name for path in program.folder.iterdir()] == ["out"]
    else:
        assert code == 128 + blow
        assert program.said.splitlines()[-1].startswith("latchkey: error: ")
        assert list(program.folder.iterdir()) == []
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not [pid for pid in helpers if Path(f"/proc/{pid}").exists()]


def _door(folder: Path) -> Path:
    """Write the settings of a simulated doorbell without a broker."""
    book = write_book(folder, time.time_ns())
    settings = folder / "door.toml"
    settings.write_text(
        f'schema = 1\n[camera]\nboard = "sim"\nsource = "1"\nwidth = 640\nheight = 360\n'
        f'[owner]\nbook = "{book}"\n[privacy]\ndetector = "none"\n'
    )
    return settings


def _lives(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.slow
def test_a_killed_demo_is_swept_by_the_next_one(video: Path, tmp_path: Path) -> None:
    words = ("demo", "--camera", f"file:{video}", "--ring-at", 1)
    killed = start(tmp_path, *words)
    killed.reach("is being recorded")
    helpers = killed.helpers()
    killed.child.kill()
    assert killed.child.wait() == -signal.SIGKILL
    limit_s = time.monotonic() + 5
    while any(_lives(pid) for pid in helpers):  # its broker ends by itself
        assert time.monotonic() < limit_s
        time.sleep(0.01)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert list(killed.folder.glob(".out-*/owner.key"))
    again = start(tmp_path, *words)
    again.reach("connected to the broker")
    assert len(list(again.folder.glob(".out-*"))) == 1
    again.strike(signal.SIGINT, 1)
    assert again.end() == 130
    assert list(again.folder.iterdir()) == []


@pytest.mark.slow
def test_a_second_doorbell_on_the_same_folders_is_refused_and_tears_nothing(tmp_path: Path) -> None:
    settings = _door(tmp_path)
    (tmp_path / "second").mkdir()
    first = start(tmp_path, "run", "--config", settings)
    first.reach("is being recorded")
    second = start(tmp_path / "second", "run", "--config", settings)
    assert second.end() == 7
    assert "latchkey: error: another latchkey uses " in second.said
    assert "latchkey: hint: " in second.said
    first.strike(signal.SIGTERM, 1)
    assert first.end() == 0
    assert "is sealed and kept" in first.said
    assert not [path for path in tmp_path.rglob("*.age*") if ".torn" in path.name or ".part" in path.name]


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("moment", ["", "armed", "is being recorded"])
def test_a_doorbell_that_is_told_to_stop_ends_well(number: int, moment: str, tmp_path: Path) -> None:
    settings = _door(tmp_path)
    keyboard, terminal = pty.openpty()  # as at a desk: the bell listens for Enter
    try:
        program = start(tmp_path, "run", "--config", settings, stdin=terminal)
        program.reach(moment)
        program.strike(number, 2)
        code = program.end()
    finally:
        os.close(keyboard)
        os.close(terminal)
    if moment or code == 0:
        assert code == 0
        assert program.said.splitlines()[-1].endswith("stopped")
    else:  # it was still loading
        assert code == 128 + number
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.slow
def test_a_doorbell_says_at_its_end_what_left_in_words(tmp_path: Path) -> None:
    settings = _door(tmp_path)
    with any_broker() as broker:
        with settings.open("a") as file:
            file.write(f'[mqtt]\nhost = "{broker.host}"\nport = {broker.port}\n')
        program = start(tmp_path, "run", "--config", settings)
        program.reach("connected to the broker")
        program.strike(signal.SIGTERM, 1)
        assert program.end() == 0
    [line] = [line for line in program.said.splitlines() if "egress" in line]
    assert re.search(rf"mqtt to {broker.host}:{broker.port}: [0-9.]+ k?B out, [0-9.]+ k?B in, 1 conn", line)
