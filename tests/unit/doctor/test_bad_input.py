"""What a hobbyist's doorbell meets: for each, what the light shows, what MQTT says, what the doctor finds,
and that nothing is lost on the way back.

Light and MQTT are those of the real device code on a simulated desk; a Raspberry Pi is a folder; its first
boot is the real one on a Pi that pretends. What needs a board is said where it is left out.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from latchkey import wire
from latchkey.adapters.slotdisk import FolderSlotDisk
from latchkey.adapters.updates.systemd import SystemdHealth
from latchkey.errors import DiskError, SettingsError
from latchkey.settings import RecordingSettings, Settings, VaultSettings
from latchkey.units import MIB, NS_PER_S, utc_day
from latchkey.update import Course, Records, Slots, Verdict
from latchkey_card.answers import Answers, settings_text
from latchkey_card.cloud import wrong_user_data
from latchkey_card.desk import DeskPi, PowerCut
from latchkey_pi.doctor.catalogue import KINDS
from latchkey_pi.doctor.examine import examine
from latchkey_pi.doctor.machine import Machine
from latchkey_pi.doctor.rules import judge
from latchkey_pi.firstboot import FINDINGS, Failed
from latchkey_pi.firstboot.card import Card
from latchkey_pi.firstboot.show import Show
from latchkey_pi.pins import GpioPins
from latchkey_sim.benchpi.folder import FolderPi, units
from latchkey_sim.clock import VirtualClock
from latchkey_sim.desk import DEVICE_ID, START_WALL_NS, Desk, desk
from latchkey_sim.disk import MemoryDisk
from latchkey_sim.household import one_key_book
from latchkey_sim.splitdesk import SplitDesk
from latchkey_sim.street import heard, street

SHORT = RecordingSettings(pre_roll_s=2.0, post_roll_s=3.0, longest_clip_s=60.0, threads=1)
VISITS = ((6.0, 8.0), (40.0, 42.0), (90.0, 92.0))
RINGS_NS = [7 * NS_PER_S, 41 * NS_PER_S, 91 * NS_PER_S]
CALM_NS, TROUBLE_NS = 30 * NS_PER_S, 60 * NS_PER_S
"""One visit is over then; the second came into the trouble; the third comes after it."""

HARDWARE = Path(__file__).resolve().parents[3] / "hardware"
HERE = {"library-camera", "not-known"}
"""True of a developer's computer, whatever is tried."""

pytestmark = pytest.mark.slow


@dataclass
class Seen:
    """What was shown while it was wrong: `light` as the catalogue calls it, `told` by MQTT, `found` by us."""

    light: str
    told: set[str]
    found: set[str]


def found_on(root: Path, pi: FolderPi | None = None, file: Path | None = None) -> set[str]:
    """Give the ids of what the doctor finds on a machine."""
    machine = Machine(root, pi.run, pi.now) if pi else Machine(root, lambda _words: None, lambda: 1.9e9)
    return {one.kind.id for one in judge(examine(machine, file or (pi.file if pi else None), None)).findings}


def at_the_door(**more: Any) -> Desk:
    """Give a doorbell to which somebody comes three times."""
    settings = Settings(recording=SHORT, vault=VaultSettings(spare_mib=8, max_mib=16))
    return desk(street(100, VISITS), settings, rings_ns=RINGS_NS, **more)


def seen_at(home: Desk, pi: FolderPi) -> Seen:
    """Give what a device on the desk shows; the Pi's services say of themselves what it says."""
    state, health = home.lamp.shown[-1][1], heard(home, "health/state")[-1]
    light = home.lamp.trouble if state == "trouble" else state if state == "closed" else "same"
    told = {f"{name} = {value}" for name, value in health.items()} | {f"boot = {health['boot'][:4]}"}
    pi.systemctl = units(f"{home.device.capture.status}; the link side is there")
    return Seen(light, told, found_on(pi.root, pi))


def goes_on(home: Desk, clips: int) -> None:
    """See that the third visit is recorded, what was there still is, and every press was told, once."""
    home.run_until_ended(300 * NS_PER_S)
    assert [entry.state for entry in home.index.entries()] == ["whole"] * clips
    rings = [ring["event_type"] for ring in heard(home, "event/doorbell")]
    assert rings == ["ring"] * 3
    health = heard(home, "health/state")[-1]
    assert (health["camera"], health["disk"], home.lamp.trouble) == ("ok", "ok", "")


def _camera_is_lost(pi: FolderPi) -> Seen:
    home = at_the_door()
    home.run_until(CALM_NS)
    home.camera.lose()
    home.run_until(TROUBLE_NS)
    seen = seen_at(home, pi)
    home.camera.find()
    goes_on(home, clips=3)  # a press without a camera has a clip of what there was before it
    return seen


def no_camera(pi: FolderPi) -> Seen:
    pi.drop("sys/bus/i2c/devices/10-001a/name")
    return _camera_is_lost(pi)


