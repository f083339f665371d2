"""`docs/settings.md`, made from the declarations: `python -m latchkey.settings.reference`."""

import sys
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

from latchkey.settings.load import span
from latchkey.settings.model import SCHEMA, Settings

HEAD = f"""# Settings

One TOML file. It begins with `schema = {SCHEMA}`; every other key may be left out and then has the default
below, which is the private one. Paths, the default ones too, are relative to the file; `~` is your home
folder. An unknown key is an error, and so is a text that is longer than 1024 characters or holds a control
character. The file has at most 128 KiB, and lines of at most 4096 characters.
Zones are lists of `{{name = "...", points = [[x, y], ...]}}` with x and y in 0..1 of the picture.
"""


def settings_reference() -> str:
    """Give the page as Markdown."""
    parts = [HEAD]
    for section in fields(Settings):
        if is_dataclass(section.default):
            parts.append(
                f"\n## [{section.name}]\n\n{_doc(section.default)}\n\n| key | default | legal | meaning |"
            )
            parts.append("|---|---|---|---|")
            parts += [_row(field) for field in fields(section.default)]
    return "\n".join(parts) + "\n"


def _doc(section: Any) -> str:
    return str(type(section).__doc__).split("\n")[0]


def _row(field: Field[Any]) -> str:
    rules = field.metadata
    legal = ""
    if rules.get("choices"):
        legal = ", ".join(f"`{choice}`" for choice in rules["choices"])
    elif rules.get("low") is not None:
        legal = span(rules["low"], rules["high"])
    default = "" if field.default in (MISSING, (), None, "") else f"`{field.default}`"
    return f"| `{field.name}` | {default} | {legal} | {rules.get('help', '')} |"


if __name__ == "__main__":
    sys.stdout.write(settings_reference())
