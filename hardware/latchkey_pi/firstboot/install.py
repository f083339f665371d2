"""The steps of the first boot, in order.

Before the network is needed: files, room, SSH if it was wished for. With it: the clock, and what `apt`
installs. The Python packages lie on the card, each with its hash in `pins.txt`; pip asks nobody for
anything. Secrets leave the boot partition only when all else is done, so that a power cut never loses the
way in.
"""

from importlib.resources import files

from latchkey_pi.firstboot import card as cards
from latchkey_pi.firstboot.course import MARKS, Step
from latchkey_pi.firstboot.findings import Failed
from latchkey_pi.firstboot.machine import Done, Machine
from latchkey_pi.firstboot.show import Show

PACKAGES = ("python3-venv", "python3-picamera2", "python3-gpiozero", "python3-lgpio", "alsa-utils")
ROOM_BYTES = 1_500_000_000
"""For what apt brings, and for three releases side by side."""

OPT = "opt/latchkey"
SLOT = "releases/0"
ETC = "etc/latchkey"
OWNER = "etc/latchkey/owner"
UNITS = "etc/systemd/system"
COMPLETE = f"{MARKS}/complete"
DETECTOR = "centerface"

NETWORK_DONE = b"""# This was used, and its password erased. The network is set up on the system itself now.
network:
  config: disabled
"""


def steps() -> tuple[Step, ...]:
    """Give all steps."""
    return (
        Step("files", "reading the card", _files),
        Step("room", "looking how much room there is", _room),
        Step("wizard", "ending the system's own first questions", _wizard, _made_from_nothing),
        Step("ssh", "opening SSH for your key", _ssh, _made_from_card),
        Step("network", "waiting for the network", _network),
        Step("clock", "waiting for the time", _clock),
        Step("packages", "installing packages: takes 3 to 15 minutes", _packages, _made_from_packages),
        Step("users", "making the users of the two services", _users, _made_from_units),
        Step("program", "installing Latchkey", _program, _made_from_pins),
        Step("detector", "installing the face detector", _detector, _made_from_pins),
        Step("settings", "putting the settings in place", _settings, _made_from_settings),
        Step("units", "setting up the services", _units, _made_from_units),
        Step("secrets", "erasing passwords from the boot partition", _secrets),
        Step("start", "starting", _start),
    )


def _files(machine: Machine, show: Show) -> None:
    del show
    cards.check_files(machine, cards.read_card(machine))


def _room(machine: Machine, show: Show) -> None:
    del show
    if _installed(machine):
        return
    free = machine.free_bytes()
    if free < ROOM_BYTES:
        raise Failed("card-full", f"{free // 10**6} MB are free, {ROOM_BYTES // 10**6} MB are needed")


def _wizard(machine: Machine, show: Show) -> None:
    """Keep the system from asking whoever sits at the screen for a user of their own, who may do anything."""
    done = machine.run("systemctl", "disable", "--now", "userconfig.service", limit_s=120)
    show.note(done.text)  # where there is no such service, nobody is asked


def _ssh(machine: Machine, show: Show) -> None:
    if cards.read_card(machine).ssh:
        _must(machine, show, "systemctl", "enable", "--now", "ssh", limit_s=120)


def _network(machine: Machine, show: Show) -> None:
    if _marked_installed(machine):
        return
    if not machine.has_route():
        show.working("network", "waiting for the network")
        machine.pause(20)
        if not machine.has_route():
            raise Failed("no-network", "the network is not there: neither cable nor Wi-Fi gave a way out")


def _clock(machine: Machine, show: Show) -> None:
    del show
    if not _marked_installed(machine) and machine.now() < cards.read_card(machine).made:
        raise Failed("clock-unset", "the clock says a time before this card was made")


