"""A release: one version of Latchkey and every package that it needs, named with their hashes.

It is written as JSON that has one spelling only, and read with nothing left over. `number` grows by one
with each release; a device compares numbers, never version texts. A build is the list of wheels for one
kind of machine, like `cp313-aarch64`; nothing that is not on the list is ever fetched or unpacked.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from latchkey.canonical import decode_record, encode_record, hexadecimal, whole
from latchkey.errors import UpdateRefused

SCHEMA = 1
LIMIT_BYTES = 64 << 10
"""Of a written release: 16 builds of 20 wheels take half."""

BUILDS_LIMIT = 16
WHEELS_LIMIT = 64
WHEEL_LIMIT_BYTES = 128 << 20
"""The largest wheel of ours has 40 MB."""

NUMBER_LIMIT = 1 << 31
TIME_LIMIT_S = 1 << 40

_FIELDS = ("schema", "version", "number", "made", "builds")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+]{0,31}")
_BUILD = re.compile(r"cp[0-9]{3,4}-[a-z0-9_]{1,16}")
_WHEEL = re.compile(r"([A-Za-z0-9_.]{1,64})-([A-Za-z0-9_.+!]{1,32})(-[A-Za-z0-9_.]{1,128}){3,4}\.whl")


@dataclass(frozen=True, slots=True)
class Wheel:
    """One package as a file: what it is called and what its bytes must be."""

    name: str
    sha256: str
    size_bytes: int

    @property
    def distribution(self) -> str:
        """The package's name as pip compares it."""
        return re.sub(r"[-_.]+", "-", self.name.split("-")[0]).lower()

    @property
    def version(self) -> str:
        """The version that stands in the file's name."""
        return self.name.split("-")[1]


@dataclass(frozen=True, slots=True)
class Release:
    """A version of Latchkey with all that it needs, for each kind of machine. `made_s` is UTC since 1970."""

    version: str
    number: int
    made_s: int
    builds: dict[str, tuple[Wheel, ...]]

    def wheels_for(self, build: str) -> tuple[Wheel, ...]:
        """Give the wheels for a kind of machine. Raises UpdateRefused where there are none."""
        if build not in self.builds:
            raise UpdateRefused(
                f"release {self.version} is not made for this machine ({build})",
                hint=f"it is made for {', '.join(sorted(self.builds))}",
            )
        return self.builds[build]


def encode_release(release: Release) -> bytes:
    """Write a release. Raises UpdateRefused for one that no device would read."""
    builds = {
        name: [[wheel.name, wheel.sha256, wheel.size_bytes] for wheel in wheels]
        for name, wheels in release.builds.items()
    }
    record = {
        "schema": SCHEMA,
        "version": release.version,
        "number": release.number,
        "made": release.made_s,
        "builds": builds,
    }
    data = encode_record(record)
    decode_release(data)
    return data


def decode_release(data: bytes) -> Release:
    """Read a release. Raises UpdateRefused for anything that is not exactly one."""
    try:
        record = decode_record(data, _FIELDS, LIMIT_BYTES)
        if record["schema"] != SCHEMA:
            raise UpdateRefused(
                "this release is described in a way that this version does not read",
                hint="it has to be updated by hand once: docs/updates.md",
            )
        version = _matched(_VERSION, record["version"])
        return Release(
            version,
            whole(record["number"], 1, NUMBER_LIMIT),
            whole(record["made"], 0, TIME_LIMIT_S),
            _builds(record["builds"], version),
        )
    except ValueError as error:
        raise UpdateRefused(f"the description of a release cannot be used: {error}") from error


def _builds(value: object, version: str) -> dict[str, tuple[Wheel, ...]]:
    if not isinstance(value, dict) or not 1 <= len(value) <= BUILDS_LIMIT:
        raise ValueError("it has no builds, or too many")
    return {_matched(_BUILD, name): _wheels(wheels, version) for name, wheels in value.items()}


def _wheels(value: object, version: str) -> tuple[Wheel, ...]:
    if not isinstance(value, list) or len(value) > WHEELS_LIMIT:
        raise ValueError("a build is no list, or too long a one")
    wheels = tuple(_wheel(item) for item in value)
    names = Counter(wheel.distribution for wheel in wheels)
    if names and max(names.values()) > 1:
        raise ValueError("a build names a package twice")
    ours = [wheel for wheel in wheels if wheel.distribution == "latchkey"]
    if not ours or ours[0].version != version:
        raise ValueError(f"a build does not hold Latchkey {version}")
    return wheels


def _wheel(item: Any) -> Wheel:
    if not isinstance(item, list) or len(item) != 3:
        raise ValueError("a wheel is not given as name, hash and size")
    name, digest, size_bytes = item
    hexadecimal(digest, 32)
    return Wheel(_matched(_WHEEL, name), digest, whole(size_bytes, 1, WHEEL_LIMIT_BYTES))


def _matched(pattern: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError("a name in it is impossible")
    return value
