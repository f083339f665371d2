"""What is seen of a machine, judged: a Raspberry Pi as a folder, in which things go wrong one by one."""

import fcntl
import json
import os
from pathlib import Path

import pytest

from latchkey.adapters.disk import LOCK_NAME
from latchkey_pi.doctor.examine import examine
from latchkey_pi.doctor.machine import Machine, Who
from latchkey_pi.doctor.rules import Verdict, judge
from latchkey_sim.benchpi.folder import NOW_S, FolderPi, units

HERE = {"library-gpio", "library-camera"}
"""What no machine of a developer has."""


class Home(FolderPi):
    """A board as a folder, and the doctor's look at it."""

    def verdict(self) -> Verdict:
        return judge(examine(Machine(self.root, self.run, self.now), self.file, None))

    def found(self) -> dict[str, str]:
        """Give the lines of what is found, by the ids, beside what is true of this computer."""
        return {one.kind.id: one.line for one in self.verdict().findings if one.kind.id not in HERE}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_board_on_which_all_is_well_has_no_finding(home: Home) -> None:
    assert home.found() == {}
    assert {area for area, state in home.verdict().areas.items() if state == "absent"} == {
        "first-boot", "detector", "update",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("drop", "put", "expected"),
    [
        (["sys/bus/i2c/devices/10-001a/name"], {}, "camera-none"),
        (["sys/bus/i2c/devices/10-001a/driver/bound"], {}, "camera-silent"),
        (["sys/bus/i2c/devices/10-001a/name"], {"boot/firmware/config.txt": "#\n"}, "camera-not-enabled"),
        (["sys/dev/block/179:2/size"], {}, "card-gone"),
        ([], {"sys/fs/ext4/mmcblk0p2/errors_count": "2\n"}, "card-errors"),
        ([], {"proc/swaps": "h\n/var/swap file 100 7 -2\n"}, "swap-on-card"),
        (
            [],
            {"sys/block/zram0/backing_dev": "/dev/loop0\n", "sys/block/zram0/bd_stat": "12 0 12\n"},
            "swap-on-card",
        ),
        ([], {"proc/net/route": "Iface Destination\n"}, "network-none"),
        ([], {"sys/devices/platform/soc/soc:firmware/get_throttled": "50001\n"}, "power-weak"),
        ([], {"sys/class/thermal/thermal_zone0/temp": "81000\n"}, "too-hot"),
        ([], {"proc/meminfo": "MemTotal: 436000 kB\nMemAvailable: 9000 kB\n"}, "memory-short"),
        ([], {"proc/device-tree/model": "Raspberry Pi Model B Rev 2\0"}, "board-unknown"),
        ([], {"boot/firmware/config.txt": "camera_auto_detect=1\ndtoverlay=act-led,gpio=27\n"}, "pins-taken"),
        (
            [],
            {"boot/firmware/config.txt": "camera_auto_detect=1\ndtoverlay=gpio-ir,gpio_pin=17"},
            "pins-taken",
        ),
    ],
)
def test_what_the_kernel_shows_is_found(
    home: Home, drop: list[str], put: dict[str, str], expected: str
) -> None:
    for name in drop:
        home.drop(name)
        if name.endswith("driver/bound"):
            (home.root / name).parent.rmdir()
        if name.endswith("179:2/size"):
            (home.root / name).parent.rmdir()
    for name, text in put.items():
        home.put(name, text)
    assert set(home.found()) == {expected}


@pytest.mark.parametrize(
    ("systemctl", "expected"),
    [
        (units(active="failed", sub="failed"), "capture-down"),
        (units(active="activating", sub="auto-restart", restarts=4), "service-restarting"),
        (units("armed; camera lost, disk ok; x"), "camera-lost"),
        (units("recording; camera frozen, disk ok; x"), "camera-frozen"),
        (units("closed; camera closed, disk ok; x"), "shutter-closed"),
        (units("disarmed; camera ok, disk ok; x"), "disarmed"),
        (units("armed; camera ok, disk failed; x"), "folder-failed"),
        (units("armed; camera ok, disk no_keys; x"), "keys-expired"),
        (units(link="no broker: nobody answers at broker.home:1883, 3 events wait; y"), "broker-unreachable"),
        (
            units(
                link="no broker: the broker rejects the user name or password: see username and"
                " password_file in [mqtt], 0 events wait; y"
            ),
            "broker-refused",
        ),
        (None, "not-known"),
    ],
)
def test_what_the_services_say_is_found(home: Home, systemctl: str | None, expected: str) -> None:
    home.systemctl = systemctl
    assert expected in home.found()
    assert len(set(home.found()) - {expected, "capture-down", "not-known"}) == 0


