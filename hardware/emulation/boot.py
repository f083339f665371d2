"""`make pi-boot`: a first boot on an emulated board of 512 MB, from a card's own files to a sealed clip.

It fails where the installer does, where a side of the doorbell does not run, where the clip does not open
here with the household's keys, or where a message was published that the table of messages does not have.
"""

import argparse
import json
import os
import random
import shutil
import sys
import time
from pathlib import Path

from emulation.board import Board
from emulation.heard import wrong_messages
from emulation.image import System, copy_out, make_boot_disk, make_system_disk
from emulation.peaks import print_peaks
from emulation.root import REPOSITORY, EmulationError, must, ran, reported
from latchkey_card.answers import Answers, settings_text
from latchkey_card.card import Secrets, card_files, write_card
from latchkey_card.fetching import fetch
from latchkey_pi.firstboot.card import FOLDER as CARD_FOLDER
from latchkey_pi.firstboot.card import SETTINGS
from latchkey_sim.footage import write_video
from latchkey_sim.scene import SHORT_VISIT, Scene
from latchkey_sim.scene.porch import Lens

FOLDER = REPOSITORY / ".pi" / "boot"
BOOT_LIMIT_S = 3600.0
LIMIT_S = 300.0
VIDEO = "usr/share/boot-check/visit.mp4"
WIDTH, HEIGHT, FPS = 1280, 720, 10
BEFORE_S, VISIT_S, AFTER_S = 6, 9, 15
"""A pre-roll and more in which nothing moves, somebody who comes and goes, and the time until a clip ends."""

STEPS = ("wizard", "ssh", "packages", "users", "program", "detector", "settings", "units")
"""Of the first boot, at which the power may go: those that change something."""

MORE = """
[camera]
source = "/{video}"
width = {width}
height = {height}
fps = {fps}

[recording]
preset = "ultrafast"
threads = 1

[privacy]
detector = "{detector}"
survey = false
{looks}
"""
"""What the profile of a Zero 2 W sets; the `file` board knows no profile."""