def _packages(machine: Machine, show: Show) -> None:
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    _must(machine, show, "dpkg", "--configure", "-a", limit_s=1800, env=quiet)
    _apt(machine, show, "update", "-o", "Acquire::Retries=3")
    options = ("-o", "DPkg::Lock::Timeout=600", "-o", "Dpkg::Options::=--force-confold")
    _apt(machine, show, "install", "-y", "--no-install-recommends", *options, *PACKAGES)


def _apt(machine: Machine, show: Show, *words: str) -> None:
    try:
        _must(machine, show, "apt-get", *words, limit_s=3600, env={"DEBIAN_FRONTEND": "noninteractive"})
    except Failed as failed:
        if failed.finding.code == "install-failed" and not machine.has_route():
            raise Failed("no-network", f"the network went away: {failed.detail}") from failed
        raise


def _users(machine: Machine, show: Show) -> None:
    for name, data in _unit_files():
        if name.endswith("-sysusers.conf"):
            machine.put(machine.path("etc/sysusers.d/latchkey.conf"), data)
    _must(machine, show, "systemd-sysusers", limit_s=120)


def _program(machine: Machine, show: Show) -> None:
    """Lay out the first release. One that has been in use stays: it may be newer than the card's."""
    opt, here = machine.path(OPT), cards.folder(machine)
    if not (_installed(machine) and machine.path(COMPLETE).exists()):
        slot = opt / SLOT
        machine.remove(opt / "current")
        machine.remove_tree(slot)
        machine.folder(slot.parent)
        _must(machine, show, "python3", "-m", "venv", "--system-site-packages", str(slot), limit_s=600)
        offline = (
            "--no-index",
            "--no-deps",
            "--require-hashes",
            "--no-cache-dir",
            "--disable-pip-version-check",
        )
        found = ("--find-links", str(here / cards.WHEELS), "-r", str(here / cards.PINS))
        pip = (str(slot / "bin/python"), "-m", "pip", "install", *offline, *found)
        _must(machine, show, *pip, limit_s=1800)
        _must(machine, show, str(slot / "bin/latchkey"), "--version", limit_s=300)
        machine.sync()
        machine.link(opt / "good", SLOT)
        machine.link(opt / "current", SLOT)
    machine.link(opt / "bin", "current/bin")
    machine.link(machine.path("usr/local/bin/latchkey"), "/opt/latchkey/current/bin/latchkey")


def _detector(machine: Machine, show: Show) -> None:
    for wheel in sorted((cards.folder(machine) / cards.MODELS).glob("*.whl")):
        _must(
            machine,
            show,
            _latchkey(machine),
            "models",
            "install",
            DETECTOR,
            "--from",
            str(wheel),
            limit_s=300,
        )


def _settings(machine: Machine, show: Show) -> None:
    """Judge the card's settings first: those in place stay until better ones are known to be good."""
    here, etc = cards.folder(machine), machine.path(ETC)
    _book(machine, show)
    for name, mode in ((cards.PASSWORD, 0o600), (cards.AUTHORITY, 0o644)):
        data = machine.read(here / name)
        if data and b"\0" not in data:  # else power went while it was being erased: it is in place already
            machine.put(etc / name, data, mode)
    done = machine.run(_latchkey(machine), "check", str(here / cards.SETTINGS), limit_s=300)
    show.note(done.text)
    if done.code:
        raise Failed("settings-wrong", _why(done))
    place, new = etc / cards.SETTINGS, machine.read(here / cards.SETTINGS) or b""
    old = machine.read(place)
    if old is not None and old != new:
        machine.put(etc / f"{cards.SETTINGS}.before", old)
    machine.put(place, new)


def _book(machine: Machine, show: Show) -> None:
    """Put the key book where pairing can replace it. One that is there stays: it may be a later one."""
    owner = machine.path(OWNER)
    machine.folder(owner)
    book = machine.read(cards.folder(machine) / cards.BOOK)
    if book is not None and not (owner / cards.BOOK).exists():
        machine.put(owner / cards.BOOK, book)
    _must(machine, show, "chown", "-R", "latchkey-capture:latchkey", str(owner), limit_s=60)


