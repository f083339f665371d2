"""The units beside the two sides: sound, on the same settings file, and settled in the right order."""

import re
import shutil
import subprocess
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from latchkey.cli import main

UNITS = files("latchkey_pi") / "units"
NAMES = ("latchkey-update-start", "latchkey-update-settle", "latchkey-pairing")


def text(name: str) -> str:
    return (UNITS / f"{name}.service").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_systemd_has_nothing_to_say_against_them(
    name: str, absent: Callable[[str, str], None], tmp_path: Path
) -> None:
    program = shutil.which("systemd-analyze") or ""
    if not program:
        absent("systemd", "systemd-analyze is not installed")
    for each in (*NAMES, "latchkey-capture", "latchkey-link"):
        unit = re.sub(r"(/opt/latchkey\S*/latchkey|/usr/local/sbin/latchkey-pair)", "/bin/true", text(each))
        (tmp_path / f"{each}.service").write_text(unit)
    command = [program, "verify", "--man=no", str(tmp_path / f"{name}.service")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", NAMES)
def test_all_speak_of_one_settings_file(name: str) -> None:
    condition = re.search(r"^ConditionPathExists=(/\S+)$", text("latchkey-link"), re.MULTILINE)
    assert condition is not None
    assert f"ConditionPathExists={condition[1]}\n" in text(name)


@pytest.mark.parametrize("name", NAMES[:2])
def test_the_program_takes_the_command_of_an_update_unit(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = re.search(r"^ExecStart=(\S+) (.*)$", text(name), re.MULTILINE)
    assert program is not None
    assert program[1] == "/opt/latchkey/good/bin/latchkey"
    words = program[2].split()
    settings = tmp_path / "door.toml"
    settings.write_text(f'schema = 1\n[update]\nfolder = "{tmp_path}"\n')
    words[words.index("--config") + 1] = str(settings)
    assert main(words) == 0, capsys.readouterr().err


def test_a_release_on_trial_is_counted_before_the_sides_start() -> None:
    assert "Before=latchkey-capture.service latchkey-link.service\n" in text("latchkey-update-start")
    assert "After=latchkey-capture.service latchkey-link.service\n" in text("latchkey-update-settle")


def test_pairing_is_offered_only_while_there_is_no_owner() -> None:
    assert "ConditionPathExists=!/var/lib/latchkey/vault/keys/owner.pub\n" in text("latchkey-pairing")


def test_pairing_runs_as_the_user_whose_vault_it_is_and_starts_that_side_again() -> None:
    script = (UNITS / "latchkey-pair.sh").read_text()
    user = re.search(r"^User=(\S+)$", text("latchkey-capture"), re.MULTILINE)
    assert user is not None
    assert f"runuser -u {user[1]} " in script
    assert script.index("trap 'systemctl start") < script.index("systemctl stop")
