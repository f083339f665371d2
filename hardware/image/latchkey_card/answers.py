"""What has to be known to make a card: a small TOML file with a closed set of keys, edited by hand.

Passwords are not in it, they are asked for; nor is anything that has a default on the doorbell.
"""

import base64
import binascii
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from latchkey.errors import SettingsError
from latchkey.settings import parse

FILE_LIMIT_BYTES = 64 << 10

TEMPLATE = """# What `make pi-card` has to know. Fill in, save, and run it again.

# Your key book, made by `latchkey owner init`: whose keys open the clips.
book = "~/.config/latchkey/owner/book.json"

hostname = "doorbell"         # the doorbell's name in your network: doorbell.local
timezone = "Europe/Berlin"
keyboard = "us"               # for the pairing on the screen: us, gb, de, fr ...

wifi_country = ""             # two letters, like DE; empty = a network cable
wifi_name = ""                # the password is asked for, and never written anywhere as it is

ssh_key = ""                  # the line in your ~/.ssh/id_ed25519.pub; empty = no SSH at all

mqtt_host = ""                # your broker, like homeassistant.local; empty = none: the bell still rings
mqtt_username = ""            # the password is asked for

# Lines for the doorbell's settings file, as the wiring page of your variant gives them.
settings = '''
'''
"""


class AnswersWrong(Exception):
    """An answer cannot be used; the message names its key."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What the file says."""

    book: str
    hostname: str = "doorbell"
    timezone: str = "Etc/UTC"
    keyboard: str = "us"
    wifi_country: str = ""
    wifi_name: str = ""
    ssh_key: str = ""
    mqtt_host: str = ""
    mqtt_username: str = ""
    settings: str = ""


_RULES = {
    "hostname": (r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", "small letters, digits and hyphens, like doorbell"),
    "timezone": (r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}", "a name like Europe/Berlin"),
    "keyboard": (r"[a-z]{2,8}", "a name like us, gb or de"),
    "wifi_country": (r"([A-Z]{2})?", "two capital letters, like DE"),
    "mqtt_host": (r"[A-Za-z0-9.:_-]{0,253}", "a name or an address, without port"),
}
SSID_LIMIT_BYTES = 32
_KEY = re.compile(
    r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp256|sk-ssh-ed25519@openssh\.com) ([A-Za-z0-9+/=]+)( .*)?"
)


def read_answers(path: Path) -> Answers:
    """Read the file. Raises AnswersWrong."""
    try:
        with path.open("rb") as file:
            text = file.read(FILE_LIMIT_BYTES).decode("utf-8-sig")
        read = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AnswersWrong(f"{path}: {error}") from error
    known = {field.name for field in fields(Answers)}
    for key, value in read.items():
        if key not in known:
            raise AnswersWrong(f"{path}: there is no answer {key!r}; there are {', '.join(sorted(known))}")
        if not isinstance(value, str):
            raise AnswersWrong(f"{path}: {key} has to be text, in quotes")
    if not read.get("book"):
        raise AnswersWrong(f"{path}: book is missing: `latchkey owner init` makes one")
    answers = Answers(**read)
    check_answers(answers)
    return answers


def check_answers(answers: Answers) -> None:
    """Raise AnswersWrong unless each can be used."""
    for key, (rule, what) in _RULES.items():
        if not re.fullmatch(rule, getattr(answers, key)):
            raise AnswersWrong(f"{key}: {what}")
    if bool(answers.wifi_name) != bool(answers.wifi_country):
        raise AnswersWrong("wifi_name and wifi_country: both, or neither for a network cable")
    if len(answers.wifi_name.encode()) > SSID_LIMIT_BYTES or not _printable(answers.wifi_name):
        raise AnswersWrong(f"wifi_name: at most {SSID_LIMIT_BYTES} bytes, all of them printable")
    if answers.mqtt_username and not answers.mqtt_host:
        raise AnswersWrong("mqtt_username: there is no mqtt_host")
    if not _printable(answers.mqtt_username):
        raise AnswersWrong("mqtt_username: printable signs only")
    if answers.ssh_key:
        _check_key(answers.ssh_key)
    try:
        parse(settings_text(answers), "settings", Path("/"))
    except SettingsError as error:
        raise AnswersWrong(f"settings: {error}") from error


def settings_text(answers: Answers) -> str:
    """Give the doorbell's settings file: the lines of the answers, and ours in their sections."""
    ours = {
        "camera": ['board = "pi"'],
        "device": ['state = "/var/lib/latchkey/state"'],
        "vault": ['path = "/var/lib/latchkey/vault"'],
        "owner": ['book = "/etc/latchkey/owner/book.json"'],
        "update": ['units = "latchkey-capture.service latchkey-link.service"'],
    }
    if answers.mqtt_host:
        ours["mqtt"] = [f"host = {quoted(answers.mqtt_host)}"]
    if answers.mqtt_username:
        ours["mqtt"] += [
            f"username = {quoted(answers.mqtt_username)}",
            'password_file = "$CREDENTIALS_DIRECTORY/mqtt-password"',
        ]
    text = answers.settings.strip()
    for section, lines in ours.items():
        block = "\n".join([f"[{section}]", *lines])
        header = re.compile(rf"^\[ *{section} *\][ \t]*(#.*)?$", re.MULTILINE)
        if header.search(text):
            text = header.sub(lambda _found, block=block: block, text, count=1)  # type: ignore[misc]  # mypy cannot infer a default's type
        else:
            text = f"{text}\n\n{block}"
    head = "# Made by `make pi-card`. On the doorbell: /etc/latchkey/door.toml\nschema = 1"
    return f"{head}\n\n{text.strip()}\n"


def quoted(text: str) -> str:
    """Give text in double quotes, as TOML and YAML both read it."""
    for sign, way in (("\\", "\\\\"), ('"', '\\"')):
        text = text.replace(sign, way)
    return f'"{text}"'


def _check_key(text: str) -> None:
    found = _KEY.fullmatch(text)
    try:
        blob = base64.b64decode(found[2], validate=True) if found else b""
    except (binascii.Error, ValueError):
        blob = b""
    if found is None or not _printable(text) or blob[4 : 4 + len(found[1])] != found[1].encode():
        raise AnswersWrong("ssh_key: the one line of a public key, which begins with ssh-ed25519 or the like")


def _printable(text: str) -> bool:
    return all(sign.isprintable() for sign in text)
