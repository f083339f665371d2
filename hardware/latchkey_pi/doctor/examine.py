"""All probes in their order: from a machine and its settings file to facts."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from latchkey.egress import Ledger
from latchkey.reading import check_ordinary
from latchkey.settings import Settings
from latchkey.units import MIB
from latchkey_pi.doctor import broker, door, kernel, places
from latchkey_pi.doctor.facts import BrokerFact, CameraFact, ClockFact, Facts, KeysFact, Services, Unknown
from latchkey_pi.doctor.machine import Machine
from latchkey_pi.doctor.services import own_bytes, services

T = TypeVar("T")

STATE_SPARE_BYTES = 16 * MIB
"""What the outbox may need."""

NO_SETTINGS = Unknown("for want of settings", "mend the settings first, then look again")
NO_WAY_OUT = Unknown("there is no way into the network", "mend the network first, then look again")
NOT_ASKED = Unknown("it was not asked", "`latchkey doctor` without --offline asks it")
CLOCK = Unknown("nobody here knows whether the clock is set over the network", "`timedatectl` shows it")
OWN_NAMES = ("localhost", "127.0.0.1", "::1")
PROGRAM = "/opt/latchkey/current/bin/latchkey"


def seen(probe: Callable[[], T], file: str) -> T | Unknown:
    """Ask a probe; what the system does not let it see is not known."""
    try:
        return probe()
    except OSError as error:
        return Unknown(f"{error.filename}: {error.strerror or error}", door.as_root(file))


def examine(machine: Machine, named: Path | None, ledger: Ledger | None) -> Facts:
    """Look at everything. Without a ledger no connection is opened."""
    fact = door.settings(machine, named)
    settings = fact.settings
    clock = kernel.clock(machine)
    facts = Facts(
        fact,
        program=PROGRAM if machine.path(PROGRAM).exists() else "latchkey",
        first_boot=door.first_boot(machine),
        services=services(machine, settings.vault.path if settings else None),
        clock=clock,
        power=kernel.power(machine),
        heat=kernel.heat(machine),
        swap=kernel.swap(machine),
        not_seen=(("clock", CLOCK),) if clock.is_set is None else (),
    )
    if settings is None:
        return _without_settings(facts)
    return _with_settings(machine, facts, settings, ledger)


def _without_settings(facts: Facts) -> Facts:
    return replace(
        facts,
        camera=NO_SETTINGS,
        vault=NO_SETTINGS,
        state=NO_SETTINGS,
        card=NO_SETTINGS,
        broker=NO_SETTINGS,
        keys=NO_SETTINGS,
        detector=NO_SETTINGS,
        pins=NO_SETTINGS,
        secrets=NO_SETTINGS,
    )


def _with_settings(machine: Machine, facts: Facts, settings: Settings, ledger: Ledger | None) -> Facts:
    file, is_pi = facts.settings.file, settings.camera.board == "pi"
    found = facts.services if isinstance(facts.services, Services) else Services()
    capture = found.capture.user if found.capture else ""
    link = found.link.user if found.link else ""
    vault = places.Place(
        "the vault", settings.vault.path, settings.vault.spare_bytes, capture, found.capture is not None
    )
    state = places.Place(
        "the state folder", settings.device.state, STATE_SPARE_BYTES, link, found.link is not None
    )
    facts = replace(
        facts,
        camera=seen(lambda: _camera(machine, settings), file),
        libraries=door.libraries() if is_pi else None,
        vault=places.folder(machine, vault, file),
        state=places.folder(machine, state, file),
        card=seen(lambda: kernel.card(machine, settings.vault.path.absolute()), file),
        network=_network(machine, settings),
        keys=seen(lambda: _keys(machine, settings, facts), file),
        detector=seen(lambda: door.detector(settings.privacy), file),
        memory=door.memory(machine, settings, own_bytes(facts.services)) if is_pi else None,
        hot_c=settings.pi.slow_at_c,
        pins=seen(lambda: places.pins(machine, settings), file) if is_pi else None,
        update=seen(lambda: door.update(settings.update, machine.now()), file),
        secrets=seen(lambda: places.secrets(machine, settings), file),
    )
    if settings.camera.board in ("pi", "webcam"):
        denied = seen(lambda: places.devices(machine, settings, capture, link), file)
        facts = replace(facts, devices=denied)
    return replace(facts, broker=_broker(settings, facts, ledger))


def _keys(machine: Machine, settings: Settings, facts: Facts) -> KeysFact | Unknown:
    """Look at the keys of today, where today is believed."""
    clock = facts.clock
    if isinstance(clock, ClockFact) and clock.now_s < clock.least_s:
        return Unknown("the clock is wrong", "set the clock first, then look again")
    return door.keys(settings, facts.settings.file, machine.now())


def _camera(machine: Machine, settings: Settings) -> CameraFact | Unknown | None:
    source = settings.camera.source
    match settings.camera.board:
        case "pi":
            return kernel.pi_camera(machine, source)
        case "webcam":
            return kernel.webcam(machine, source)
        case "file":
            try:
                check_ordinary(Path(source))
            except OSError as error:
                return CameraFact("file", source, trouble=error.strerror or str(error))
            return CameraFact("file", source)
    return None


def _network(machine: Machine, settings: Settings) -> bool | Unknown | None:
    """Ask where something is to be reached that is not this machine."""
    far = [settings.update.url] if settings.update.url else []
    if settings.mqtt.host and settings.mqtt.host not in OWN_NAMES:
        far.append(settings.mqtt.host)
    return kernel.network(machine) if far else None


def _broker(settings: Settings, facts: Facts, ledger: Ledger | None) -> BrokerFact | Unknown | None:
    if not settings.mqtt.host:
        return None
    services = facts.services
    if isinstance(services, Services) and services.link is not None and services.link.is_up:
        told = broker.from_service(settings.mqtt, services.link)
        if told is not None:
            return told
    if facts.network is False:
        return NO_WAY_OUT
    return NOT_ASKED if ledger is None else broker.ask(settings.mqtt, ledger)
