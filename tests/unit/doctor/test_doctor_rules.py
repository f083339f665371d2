"""Every finding comes of its facts, nothing comes of health, and what is not known is never called well."""

from dataclasses import replace
from typing import Any

import pytest

from latchkey.settings import Settings
from latchkey.units import MIB
from latchkey_pi.doctor.catalogue import KINDS
from latchkey_pi.doctor.facts import (
    BrokerFact,
    CameraFact,
    CardFact,
    ClockFact,
    Denied,
    Facts,
    FirstBoot,
    FolderFact,
    KeysFact,
    MemoryFact,
    PinFact,
    PinsFact,
    Service,
    Services,
    SettingsFact,
    Unknown,
    UpdateFact,
)
from latchkey_pi.doctor.model import AREAS, Area
from latchkey_pi.doctor.report import verdict_of
from latchkey_pi.doctor.rules import RULES, judge
from latchkey_pi.pace import Heat, Throttled

STATUS = "armed; camera ok, disk ok; the link side is there"
CAPTURE = Service("latchkey-capture", "active", "running", 0, 5000.0, STATUS, "latchkey-capture")
LINK = Service("latchkey-link", "active", "running", 0, 5000.0, "connected to the broker, 0 events wait")
FOLDER = FolderFact("the vault", "/v", 900 * MIB, 64 * MIB, "latchkey-capture")
WELL = Facts(
    SettingsFact("door.toml", Settings()),
    first_boot=FirstBoot("done", "start"),
    services=Services(CAPTURE, LINK, True),
    camera=CameraFact("pi", "0", ("imx708",), (), True),
    libraries=(),
    devices=(),
    vault=FOLDER,
    state=replace(FOLDER, what="the state folder"),
    card=CardFact("/dev/mmcblk0p2"),
    clock=ClockFact(1_790_000_000, 1_780_000_000, True),
    network=True,
    broker=BrokerFact("broker.home:1883"),
    keys=KeysFact(end_day=21_000, today=20_700),
    detector="",
    memory=MemoryFact(),
    power=0,
    heat=Heat(48.0),
    pins=PinsFact(),
    update=UpdateFact("/opt/latchkey", 7),
    swap=(),
    secrets=(),
)
"""A doorbell on which all is well."""


def says(status: str) -> dict[str, Any]:
    return {"services": Services(replace(CAPTURE, status=status), LINK, True)}


def camera(**change: Any) -> dict[str, Any]:
    return {"camera": replace(CameraFact("pi", "0", (), (), True), **change)}


def vault(**change: Any) -> dict[str, Any]:
    return {"vault": replace(FOLDER, **change)}


DOWN = replace(CAPTURE, active="failed", sub="failed")
PIN = PinFact("bell_pin", 3, "it belongs to I2C", "dtparam=spi=on")
CASES: dict[str, dict[str, Any]] = {
    "settings-missing": {"settings": SettingsFact("door.toml", missing=True)},
    "settings-wrong": {
        "settings": SettingsFact("door.toml", trouble="door.toml:3: unknown key", hint="spell")
    },
    "first-boot-waiting": {"first_boot": FirstBoot("waiting", "network", "no way out", "plug a cable in")},
    "first-boot-working": {"first_boot": FirstBoot("working", "packages")},
    "not-running": {"services": Services(claimed=False)},
    "capture-down": {"services": Services(DOWN, LINK)},
    "link-down": {"services": Services(CAPTURE, replace(LINK, active="inactive"))},
    "service-restarting": {"services": Services(replace(CAPTURE, restarts=9, up_s=4.0), LINK)},
    "shutter-closed": says("closed; camera closed, disk ok; the link side is there"),
    "disarmed": says("disarmed; camera ok, disk ok; the link side is there"),
    "camera-none": camera(),
    "camera-silent": camera(silent=("imx219",)),
    "camera-not-enabled": camera(is_looked_for=False),
    "camera-number": camera(sensors=("imx708",), source="1"),
    "camera-lost": says("armed; camera lost, disk ok; the link side is there"),
    "camera-frozen": says("armed; camera frozen, disk ok; the link side is there"),
    "webcam-none": camera(board="webcam", source="/dev/video0", trouble="it is not there"),
    "video-none": camera(board="file", source="a.mp4", trouble="No such file or directory"),
    "library-camera": {"libraries": ("picamera2",)},
    "library-gpio": {"libraries": ("lgpio",)},
    "camera-denied": {"devices": (Denied("latchkey-capture", "/dev/video0", "video"),)},
    "pins-denied": {"devices": (Denied("latchkey-link", "/dev/gpiochip0", "gpio"),)},
    "sound-denied": {"devices": (Denied("latchkey-link", "/dev/snd/pcmC0D0p", "audio"),)},
    "folder-full": vault(free_bytes=15 * MIB),
    "folder-low": vault(free_bytes=63 * MIB),
    "folder-read-only": vault(trouble="read-only"),
    "folder-denied": vault(trouble="denied"),
    "folder-no-folder": vault(trouble="no-folder"),
    "folder-failed": says("armed; camera ok, disk failed; the link side is there"),
    "card-gone": {"card": CardFact("/dev/mmcblk0p2", is_there=False)},
    "card-errors": {"card": CardFact("/dev/mmcblk0p2", errors=3)},
    "clock-wrong": {"clock": ClockFact(60, 1_780_000_000, True)},
    "clock-unset": {"clock": ClockFact(1_790_000_000, 1_780_000_000, False)},
    "network-none": {"network": False},
    "broker-unreachable": {"broker": BrokerFact("b:1", "unreachable", "nobody answers")},
    "broker-refused": {"broker": BrokerFact("b:1", "refused", "wrong password", file="/etc/p")},
    "broker-password": {"broker": BrokerFact("b:1", "password", "not UTF-8 text", "write it anew")},
    "keys-missing": {"keys": KeysFact(trouble="it is not set")},
    "keys-expired": {"keys": KeysFact(end_day=20_700, today=20_700)},
    "keys-end": {"keys": KeysFact(end_day=20_730, today=20_700)},
    "detector-missing": {"detector": "centerface"},
    "memory-short": {"memory": MemoryFact("1280x720 needs 150 MiB at least")},
    "memory-tight": {"memory": MemoryFact(taken_back="a pre-roll of 2 s is what fits")},
    "board-unknown": {"memory": MemoryFact("this is no Raspberry Pi", is_board=True)},
    "power-weak": {"power": 0x50001},
    "power-was-weak": {"power": 0x10000},
    "too-hot": {"heat": Heat(80.0)},
    "throttled": {"heat": Heat(60.0, Throttled(0b100))},
    "pins-conflict": {"pins": PinsFact(conflict="pi.bell_pin and pi.led_pin are both 27", hint="change one")},
    "pins-unfit": {"pins": PinsFact(unfit=(PIN,))},
    "pins-taken": {"pins": PinsFact("/boot/firmware/config.txt", taken=(PIN,))},
    "update-trial": {"update": UpdateFact("/opt/latchkey", 8, on_trial=8)},
    "update-refused": {"update": UpdateFact("/opt/latchkey", 7, refused=8)},
    "update-expired": {"update": UpdateFact("/opt/latchkey", 7, expired="2026-11-01")},
    "update-broken": {"update": UpdateFact("/opt/latchkey", 7, runs=False)},
    "swap-on-card": {"swap": ("/var/swap",)},
    "secret-open": {"secrets": ("/etc/latchkey/mqtt-password",)},
    "not-known": {"network": Unknown("it is hidden", "look as root")},
}