def wrong_ribbon(pi: FolderPi) -> Seen:
    """That a ribbon which is in upside down shows like this was not tried on a board."""
    pi.drop("sys/bus/i2c/devices/10-001a/driver/bound")
    (pi.root / "sys/bus/i2c/devices/10-001a/driver").rmdir()
    return _camera_is_lost(pi)


def missing_gpio_library(pi: FolderPi) -> Seen:
    """Neither side starts, and systemd tries for ever. The light is dark: nobody drives its pin."""
    with pytest.raises(SettingsError) as caught:
        GpioPins()
    assert "apt install python3-gpiozero" in str(caught.value.hint)
    assert "Restart=always" in (files("latchkey_pi") / "units" / "latchkey-link.service").read_text()
    home = SplitDesk(street(60), Settings(recording=SHORT))
    home.start_capture()
    home.start_link()
    home.run(5)
    home.crash_link()
    home.broker.run_due()
    home.run(1)
    told = {str(home.broker.retained(wire.topic_name(DEVICE_ID, wire.STATUS)) or b"", "ascii")}
    home.start_link()
    home.run(5)
    assert home.heard(wire.HEALTH)[-1]["camera"] == "ok"
    return Seen("dark", told, found_on(pi.root, pi))


def capture_process_dead(pi: FolderPi) -> Seen:
    """The light is dark: a line that nobody drives any more falls back. Not tried on a board."""
    home = SplitDesk(street(60), Settings(recording=SHORT))
    home.start_capture()
    home.start_link()
    home.run(5)
    home.crash_capture()
    home.bell.press()
    home.run(10)
    health = home.heard(wire.HEALTH)[-1]
    assert [ring["event_type"] for ring in home.heard(wire.DOORBELL)] == ["ring"]
    pi.systemctl = units(active="failed", sub="failed")
    found = found_on(pi.root, pi)
    home.start_capture()
    home.run(5)
    assert home.heard(wire.HEALTH)[-1]["camera"] == "ok"
    return Seen("dark", {f"camera = {health['camera']}"}, found)


