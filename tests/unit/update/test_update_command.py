"""`latchkey update` on a real folder, with real environments whose programs really run."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from latchkey.adapters.slotdisk import FolderSlotDisk
from latchkey.cli import main
from latchkey.cli.update import this_interpreter
from latchkey.errors import EXIT_SETTINGS, EXIT_UPDATE_REFUSED, EXIT_UPDATE_UNHEALTHY, EXIT_VAULT
from latchkey.update import Records
from latchkey_sim.household import write_book
from latchkey_sim.updates.tinywheels import tiny_latchkey

if TYPE_CHECKING:
    from latchkey_release.desk import World

SETTINGS = """\
schema = 1
[camera]
board = "sim"
source = "1"
[owner]
book = "book.json"
[update]
folder = "opt"
"""


class Home:
    """A device in a folder, and the publisher whom it trusts."""

    def __init__(self, folder: Path, world: "World", desk: ModuleType) -> None:
        self.folder, self.opt = folder, folder / "opt"
        self.settings = folder / "door.toml"
        self.world, self._desk = world, desk
        world.now = datetime.now(UTC)
        world.repository = desk.Repository.new(world.keys, desk.THRESHOLDS, world.now)
        world.origin.files = world.repository.files
        write_book(folder, time.time_ns())
        (folder / "root.json").write_bytes(world.repository.pinned)
        self.settings.write_text(f'{SETTINGS}url = "{world.origin.url}"\nroot = "root.json"\n')
        (self.opt / "releases" / "0").mkdir(parents=True)
        for name in ("current", "good"):
            (self.opt / name).symlink_to("releases/0")

    def publish(self, number: int, check_says: str = "") -> None:
        """Offer a release for the machine that the tests run on."""
        version = f"0.{number}.0"
        wheels = {
            f"latchkey-{version}-py3-none-any.whl": tiny_latchkey(version, check_says=check_says),
            "helper-1.0-py3-none-any.whl": self._desk.HELPER,
        }
        release = self._desk.described(version, number, wheels, self.world.now)
        release.builds[this_interpreter().build] = release.builds.pop(self._desk.BUILD)
        blobs = [self._desk.Blob(f"wheels/{name}", data) for name, data in wheels.items()]
        self.world.repository.publish(release, blobs, self.world.keys, self.world.now)

    def update(self, *words: str) -> int:
        """Run the command."""
        return main(["update", *words, "--config", str(self.settings)])

    def says(self) -> str:
        """Run the program that `current` leads to."""
        program = [str(self.opt / "current" / "bin" / "latchkey")]
        return subprocess.run(program, capture_output=True, text=True, check=True).stdout.strip()

    def status(self, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
        capsys.readouterr()
        assert self.update("status", "--json") == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found


@pytest.fixture
def home(tmp_path: Path, world: "World", desk: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Give a device; where root runs the tests, what is to be confined runs as it is."""
    confine = tmp_path / "tools" / "systemd-run"
    confine.parent.mkdir()
    confine.write_text('#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n')
    confine.chmod(0o755)
    monkeypatch.setenv("PATH", f"{confine.parent}:{os.environ['PATH']}")
    return Home(tmp_path, world, desk)