def test_a_doorbell_on_which_all_is_well_has_no_finding() -> None:
    verdict = judge(WELL)
    assert verdict.findings == ()
    assert set(verdict.areas.values()) == {"well"}
    assert verdict_of(verdict) == "well"


def test_every_kind_of_finding_has_a_case_here() -> None:
    assert set(CASES) == set(KINDS)
    assert set(RULES) == set(AREAS)


@pytest.mark.parametrize("name", CASES)
def test_a_finding_comes_of_its_facts_alone(name: str) -> None:
    verdict = judge(replace(WELL, **CASES[name]))
    (found,) = verdict.findings
    assert found.kind.id == name
    assert "{" not in found.line + found.fix
    assert found.kind.kept
    severity = found.kind.severity
    expected = {"error": "wrong", "warning": "wrong", "unknown": "unknown", "note": "well"}[severity]
    assert verdict.areas[found.area] == expected == verdict_of(verdict)


@pytest.mark.parametrize("area", [area for area in AREAS if area != "settings"])
def test_what_is_not_known_is_never_well_and_what_is_not_there_is_neither(area: Area) -> None:
    hidden: dict[str, Any] = {area.replace("-", "_"): Unknown("it is hidden", "look as root")}
    verdict = judge(replace(WELL, **hidden))
    assert verdict.areas[area] == "unknown"
    assert [one.kind.id for one in verdict.findings] == ["not-known"]
    assert verdict_of(verdict) == "unknown"
    nothing: dict[str, Any] = dict.fromkeys(hidden)
    assert judge(replace(WELL, **nothing)).areas[area] == "absent"


def test_areas_that_are_hidden_for_one_reason_share_a_finding() -> None:
    hidden = Unknown("it is hidden", "look as root")
    (found,) = judge(replace(WELL, vault=hidden, state=hidden)).findings
    assert found.line == "folder of clips, folder of the doorbell's state: not known, it is hidden"


def test_what_is_wrong_is_told_before_what_is_not_known() -> None:
    verdict = judge(replace(WELL, network=False, swap=("/var/swap",), card=Unknown("hidden", "root")))
    assert [one.kind.severity for one in verdict.findings] == ["error", "warning", "unknown"]


def test_a_trouble_of_the_state_folder_is_told_as_its_own() -> None:
    (found,) = judge(
        replace(WELL, state=replace(FOLDER, what="the state folder", trouble="read-only"))
    ).findings
    assert (found.kind.id, found.area) == ("folder-read-only", "state")
    assert "the state folder" in found.line


def test_a_capture_process_that_is_dead_says_nothing_of_its_camera() -> None:
    dead = replace(DOWN, status="armed; camera lost, disk failed")
    found = judge(replace(WELL, services=Services(dead, LINK))).findings
    assert [one.kind.id for one in found] == ["capture-down"]


def test_a_service_that_has_calmed_down_is_well() -> None:
    calm = replace(CAPTURE, restarts=40, up_s=7200.0)
    assert judge(replace(WELL, services=Services(calm, LINK))).findings == ()


def test_keys_of_a_book_that_may_have_a_successor_are_not_called_over() -> None:
    assert judge(replace(WELL, keys=KeysFact(20_710, 20_700, handed_over=True))).findings == ()
    told = says("armed; camera ok, disk no_keys; the link side is there")
    (found,) = judge(replace(WELL, keys=KeysFact(20_710, 20_700, handed_over=True), **told)).findings
    assert found.kind.id == "keys-expired"
