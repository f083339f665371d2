"""A root folder with Debian's arm64 Python and our wheels for it, and programs run in it by QEMU.

Nothing of arm64 runs while it is made: Debian's packages are unpacked, the wheels are unpacked beside them.
"""

import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from latchkey.errors import LatchkeyError
from latchkey.units import NS_PER_S

REPOSITORY = Path(__file__).parents[2]
SUITE = "trixie"
"""Raspberry Pi OS is made of this release of Debian."""

PACKAGES = ("python3", "libstdc++6", "openssl")
PYTHON = "3.13"
PROCESSOR = "cortex-a53"
"""That of a Pi 3 and a Zero 2 W; a Pi 4 or 5 has all of its instructions."""

PROGRAMS = {"mmdebstrap": "mmdebstrap", "qemu-aarch64-static": "qemu-user-static"}
PLATFORMS = ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64")
EXTRAS = ("sim", "owner")
TOOLS = ("pytest", "hypothesis", "pyrage")
STAMP = "made-of"


class EmulationError(LatchkeyError):
    """The emulated board could not be made."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a program came to. `cpu_s` is processor time of all of its threads."""

    code: int
    cpu_s: float
    text: str


class Root:
    """The root folder and its interpreter."""

    def __init__(self, folder: Path) -> None:
        self._root = folder / "root"
        self._site = folder / "site"
        self._stamp = folder / STAMP

    @property
    def models(self) -> Path:
        """Where its Python looks for detectors."""
        return self._root / "usr" / "share" / "latchkey" / "models"

    def make(self) -> None:
        """Make what is not there yet, and install the checkout as it is. Raises EmulationError."""
        for program, package in PROGRAMS.items():
            if shutil.which(program) is None:
                raise EmulationError(f"{program} is missing", hint=f"apt install {package}")
        needs = [*_needs(), *TOOLS]
        made_of = sha256(
            repr([SUITE, PACKAGES, PYTHON, needs, _constraints().read_text()]).encode()
        ).hexdigest()
        if not self._stamp.is_file() or self._stamp.read_text() != made_of:
            for folder in (self._root, self._site):
                shutil.rmtree(folder, ignore_errors=True)
            self._unpack_debian()
            self._pip("--only-binary=:all:", "-c", str(_constraints()), *_platform(), *needs)
            self._stamp.write_text(made_of)
        for old in self._site.glob("latchkey*"):
            shutil.rmtree(old)
        self._pip("--no-deps", str(REPOSITORY))

    def run(self, *words: str, limit_s: float, env: Mapping[str, str] | None = None) -> Ran:
        """Run its Python on the emulated processor; the text is what it wrote. Raises EmulationError."""
        pythons = self._root / "usr" / "bin" / f"python{PYTHON}"
        variables = {"PYTHONPATH": str(self._site), "PATH": "/nowhere", **(env or {})}
        sets = [word for name, value in variables.items() for word in ("-E", f"{name}={value}")]
        command = [
            "qemu-aarch64-static",
            "-cpu",
            PROCESSOR,
            "-L",
            str(self._root),
            *sets,
            str(pythons),
            *words,
        ]
        return ran(command, limit_s)

    def _unpack_debian(self) -> None:
        self._root.parent.mkdir(parents=True, exist_ok=True)
        command = ["mmdebstrap", "--quiet", "--variant=extract", "--arch=arm64"]
        must([*command, f"--include={','.join(PACKAGES)}", SUITE, str(self._root)])
        for name in ("bin", "lib", "sbin"):
            if not (self._root / name).exists():
                (self._root / name).symlink_to(f"usr/{name}")  # which a package's script would have made

    def _pip(self, *words: str) -> None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        must([*pip, "--upgrade", "--target", str(self._site), *words])


def reported(program: Callable[[], int]) -> int:
    """Run a program of the workshop; give its exit code, with one line where it cannot do its work."""
    try:
        return program()
    except LatchkeyError as error:
        print(f"latchkey: error: {error}", file=sys.stderr)
        if error.hint:
            print(f"latchkey: hint: {error.hint}", file=sys.stderr)
        return 1


def ran(command: Sequence[str], limit_s: float, env: Mapping[str, str] | None = None) -> Ran:
    """Run a program and measure it. Raises EmulationError where it takes longer than `limit_s`."""
    before = os.times()
    began_ns = time.monotonic_ns()
    try:
        done = subprocess.run(
            command,
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=limit_s,
            env={**os.environ, **(env or {})},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        took_s = (time.monotonic_ns() - began_ns) / NS_PER_S
        raise EmulationError(f"not at its end after {took_s:.0f} s: {' '.join(command[-4:])}") from error
    after = os.times()
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return Ran(done.returncode, cpu_s, done.stdout)


def must(command: Sequence[str]) -> None:
    """Run a program that has to succeed. Raises EmulationError."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        told = done.stderr.strip().splitlines()
        raise EmulationError(f"{Path(command[0]).name} failed: {told[-1] if told else done.returncode}")


def _constraints() -> Path:
    return REPOSITORY / "constraints.txt"


def _needs() -> list[str]:
    """What the checkout depends on, with the simulator, which makes the visit."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    return [*project["dependencies"], *(need for extra in EXTRAS for need in extras[extra])]


def _platform() -> list[str]:
    platforms = [word for name in PLATFORMS for word in ("--platform", name)]
    return [*platforms, "--python-version", PYTHON, "--implementation", "cp"]
