"""What a kind of finding is, and a finding: a kind with the words of this machine put in."""

import re
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note", "unknown"]
"""error = the doorbell does not do its work; warning = it does, and may not for long; note = all is as"
" somebody
wished; unknown = it could not be looked at, and may be anything.
"""

Light = Literal["same", "camera", "disk_full", "disk_failed", "no_keys", "closed", "dark", "setup"]
"""What the status light shows meanwhile; `same` = it cannot tell this; `setup` = the Pi's own green light."""

Area = Literal[
    "settings", "first-boot", "services", "camera", "libraries", "devices", "vault", "state", "card", "clock",
    "network", "broker", "keys", "detector", "memory", "power", "heat", "pins", "update", "swap", "secrets",
]  # fmt: skip
"""What is looked at. Each area is well, wrong, not known, or not there."""

AREAS: dict[Area, str] = {
    "settings": "settings file",
    "first-boot": "first boot",
    "services": "services",
    "camera": "camera",
    "libraries": "libraries of the board",
    "devices": "permission for devices",
    "vault": "folder of clips",
    "state": "folder of the doorbell's state",
    "card": "SD card",
    "clock": "clock",
    "network": "network",
    "broker": "broker",
    "keys": "keys of the owner",
    "detector": "face detector",
    "memory": "memory",
    "power": "power supply",
    "heat": "temperature",
    "pins": "pins",
    "update": "updates",
    "swap": "swap",
    "secrets": "secrets",
}

_FIELD = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of finding. `line` and `fix` have fields in braces, filled in by the machine's own words.

    `told` is what MQTT says meanwhile, like `camera = lost` for a field of `health/state`, or `offline`;
    "" = it says what it said before. `kept` says what is not lost meanwhile, and how it comes back.
    """

    id: str
    area: Area
    severity: Severity
    line: str
    fix: str
    kept: str
    light: Light = "same"
    told: str = ""

    @property
    def fields(self) -> set[str]:
        """The names of what has to be filled in."""
        return set(_FIELD.findall(self.line + self.fix))

    def with_words(self, words: dict[str, object], area: Area | None = None) -> "Finding":
        """Give a finding of this kind; all its fields have to be filled in."""
        assert set(words) == self.fields, f"{self.id}: {sorted(words)}"
        return Finding(self, area or self.area, _filled(self.line, words), _filled(self.fix, words))

    def for_people(self, text: str) -> str:
        """Give line or fix with the names of its fields in capitals, as a page shows it."""
        return _FIELD.sub(lambda match: match[1].upper(), text)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found; `area` may be another than that of its kind (a folder of either sort)."""

    kind: Kind
    area: Area
    line: str
    fix: str


def _filled(text: str, words: dict[str, object]) -> str:
    return _FIELD.sub(lambda match: str(words[match[1]]), text)
