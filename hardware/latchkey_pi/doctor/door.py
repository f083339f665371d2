"""Probes of the doorbell itself: settings, keys, detector, libraries, releases, first boot. All read only."""

import json
import os
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.models import MODELS, is_installed
from latchkey.adapters.slotdisk import FolderSlotDisk
from latchkey.adapters.updates.trust import read_trust
from latchkey.boards import check_book
from latchkey.cli.usable import load_placed
from latchkey.errors import DiskError, SettingsError
from latchkey.pipeline.pinning import book_in_use
from latchkey.settings import PrivacySettings, Settings, UpdateSettings, load_with_places
from latchkey.units import utc_day
from latchkey.update import Records, Slots
from latchkey.vault.days import day_text
from latchkey.vault.signed import OrderWrong
from latchkey_pi.doctor.facts import FirstBoot, KeysFact, MemoryFact, SettingsFact, Unknown, UpdateFact
from latchkey_pi.doctor.machine import Machine
from latchkey_pi.firstboot import STATE_FILES, read_state
from latchkey_pi.libraries import PACKAGES
from latchkey_pi.memory import Memory, fit_memory
from latchkey_pi.profiles import choose_profile, fitted
from latchkey_pi.soc import Soc

PLACE = "/etc/latchkey/door.toml"
"""Where the settings of a doorbell lie that was flashed, or set up as two services."""


def as_root(file: str) -> str:
    """Give the way to see more."""
    return f"`sudo latchkey doctor --config {file}`"


def settings(machine: Machine, named: Path | None) -> SettingsFact:
    """Load the settings as far as no board, key or broker is concerned: those are areas of their own."""
    file = named or machine.path(PLACE)
    with suppress(PermissionError):  # it may be there: reading it will tell
        if not file.exists():
            return SettingsFact(str(file), missing=True)
    try:
        loaded = load_with_places(file)[0]
    except SettingsError as error:
        return SettingsFact(str(file), trouble=str(error), hint=error.hint or "")
    try:
        load_placed(file, ())
    except SettingsError as error:
        return SettingsFact(str(file), loaded, trouble=str(error), hint=error.hint or "")
    return SettingsFact(str(file), loaded)


def first_boot(machine: Machine) -> FirstBoot | Unknown | None:
    """Read how the first boot goes; it writes that down for us."""
    state = read_state(machine.root)
    if state is not None:
        return FirstBoot(state.state, state.step, state.detail, state.fix)
    if any(machine.path(name).exists() for name in STATE_FILES):
        fix = "`journalctl -b -u cloud-init -n 60` shows what the first boot did"
        return Unknown("its state file makes no sense", fix)
    return None


def keys(settings: Settings, file: str, now_s: float) -> KeysFact | Unknown:
    """Look at the key book; the vault may hold a later one that its owner handed over."""
    book, vault = settings.owner.book, settings.vault.path
    if book is not None and book.exists() and not os.access(book, os.R_OK):
        return Unknown(f"{book} cannot be read", as_root(file))
    try:
        named = check_book(settings.owner)
    except SettingsError as error:
        return KeysFact(trouble=str(error))
    hidden = vault.exists() and not os.access(vault, os.R_OK | os.X_OK)
    try:
        used = named if hidden else book_in_use(FolderDisk(vault), named)
    except OrderWrong as error:
        return KeysFact(trouble=f"the book that the settings name is not used: {error}")
    except DiskError as error:
        return Unknown(str(error), as_root(file))
    today = utc_day(int(now_s) * 10**9)
    if hidden and used.end_day <= today:
        why = f"the book that the settings name ended on {day_text(used.end_day - 1)}; the vault may have"
        " a later one"
        return Unknown(why, as_root(file))
    return KeysFact(used.end_day, today, handed_over=hidden)


def detector(wanted: PrivacySettings) -> str | None:
    """Give the detector that is missing, or ""; None where none is wanted."""
    if not wanted.finds_faces or wanted.detector == "none":
        return None
    if wanted.detector in MODELS:
        return "" if is_installed(MODELS[wanted.detector]) else wanted.detector
    return "" if any(is_installed(model) for model in MODELS.values()) else "centerface"


def libraries() -> tuple[str, ...]:
    """Give those of the board's libraries that are not there. None is loaded: some claim what they find."""
    return tuple(name for name in PACKAGES if not _is_there(name))


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def memory(machine: Machine, settings: Settings, own_bytes: int) -> MemoryFact | Unknown:
    """Reckon as the board does before it begins; what the doorbell has already counts as its own."""
    soc = Soc(machine.root)
    try:
        profile = choose_profile(settings.pi.profile, soc.model)
    except SettingsError as error:
        return MemoryFact(str(error), is_board=True)
    try:
        now = soc.memory()
    except SettingsError as error:
        return Unknown(str(error), "`free -m` shows it")
    by_chip = soc.has_chip_encoder and settings.pi.encoder != "x264"
    try:
        _, taken_back = fit_memory(
            fitted(settings, profile), Memory(now.total, now.available, own_bytes), by_chip=by_chip
        )
    except SettingsError as error:
        return MemoryFact(str(error).removeprefix("memory: "))
    return MemoryFact(taken_back=taken_back)


def update(wanted: UpdateSettings, now_s: float) -> UpdateFact | Unknown | None:
    """Look at the folder of releases, without claiming it."""
    folder = wanted.folder.absolute()
    if not folder.exists():
        return None
    disk = FolderSlotDisk(folder)
    try:
        slots, notes, trust = Slots(disk, str(folder)), Records(disk).notes, read_trust(disk)
        current, good = slots.pointed("current"), slots.pointed("good")
    except DiskError as error:
        return Unknown(str(error), "`sudo latchkey update status`")
    if current is None:
        return None if good is None else UpdateFact(str(folder), 0, runs=False)
    refused = max((number for number in notes.refused if number > current), default=None)
    return UpdateFact(
        str(folder),
        current,
        runs=(folder / "current" / "bin" / "latchkey").exists(),
        on_trial=None if good in (None, current) else current,
        refused=refused,
        expired=_expired(trust.roles.get("timestamp"), now_s) if wanted.url else "",
    )


def _expired(timestamp: str | None, now_s: float) -> str:
    """Give the day on which what was last promised ended, or ""."""
    try:
        ends = str(json.loads(timestamp or "")["signed"]["expires"])[:10]
    except (ValueError, KeyError, TypeError):
        return ""
    return ends if ends < day_text(utc_day(int(now_s) * 10**9)) else ""
