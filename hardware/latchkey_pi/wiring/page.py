"""`WIRING.md`: what to buy, every wire in words, and the settings, from the same data as the pictures."""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from latchkey_pi.wiring.header import HEADER
from latchkey_pi.wiring.model import End, Module, Part, Variant, Wiring

HEAD = """# Wiring, variant by variant

This page and its pictures are made by `make wiring` from [`wiring.toml`](wiring.toml): change that file, not
this one. [`README.md`](README.md) is the way through; read its chapter on safety first. A variant is made of
modules, which can be combined in other ways as long as no pin is used twice: write a variant of your own into
the file, and `make wiring` checks it.

**Pins** are counted as on the header, 1 to 40: pin 1 is at the end with the SD card, in the row away from the
board's edge. The settings count by GPIO number; both are given.
"""


def picture_name(variant: Variant) -> str:
    """Give the name of a variant's picture, in the folder `pictures`."""
    return f"wiring-{variant.name}.svg"


def page(wiring: Wiring) -> str:
    """Write the page."""
    variants = "\n".join(_variant(variant) for variant in wiring.variants.values())
    used = {module.name for variant in wiring.variants.values() for module in variant.modules}
    modules = "\n".join(_module(module) for module in wiring.modules.values() if module.name in used)
    return f"{HEAD}\n{variants}\n## Modules\n\n{modules}"


def settings_text(variant: Variant) -> str:
    """Give what a variant needs in the settings."""
    lines = [
        f"{key} = {_toml(value)}" for module in variant.modules for key, value in module.settings.items()
    ]
    return "\n".join(["[pi]", *lines])


def _toml(value: Any) -> str:
    return (
        f'"{value}"'
        if isinstance(value, str)
        else str(value).lower()
        if isinstance(value, bool)
        else f"{value}"
    )


def _variant(variant: Variant) -> str:
    names = ", ".join(f"[{module.title}](#{_anchor(module.title)})" for module in variant.modules)
    config = [module.config for module in variant.modules if module.config]
    also = f"\nand this line in `/boot/firmware/config.txt`: `{'`, `'.join(config)}`\n" if config else ""
    return f"""## Variant: {variant.title}

{variant.says} Modules: {names}.

![The header with its wires: {variant.title}](pictures/{picture_name(variant)})

| pieces | what | more about it |
|---|---|---|
{chr(10).join(_bought(variant))}

```toml
{settings_text(variant)}
```
{also}"""


def _bought(variant: Variant) -> Iterator[str]:
    parts = {_described(part): part for part in variant.parts if not part.existing}
    counts = Counter(_described(part) for part in variant.parts if not part.existing)
    for text, part in parts.items():
        subject = unquote(part.about.rsplit("/", 1)[-1].split("#")[0]).replace("_", " ")
        yield f"| {counts[text]} | {text} | [{subject}]({part.about}) |"


def _described(part: Part) -> str:
    if part.kind == "resistor":
        return f"{part.type} {part.label}, at least {part.numbers['watts']:g} W"
    return part.type


def _anchor(title: str) -> str:
    kept = "".join(char for char in title.lower() if char.isalnum() or char in " -")
    return kept.replace(" ", "-")


def _module(module: Module) -> str:
    rows = []
    for wire in sorted(module.wires, key=lambda wire: wire.pin is None):
        first, second = sorted(wire.ends, key=lambda end: end.pin is None) if wire.pin else wire.ends
        start = HEADER[wire.pin].name if wire.pin else _place(module, first)
        rows.append(f"| {wire.pin or '–'} | {start} | {wire.colour} | {_place(module, second)} |")
    return f"""### {module.title}

{module.says}

| pin | from | colour | to |
|---|---|---|---|
{chr(10).join(rows)}

**Check.** {module.check}
"""


def _place(module: Module, end: End) -> str:
    part = module.parts[end.part]
    label = part.board[end.terminal].label if part.kind == "board" else end.terminal
    return f"{part.label.split(',')[0]}: {label}"
