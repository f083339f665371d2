"""A Raspberry Pi as a folder: what its kernel, systemd and firmware show, to be changed file by file."""

from collections.abc import Callable, Sequence
from pathlib import Path

from latchkey.units import NS_PER_S
from latchkey_sim.household import write_book

NOW_S = 1_900_000_000.0
FILES = {
    "proc/device-tree/model": "Raspberry Pi Zero 2 W Rev 1.0\0",
    "proc/meminfo": "MemTotal: 436000 kB\nMemAvailable: 300000 kB\n",
    "proc/uptime": "90000.12 80000.00\n",
    "proc/swaps": "Filename Type Size Used Priority\n/dev/zram0 partition 200000 5120 100\n",
    "proc/611/statm": "60000 30000 9000 1 0 40000 0\n",
    "proc/locks": "",
    "proc/net/route": "Iface Destination Gateway\nwlan0 00000000 0101A8C0\n",
    "proc/net/ipv6_route": "",
    "proc/self/mountinfo": "22 1 179:2 / / rw,noatime - ext4 /dev/mmcblk0p2 rw\n",
    "sys/dev/block/179:2/size": "1\n",
    "sys/fs/ext4/mmcblk0p2/errors_count": "0\n",
    "sys/bus/i2c/devices/10-001a/name": "imx708\n",
    "sys/bus/i2c/devices/10-001a/driver/bound": "",
    "sys/bus/i2c/devices/10-000c/name": "dw9807\n",
    "sys/class/thermal/thermal_zone0/temp": "51200\n",
    "sys/devices/platform/soc/soc:firmware/get_throttled": "0\n",
    "boot/firmware/config.txt": "# cameras\ncamera_auto_detect=1\n[all]\ndtparam=audio=on\n",
    "run/systemd/system/there": "",
    "dev/gpiochip0": "",
}
UNIT = """Id={name}.service
LoadState=loaded
ActiveState={active}
SubState={sub}
NRestarts={restarts}
StatusText={status}
User=
MainPID=611
StateChangeTimestampMonotonic=1000000
"""


def units(
    capture: str = "armed; camera ok, disk ok; the link side is there",
    link: str = "connected to the broker, 0 events wait; the capture side is there",
    active: str = "active",
    sub: str = "running",
    restarts: int = 0,
) -> str:
    """Give what `systemctl show` prints; the last three are those of the side with the camera."""
    one = UNIT.format(name="latchkey-capture", active=active, sub=sub, restarts=restarts, status=capture)
    two = UNIT.format(name="latchkey-link", active="active", sub="running", restarts=0, status=link)
    return f"{one}\n{two}"


class FolderPi:
    """A board below `root` on which all is well, what its programs print, and its doorbell's own folders."""

    def __init__(self, folder: Path) -> None:
        self.root, self.folder, self.file = folder / "root", folder, folder / "door.toml"
        self.systemctl: str | None = units()
        self.timedatectl: str | None = "yes\n"
        self.now_s = NOW_S
        for name, text in FILES.items():
            self.put(name, text)
        self.book = write_book(folder, int(NOW_S) * NS_PER_S)
        for name in ("vault", "state"):
            (folder / name).mkdir(mode=0o700)
        self.settings()

    def settings(self, pi: str = "", mqtt: str = 'host = "broker.home"', vault: str = "") -> None:
        """Write the settings, with more lines in some of their sections."""
        self.file.write_text(
            f'schema = 1\n[camera]\nboard = "pi"\n[owner]\nbook = "{self.book}"\n'
            f'[vault]\npath = "{self.folder}/vault"\n{vault}\n[device]\nstate = "{self.folder}/state"\n'
            f'[privacy]\ndetector = "none"\n[update]\nfolder = "{self.folder}/opt"\n'
            f"[pi]\n{pi}\n[mqtt]\n{mqtt}\n"
        )

    def put(self, name: str, text: str) -> Path:
        """Write a file."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def drop(self, name: str) -> None:
        """Remove one."""
        (self.root / name).unlink()

    def now(self) -> float:
        """Give the wall clock's time."""
        return self.now_s

    def run(self, words: Sequence[str]) -> str | None:
        """Run a program: what it prints, or None where it fails."""
        programs: dict[str, Callable[[], str | None]] = {
            "systemctl": lambda: self.systemctl,
            "timedatectl": lambda: self.timedatectl,
        }
        return programs[words[0]]()
