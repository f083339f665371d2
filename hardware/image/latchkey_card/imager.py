"""A list for Raspberry Pi Imager 2 (`*.rpi-imager-manifest`) with one system: Raspberry Pi OS Lite.

Sizes and hashes come from the list that Raspberry Pi publishes, and nowhere else. A list has no place for
user-data: Imager writes the stock image, our files are copied afterwards. The rules are those of Imager's
own schema, `doc/json-schema/os-list-schema.json`.
"""

import re
from collections.abc import Iterator
from typing import Any

REQUIRED = {
    "name": str,
    "description": str,
    "icon": str,
    "url": str,
    "extract_size": int,
    "extract_sha256": str,
    "image_download_size": int,
    "release_date": str,
    "devices": list,
}
FORMATS = ("", "systemd", "cloudinit", "cloudinit-rpi", "rpi-preseed", "none")
IMAGER_KEYS = {
    "latest_version",
    "refresh_interval_minutes",
    "refresh_jitter_minutes",
    "url",
    "default_os",
    "embedded_default_os",
    "embedded_default_destination",
    "devices",
}
_IMAGE = re.compile(r"raspios[_-]trixie[_-]arm64[_-]lite|raspios_lite_arm64.*trixie", re.IGNORECASE)


class ListWrong(Exception):
    """The list has no system that fits, or breaks a rule."""


def manifest(os_list: Any, *, questions: bool = True) -> dict[str, Any]:
    """Give our list, made from Raspberry Pi's. Without `questions` Imager offers no settings of its own,
    which our files would replace anyway. Raises ListWrong.
    """
    fitting = [entry for entry in _entries(os_list) if _fits(entry)]
    if not fitting:
        raise ListWrong("no Raspberry Pi OS Lite (64-bit) of Trixie with cloudinit-rpi is in that list")
    newest = max(fitting, key=lambda one: str(one.get("release_date")))
    entry: dict[str, Any] = {**newest}
    entry["name"] = f"{entry.get('name')} for Latchkey"
    entry["description"] = "The stock system, as Raspberry Pi publishes it; copy Latchkey's files afterwards"
    if not questions:
        entry["init_format"] = "none"
    imager = os_list.get("imager") if isinstance(os_list, dict) else None
    devices = imager.get("devices") if isinstance(imager, dict) else None
    made: dict[str, Any] = {"imager": {"devices": devices}} if devices else {}
    made["os_list"] = [entry]
    wrong = wrong_list(made)
    if wrong:
        raise ListWrong("; ".join(wrong))
    return made


def wrong_list(made: Any) -> list[str]:
    """Say which rules a list breaks; nothing where it breaks none."""
    if not isinstance(made, dict) or not isinstance(made.get("os_list"), list):
        return ["there is no os_list"]
    wrong = [f"{key} is no part of a list" for key in sorted(set(made) - {"imager", "os_list"})]
    imager = made.get("imager", {})
    if isinstance(imager, dict):
        wrong += [f"imager.{key} is unknown" for key in sorted(set(imager) - IMAGER_KEYS)]
        for device in imager.get("devices", []):
            if not isinstance(device, dict) or not {"name", "description", "tags"} <= set(device):
                wrong.append("a device lacks name, description or tags")
    else:
        wrong.append("imager is no object")
    for entry in _entries(made):
        wrong += [f"{entry.get('name', 'an entry')}: {what}" for what in _wrong_entry(entry)]
    return wrong


def _wrong_entry(entry: dict[str, Any]) -> Iterator[str]:
    for key, kind in REQUIRED.items():
        if key not in entry:
            yield f"{key} is missing"
        elif not isinstance(entry[key], kind) or isinstance(entry[key], bool):
            yield f"{key} is no {kind.__name__}"
    if not re.fullmatch(r"[0-9a-f]{64}", str(entry.get("extract_sha256", ""))):
        yield "extract_sha256 is no SHA-256"
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", str(entry.get("release_date", ""))):
        yield "release_date is no date"
    if not re.match(r"https://\S+\.(xz|zip|gz|zst|img)$", str(entry.get("url", ""))):
        yield "url is no https address of an image"
    for key in ("extract_size", "image_download_size"):
        if isinstance(entry.get(key), int) and entry[key] <= 0:
            yield f"{key} is not a size"
    if entry.get("init_format", "") not in FORMATS:
        yield f"init_format is none of {', '.join(FORMATS[1:])}"
    devices = entry.get("devices")
    if isinstance(devices, list) and not (devices and all(isinstance(one, str) for one in devices)):
        yield "devices names none"


def _fits(entry: dict[str, Any]) -> bool:
    return entry.get("init_format") == "cloudinit-rpi" and bool(_IMAGE.search(str(entry.get("url", ""))))


def _entries(os_list: Any) -> Iterator[dict[str, Any]]:
    """Give each system of a list, those inside of groups too."""
    groups = [os_list.get("os_list")] if isinstance(os_list, dict) else []
    while groups:
        group = groups.pop()
        for entry in group if isinstance(group, list) else []:
            if not isinstance(entry, dict):
                continue
            if "subitems" in entry:
                groups.append(entry["subitems"])
            elif "subitems_url" not in entry:
                yield entry
