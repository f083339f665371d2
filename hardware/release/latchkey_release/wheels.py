"""The wheels of a release: exactly those that were pinned, and all that they need.

A folder holds the wheels for one kind of machine, as `pip download` leaves them. Each has to have a hash
in the file of pins (pip's own format), except Latchkey's own wheel, which is what is released; none of
the pinned may be missing that another needs; and none may hold what a device would refuse.
"""

import email
import hashlib
import io
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from latchkey.errors import UpdateRefused
from latchkey.update import Wheel
from latchkey.update.wheels import members

EXTRAS = ("update",)
"""Of Latchkey itself: without it a device could not fetch the release after this one."""

OURS = "latchkey"
_PIN = re.compile(r"([A-Za-z0-9._-]+)==(\S+)((?:\s+--hash=sha256:[0-9a-f]{64})+)")


class WheelsWrong(Exception):
    """The wheels cannot be a release; the reason names one of them."""


Pins = dict[tuple[str, str], frozenset[str]]


def read_pins(text: str) -> Pins:
    """Read pins: `name==version --hash=sha256:...`, lines continued by a backslash. Raises WheelsWrong."""
    pins: Pins = {}
    for line in text.replace("\\\n", " ").splitlines():
        plain = line.split("#")[0].strip()
        if not plain:
            continue
        found = _PIN.fullmatch(plain)
        if found is None:
            raise WheelsWrong(f"this is no pin with a hash: {plain[:80]}")
        hashes = frozenset(word.split(":")[1] for word in found[3].split())
        pins[canonicalize_name(found[1]), found[2]] = hashes
    return pins


def write_pins(folders: Iterable[Path]) -> str:
    """Pin whatever wheels lie there now: to be looked at, and kept beside the sources."""
    found: dict[str, set[str]] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.whl")):
            wheel, _ = _read(path)
            if wheel.distribution != OURS:
                found.setdefault(f"{wheel.distribution}=={wheel.version}", set()).add(wheel.sha256)
    lines = [
        " \\\n    ".join([name, *(f"--hash=sha256:{one}" for one in sorted(hashes))])
        for name, hashes in sorted(found.items())
    ]
    return "".join(f"{line}\n" for line in lines)


def collect(build: str, folder: Path, pins: Pins) -> list[tuple[Wheel, bytes]]:
    """Give the wheels of a folder for a kind of machine, like `cp313-aarch64`. Raises WheelsWrong."""
    read = [_read(path) for path in sorted(folder.glob("*.whl"))]
    for wheel, data in read:
        allowed = pins.get((wheel.distribution, wheel.version), frozenset())
        if wheel.distribution != OURS and wheel.sha256 not in allowed:
            raise WheelsWrong(f"{wheel.name} is not pinned with this hash: {wheel.sha256}")
        _try_out(wheel, data)
    _check_needs(build, {wheel.distribution: data for wheel, data in read}, read)
    return read


def _read(path: Path) -> tuple[Wheel, bytes]:
    data = path.read_bytes()
    return Wheel(path.name, hashlib.sha256(data).hexdigest(), len(data)), data


def _try_out(wheel: Wheel, data: bytes) -> None:
    """Take it apart as a device does."""
    try:
        for _name, pieces in members(wheel.name, io.BytesIO(data)):
            for _piece in pieces:
                pass
    except UpdateRefused as error:
        raise WheelsWrong(f"no device would take it: {error}") from error


def _check_needs(build: str, present: dict[str, bytes], wheels: list[tuple[Wheel, bytes]]) -> None:
    python, machine = build.split("-", 1)
    version = f"{python[2]}.{python[3:]}"
    facts = {
        "python_version": version,
        "python_full_version": f"{version}.0",
        "platform_machine": machine,
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    versions = {wheel.distribution: wheel.version for wheel, _ in wheels}
    for wheel, data in wheels:
        for need in _needs(wheel, data):
            extras = ("", *EXTRAS) if wheel.distribution == OURS else ("",)
            if need.marker and not any(need.marker.evaluate({**facts, "extra": one}) for one in extras):
                continue
            name = canonicalize_name(need.name)
            if name not in present:
                raise WheelsWrong(f"{build}: {wheel.name} needs {need.name}, which is not there")
            if not need.specifier.contains(versions[name], prereleases=True):
                raise WheelsWrong(f"{build}: {wheel.name} needs {need}, not {versions[name]}")
    if OURS not in present:
        raise WheelsWrong(f"{build}: there is no wheel of Latchkey")


def _needs(wheel: Wheel, data: bytes) -> list[Requirement]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        if len(names) != 1:
            raise WheelsWrong(f"{wheel.name} is no wheel: it has no METADATA")
        facts = email.message_from_bytes(archive.read(names[0]))
    return [Requirement(text) for text in facts.get_all("Requires-Dist", [])]
