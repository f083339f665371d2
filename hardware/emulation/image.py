"""The emulated board's disks: Debian trixie for arm64, and a boot partition with a card's files.

Nothing of arm64 runs while the system is made, except Python that compiles its own library. No package's
script runs either, so what those would have done is done here: users, names of folders, units that are on.
The system stays as it was made; what a boot changes is in the disks, which are made anew for each check.
"""

import gzip
import lzma
import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

from emulation.root import PROCESSOR, PYTHON, SUITE, EmulationError, must

PACKAGES = (
    *(
        "base-files",
        "base-passwd",
        "bash",
        "busybox-static",
        "coreutils",
        "dash",
        "dbus",
        "findutils",
        "grep",
    ),
    *("hostname", "iproute2", "kmod", "libc-bin", "libstdc++6", "linux-image-arm64", "login", "mosquitto"),
    *(
        "mosquitto-clients",
        "mount",
        "openssl",
        "passwd",
        "procps",
        "python3",
        "python3-venv",
        "sed",
        "systemd",
    ),
    *("systemd-sysv", "udev", "util-linux"),
)
"""A small system with what the first boot's own step would install from Debian, and a broker."""

PROGRAMS = {
    "mmdebstrap": "mmdebstrap",
    "qemu-aarch64-static": "qemu-user-static",
    "qemu-system-aarch64": "qemu-system-arm",
    "mke2fs": "e2fsprogs",
    "debugfs": "e2fsprogs",
    "mkfs.vfat": "dosfstools",
    "mcopy": "mtools",
    "depmod": "kmod",
    "cpio": "cpio",
    "systemd-sysusers": "systemd",
}
GUEST = Path(__file__).parent / "guest"
MODULES = ("virtio_blk", "crc32c_generic", "ext4")
"""What the kernel needs to find its system; all else it loads from there."""

SYSTEM_MIB, BOOT_MIB = 3072, 256
UNITS = ("boot-broker", "boot-ears", "boot-user-data", "boot-watch")
STAMP = "system-made-of"

INIT = """#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
for module in $(/bin/busybox cat /modules); do /bin/busybox insmod /lib/$module; done
until [ -b /dev/vda ]; do /bin/busybox sleep 0.1; done
/bin/busybox mount -t ext4 /dev/vda /system
/bin/busybox mount --move /dev /system/dev
exec /bin/busybox switch_root /system /usr/sbin/init
"""

FILES = {
    "etc/fstab": "/dev/vda / ext4 defaults 0 0\n/dev/vdb /boot/firmware vfat defaults,flush 0 0\n",
    "etc/hostname": "doorbell\n",
    "etc/hosts": "127.0.0.1 localhost doorbell\n",
    "etc/machine-id": f"{sha256(b'emulated board').hexdigest()[:32]}\n",
    "etc/systemd/network/10-cable.network": "[Match]\nType=ether\n[Network]\nDHCP=yes\n",
    "etc/sysusers.d/boot-broker.conf": 'u mosquitto - "Broker"\n',
}
ON = (
    "/usr/lib/systemd/system/systemd-networkd.service",
    *(f"/etc/systemd/system/{name}.service" for name in UNITS),
)


