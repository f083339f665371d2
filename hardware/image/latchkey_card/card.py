"""Putting a card's files together, into a folder or straight onto a boot partition."""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from latchkey.vault.book import BOOK_LIMIT_BYTES
from latchkey_card.answers import Answers, AnswersWrong, settings_text
from latchkey_card.cloud import UNIT, meta_data, network_config, unit, user_data, wrong_user_data
from latchkey_pi.firstboot import card as cards
from latchkey_release.wheels import OURS, collect, read_pins, write_pins

BUILD = "cp313-aarch64"
"""Python 3.13 on a 64-bit Arm: Raspberry Pi OS Trixie."""


class CardWrong(Exception):
    """The card cannot be made, or what lies on it is not whole."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is not in the answers. `psk` is derived from the Wi-Fi's password already."""

    psk: str = ""
    mqtt_password: str = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """What is put onto every card: folders of wheels for a Pi.

    `wheels` is Latchkey and what it needs, as a signed release has it. `beside` serves pairing, and is no
    part of releases; `models` has the wheel that holds the face detector.
    """

    wheels: Path
    beside: Path
    models: Path


def card_files(
    answers: Answers, secrets: Secrets, book: bytes, parts: Parts, made: int, instance: str
) -> dict[str, bytes]:
    """Give all files of a card, by their names on the boot partition. Raises CardWrong, WheelsWrong."""
    wheels = collect(BUILD, parts.wheels, read_pins(write_pins([parts.wheels])))
    pins = write_pins([parts.wheels, parts.beside])
    (ours,) = (wheel for wheel, _ in wheels if wheel.distribution == OURS)
    pins += f"{OURS}=={ours.version} \\\n    --hash=sha256:{ours.sha256}\n"
    files = {f"{cards.WHEELS}/{wheel.name}": data for wheel, data in wheels}
    files[cards.PINS] = pins.encode()
    files[UNIT] = unit(ours.name).encode()
    files |= {f"{cards.WHEELS}/{path.name}": path.read_bytes() for path in parts.beside.glob("*.whl")}
    files |= {f"{cards.MODELS}/{path.name}": path.read_bytes() for path in parts.models.glob("*.whl")}
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    files[cards.SETTINGS] = settings_text(answers).encode()
    files[cards.BOOK] = book
    if secrets.mqtt_password:
        files[cards.PASSWORD] = secrets.mqtt_password.encode() + b"\n"
    files[cards.CARD] = cards.Card(made, bool(answers.ssh_key), hashes).encode()
    return {
        **{f"{cards.FOLDER}/{name}": data for name, data in files.items()},
        "user-data": user_data(answers, ours.name, ours.sha256).encode(),
        cards.NETWORK: network_config(answers, secrets.psk).encode(),
        "meta-data": meta_data(instance).encode(),
    }


def read_book(path: Path) -> bytes:
    """Read the owner's key book. Raises AnswersWrong."""
    if not path.is_file():
        raise AnswersWrong(f"book: {path} is not there: `latchkey owner init` makes one")
    with path.open("rb") as file:
        return file.read(BOOK_LIMIT_BYTES)


def write_card(files: dict[str, bytes], into: Path) -> None:
    """Write a card's files; what makes the doorbell begin, last. Raises CardWrong where there is no room."""
    shutil.rmtree(into / cards.FOLDER, ignore_errors=True)
    into.mkdir(parents=True, exist_ok=True)
    need, free = sum(map(len, files.values())), shutil.disk_usage(into).free
    if need > free:
        raise CardWrong(f"{into} has room for {free // 10**6} MB, {need // 10**6} MB are needed")
    last = ("user-data", f"{cards.FOLDER}/{cards.CARD}")
    for name in sorted(files, key=lambda name: (name in last, name)):
        path = into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        secret = name.endswith(cards.PASSWORD) or name == cards.NETWORK
        with os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if secret else 0o644), "wb"
        ) as file:
            file.write(files[name])
            file.flush()
            os.fsync(file.fileno())


def wrong_card(folder: Path) -> list[str]:
    """Say what is not as it should be on a card that lies there; nothing where all is well."""
    try:
        data = (folder / "user-data").read_bytes()
        card = cards.parse_card((folder / cards.FOLDER / cards.CARD).read_bytes())
        (folder / "meta-data").read_bytes()
        (folder / cards.NETWORK).read_bytes()
    except OSError as error:
        return [f"{error.filename}: {error.strerror}"]
    except ValueError as error:
        return [str(error)]
    wrong = [f"user-data: {what}" for what in wrong_user_data(data)]
    for name, digest in sorted(card.files.items()):
        path = folder / cards.FOLDER / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            wrong.append(f"{cards.FOLDER}/{name} is missing or was not copied whole")
    ours = [name for name in card.files if name.startswith(f"{cards.WHEELS}/{OURS}-")]
    if not any(card.files[name].encode() in data for name in ours):
        wrong.append("user-data and latchkey/ are of different cards: copy both")
    return wrong
