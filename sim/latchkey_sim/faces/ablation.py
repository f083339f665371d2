"""The filter without one of its parts: what is missed then is what the part contributes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from latchkey.settings import PrivacySettings
from latchkey.vision import ALL_PARTS, Parts

AS_SHIPPED = PrivacySettings()


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to build the filter; `without` names the part that is left out, empty = none."""

    without: str = ""
    privacy: PrivacySettings = AS_SHIPPED
    parts: Parts = ALL_PARTS

    def name(self, detector: str) -> str:
        """Give what to call the filter with that detector."""
        return f"{detector} without {self.without}" if self.without else f"latchkey {detector}"


WHOLE = Variant()

_PARTS: Mapping[str, Parts] = {
    "attention": replace(ALL_PARTS, attention=False),
    "close-ups": replace(ALL_PARTS, close_ups=False),
    "second-scale": replace(ALL_PARTS, second_scale=False),
    "following": replace(ALL_PARTS, following=False),
    "brightening": replace(ALL_PARTS, brightening=False),
    "look-ahead": replace(ALL_PARTS, look_ahead=False),
    "tracks": replace(ALL_PARTS, tracks=False),
    "precaution": replace(ALL_PARTS, precaution=False),
}
_SETTINGS: Mapping[str, PrivacySettings] = {
    "survey": replace(AS_SHIPPED, survey=False),
    "union": replace(AS_SHIPPED, union_s=0.0),
    "dilation": replace(AS_SHIPPED, dilation=1.0),
    "low-threshold": replace(AS_SHIPPED, threshold=0.5),
    "self-check": replace(AS_SHIPPED, self_check=False),
}
"""Parts that the owner's settings reach anyway: their least, or what other programs take."""

VARIANTS: Mapping[str, Variant] = {
    **{name: Variant(name, parts=parts) for name, parts in _PARTS.items()},
    **{name: Variant(name, privacy) for name, privacy in _SETTINGS.items()},
}
