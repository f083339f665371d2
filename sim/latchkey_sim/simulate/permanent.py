"""A permanent test doorbell for automations: a scene over and over on a real broker, in real time.

Camera and bell are the scene's; all else is what `latchkey run` has, the link to the broker too.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import FolderDisk, disk_errors
from latchkey.adapters.journal import TextJournal
from latchkey.boards.common import linux_board
from latchkey.cli.command import Terminal
from latchkey.cli.traffic import traffic_text
from latchkey.device.device import Device
from latchkey.device.loop import run
from latchkey.errors import EXIT_OK, UsageError
from latchkey.pipeline.identity import device_id
from latchkey.ports import JournalLine
from latchkey.settings import MqttSettings, OwnerSettings, Settings
from latchkey.units import to_ns, utc_day
from latchkey_sim.demo.folder import write_private
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.house.house import House
from latchkey_sim.household import OWNER, one_key_book
from latchkey_sim.scenes import Scene, SceneFootage
from latchkey_sim.simulate.chosen import Chosen
from latchkey_sim.simulate.endless import EndlessBell, EndlessCamera
from latchkey_sim.simulate.outdir import claim_folder

PORTS = {"mqtt": 1883, "mqtts": 8883}
URL_HINT = "it looks like mqtt://user:password@homeassistant.local:1883, or mqtts://… with TLS"
VAULT_MIB = 256
"""The oldest clips of a doorbell that rings all day go above this."""


def read_broker(url: str) -> tuple[MqttSettings, str]:
    """Give the settings and the password in a broker's URL. Raises UsageError, which tells no password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UsageError("--broker: that is no URL of a broker", hint=URL_HINT) from None
    if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or parts.query or port == 0:
        raise UsageError("--broker: that is no URL of a broker", hint=URL_HINT)
    tls = parts.scheme == "mqtts"
    user, password = (unquote(text or "") for text in (parts.username, parts.password))
    if not (user + password).isprintable():
        raise UsageError("--broker: user and password must be printable", hint=URL_HINT)
    return MqttSettings(parts.hostname, port or PORTS[parts.scheme], user, tls=tls), password


def be_doorbell(chosen: Chosen, scene: Scene, url: str, out: Path | None, terminal: Terminal) -> int:
    """Ring until told to stop. Raises LatchkeyError."""
    mqtt, password = read_broker(url)
    for fault in scene.faults:
        terminal.say(
            f"latchkey: warning: the scene's {fault.kind} is left out: faults need the simulated house"
        )
    with _folder(out) as folder, tempfile.TemporaryDirectory(prefix="latchkey-sim-") as secret:
        if password:
            write_private(Path(secret) / "password", password.encode())
            mqtt = replace(mqtt, password_file=Path(secret) / "password")
        settings = _settings(chosen, scene, mqtt, folder)
        terminal.say(f"latchkey: clips in {folder}, opened with owner.key there; Ctrl-C ends it")
        _run(chosen, scene, settings, terminal)
    return EXIT_OK


def _run(chosen: Chosen, scene: Scene, settings: Settings, terminal: Terminal) -> None:
    clock, journal, span_ns = SystemClock(), TextJournal(terminal.err), to_ns(scene.seconds)
    camera = EndlessCamera(SceneFootage(scene), span_ns, clock)
    bell = EndlessBell(tuple(map(to_ns, scene.rings_s)), span_ns, clock)
    _keep_its_name(chosen, settings)
    board = linux_board("sim", settings, journal, clock, camera, bell)
    device = Device(board, settings, device_id(board.state, board.entropy))
    device.start()
    try:
        run(device, board.clock, lambda: terminal.stop.asked)
    finally:
        device.close()
    for line in board.traffic():
        journal.note(JournalLine(clock.now_ns(), "egress", ": ".join(traffic_text(line))))
    journal.note(JournalLine(clock.now_ns(), "device", "stopped"))


def _keep_its_name(chosen: Chosen, settings: Settings) -> None:
    """Let it be the same device for whoever it rang at before: its name comes of seed and scene."""
    chance = House(chosen.scenario(), chosen.seed.number, []).chance(f"permanent/{chosen.name}")
    device_id(FolderDisk(settings.device.state), SeededEntropy(chance.getrandbits(64)))


def _settings(chosen: Chosen, scene: Scene, mqtt: MqttSettings, folder: Path) -> Settings:
    """Give the scene's settings, with a household whose one key is at hand."""
    book, state, ours = folder / "book.json", folder / "state", scene.settings
    with disk_errors(f"write into {folder}"):
        book.write_bytes(one_key_book(utc_day(SystemClock().wall_ns()), days=3))
        (folder / "owner.key").write_text(f"{OWNER.text}\n", "ascii")
    width, height = scene.size
    privacy = replace(ours.privacy, detector=chosen.detector)
    return replace(
        ours,
        device=replace(ours.device, state=state),
        camera=replace(ours.camera, board="sim", width=width, height=height, fps=scene.fps),
        vault=replace(ours.vault, path=folder / "vault", max_mib=min(ours.vault.max_mib, VAULT_MIB)),
        mqtt=mqtt,
        privacy=privacy,
        owner=OwnerSettings(book=book),
    )


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    """Give a folder for state and clips: the one that is named, or one that goes with the block."""
    if out is not None:
        claim_folder(out)
        yield out.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="latchkey-sim-") as folder:
        yield Path(folder)
