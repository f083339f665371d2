"""From facts to findings: pure. One rule for each area; each tells what is wrong, and nothing where all"
" is well.

What the doorbell says of itself (its status line) is believed beside what is seen from outside: either may
notice what the other does not.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from latchkey.events import DiskState
from latchkey.units import MIB, NS_PER_S, utc_day
from latchkey.vault.days import day_text
from latchkey.vault.retention import room_state
from latchkey_pi.doctor.catalogue import finding
from latchkey_pi.doctor.facts import (
    CameraFact,
    Facts,
    FolderFact,
    Service,
    Services,
    Unknown,
    known,
)
from latchkey_pi.doctor.model import AREAS, Area, Finding
from latchkey_pi.libraries import PACKAGES
from latchkey_pi.pace import Throttled

State = Literal["well", "wrong", "unknown", "absent"]

STATUS = re.compile(r"\b(closed|armed|disarmed|recording); camera (\w+), disk (\w+)")
"""What the process with the camera says of itself."""

RESTARTS, YOUNG_S = 3, 600.0
"""A service that was started again so often, and is younger than that, has not calmed down."""

ORDER = ("error", "warning", "unknown", "note")
RENEW_DAYS = 30
GPIO = {"gpiozero", "lgpio"}
DENIED = {"video": "camera-denied", "gpio": "pins-denied", "audio": "sound-denied"}
WAS_WEAK = 1 << 16


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found, the worst first, and how each area is."""

    findings: tuple[Finding, ...]
    areas: dict[Area, State]


@dataclass(frozen=True, slots=True)
class Told:
    """The status line of the process with the camera, taken apart; empty where there is none."""

    mode: str = ""
    camera: str = ""
    disk: str = ""


def judge(facts: Facts) -> Verdict:
    """Look at every area. Areas that are not known for the same reason share one finding."""
    found: list[Finding] = []
    areas: dict[Area, State] = {}
    unknown: dict[Unknown, list[Area]] = {}
    for area, rule in RULES.items():
        fact = getattr(facts, area.replace("-", "_"))
        hidden = [one for name, one in facts.not_seen if name == area]
        if isinstance(fact, Unknown):
            hidden.append(fact)
        for one in hidden:
            unknown.setdefault(one, []).append(area)
        here = [] if fact is None or isinstance(fact, Unknown) else rule(facts)
        areas[area] = "absent" if fact is None and not hidden else _state_of(here, is_known=not hidden)
        found += here
    found += [_not_known(where, one) for one, where in unknown.items()]
    return Verdict(tuple(sorted(found, key=lambda one: ORDER.index(one.kind.severity))), areas)


def _state_of(found: Sequence[Finding], *, is_known: bool) -> State:
    if any(one.kind.severity in ("error", "warning") for one in found):
        return "wrong"
    return "well" if is_known else "unknown"


def _not_known(areas: Sequence[Area], unknown: Unknown) -> Finding:
    named = ", ".join(AREAS[area] for area in areas)
    return finding("not-known", areas[0], area=named, why=unknown.why, fix=unknown.fix)


def told_by(facts: Facts) -> Told:
    """Give what the process with the camera says of itself, if it runs."""
    services = facts.services
    capture = services.capture if isinstance(services, Services) else None
    match = STATUS.search(capture.status) if capture is not None and capture.is_up else None
    return Told(*match.groups()) if match else Told()


def _settings(facts: Facts) -> list[Finding]:
    fact = facts.settings
    if fact.missing:
        return [finding("settings-missing", place=fact.file)]
    if fact.trouble:
        hint = fact.hint or "mend the line that is named"
        return [finding("settings-wrong", what=fact.trouble, hint=hint, file=fact.file)]
    return []


def _first_boot(facts: Facts) -> list[Finding]:
    fact = known(facts.first_boot)
    if fact.state == "waiting":
        return [finding("first-boot-waiting", step=fact.step, what=fact.detail, hint=fact.fix)]
    return [finding("first-boot-working", step=fact.step)] if fact.state == "working" else []