@pytest.mark.slow
def test_an_update_makes_an_environment_whose_program_runs(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    home.publish(1)
    assert home.update("look") == 0
    assert "release 1 (0.1.0) can be installed" in capsys.readouterr().out
    assert home.update() == 0
    said = capsys.readouterr()
    assert said.out == "release 1 (0.1.0) runs\n"
    assert f"egress: system-update to 127.0.0.1:{home.world.origin.port}: " in said.err
    before = sorted(home.opt.rglob("*"))
    assert home.says() == "latchkey 0.1.0"
    assert sorted(home.opt.rglob("*")) == before, "running it writes nothing"
    home.publish(2)
    assert home.update() == 0
    assert home.says() == "latchkey 0.2.0"
    status = home.status(capsys)
    assert (status["current"], status["good"], status["on_trial"]) == (2, 2, None)
    assert sorted(path.name for path in (home.opt / "releases").iterdir()) == ["1", "2"]
    assert home.update() == 0
    assert "is the newest, and runs here" in capsys.readouterr().out


@pytest.mark.slow
def test_a_release_whose_check_fails_never_becomes_current(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    home.publish(1, check_says="camera.board: there is no board webcam")
    assert home.update() == EXIT_UPDATE_UNHEALTHY
    said = capsys.readouterr().err
    assert "its `latchkey check` says: camera.board: there is no board webcam" in said
    assert (home.opt / "current").readlink() == Path("releases/0")
    assert home.status(capsys)["refused"] == [1]
    assert home.update() == EXIT_UPDATE_REFUSED
    assert "update --again" in capsys.readouterr().err
    assert home.update("--again") == EXIT_UPDATE_UNHEALTHY


@pytest.mark.parametrize(
    ("lines", "code", "said"),
    [
        ("", EXIT_SETTINGS, "no repository of releases is named"),
        ('url = "https://127.0.0.1:9"', EXIT_SETTINGS, "update.root is missing"),
        ('url = "ftp://x"\nroot = "root.json"', EXIT_SETTINGS, "not an https or http address"),
        ('url = "https://a:b@x/"\nroot = "root.json"', EXIT_SETTINGS, "not an https or http address"),
        ('url = "https://x"\nroot = "nothing.json"', EXIT_SETTINGS, "No such file"),
        ('units = "latchkey; reboot"', EXIT_SETTINGS, "is not the name of a service"),
        ('url = "http://127.0.0.1:9/"\nroot = "book.json"', EXIT_UPDATE_REFUSED, "cannot be trusted"),
        ('url = "http://127.0.0.1:9/"\nroot = "root.json"', 8, "Connection refused"),
    ],
)
def test_each_trouble_is_one_line_with_its_code(
    home: Home, capsys: pytest.CaptureFixture[str], lines: str, code: int, said: str
) -> None:
    home.settings.write_text(f"{SETTINGS}{lines}\n")
    assert home.update() == code
    errors = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert len(errors) == 1
    assert said in errors[0]


def test_without_settings_for_it_nothing_is_connected_to(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """The private default: who names no repository is never told of, nor tells anybody."""
    home.settings.write_text(SETTINGS)
    for action in ("look", "install"):
        assert home.update(action) == EXIT_SETTINGS
    assert "egress" not in capsys.readouterr().err
    assert home.world.origin.asked == []


def test_two_updates_at_a_time_are_one_too_many(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.publish(1)
    other = FolderSlotDisk(home.opt)
    other.claim()
    assert home.update() == EXIT_VAULT
    assert "another latchkey uses" in capsys.readouterr().err


def test_what_another_update_noted_until_it_ended_is_known(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs until this one can claim the folder: what was read before that would be old."""
    home.publish(1)
    claim = FolderSlotDisk.claim

    def after_another(disk: FolderSlotDisk) -> None:
        Records(FolderSlotDisk(home.opt)).refuse(1)
        claim(disk)

    monkeypatch.setattr(FolderSlotDisk, "claim", after_another)
    assert home.update() == EXIT_UPDATE_REFUSED


def test_a_trial_that_was_interrupted_is_settled(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert home.update("settle") == 0
    assert "no release is on trial" in capsys.readouterr().out
    (home.opt / "releases" / "5").mkdir()
    (home.opt / "current").unlink()
    (home.opt / "current").symlink_to("releases/5")
    assert home.update("settle", "--before-start") == 0
    assert (home.opt / "current").readlink() == Path("releases/0")
    assert home.status(capsys)["refused"] == [5]


def test_without_tuf_it_says_what_is_missing(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "latchkey.adapters.updates.repository", raising=False)
    monkeypatch.setitem(sys.modules, "tuf", None)
    for name in [name for name in sys.modules if name.startswith("tuf.")]:
        monkeypatch.setitem(sys.modules, name, None)
    assert home.update() == EXIT_SETTINGS
    said = capsys.readouterr().err
    assert "pip install 'latchkey[update]'" in said


def test_the_interpreter_is_one_that_runs(tmp_path: Path, need: Callable[[str], str]) -> None:
    found = this_interpreter()
    code = "import sys; print('.'.join(map(str, sys.version_info[:3])), sys.prefix == sys.base_prefix)"
    done = subprocess.run([found.program, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [found.version, "True"]


@pytest.mark.slow
def test_a_module_is_loaded_in_its_compiled_form_which_is_part_of_the_slot(home: Home) -> None:
    home.publish(1)
    assert home.update() == 0
    packages = home.opt / "releases/1" / this_interpreter().packages
    (packages / "helper/__init__.py").write_text("raise SystemExit('compiled anew')")
    code = "import helper; print(helper.READY, helper.__file__)"
    python = [str(home.opt / "releases/1/bin/python3"), "-IB", "-c", code]
    said = subprocess.run(python, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["True", str(packages / "helper/__init__.py")]