def main() -> int:
    """Run the check; give its exit code. Raises EmulationError."""
    options = _options()
    folder: Path = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    system = System(folder)
    _say("making a system for arm64")
    system.make()
    _say("making a card")
    _make_card(folder, options.detector)
    make_boot_disk(folder / "card", folder / "boot.vfat")
    make_system_disk(system, {VIDEO: _video(folder).read_bytes()}, folder / "system.ext4")
    log = folder / "serial.txt"
    log.unlink(missing_ok=True)
    board = Board(system, folder / "system.ext4", folder / "boot.vfat", log)
    if options.cut:
        step = options.cut if options.cut in STEPS else random.choice(STEPS)
        _say(f"booting; the power goes at the step `{step}`")
        if not board.run(BOOT_LIMIT_S, _say, cut_at=f"first boot: working {step}"):
            raise EmulationError(f"the step {step} was never reached")
        _say("the power is gone; booting again")
    else:
        _say("booting")
    board.run(BOOT_LIMIT_S, _say)
    shutil.rmtree(folder / "out", ignore_errors=True)
    for name in ("var/boot-check", "var/lib/latchkey"):
        copy_out(folder / "system.ext4", f"/{name}", folder / "out")
    failed = _judge(folder)
    _say(f"{time.monotonic() - began:.0f} s in all")
    _say(f"failed: {', '.join(failed)}" if failed else "installed, recorded, sealed, opened, off")
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("emulation.boot", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where all is kept [.pi/boot]")
    parser.add_argument(
        "--cut",
        nargs="?",
        const="random",
        choices=("random", *STEPS),
        help="pull the cord at a step of the first boot; the next boot has to finish it",
    )
    parser.add_argument(
        "--detector",
        choices=("none", "centerface"),
        default="none",
        help="none = cover all that moves; an emulated look takes longer than it may",
    )
    return parser.parse_args()


def _make_card(folder: Path, detector: str) -> None:
    """Make a household, and a card as `make pi-card` does; then let a video file be its camera."""
    household, word = folder / "household", folder / "passphrase"
    shutil.rmtree(household, ignore_errors=True)
    with os.fdopen(os.open(word, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write("emulated\n")
    must([*_latchkey("owner", "init", "--no-check"), *_household(folder)])
    book = household / "book.json"
    looks = "look_deadline_s = 5.0" if detector != "none" else ""
    more = MORE.format(video=VIDEO, width=WIDTH, height=HEIGHT, fps=FPS, detector=detector, looks=looks)
    answers = Answers(book=str(book), mqtt_host="127.0.0.1", settings=more)
    parts, made = fetch(folder / "parts"), int(time.time())
    files = card_files(answers, Secrets(), book.read_bytes(), parts, made, "emulated")
    settings = settings_text(answers)
    if settings.count('board = "pi"') != 1:
        raise EmulationError("the card's settings name no board `pi`")
    files[f"{CARD_FOLDER}/{SETTINGS}"] = settings.replace('board = "pi"', 'board = "file"').encode()
    shutil.rmtree(folder / "card", ignore_errors=True)
    write_card(files, folder / "card")


def _video(folder: Path) -> Path:
    video = folder / "visit.mp4"
    if not video.is_file():
        scene = Scene(1, SHORT_VISIT, Lens(WIDTH, HEIGHT), FPS)
        last = VISIT_S * FPS - 1
        numbers = (min(max(number, 0), last) for number in range(-BEFORE_S * FPS, last + 1 + AFTER_S * FPS))
        write_video(video, (scene.render(number) for number in numbers), FPS)
    return video


def _judge(folder: Path) -> list[str]:
    """Say what is not as it should be."""
    out = folder / "out" / "boot-check"
    try:
        report = json.loads((out / "report.json").read_text())
    except (OSError, ValueError) as error:
        raise EmulationError(f"the board left no report: {folder / 'serial.txt'} says more") from error
    failed = [what for what, key in (("the first boot", "installed"), ("a clip", "ended")) if not report[key]]
    wrong, counts = wrong_messages(out / "heard.jsonl")
    for line in wrong:
        print(line)
    _say(f"published: {', '.join(f'{count} x {topic}' for topic, count in sorted(counts.items()))}")
    failed += ["a message"] if wrong or not counts else []
    failed += _clips(folder)
    print_peaks(report, _say)
    return failed


def _clips(folder: Path) -> list[str]:
    """Open what was sealed, here, as its owner does."""
    vault = folder / "out" / "latchkey" / "vault"
    sealed = sorted(path for path in (vault / "clips").glob("????-??-??.*.age") if path.name.count(".") == 2)
    for path in sealed:
        clip, mp4 = path.name.split(".")[1], folder / "out" / "clip.mp4"
        where = ["--vault", str(vault), *_household(folder)]
        verified = ran([*_latchkey("clips", "verify", clip), *where], LIMIT_S)
        opened = ran([*_latchkey("clips", "open", clip, "--out", str(mp4), "--force"), *where], LIMIT_S)
        if verified.code or opened.code:
            print(verified.text, opened.text, sep="\n")
            return ["the clip does not open"]
        _say(f"the clip opens here: {_length(mp4)}")
    return [] if sealed else ["no clip was sealed"]


def _length(mp4: Path) -> str:
    import av

    with av.open(str(mp4)) as container:
        frames = sum(1 for _ in container.decode(video=0))
        stream = container.streams.video[0]
        seconds = float((stream.duration or 0) * (stream.time_base or 0))
        size = f"{stream.width}x{stream.height}"
    return f"{frames} pictures of {size} in {seconds:.1f} s"


def _household(folder: Path) -> list[str]:
    return ["--household", str(folder / "household"), "--passphrase-file", str(folder / "passphrase")]


def _latchkey(*words: str) -> list[str]:
    return [sys.executable, "-m", "latchkey", *words]


def _say(text: str) -> None:
    print(f"pi-boot: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(reported(main))
