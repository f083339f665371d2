"""Probes of the two services, by `systemctl show`, and of whoever else runs on the vault."""

import resource
from collections.abc import Mapping
from pathlib import Path

from latchkey.adapters.disk import LOCK_NAME
from latchkey_pi.doctor.facts import Service, Services, Unknown
from latchkey_pi.doctor.machine import Machine

CAPTURE, LINK = "latchkey-capture", "latchkey-link"
PROPERTIES = (
    "Id,LoadState,ActiveState,SubState,NRestarts,StatusText,User,MainPID,StateChangeTimestampMonotonic"
)
NOT_SEEN = Unknown(
    "no service is installed, and whether a doorbell runs by hand cannot be seen",
    "`ps -C latchkey` shows whether one runs",
)


def services(machine: Machine, vault: Path | None) -> Services | Unknown:
    """Ask systemd, where it runs, and look who holds the vault's lock."""
    claimed = None if vault is None else is_claimed(machine, vault)
    if not machine.path("/run/systemd/system").is_dir():
        return NOT_SEEN if claimed is None else Services(claimed=claimed)
    shown = machine.run(
        ["systemctl", "show", f"--property={PROPERTIES}", f"{CAPTURE}.service", f"{LINK}.service"]
    )
    if shown is None:
        return Unknown("systemctl does not answer", "`systemctl status latchkey-capture latchkey-link`")
    found = {}
    for block in shown.split("\n\n"):
        facts = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if facts.get("LoadState", "not-found") != "not-found":
            name = facts.get("Id", "").removesuffix(".service")
            found[name] = _service(machine, name, facts)
    if not found and claimed is None:
        return NOT_SEEN
    return Services(found.get(CAPTURE), found.get(LINK), claimed)


def _service(machine: Machine, name: str, facts: Mapping[str, str]) -> Service:
    since_us, up = _number(facts.get("StateChangeTimestampMonotonic")), machine.text("/proc/uptime")
    pages = (machine.text(f"/proc/{facts.get('MainPID', '0')}/statm") or "").split()[1:2]
    return Service(
        name=name,
        active=facts.get("ActiveState", "not known"),
        sub=facts.get("SubState", ""),
        restarts=_number(facts.get("NRestarts")),
        up_s=float(up.split()[0]) - since_us / 1e6 if up and since_us else None,
        status=facts.get("StatusText", ""),
        user=facts.get("User", ""),
        memory=int(pages[0]) * resource.getpagesize() if pages else 0,
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def is_claimed(machine: Machine, vault: Path) -> bool | None:
    """Whether somebody holds the vault's lock, by the kernel's list of locks: it is not touched.

    None = that cannot be seen.
    """
    try:
        inode = (vault / LOCK_NAME).stat().st_ino
    except FileNotFoundError:
        return False
    except OSError:
        return None
    locks = machine.text("/proc/locks")
    if locks is None:
        return None
    return any(
        "FLOCK" in words and any(word.rpartition(":")[2] == str(inode) for word in words[4:7])
        for words in (line.split() for line in locks.splitlines())
    )


def own_bytes(found: object) -> int:
    """Give the memory that the process with the camera takes already."""
    capture = found.capture if isinstance(found, Services) else None
    return capture.memory if capture is not None and capture.is_up else 0
