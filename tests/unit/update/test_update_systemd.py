"""How a release is, as systemd tells: with a `systemctl` and a `systemd-run` that do what a test wants."""

from pathlib import Path

import pytest

from latchkey.adapters.updates.systemd import SystemdHealth
from latchkey.errors import NotAsked

UNITS = ("latchkey-capture.service", "latchkey-link.service")
SYSTEMCTL = """\
#!/bin/sh
echo "$@" >> {folder}/asked
[ "$1" = show ] && {{ cat "{folder}/$4"; exit; }}
[ -e {folder}/fails ] && {{ echo "Job for $2 failed." >&2; [ "$1" = restart ] && exit 1; }}
[ "$1" = restart ] && [ -e {folder}/crashes ] && cp {folder}/crashes "{folder}/latchkey-capture.service"
exit 0
"""
SYSTEMD_RUN = """\
#!/bin/sh
while [ "$1" != -- ]; do echo "$1" >> {folder}/confined; shift; done
shift
exec "$@"
"""


class Systemd:
    """A stand-in for systemctl, first on the PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in (("systemctl", SYSTEMCTL), ("systemd-run", SYSTEMD_RUN)):
            (folder / name).write_text(text.format(folder=folder))
            (folder / name).chmod(0o755)
        for unit in UNITS:
            self.set(unit, "active", 0)

    def set(self, unit: str, state: str, restarts: int) -> None:
        (self.folder / unit).write_text(f"ActiveState={state}\nNRestarts={restarts}\n")

    def install(self, number: int, check: str) -> None:
        """Put a release there, whose program is this shell script."""
        program = self.folder / "releases" / str(number) / "bin" / "latchkey"
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\n{check}\n")
        program.chmod(0o755)

    @property
    def asked(self) -> list[str]:
        return (self.folder / "asked").read_text().splitlines()


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Systemd:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return Systemd(tmp_path)


@pytest.fixture
def health(systemd: Systemd) -> SystemdHealth:
    return SystemdHealth(systemd.folder, systemd.folder / "door.toml", UNITS, is_root=False)


def test_units_that_are_active_are_well(systemd: Systemd, health: SystemdHealth) -> None:
    assert health.watches
    assert health.restart() == ""
    assert (health.look(), health.look()) == ("", "")
    done = [line for line in systemd.asked if not line.startswith("show")]
    assert done == [f"reset-failed {' '.join(UNITS)}", f"restart {' '.join(UNITS)}"]


@pytest.mark.parametrize("state", ["failed", "activating", "inactive", "deactivating"])
def test_a_unit_in_any_other_state_is_not(systemd: Systemd, health: SystemdHealth, state: str) -> None:
    health.restart()
    systemd.set(UNITS[1], state, 0)
    assert health.look() == f"{UNITS[1]} is {state}"


def test_a_unit_that_systemd_had_to_start_again_is_not(systemd: Systemd, health: SystemdHealth) -> None:
    """It crashed, or no longer answered its watchdog, however active it is now."""
    systemd.set(UNITS[0], "active", 3)
    health.restart()
    assert health.look() == "", "it was so before"
    systemd.set(UNITS[0], "active", 4)
    assert health.look() == f"{UNITS[0]} had to be started again"


def test_a_unit_that_crashed_while_the_others_were_still_starting_is_not(
    systemd: Systemd, health: SystemdHealth
) -> None:
    (systemd.folder / "crashes").write_text("ActiveState=active\nNRestarts=1\n")
    health.restart()
    assert health.look() == f"{UNITS[0]} had to be started again"


def test_a_count_that_systemd_sets_back_is_counted_from_there(
    systemd: Systemd, health: SystemdHealth
) -> None:
    systemd.set(UNITS[0], "active", 3)
    health.restart()
    systemd.set(UNITS[0], "active", 0)
    assert health.look() == ""
    systemd.set(UNITS[0], "active", 1)
    assert health.look() == f"{UNITS[0]} had to be started again"


def test_a_restart_that_fails_says_why(systemd: Systemd, health: SystemdHealth) -> None:
    (systemd.folder / "fails").touch()
    assert "failed" in health.restart()


def test_without_systemctl_nobody_can_say_how_it_is(
    health: SystemdHealth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    for question in (health.restart, health.look):
        with pytest.raises(NotAsked, match="systemctl cannot be run: No such file or directory"):
            question()


def test_a_unit_that_systemd_says_nothing_of_was_not_asked(systemd: Systemd, health: SystemdHealth) -> None:
    health.restart()
    (systemd.folder / UNITS[1]).write_text("")
    with pytest.raises(NotAsked, match=UNITS[1]):
        health.look()


def test_a_release_that_finds_the_settings_good_passes(systemd: Systemd, health: SystemdHealth) -> None:
    systemd.install(7, f'[ "$*" = "check {systemd.folder}/door.toml" ]')
    assert health.rehearse(7) == ""


def test_a_release_that_finds_them_bad_says_so(systemd: Systemd, health: SystemdHealth) -> None:
    systemd.install(7, 'echo "latchkey: error: unknown key" >&2; exit 3')
    assert health.rehearse(7) == "its `latchkey check` says: unknown key"


@pytest.mark.parametrize(
    "check",
    [
        "kill -9 $$",
        'echo "MemoryError" >&2; exit 1',
        'echo "latchkey: error: Cannot allocate memory" >&2; exit 1',
        'echo "latchkey: error: clips: Input/output error" >&2; exit 7',
        "exit 226",
    ],
    ids=["killed", "short of memory", "system error", "card error", "not confined"],
)
def test_a_release_that_gave_no_answer_was_not_asked(
    systemd: Systemd, health: SystemdHealth, check: str
) -> None:
    systemd.install(7, check)
    with pytest.raises(NotAsked, match="gave no answer"):
        health.rehearse(7)


def test_a_release_that_cannot_be_started_was_not_asked(health: SystemdHealth) -> None:
    with pytest.raises(NotAsked, match="latchkey cannot be run: No such file or directory"):
        health.rehearse(7)


def test_root_lets_a_release_speak_that_can_write_nothing_and_reach_nobody(systemd: Systemd) -> None:
    systemd.install(7, 'echo "latchkey: error: unknown key" >&2; exit 3')
    health = SystemdHealth(systemd.folder, systemd.folder / "door.toml", UNITS, is_root=True)
    assert health.rehearse(7) == "its `latchkey check` says: unknown key"
    confined = (systemd.folder / "confined").read_text().splitlines()
    for line in (
        "DynamicUser=yes",
        "ProtectSystem=strict",
        "PrivateNetwork=yes",
        "DevicePolicy=closed",
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=CAP_DAC_READ_SEARCH",
    ):
        assert f"--property={line}" in confined
    assert {"--wait", "--pipe"} <= set(confined)


def test_root_asks_nothing_of_a_release_where_it_cannot_be_confined(systemd: Systemd) -> None:
    systemd.install(7, f"touch {systemd.folder}/ran")
    (systemd.folder / "systemd-run").write_text("#!/bin/sh\nexit 1\n")
    health = SystemdHealth(systemd.folder, systemd.folder / "door.toml", UNITS, is_root=True)
    with pytest.raises(NotAsked):
        health.rehearse(7)
    assert not (systemd.folder / "ran").exists()
