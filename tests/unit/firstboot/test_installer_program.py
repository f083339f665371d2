"""The installer as a Pi runs it: out of the wheel, by a bare Python, killed at any time."""

import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from latchkey_card.desk import DeskPi, pi_with_card

HARDWARE = Path(__file__).resolve().parents[3] / "hardware"
PRETENDED = {
    "apt-get": "sleep 0.05",
    "dpkg": "",
    "chown": "",
    "systemctl": "",
    "systemd-sysusers": "sleep 0.05",
    "python3": 'mkdir -p "$4/bin"; cp "$0.slot" "$4/bin/python"; chmod +x "$4/bin/python"',
    "python3.slot": 'sleep 0.1; cp "$(command -v dpkg)" "${0%python}latchkey"',
}


@pytest.fixture
def pi(tmp_path: Path) -> DeskPi:
    """Give a Pi with a new card in it."""
    return pi_with_card(tmp_path)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """Give a wheel with this package, as `pip wheel` would make it."""
    path = tmp_path / "latchkey-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for one in sorted((HARDWARE / "latchkey_pi").rglob("*")):
            if one.is_file() and "__pycache__" not in one.parts:
                archive.write(one, one.relative_to(HARDWARE))
    return path


def command(pi: DeskPi, *words: str) -> list[str]:
    return [
        sys.executable,
        "-sSB",
        "-m",
        "latchkey_pi.firstboot",
        "--root",
        str(pi.root),
        "--boot",
        str(pi.boot),
        *words,
    ]


def environment(tmp_path: Path, wheel: Path) -> dict[str, str]:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, body in PRETENDED.items():
        (programs / name).write_text(f"#!/bin/sh\n{body}\n")
        (programs / name).chmod(0o755)
    return {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(wheel)}


@pytest.mark.slow
def test_killed_again_and_again_it_comes_to_its_end(pi: DeskPi, tmp_path: Path, wheel: Path) -> None:
    env = environment(tmp_path, wheel)
    killed = 0
    for patience_s in (0.15, 0.25, 0.35, 0.45, 0.6, 0.8):
        with subprocess.Popen(command(pi), env=env) as running:
            try:
                running.wait(patience_s)
            except subprocess.TimeoutExpired:
                running.send_signal(signal.SIGKILL)
                killed += 1
    assert killed
    done = subprocess.run(command(pi, "--once"), env=env, check=False, capture_output=True, text=True)
    assert done.returncode == 0, (pi.state, done.stderr)
    assert pi.state.state == "done"
    assert (pi.root / "opt/latchkey/current/bin/latchkey").is_file()
    assert (pi.root / "etc/latchkey/mqtt-password").read_bytes() == b"tops3cret\n"
    assert not (pi.boot / "latchkey/mqtt-password").exists()


@pytest.mark.slow
def test_it_needs_nothing_that_is_not_in_a_bare_python(wheel: Path) -> None:
    code = (
        "import sys, latchkey_pi.firstboot.install;"
        "print(*sorted({name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run(
        [sys.executable, "-sSB", "-c", code],
        env={"PYTHONPATH": str(wheel)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert set(done.stdout.split()) <= {"__main__", "latchkey_pi"}


@pytest.mark.slow
def test_a_failure_is_its_exit_code_when_it_tries_once(pi: DeskPi, tmp_path: Path, wheel: Path) -> None:
    (pi.boot / "latchkey/pins.txt").write_text("")
    env = environment(tmp_path, wheel)
    done = subprocess.run(command(pi, "--once"), env=env, check=False, timeout=30)
    assert done.returncode == 1
    assert pi.state.finding == "files-damaged"