def _services(facts: Facts) -> list[Finding]:
    fact = known(facts.services)
    found = []
    for kind, service in (("capture-down", fact.capture), ("link-down", fact.link)):
        if service is None:
            continue
        if _is_restarting(service):
            found.append(finding("service-restarting", service=service.name, count=service.restarts))
        if not service.is_up:
            found.append(finding(kind, how=_how(service)))
    if fact.capture is None and fact.link is None and fact.claimed is False:
        found.append(finding("not-running", file=facts.settings.file))
    if told_by(facts).mode == "disarmed":
        found.append(finding("disarmed"))
    return found


def _is_restarting(service: Service) -> bool:
    young = service.up_s is None or service.up_s < YOUNG_S
    return service.sub == "auto-restart" or (service.restarts >= RESTARTS and young)


def _how(service: Service) -> str:
    return f"{service.active} ({service.sub})" if service.sub else service.active


def _camera(facts: Facts) -> list[Finding]:
    fact, told = known(facts.camera), told_by(facts).camera
    found = [] if told == "closed" else _sensor(fact)
    if not found and told == "lost":
        found.append(finding("camera-lost"))
    if not found and told == "frozen":
        found.append(finding("camera-frozen"))
    if told == "closed":
        found.append(finding("shutter-closed"))
    return found


def _sensor(fact: CameraFact) -> list[Finding]:
    if fact.board == "file":
        return [finding("video-none", source=fact.source, what=fact.trouble)] if fact.trouble else []
    if fact.board != "pi":
        return [finding("webcam-none", source=fact.source)] if fact.trouble else []
    if fact.sensors:
        number = int(fact.source) if fact.source.isdecimal() else 0
        if number >= len(fact.sensors):
            return [finding("camera-number", number=number, count=len(fact.sensors))]
        return []
    if fact.silent:
        return [finding("camera-silent", sensor=", ".join(fact.silent), config=fact.config)]
    if fact.is_looked_for is False:
        return [finding("camera-not-enabled", config=fact.config)]
    return [finding("camera-none")]


def _libraries(facts: Facts) -> list[Finding]:
    names = known(facts.libraries)
    found = []
    for kind, ours in (("library-gpio", GPIO), ("library-camera", set(PACKAGES) - GPIO)):
        missing = [name for name in names if name in ours]
        if missing:
            packages = " ".join(PACKAGES[name] for name in missing)
            found.append(finding(kind, names=", ".join(missing), packages=packages))
    return found


def _devices(facts: Facts) -> list[Finding]:
    return [
        finding(DENIED[one.group], user=one.user, device=one.device, group=one.group)
        for one in known(facts.devices)
    ]


def _vault(facts: Facts) -> list[Finding]:
    found = _folder(known(facts.vault), "vault")
    told = told_by(facts).disk
    if not found and told == DiskState.FAILED and not _folder(_of(facts.state), "state"):
        found.append(finding("folder-failed"))
    return found


def _of(fact: object) -> FolderFact | None:
    return fact if isinstance(fact, FolderFact) else None


def _state(facts: Facts) -> list[Finding]:
    return _folder(_of(facts.state), "state")


def _folder(fact: FolderFact | None, area: Area) -> list[Finding]:
    if fact is None:
        return []
    what, folder = fact.what, fact.folder
    match fact.trouble:
        case "read-only":
            return [finding("folder-read-only", area, what=what, folder=folder, mount=fact.mount)]
        case "denied":
            return [finding("folder-denied", area, what=what, folder=folder, user=fact.user)]
        case "no-folder":
            return [finding("folder-no-folder", area, what=what, folder=folder)]
        case "gone":
            return [finding("card-gone", area, what=f"{what} {folder}", device=fact.mount)]
    free, spare = fact.free_bytes // MIB, fact.spare_bytes // MIB
    match room_state(fact.free_bytes, fact.spare_bytes):
        case DiskState.FULL:
            return [finding("folder-full", area, what=what, folder=folder, free=free, spare=spare)]
        case DiskState.LOW:
            return [finding("folder-low", area, what=what, folder=folder, free=free)]
    return []


def _card(facts: Facts) -> list[Finding]:
    fact = known(facts.card)
    if not fact.is_there:
        return [finding("card-gone", what="what the doorbell writes to", device=fact.device)]
    return [finding("card-errors", device=fact.device, count=fact.errors)] if fact.errors else []