def test_memory_that_the_doorbell_has_already_is_not_counted_against_it(home: Home) -> None:
    home.put("proc/meminfo", "MemTotal: 436000 kB\nMemAvailable: 140000 kB\n")
    assert home.found() == {}
    home.drop("proc/611/statm")
    assert set(home.found()) <= {"memory-tight", "memory-short"}
    assert home.found() != {}


def test_a_clock_at_1970_is_told_and_keys_are_not_judged_by_it(home: Home) -> None:
    home.now_s = 3600.0
    found = home.found()
    assert found["clock-wrong"] == "the clock says 1970-01-01, which cannot be"
    assert home.verdict().areas["keys"] == "unknown"


def test_keys_that_are_over_and_a_book_that_is_none_are_told(home: Home) -> None:
    home.now_s = NOW_S + 500 * 86_400
    assert "keys-expired" in home.found()
    home.book.write_bytes(b"{}")
    assert "keys-missing" in home.found()


def test_settings_that_cannot_be_used_hide_what_hangs_on_them_and_are_told_with_their_line(
    home: Home,
) -> None:
    home.file.write_text("schema = 1\n[camera]\nbord = 1\n")
    found = home.found()
    assert f"{home.file}:3" in found["settings-wrong"]
    areas = home.verdict().areas
    assert areas["vault"] == areas["keys"] == areas["camera"] == "unknown"
    home.file.unlink()
    assert "settings-missing" in home.found()


@pytest.mark.parametrize(
    ("pi", "expected"),
    [
        ("led_pin = 17", "pins-conflict"),
        ("bell_pin = 2", "pins-unfit"),
        ('chime = "relay"\nchime_pin = 5', "pins-unfit"),
    ],
)
def test_pins_that_cannot_be_are_told(home: Home, pi: str, expected: str) -> None:
    home.settings(pi)
    assert set(home.found()) == {expected}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("waiting", "first-boot-waiting"),
        ("working", "first-boot-working"),
        ("done", ""),
        ("odd", "not-known"),
    ],
)
def test_the_first_boot_is_told_by_its_state_file(home: Home, state: str, expected: str) -> None:
    record = {"schema": 1, "state": state, "step": "network", "finding": "no-network", "detail": "no way out"}
    home.put("run/latchkey-setup/state.json", json.dumps(record | {"fix": "plug it in", "tries": 2, "at": 5}))
    assert set(home.found()) == ({expected} if expected else set())


def test_a_folder_that_is_a_file_or_hides_behind_one_is_told(home: Home) -> None:
    (home.folder / "vault").rmdir()
    (home.folder / "vault").write_text("")
    (home.folder / "vault").chmod(0o600)
    assert home.found() == {"folder-no-folder": f"the vault {home.folder}/vault is no folder"}


def test_room_is_judged_by_the_rule_by_which_the_doorbell_records(home: Home) -> None:
    free = os.statvfs(home.folder)
    mib = free.f_bavail * free.f_frsize >> 20
    for share, expected in ((8, "folder-full"), (2, "folder-low")):
        home.settings(vault=f"spare_mib = {mib * share}")
        assert set(home.found()) == {expected}


def test_who_may_write_is_reckoned_from_owner_group_and_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    facts = tmp_path.stat()
    owner, group, other = (
        Who("owner", facts.st_uid or 1, frozenset()),
        Who("member", 4_000_001, frozenset({facts.st_gid})),
        Who("other", 4_000_001, frozenset()),
    )
    assert Who("root", 0, frozenset()).may(facts, 0b011)
    assert owner.may(facts, 0b011) or facts.st_uid == 0
    assert group.may(facts, 0b101)
    assert not group.may(facts, 0b010)
    assert not other.may(facts, 0b100)


def test_what_others_can_read_of_secrets_is_told_by_name_alone(home: Home) -> None:
    password = home.folder / "password"
    password.write_text("correct horse\n")
    password.chmod(0o644)
    home.settings(mqtt=f'host = "broker.home"\npassword_file = "{password}"')
    assert home.found() == {"secret-open": f"others on this machine can read {password}"}
    password.chmod(0o600)
    assert home.found() == {}


def test_a_doorbell_that_runs_by_hand_is_known_by_its_lock_which_is_not_touched(home: Home) -> None:
    home.systemctl = ""
    assert "not-running" in home.found()
    lock = home.folder / "vault" / LOCK_NAME
    lock.write_bytes(b"")
    inode = lock.stat().st_ino
    home.put("proc/locks", f"1: FLOCK  ADVISORY  WRITE 4711 b3:02:{inode} 0 EOF\n")
    with lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "not-running" not in home.found()


def test_nothing_is_written_where_it_looks(home: Home) -> None:
    def all_of_it() -> list[tuple[str, int, int]]:
        paths = sorted(home.folder.rglob("*"))
        return [(str(path), path.lstat().st_mtime_ns, path.lstat().st_size) for path in paths]

    before = all_of_it()
    home.verdict()
    assert all_of_it() == before
