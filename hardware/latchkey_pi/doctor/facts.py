"""What is known of a machine and its doorbell: values only. Rules judge them, probes find them out.

Each area is known, `Unknown` (with the reason), or None: there is no such thing here.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeVar, Union

from latchkey.settings import Settings
from latchkey_pi.doctor.model import Area
from latchkey_pi.pace import Heat


@dataclass(frozen=True, slots=True)
class Unknown:
    """It could not be found out: why, and what to do about that."""

    why: str
    fix: str


T = TypeVar("T")
Told = Union[T, Unknown, None]  # noqa: UP007 -- a generic alias, which Python 3.11 has no other way to write


def known(fact: Told[T]) -> T:
    """Give what is known; only asked of what is."""
    assert fact is not None
    assert not isinstance(fact, Unknown)
    return fact


@dataclass(frozen=True, slots=True)
class SettingsFact:
    """The settings, or what keeps them from being used. `file` is where they lie, or would."""

    file: str
    settings: Settings | None = None
    missing: bool = False
    trouble: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class FirstBoot:
    """How the first boot goes, as its state file says."""

    state: Literal["working", "waiting", "done"]
    step: str
    detail: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """A unit, as systemd shows it. `up_s` is how long it has been as it is."""

    name: str
    active: str
    sub: str = ""
    restarts: int = 0
    up_s: float | None = None
    status: str = ""
    user: str = ""
    memory: int = 0

    @property
    def is_up(self) -> bool:
        """Whether it runs."""
        return self.active in ("active", "reloading")


@dataclass(frozen=True, slots=True)
class Services:
    """The two services; `claimed` = somebody holds the vault's lock, whoever started it."""

    capture: Service | None = None
    link: Service | None = None
    claimed: bool | None = None


@dataclass(frozen=True, slots=True)
class CameraFact:
    """What the kernel knows of cameras. `silent` are those that the system expects and that do not answer.

    `is_looked_for` is whether the firmware is told to look; None = its file cannot be read.
    """

    board: str
    source: str = "0"
    sensors: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    is_looked_for: bool | None = None
    config: str = "/boot/firmware/config.txt"
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Denied:
    """A device that the user may not open; `group` may."""

    user: str
    device: str
    group: str


@dataclass(frozen=True, slots=True)
class FolderFact:
    """A folder that the doorbell writes to. `trouble` is what is wrong with it, before room is counted."""

    what: str
    folder: str
    free_bytes: int
    spare_bytes: int
    user: str
    mount: str = "/"
    trouble: Literal["", "read-only", "denied", "no-folder", "gone"] = ""


@dataclass(frozen=True, slots=True)
class CardFact:
    """The device below a folder. `errors` is what its file system has counted; None = it does not count."""

    device: str
    is_there: bool = True
    errors: int | None = 0


@dataclass(frozen=True, slots=True)
class ClockFact:
    """The wall clock, in seconds; `least_s` is the time before which it cannot be."""

    now_s: int
    least_s: int
    is_set: bool | None = None


@dataclass(frozen=True, slots=True)
class BrokerFact:
    """How the broker is: "" = it takes us."""

    broker: str
    state: Literal["", "unreachable", "refused", "password"] = ""
    what: str = ""
    hint: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class KeysFact:
    """The key book. `end_day` is the first day without keys."""

    end_day: int = 0
    today: int = 0
    trouble: str = ""
    handed_over: bool = False
    """Whether the doorbell may have a newer one, in a vault that cannot be read."""


@dataclass(frozen=True, slots=True)
class MemoryFact:
    """Whether the recording fits. `is_board` = the board itself is not known."""

    trouble: str = ""
    taken_back: str = ""
    is_board: bool = False


@dataclass(frozen=True, slots=True)
class PinFact:
    """A pin of the settings, and what speaks against it; `line` is that of config.txt which takes it."""

    name: str
    pin: int
    what: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True)
class PinsFact:
    """Pins that do not fit. `conflict` is what the board itself refuses, with its way out."""

    config: str = ""
    conflict: str = ""
    hint: str = ""
    unfit: tuple[PinFact, ...] = ()
    taken: tuple[PinFact, ...] = ()


@dataclass(frozen=True, slots=True)
class UpdateFact:
    """Releases. `runs` = what `current` leads to can be run; `expired` is the day on which promises ended."""

    folder: str
    current: int
    runs: bool = True
    on_trial: int | None = None
    refused: int | None = None
    expired: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it."""

    settings: SettingsFact
    program: str = "latchkey"
    first_boot: Told[FirstBoot] = None
    services: Told[Services] = None
    camera: Told[CameraFact] = None
    libraries: Told[tuple[str, ...]] = None
    devices: Told[tuple[Denied, ...]] = None
    vault: Told[FolderFact] = None
    state: Told[FolderFact] = None
    card: Told[CardFact] = None
    clock: Told[ClockFact] = None
    network: Told[bool] = None
    broker: Told[BrokerFact] = None
    keys: Told[KeysFact] = None
    detector: Told[str] = None
    """The one that is missing, or ""."""

    memory: Told[MemoryFact] = None
    power: Told[int] = None
    """The firmware's bits, as `vcgencmd get_throttled` prints them."""

    heat: Told[Heat] = None
    hot_c: float = 75.0
    pins: Told[PinsFact] = None
    update: Told[UpdateFact] = None
    swap: Told[tuple[str, ...]] = None
    secrets: Told[tuple[str, ...]] = None
    not_seen: tuple[tuple[Area, Unknown], ...] = field(default=())
    """Parts of areas that could not be looked at, while the rest of them could."""