class System:
    """A folder with the system, its kernel and what the kernel begins with."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.root = folder / "system"

    @property
    def kernel(self) -> Path:
        """The kernel's image."""
        return next(iter(sorted((self.root / "boot").glob("vmlinuz-*"))))

    @property
    def initrd(self) -> Path:
        """What the kernel begins with."""
        return self._folder / "initrd.gz"

    def make(self) -> None:
        """Make what is not there yet. Raises EmulationError."""
        if os.geteuid():
            raise EmulationError("files of the image belong to root", hint="run it as root, in a container")
        for program, package in PROGRAMS.items():
            if shutil.which(program) is None:
                raise EmulationError(f"{program} is missing", hint=f"apt install {package}")
        stamp, made_of = (
            self._folder / STAMP,
            sha256(repr([SUITE, PACKAGES, FILES, INIT, MODULES]).encode()).hexdigest(),
        )
        if not stamp.is_file() or stamp.read_text() != made_of:
            stamp.unlink(missing_ok=True)
            shutil.rmtree(self.root, ignore_errors=True)
            self._unpack()
            self._furnish()
            self._make_initrd()
            stamp.write_text(made_of)
        self._install_guest()

    def _unpack(self) -> None:
        self.root.parent.mkdir(parents=True, exist_ok=True)
        command = ["mmdebstrap", "--quiet", "--variant=extract", "--arch=arm64"]
        must([*command, f"--include={','.join(PACKAGES)}", SUITE, str(self.root)])
        for name in ("bin", "lib", "sbin"):
            if not (self.root / name).exists():
                (self.root / name).symlink_to(f"usr/{name}")
        emulator = ["qemu-aarch64-static", "-cpu", PROCESSOR, "-L", str(self.root)]
        compiler = [str(self.root / f"usr/bin/python{PYTHON}"), "-m", "compileall", "-q"]
        library = str(self.root / f"usr/lib/python{PYTHON}")
        must([*emulator, *compiler, "-s", str(self.root), "-p", "/", library])

    def _furnish(self) -> None:
        for kind in ("passwd", "group"):
            shutil.copy(self.root / f"usr/share/base-passwd/{kind}.master", self.root / "etc" / kind)
        for name, text in FILES.items():
            _write(self.root / name, text)
        (self.root / "boot/firmware").mkdir(exist_ok=True)
        wanted = self.root / "etc/systemd/system/multi-user.target.wants"
        wanted.mkdir(parents=True, exist_ok=True)
        for unit in ON:
            (wanted / Path(unit).name).symlink_to(unit)
        authorities = sorted((self.root / "usr/share/ca-certificates").rglob("*.crt"))
        _write(
            self.root / "etc/ssl/certs/ca-certificates.crt",
            "".join(path.read_text() for path in authorities),  # pip looks for them, though it asks nobody
        )
        must(["systemd-sysusers", f"--root={self.root}"])
        must(["depmod", "-b", str(self.root), self._release()])

    def _install_guest(self) -> None:
        """Copy what runs there: it may have changed."""
        for source in sorted(GUEST.iterdir()):
            if source.suffix == ".service":
                shutil.copy(source, self.root / "etc/systemd/system" / source.name)
            elif source.suffix == ".py":
                _write(self.root / "usr/lib/boot-check" / source.name, source.read_text())
        (self.root / "var/boot-check").mkdir(exist_ok=True)
        for name in ("apt-get", "dpkg"):
            place = self.root / "usr/local/sbin" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(GUEST / "stand-in.sh", place)
            place.chmod(0o755)

    def _release(self) -> str:
        return self.kernel.name.removeprefix("vmlinuz-")

    def _make_initrd(self) -> None:
        """Busybox, the modules in the order in which they need each other, and a script."""
        tree = self._folder / "initrd"
        shutil.rmtree(tree, ignore_errors=True)
        for name in ("bin", "dev", "lib", "system"):
            (tree / name).mkdir(parents=True)
        shutil.copy(self.root / "usr/bin/busybox", tree / "bin/busybox")
        names = []
        for module in self._needed():
            names.append(module.name.removesuffix(".xz"))
            data = module.read_bytes()
            (tree / "lib" / names[-1]).write_bytes(lzma.decompress(data) if module.suffix == ".xz" else data)
        (tree / "modules").write_text("\n".join(names))
        _write(tree / "init", INIT, 0o755)
        listed = "\n".join(str(path.relative_to(tree)) for path in sorted(tree.rglob("*")))
        packed = subprocess.run(
            ["cpio", "--quiet", "-o", "-H", "newc"],
            cwd=tree,
            input=listed.encode(),
            capture_output=True,
            check=True,
        )
        self.initrd.write_bytes(gzip.compress(packed.stdout, 1))

    def _needed(self) -> list[Path]:
        modules = self.root / "usr/lib/modules" / self._release()
        needs = {}
        for line in (modules / "modules.dep").read_text().splitlines():
            path, _, others = line.partition(":")
            needs[path] = others.split()
        found: list[str] = []
        for wanted in MODULES:
            (path,) = (name for name in needs if name.partition(".ko")[0].endswith(f"/{wanted}"))
            found += [name for name in [*reversed(needs[path]), path] if name not in found]
        return [modules / name for name in found]


def make_system_disk(system: System, extra: dict[str, bytes], image: Path) -> None:
    """Make the disk that the board runs from, with some files more. Raises EmulationError."""
    for name, data in extra.items():
        place = system.root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    image.unlink(missing_ok=True)
    must(["mke2fs", "-q", "-t", "ext4", "-d", str(system.root), str(image), f"{SYSTEM_MIB}M"])


def make_boot_disk(card: Path, image: Path) -> None:
    """Make the boot partition, in the file system that it has on a Pi. Raises EmulationError."""
    image.unlink(missing_ok=True)
    must(["mkfs.vfat", "-F", "32", "-n", "bootfs", "-C", str(image), str(BOOT_MIB * 1024)])
    must(["mcopy", "-Q", "-s", "-i", str(image), *map(str, sorted(card.iterdir())), "::"])


def copy_out(image: Path, folder: str, into: Path) -> None:
    """Copy a folder out of the system's disk, which nobody uses any more. Raises EmulationError."""
    into.mkdir(parents=True, exist_ok=True)
    must(["debugfs", "-R", f"rdump {folder} {into}", str(image)])


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