def card_full(pi: FolderPi) -> Seen:
    home = at_the_door(vault=MemoryDisk(MIB // 2))
    home.run_until(TROUBLE_NS)
    pi.settings(vault="spare_mib = 1000000")
    seen = seen_at(home, pi)
    home.vault.limit_bytes = 100 * MIB
    goes_on(home, clips=1)
    return seen


def _disk_fails(pi: FolderPi, why: str) -> Seen:
    home = at_the_door()
    home.run_until(CALM_NS)
    before = {name: bytes(data) for name, data in home.vault.files.items()}
    home.vault.break_writes(DiskError(f"cannot create it: {why}"))
    home.run_until(TROUBLE_NS)
    assert before.items() <= {name: bytes(data) for name, data in home.vault.files.items()}.items()
    seen = seen_at(home, pi)
    home.vault.mend()
    goes_on(home, clips=2)
    return seen


def card_read_only(pi: FolderPi) -> Seen:
    """The kernel's own word is not to be had without one; what the doorbell says of itself is."""
    return _disk_fails(pi, "Read-only file system")


def card_removed(pi: FolderPi) -> Seen:
    """A program whose own file is gone with the card may be ended by the kernel: not tried on a board."""
    pi.drop("sys/dev/block/179:2/size")
    (pi.root / "sys/dev/block/179:2").rmdir()
    return _disk_fails(pi, "Input/output error")


def clock_at_1970(pi: FolderPi) -> Seen:
    """Clips go to a holding key, and keep no day; the light has nothing to tell, for all is recorded."""
    book = one_key_book(utc_day(START_WALL_NS), holding=8)
    home = at_the_door(book=book, start_wall_ns=3600 * NS_PER_S)
    home.run_until(TROUBLE_NS)
    pi.now_s = 3600.0
    seen = seen_at(home, pi)
    home.run_until_ended(300 * NS_PER_S)
    assert [entry.state for entry in home.index.entries()] == ["whole"] * 3
    return seen


DOOR: dict[str, tuple[Callable[[FolderPi], Seen], str]] = {
    "no camera": (no_camera, "camera-none"),
    "wrong ribbon": (wrong_ribbon, "camera-silent"),
    "missing GPIO library": (missing_gpio_library, "library-gpio"),
    "SD card full": (card_full, "folder-full"),
    "SD card read-only": (card_read_only, "folder-failed"),
    "SD card removed": (card_removed, "card-gone"),
    "clock at 1970": (clock_at_1970, "clock-wrong"),
    "capture process dead while the link lives": (capture_process_dead, "capture-down"),
}


@pytest.mark.parametrize("name", DOOR)
def test_what_goes_wrong_at_the_door_is_shown_told_found_and_undone(name: str, tmp_path: Path) -> None:
    happen, expected = DOOR[name]
    seen = happen(FolderPi(tmp_path))
    kind = KINDS[expected]
    assert expected in seen.found
    assert seen.light == kind.light
    assert kind.told in seen.told
    assert seen.found - HERE - ({"library-gpio"} - {expected}) <= {expected, "folder-failed"}


@pytest.fixture
def new(tmp_path: Path) -> DeskPi:
    """Give a Pi that pretends, with a new card in it."""
    pi = DeskPi(tmp_path)
    wheel = {"wheels/latchkey-0.1.0-py3-none-any.whl": b"ours", "pins.txt": b"latchkey==0.1.0\n"}
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in wheel.items()}
    settings = settings_text(Answers("book.json", mqtt_host="broker")).encode()
    card = {
        "card.json": Card(1_700_000_000, False, hashes).encode(),
        "door.toml": settings,
        "book.json": b"{}",
    }
    for name, data in (wheel | card).items():
        path = pi.boot / "latchkey" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (pi.boot / "user-data").write_text("#cloud-config\n")
    return pi


def waits(pi: DeskPi, code: str) -> None:
    """See that the first boot waits, and that light, state file and doctor say so. MQTT is not up yet."""
    assert pi.boot_up() == 1
    assert (pi.state.state, pi.state.finding) == ("waiting", code)
    assert "first-boot-waiting" in found_on(pi.root)
    assert KINDS["first-boot-waiting"].light == "setup"
    pi.light.clear()
    Show(pi).flash(Failed(code, ""), 0)
    assert pi.light.count("1") == FINDINGS[code].flashes


def is_done(pi: DeskPi) -> None:
    assert pi.boot_up() == 0
    assert pi.state.state == "done"
    assert not found_on(pi.root) & {"first-boot-waiting", "first-boot-working"}


def test_no_network_at_first_boot_waits_and_goes_on(new: DeskPi) -> None:
    new.online(yes=False)
    waits(new, "no-network")
    new.online(yes=True)
    is_done(new)


def test_wrong_settings_or_damaged_files_on_the_card_wait_for_better_ones(new: DeskPi) -> None:
    wheel = new.boot / "latchkey" / "wheels" / "latchkey-0.1.0-py3-none-any.whl"
    wheel.write_bytes(b"half")
    waits(new, "files-damaged")
    wheel.write_bytes(b"ours")
    is_done(new)


@pytest.mark.parametrize("code", FINDINGS)
def test_whatever_the_first_boot_waits_for_is_found_with_its_own_way_out(new: DeskPi, code: str) -> None:
    Show(new).waiting("settings", Failed(code, "this is why"), 1)
    machine = Machine(new.root, lambda _words: None, lambda: 1.9e9)
    (found,) = [one for one in judge(examine(machine, None, None)).findings if one.area == "first-boot"]
    assert found.line == "the first boot waits at settings: this is why"
    assert found.fix == f"{FINDINGS[code].fix}; it tries again by itself"


def test_wrong_user_data_starts_nothing_and_the_card_can_be_judged_before() -> None:
    """cloud-init then starts nothing of ours: the Pi's light flickers with the card, and nobody tells more.

    `make pi-card CHECK=` finds it before, and hardware/FLASH.md sends people there.
    """
    assert "flickers now and then, from the beginning" in (HARDWARE / "FLASH.md").read_text("utf-8")
    assert wrong_user_data(b"#cloud-config\nbotcmd: []\n") != []
    assert wrong_user_data(b"no cloud-config at all\n") != []


@pytest.mark.parametrize("cut_at", [3, 9, 20, 40])
def test_a_power_cut_during_first_boot_is_gone_on_from(new: DeskPi, cut_at: int) -> None:
    with pytest.raises(PowerCut):
        new.boot_up(cut_at=cut_at)
    assert found_on(new.root) & {"first-boot-working", "settings-missing"}
    is_done(new)


def test_a_power_cut_during_an_update_is_told_and_settled(tmp_path: Path) -> None:
    """Each cut of the trial itself is tried in tests/unit/update; here what the doctor makes of one."""
    pi = FolderPi(tmp_path)
    for number in (0, 7):
        pi_program = tmp_path / "opt" / "releases" / str(number) / "bin" / "latchkey"
        pi_program.parent.mkdir(parents=True)
        pi_program.write_text("")
    (tmp_path / "opt/good").symlink_to("releases/0")
    (tmp_path / "opt/current").symlink_to("releases/7")
    assert "update-trial" in found_on(pi.root, pi)
    disk = FolderSlotDisk(tmp_path / "opt")
    slots, records = Slots(disk, str(tmp_path / "opt")), Records(disk)
    course = Course(slots, records, SystemdHealth(tmp_path / "opt", pi.file, []), VirtualClock(0), 5)
    assert course.settle(before_start=True) is Verdict.BACK
    assert slots.pointed("current") == 0
    assert "update-trial" not in found_on(pi.root, pi)
    assert "update-refused" in found_on(pi.root, pi)
