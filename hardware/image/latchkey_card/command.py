"""The program: `card`, `check`, `manifest`."""

import argparse
import getpass
import json
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from latchkey.errors import LatchkeyError
from latchkey_card.answers import TEMPLATE, AnswersWrong, read_answers
from latchkey_card.card import CardWrong, Secrets, card_files, read_book, write_card, wrong_card
from latchkey_card.cloud import wifi_psk
from latchkey_card.fetching import fetch, parts_in
from latchkey_card.imager import ListWrong, manifest
from latchkey_release.wheels import WheelsWrong

LIST_LIMIT_BYTES = 16 << 20
MANIFEST = "latchkey.rpi-imager-manifest"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; give its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (AnswersWrong, CardWrong, ListWrong, WheelsWrong, LatchkeyError, OSError, ValueError) as error:
        print(f"latchkey-card: error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="latchkey-card", description=__doc__)
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    card = actions.add_parser("card", help="make the files for a card's boot partition")
    card.add_argument("--answers", type=Path, default=Path("card.toml"), help="[card.toml]")
    card.add_argument("--into", type=Path, default=Path("out/card"), help="a folder, or the boot partition")
    card.add_argument(
        "--parts", type=Path, metavar="FOLDER", help="wheels fetched before, instead of fetching"
    )
    card.add_argument("--wifi-password-file", type=Path, metavar="FILE", help="instead of asking")
    card.add_argument("--mqtt-password-file", type=Path, metavar="FILE", help="instead of asking")
    card.set_defaults(run=_card)
    check = actions.add_parser("check", help="say whether a card's files are whole")
    check.add_argument("folder", type=Path, help="where they lie, like /media/me/bootfs")
    check.set_defaults(run=_check)
    listing = actions.add_parser(
        "manifest", help="make a list for Raspberry Pi Imager from the published one"
    )
    listing.add_argument("os_list", type=Path, help="os_list_imagingutility_v4.json, as downloaded")
    listing.add_argument("--into", type=Path, default=Path("out") / MANIFEST, help=f"[out/{MANIFEST}]")
    listing.add_argument(
        "--no-questions", action="store_true", help="let Imager offer no settings of its own"
    )
    listing.set_defaults(run=_manifest)
    return parser


def _card(options: argparse.Namespace) -> int:
    if not options.answers.exists():
        options.answers.write_text(TEMPLATE)
        _say(f"{options.answers} was made: fill it in, then run this again")
        return 0
    answers = read_answers(options.answers)
    book = read_book(options.answers.parent / Path(answers.book).expanduser())
    hidden = Secrets(
        wifi_psk(answers.wifi_name, _secret("Wi-Fi password", options.wifi_password_file))
        if answers.wifi_name
        else "",
        _secret("broker's password", options.mqtt_password_file) if answers.mqtt_username else "",
    )
    if options.parts is None:
        _say("fetching Latchkey's packages for a Pi, 90 MB")
    parts = parts_in(options.parts) if options.parts else fetch(Path("out/card-parts"))
    files = card_files(answers, hidden, book, parts, int(time.time()), secrets.token_hex(4))
    write_card(files, options.into)
    _say(f"{options.into}: {len(files)} files, {sum(map(len, files.values())) // 10**6} MB")
    if not (options.into / "cmdline.txt").exists():
        _say(
            "copy all of it onto the card's boot partition (bootfs), over what is there; then delete it here:"
        )
        _say("it holds what opens your Wi-Fi")
    return 0


def _check(options: argparse.Namespace) -> int:
    wrong = wrong_card(options.folder)
    for line in wrong:
        print(f"latchkey-card: error: {line}", file=sys.stderr)
    if not wrong:
        _say("all files are whole")
    return int(bool(wrong))


def _manifest(options: argparse.Namespace) -> int:
    with options.os_list.open("rb") as file:
        made = manifest(json.loads(file.read(LIST_LIMIT_BYTES)), questions=not options.no_questions)
    options.into.parent.mkdir(parents=True, exist_ok=True)
    options.into.write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n")
    entry = made["os_list"][0]
    _say(f"{options.into}: {entry['name']}, {entry['release_date']}, sha256 {entry['extract_sha256']}")
    return 0


def _secret(what: str, file: Path | None) -> str:
    if file is not None:
        return file.read_text("utf-8").partition("\n")[0].removesuffix("\r")
    if not sys.stdin.isatty():
        raise AnswersWrong(f"nobody is there to ask for the {what}: name a file that holds it")
    return getpass.getpass(f"{what}: ")


def _say(line: str) -> None:
    print(line)