def _units(machine: Machine, show: Show) -> None:
    services = []
    for name, data in _unit_files():
        if name.endswith(".service"):
            machine.put(machine.path(f"{UNITS}/{name}"), data)
            services.append(name)
        elif name == "latchkey-pair.sh":
            machine.put(machine.path("usr/local/sbin/latchkey-pair"), data, 0o755)
    _must(machine, show, "systemctl", "daemon-reload", limit_s=120)
    _must(machine, show, "systemctl", "enable", *services, limit_s=120)


def _secrets(machine: Machine, show: Show) -> None:
    """Erase what is in its place by now: the Wi-Fi's key and the broker's password."""
    del show
    network, password = machine.boot / cards.NETWORK, cards.folder(machine) / cards.PASSWORD
    if machine.read(network) not in (None, NETWORK_DONE):
        machine.wipe(network)
        machine.put(network, NETWORK_DONE)
    machine.wipe(password)
    machine.remove(password)


def _start(machine: Machine, show: Show) -> None:
    """Start the services."""
    services = [name for name, _ in _unit_files() if name.endswith(".service")]
    _must(machine, show, "systemctl", "restart", "--no-block", *services, limit_s=120)


def tidy(machine: Machine) -> None:
    """Note that all was done once, and remove the card's folder; first of it what says that there is work."""
    machine.put(machine.path(COMPLETE), b"")
    machine.remove(cards.folder(machine) / cards.CARD)
    machine.remove_tree(cards.folder(machine))


def _made_from_card(machine: Machine) -> bytes:
    return cards.read_card(machine).encode()


def _made_from_nothing(machine: Machine) -> bytes:
    del machine
    return b""


def _made_from_packages(machine: Machine) -> bytes:
    del machine
    return " ".join(PACKAGES).encode()


def _made_from_pins(machine: Machine) -> bytes:
    return machine.read(cards.folder(machine) / cards.PINS) or b""


def _made_from_settings(machine: Machine) -> bytes:
    here = cards.folder(machine)
    names = (cards.SETTINGS, cards.PASSWORD, cards.AUTHORITY, cards.BOOK)
    return b"\0".join(machine.read(here / name) or b"" for name in names)


def _made_from_units(machine: Machine) -> bytes:
    del machine
    return b"".join(name.encode() + data for name, data in _unit_files())


def _unit_files() -> list[tuple[str, bytes]]:
    """Give the unit files that are part of this package."""
    folder = files("latchkey_pi") / "units"
    return sorted((item.name, item.read_bytes()) for item in folder.iterdir() if item.is_file())


def _installed(machine: Machine) -> bool:
    return machine.path(f"{OPT}/current/bin/latchkey").exists()


def _marked_installed(machine: Machine) -> bool:
    """Whether all that needs the network is there: then a card's new settings are taken without it."""
    return _installed(machine) and machine.path("var/lib/latchkey-setup/marks/packages").exists()


def _latchkey(machine: Machine) -> str:
    return str(machine.path(f"{OPT}/current/bin/latchkey"))


def _must(machine: Machine, show: Show, *words: str, limit_s: int, env: dict[str, str] | None = None) -> None:
    """Run a program that has to succeed. Raises Failed."""
    done = machine.run(*words, limit_s=limit_s, env=env)
    show.note(f"$ {' '.join(words)}\n{done.text}")
    if done.code:
        full = "no space left" in done.text.lower()
        program = words[0].rpartition("/")[2]
        raise Failed("card-full" if full else "install-failed", f"{program}: {_why(done)}")


def _why(done: Done) -> str:
    """Give the line that says why a program failed: its first that speaks of an error, else its last."""
    lines = [line.strip() for line in done.text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("E:", "ERROR:", "latchkey: error:"))]
    return (errors or lines[-1:] or [f"ended with code {done.code}"])[0][:300]