def _clock(facts: Facts) -> list[Finding]:
    fact = known(facts.clock)
    if fact.now_s < fact.least_s:
        return [finding("clock-wrong", says=day_text(utc_day(fact.now_s * NS_PER_S)))]
    return [finding("clock-unset")] if fact.is_set is False else []


def _network(facts: Facts) -> list[Finding]:
    return [] if known(facts.network) else [finding("network-none")]


def _broker(facts: Facts) -> list[Finding]:
    fact = known(facts.broker)
    match fact.state:
        case "unreachable":
            return [finding("broker-unreachable", broker=fact.broker, what=fact.what)]
        case "refused":
            return [finding("broker-refused", broker=fact.broker, what=fact.what, file=fact.file)]
        case "password":
            return [finding("broker-password", what=fact.what, hint=fact.hint)]
    return []


def _keys(facts: Facts) -> list[Finding]:
    fact, settings = known(facts.keys), facts.settings.settings
    if fact.trouble:
        return [finding("keys-missing", what=fact.trouble, file=facts.settings.file)]
    told = told_by(facts).disk
    day = day_text(fact.end_day - 1)
    vault = settings.vault.path if settings else "VAULT"
    if told == DiskState.NO_KEYS or (fact.end_day <= fact.today and not fact.handed_over):
        return [finding("keys-expired", day=day, vault=vault)]
    if fact.end_day - fact.today <= RENEW_DAYS and not fact.handed_over:
        return [finding("keys-end", day=day, vault=vault)]
    return []


def _detector(facts: Facts) -> list[Finding]:
    name = known(facts.detector)
    return [finding("detector-missing", name=name, program=facts.program)] if name else []


def _memory(facts: Facts) -> list[Finding]:
    fact = known(facts.memory)
    if fact.is_board:
        return [finding("board-unknown", what=fact.trouble)]
    if fact.trouble:
        return [finding("memory-short", what=fact.trouble)]
    return [finding("memory-tight", what=fact.taken_back)] if fact.taken_back else []


def _power(facts: Facts) -> list[Finding]:
    bits = known(facts.power)
    if Throttled(bits).is_weak:
        return [finding("power-weak")]
    return [finding("power-was-weak")] if bits & WAS_WEAK else []


def _heat(facts: Facts) -> list[Finding]:
    heat = known(facts.heat)
    if heat.celsius is not None and heat.celsius >= facts.hot_c:
        return [finding("too-hot", celsius=round(heat.celsius))]
    return [finding("throttled")] if heat.throttled.is_slowed else []


def _pins(facts: Facts) -> list[Finding]:
    fact = known(facts.pins)
    found = [finding("pins-conflict", what=fact.conflict, hint=fact.hint)] if fact.conflict else []
    found += [
        finding("pins-taken", name=one.name, pin=one.pin, config=fact.config, line=one.line)
        for one in fact.taken
    ]
    return found + [finding("pins-unfit", name=one.name, pin=one.pin, what=one.what) for one in fact.unfit]


def _update(facts: Facts) -> list[Finding]:
    fact, file = known(facts.update), facts.settings.file
    if not fact.runs:
        return [finding("update-broken", folder=fact.folder)]
    found = []
    if fact.on_trial is not None:
        found.append(finding("update-trial", number=fact.on_trial, file=file))
    if fact.refused is not None:
        found.append(finding("update-refused", number=fact.refused, current=fact.current, file=file))
    if fact.expired:
        found.append(finding("update-expired", day=fact.expired, file=file))
    return found


def _swap(facts: Facts) -> list[Finding]:
    places = known(facts.swap)
    return [finding("swap-on-card", places=", ".join(places))] if places else []


def _secrets(facts: Facts) -> list[Finding]:
    return [finding("secret-open", file=file) for file in known(facts.secrets)]


RULES: dict[Area, Callable[[Facts], list[Finding]]] = {
    "settings": _settings,
    "first-boot": _first_boot,
    "services": _services,
    "camera": _camera,
    "libraries": _libraries,
    "devices": _devices,
    "vault": _vault,
    "state": _state,
    "card": _card,
    "clock": _clock,
    "network": _network,
    "broker": _broker,
    "keys": _keys,
    "detector": _detector,
    "memory": _memory,
    "power": _power,
    "heat": _heat,
    "pins": _pins,
    "update": _update,
    "swap": _swap,
    "secrets": _secrets,
}
