"""The unit files: sound, hardened to the mark, and true to what the program takes."""

import grp
import re
import shutil
import subprocess
from collections.abc import Callable
from configparser import RawConfigParser
from importlib.resources import files
from pathlib import Path

import pytest

from latchkey.cli import main

UNITS = files("latchkey_pi") / "units"
SIDES = ("capture", "link")
Done = subprocess.CompletedProcess[str]
LIMITS = {"capture": 8, "link": 15}
"""Tenths of systemd's exposure level."""


class Unit(RawConfigParser):
    """A unit file; a key that stands more than once keeps all its values."""

    def __init__(self, side: str) -> None:
        super().__init__(strict=False, interpolation=None)
        self.text = (UNITS / f"latchkey-{side}.service").read_text()
        self.service = re.findall(r"^([A-Za-z]+)=(.*)$", self.text.split("\n[Service]\n")[1], re.MULTILINE)

    def all(self, key: str) -> list[str]:
        return [value for name, value in self.service if name == key]

    def one(self, key: str) -> str:
        (value,) = self.all(key)
        return value


def hidden(unit: Unit) -> list[str]:
    """Give what a unit cannot even look into."""
    return [path for value in unit.all("InaccessiblePaths") for path in value.split()]


@pytest.fixture(params=SIDES)
def side(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def analyze(absent: Callable[[str, str], None], tmp_path: Path) -> Callable[..., Done]:
    """Give what runs systemd-analyze on a unit; `true` stands in for our program, which is not installed."""
    program = shutil.which("systemd-analyze") or ""
    if not program:
        absent("systemd", "systemd-analyze is not installed")

    def run(side: str, *words: str) -> Done:
        for each in SIDES:
            text = Unit(each).text.replace("/opt/latchkey/current/bin/latchkey", "/bin/true")
            (tmp_path / f"latchkey-{each}.service").write_text(text)
        unit = str(tmp_path / f"latchkey-{side}.service")
        return subprocess.run([program, *words, unit], capture_output=True, text=True, check=False)

    return run


def test_systemd_has_nothing_to_say_against_a_unit(side: str, analyze: Callable[..., Done]) -> None:
    done = analyze(side, "verify", "--man=no")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_unit_is_hardened_to_the_mark(side: str, analyze: Callable[..., Done]) -> None:
    done = analyze(side, "security", "--offline=yes", "--no-pager", f"--threshold={LIMITS[side]}")
    assert done.returncode == 0, done.stdout[-3000:]
    assert "Overall exposure level" in done.stdout


def test_the_mark_would_be_missed_by_a_unit_without_hardening(
    analyze: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    def bare(self: Unit, side: str) -> None:
        self.text = "\n[Service]\nExecStart=/bin/true\nUser=nobody\n"

    monkeypatch.setattr(Unit, "__init__", bare)
    assert analyze(
        "link", "security", "--offline=yes", "--no-pager", f"--threshold={LIMITS['link']}"
    ).returncode


def test_the_capture_side_has_no_network_and_the_link_side_no_camera() -> None:
    capture, link = Unit("capture"), Unit("link")
    assert capture.one("PrivateNetwork") == "yes"
    assert capture.one("IPAddressDeny") == "any"
    assert not capture.all("IPAddressAllow")
    assert capture.one("RestrictAddressFamilies") == "AF_UNIX"
    assert link.one("IPAddressDeny") == "any"
    for unit in (capture, link):
        assert unit.one("DevicePolicy") == "closed"
    assert {value.split()[0] for value in link.all("DeviceAllow")} == {"char-gpiochip", "char-alsa"}
    assert "-/var/lib/latchkey/vault" in hidden(link)
    assert "-/var/lib/latchkey/state" in hidden(capture)
    assert not capture.all("LoadCredential")


def test_the_capture_side_sees_no_socket_of_other_services() -> None:
    """A network of its own keeps no process from sockets that lie in a folder."""
    capture = Unit("capture")
    assert capture.one("TemporaryFileSystem") == "/run:ro"
    assert capture.one("BindPaths") == f"/run/{capture.one('RuntimeDirectory')}"
    assert capture.one("BindReadOnlyPaths").split() == ["-/run/udev", "/run/systemd/notify"]
    socket = capture.one("ExecStart").split("--socket ")[1].split()[0]
    assert socket.startswith(capture.one("BindPaths"))


def test_the_link_side_reaches_names_and_no_bus() -> None:
    link = Unit("link")
    assert "-/run/dbus" in hidden(link)
    kept = ("/run/systemd/resolve", "/run/avahi-daemon", "/run/nscd", "/run/NetworkManager", "/run/latchkey")
    for path in (*kept, "/run/systemd/notify", "/run/credentials"):
        assert not any(path.startswith(each.lstrip("-")) for each in hidden(link))


def test_neither_side_reads_the_boot_partition(side: str) -> None:
    """It may hold the Wi-Fi password, and its files are readable by everybody."""
    assert "-/boot" in hidden(Unit(side))


def test_a_doorbell_is_started_again_for_ever(side: str) -> None:
    unit = Unit(side)
    assert unit.one("Restart") == "always"
    assert "\nStartLimitIntervalSec=0\n" in unit.text.split("\n[Service]\n")[0]
    assert (unit.one("Type"), unit.one("WatchdogSec")) == ("notify", "30")


def test_each_side_lasts_in_a_folder_of_its_own() -> None:
    folders = [Unit(side).one("StateDirectory") for side in SIDES]
    assert folders == ["latchkey/vault", "latchkey/state"]
    assert {Unit(side).one("StateDirectoryMode") for side in SIDES} == {"0700"}


def test_the_program_takes_the_command_of_a_unit(
    side: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As far as it can without the users and settings of a doorbell."""
    program, *words = Unit(side).one("ExecStart").split()
    assert program.endswith("/bin/latchkey")
    peer = words.index("--peer")
    assert words[peer + 1] == f"latchkey-{SIDES[1 - SIDES.index(side)]}"
    assert main([*words[:peer], "--peer", "root"]) == 3
    assert "/etc/latchkey/door.toml: No such file" in capsys.readouterr().err


def test_every_user_and_group_of_the_units_is_made() -> None:
    made = (UNITS / "latchkey-sysusers.conf").read_text()
    names = {line.split()[1] for line in made.splitlines() if line[:1] in "ug" and line.strip()}
    assert {Unit(side).one("User") for side in SIDES} < names
    assert {Unit(side).one("Group") for side in SIDES} < names
    members = re.findall(r"^m\s+(\S+)\s+(\S+)$", made, re.MULTILINE)
    assert ("latchkey-capture", "video") in members
    assert ("latchkey-link", "video") not in members
    known = names | {group.gr_name for group in grp.getgrall()}
    assert {group for _, group in members} <= known | {"render"}
