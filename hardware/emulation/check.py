"""`make pi-check`: unit tests, a look of each detector and a visit, on an emulated Cortex-A53 and natively.

It fails where a test fails, where a detector finds something else than natively, or where the clip that the
emulated doorbell has sealed does not open here.
"""

import argparse
import json
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from emulation.root import REPOSITORY, EmulationError, Ran, Root, ran, reported
from latchkey.adapters.models import models_folder
from latchkey_sim.footage import write_video
from latchkey_sim.scene import SHORT_VISIT, Scene
from latchkey_sim.scene.porch import Lens

HERE = Path(__file__).parent
FOLDER = REPOSITORY / ".pi"
LIMIT_S = 600.0
FPS = 5
FRAMES = range(5, 25)
SIZE_PX = (192, 112)
NEARNESS_PX = 1.0
"""Boxes are the same if no edge is further away: floating point differs in its last digits."""

HALVES = (
    ("tests/unit/clip", "tests/contract/test_disk.py", "tests/unit/test_settings.py"),
    (
        "tests/unit/vision/test_cuts.py",
        "tests/unit/vision/test_look.py",
        "tests/unit/vision/test_motion.py",
        "tests/unit/vision/test_redactor.py",
        "tests/unit/test_debounce.py",
        "tests/unit/test_encoder.py",
        "tests/unit/test_events.py",
        "tests/unit/test_mux_order.py",
        "tests/unit/test_outbox.py",
        "tests/unit/test_planes.py",
        "tests/unit/test_redaction.py",
        "tests/unit/test_wire.py",
    ),
)
"""What is arithmetic, bytes and codecs, run side by side: what another processor could do differently."""

REST = (("tests/unit/vault", "tests/unit/retention"), ("tests/unit/vision",))
"""More of the same, with `--all`: minutes of pictures."""


def main() -> int:
    """Run the check; give its exit code. Raises EmulationError."""
    parser = argparse.ArgumentParser("emulation.check", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the root is kept [.pi]")
    parser.add_argument("--all", action="store_true", help="all tests of pictures and vault, too: minutes")
    wanted = parser.parse_args()
    folder = wanted.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    root = Root(folder)
    _say("making an arm64 root")
    root.make()
    _install_models(root)
    failed = []
    with ThreadPoolExecutor(2) as pool:
        for half in pool.map(lambda paths: _tests(root, paths), (*HALVES, *(REST if wanted.all else ()))):
            _say(half.text.strip().splitlines()[-1])
            if half.code:
                failed.append("unit tests")
                print(half.text)
    failed += [what for what in (*_looks(root), _visit(root, folder)) if what]
    _say(f"failed: {', '.join(failed)}" if failed else "all is as it is natively")
    return 1 if failed else 0


def _tests(root: Root, paths: tuple[str, ...]) -> Ran:
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not bench and not slow"]
    return root.run(*words, *paths, limit_s=LIMIT_S, env={"LATCHKEY_REQUIRE": ""})


def _install_models(root: Root) -> None:
    if not models_folder().is_dir():
        raise EmulationError("no detector is installed", hint="latchkey models install centerface")
    shutil.copytree(models_folder(), root.models, dirs_exist_ok=True)


def _looks(root: Root) -> list[str]:
    """Let each detector look at one picture on both processors; give those that see something else."""
    differing = []
    for model in sorted(root.models.glob("*.onnx")):
        name = model.stem.partition("_")[0]
        script = [str(HERE / "look.py"), name]
        native, emulated = ran([sys.executable, *script], LIMIT_S), root.run(*script, limit_s=LIMIT_S)
        same = not native.code and not emulated.code and _near(native.text, emulated.text)
        found = len(json.loads(native.text)) if not native.code else 0
        _say(f"{name}: {found} face(s), {'the same' if same else 'NOT the same'}; {_cost(native, emulated)}")
        if not same or not found:
            differing.append(f"what {name} finds")
            print(native.text, emulated.text, sep="\n")
    return differing


def _near(native: str, emulated: str) -> bool:
    ours, theirs = json.loads(native), json.loads(emulated)
    if len(ours) != len(theirs):
        return False
    pairs = zip(ours, theirs, strict=True)
    return all(
        abs(a - b) <= NEARNESS_PX for one, other in pairs for a, b in zip(one[:4], other[:4], strict=True)
    )


def _visit(root: Root, folder: Path) -> str:
    """Play a visit on both processors; give what failed, or nothing."""
    video = folder / "visit.mp4"
    scene = Scene(1, SHORT_VISIT, Lens(*SIZE_PX), FPS)
    write_video(video, (scene.render(number) for number in FRAMES), FPS)
    script = [str(HERE / "visit.py"), str(video)]
    native = ran([sys.executable, *script, str(folder / "native")], LIMIT_S)
    emulated = root.run(*script, str(folder / "emulated"), limit_s=LIMIT_S)
    _say(f"a visit of {len(FRAMES)} frames of {SIZE_PX[0]}x{SIZE_PX[1]}: {_cost(native, emulated)}")
    told = [json.loads((folder / name / "summary.json").read_text()) for name in ("native", "emulated")]
    same = [{key: one[key] for key in ("clips", "frames", "clips_torn", "clips_unreadable")} for one in told]
    opened = _opens(folder / "emulated")
    if native.code or emulated.code or same[0] != same[1] or same[0]["clips"] != 1 or opened.code:
        print(native.text, emulated.text, opened.text, sep="\n")
        return "the visit"
    _say("the clip that was sealed there opens here, and is whole")
    return ""


def _opens(out: Path) -> Ran:
    """Verify the clip natively."""
    (sealed,) = (out / "vault" / "clips").glob("*-*.age")
    clip = sealed.name.split(".")[1]
    where = ["--vault", str(out / "vault"), "--key", str(out / "owner.key")]
    return ran([sys.executable, "-m", "latchkey", "clips", "verify", clip, *where], LIMIT_S)


def _cost(native: Ran, emulated: Ran) -> str:
    return (
        f"{native.cpu_s:.1f} s of processor time natively, {emulated.cpu_s:.1f} s emulated"
        f" ({emulated.cpu_s / max(native.cpu_s, 0.01):.0f} times)"
    )


def _say(text: str) -> None:
    print(f"pi-check: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(reported(main))
