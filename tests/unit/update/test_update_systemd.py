"""How a release is, as systemd tells: with a `systemctl` that says what a test wants."""

from pathlib import Path

import pytest

from latchkey.adapters.updates.systemd import SystemdHealth

UNITS = ("latchkey-capture.service", "latchkey-link.service")
SYSTEMCTL = """\
#!/bin/sh
echo "$@" >> {folder}/asked
[ "$1" = show ] && {{ cat "{folder}/$4"; exit; }}
[ -e {folder}/fails ] && {{ echo "Job for $2 failed." >&2; [ "$1" = restart ] && exit 1; }}
exit 0
"""


class Systemd:
    """A stand-in for systemctl, first on the PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "systemctl"
        program.write_text(SYSTEMCTL.format(folder=folder))
        program.chmod(0o755)
        for unit in UNITS:
            self.set(unit, "active", 0)

    def set(self, unit: str, state: str, restarts: int) -> None:
        (self.folder / unit).write_text(f"ActiveState={state}\nNRestarts={restarts}\n")

    @property
    def asked(self) -> list[str]:
        return (self.folder / "asked").read_text().splitlines()


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Systemd:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return Systemd(tmp_path)


@pytest.fixture
def health(systemd: Systemd) -> SystemdHealth:
    return SystemdHealth(systemd.folder, systemd.folder / "door.toml", UNITS)


def test_units_that_are_active_are_well(systemd: Systemd, health: SystemdHealth) -> None:
    assert health.watches
    assert health.restart() == ""
    assert (health.look(), health.look()) == ("", "")
    assert systemd.asked[:2] == [f"reset-failed {' '.join(UNITS)}", f"restart {' '.join(UNITS)}"]


@pytest.mark.parametrize("state", ["failed", "activating", "inactive", "deactivating"])
def test_a_unit_in_any_other_state_is_not(systemd: Systemd, health: SystemdHealth, state: str) -> None:
    health.restart()
    systemd.set(UNITS[1], state, 0)
    assert health.look() == f"{UNITS[1]} is {state}"


def test_a_unit_that_systemd_had_to_start_again_is_not(systemd: Systemd, health: SystemdHealth) -> None:
    """It crashed, or no longer answered its watchdog, however active it is now."""
    health.restart()
    systemd.set(UNITS[0], "active", 3)
    assert health.look() == "", "it may have been so before"
    systemd.set(UNITS[0], "active", 4)
    assert health.look() == f"{UNITS[0]} had to be started again"


def test_a_restart_that_fails_says_why(systemd: Systemd, health: SystemdHealth) -> None:
    (systemd.folder / "fails").touch()
    assert "failed" in health.restart()


def test_without_systemctl_nothing_is_well(health: SystemdHealth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert health.restart() == "it cannot be run: No such file or directory"
    assert health.look() == f"{UNITS[0]} is not known"


def test_a_release_without_a_program_fails_its_rehearsal(health: SystemdHealth) -> None:
    assert health.rehearse(7) == "its `latchkey check` says: it cannot be run: No such file or directory"
