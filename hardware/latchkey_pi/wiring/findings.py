"""What a rule gives."""

from dataclasses import dataclass

from latchkey.settings.lines import KeyPath


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that must not be built: where, what, and the way out."""

    path: KeyPath
    text: str
    hint: str
