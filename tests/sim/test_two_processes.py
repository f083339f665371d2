"""The doorbell as two real processes: each can be killed, and the other keeps what it promised."""

import ctypes
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from latchkey.cli import main
from latchkey.errors import EXIT_USAGE
from latchkey.units import NS_PER_MS
from latchkey_sim.brokers import Broker, Delivery, Listener, any_broker
from latchkey_sim.footage import write_video
from latchkey_sim.street import FPS, street
from latchkey_sim.twosides import Side, TwoSides

pytestmark = pytest.mark.slow
SECONDS = 60


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give footage in which nothing moves: what is recorded is recorded for a press."""
    path = tmp_path_factory.mktemp("footage") / "door.mp4"
    write_video(path, street(SECONDS), FPS, crf=4)
    return path


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with any_broker() as broker:
        yield broker


@pytest.fixture
def listener(broker: Broker) -> Iterator[Listener]:
    with Listener(broker) as listener:
        yield listener


@pytest.fixture
def doorbell(tmp_path: Path, broker: Broker, video: Path) -> Iterator[TwoSides]:
    with TwoSides(tmp_path, broker, "file", str(video)) as doorbell:
        yield doorbell


def _events(found: list[Delivery], topic: str, kind: str) -> list[Delivery]:
    return [
        item
        for item in found
        if item.topic.endswith(f"event/{topic}") and json.loads(item.payload)["event_type"] == kind
    ]


def _rings(listener: Listener, link: Side) -> int:
    """Press the bell; give how many ns later the broker told of it."""
    before = len(_events(listener.deliveries, "doorbell", "ring"))
    pressed_ns = link.press()
    assert listener.wait_for(lambda found: len(_events(found, "doorbell", "ring")) > before), link.said
    return _events(listener.deliveries, "doorbell", "ring")[-1].at_ns - pressed_ns


def _rings_at_once(listener: Listener, link: Side) -> None:
    """Press up to three times: a machine that was busy elsewhere is no slow bell."""
    assert any(_rings(listener, link) < 100 * NS_PER_MS for _ in range(3))


def _camera(found: list[Delivery]) -> str:
    states = [json.loads(item.payload)["camera"] for item in found if item.topic.endswith("health/state")]
    return str(states[-1]) if states else ""


def _met(doorbell: TwoSides) -> tuple[Side, Side]:
    capture, link = doorbell.start("capture"), doorbell.start("link")
    link.wait_for("the capture side is there")
    link.wait_for("connected to the broker")
    return capture, link


def test_a_visit_and_then_either_side_is_killed(doorbell: TwoSides, listener: Listener) -> None:
    capture, link = _met(doorbell)
    _rings_at_once(listener, link)

    capture.kill()
    _rings_at_once(listener, link)
    assert listener.wait_for(lambda found: _camera(found) == "lost", 10)
    assert "the bell works, nothing is recorded" in link.said

    capture = doorbell.start("capture")
    link.wait_for("the capture side is there", times=2)
    assert listener.wait_for(lambda found: _camera(found) == "ok", 10)
    _rings(listener, link)
    assert listener.wait_for(lambda found: bool(_events(found, "clip", "end")), 20), capture.said
    ends = [json.loads(end.payload)["id"] for end in _events(listener.deliveries, "clip", "end")]
    assert ends == doorbell.clips()

    said = capture.said.count("is being recorded")
    _rings(listener, link)
    capture.wait_for("is being recorded", times=said + 1)
    link.kill()
    assert capture.end() == 0  # told to stop, it seals what it records; nobody hears of it
    assert len(doorbell.clips()) == 2
    assert "were not told: the clips are there" in capture.said


def test_a_clip_that_ends_while_the_link_side_is_dead_is_announced_once(
    doorbell: TwoSides, listener: Listener
) -> None:
    capture, link = _met(doorbell)
    _rings(listener, link)
    assert listener.wait_for(lambda found: bool(_events(found, "clip", "start")))
    link.kill()
    capture.wait_for("is sealed and kept")
    link = doorbell.start("link")
    assert listener.wait_for(lambda found: bool(_events(found, "clip", "end")), 20), link.said
    assert capture.end() == 0
    assert "were not told" not in capture.said
    assert link.end() == 0
    ends = [json.loads(end.payload)["id"] for end in _events(listener.deliveries, "clip", "end")]
    assert doorbell.clips() == ends


def test_nonsense_on_the_socket_ends_that_connection_only(doorbell: TwoSides, listener: Listener) -> None:
    capture = doorbell.start("capture")
    capture.wait_for("armed; clips")
    for number, nonsense in enumerate((b"GET / HTTP/1.1\r\n\r\n", bytes(100_000)), 1):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as raw:
            raw.connect(str(doorbell.home / "s"))
            raw.send(nonsense)
            capture.wait_for("error: the link side makes no sense", times=number)
    link = doorbell.start("link")
    link.wait_for("the capture side is there")
    _rings_at_once(listener, link)


def test_the_capture_side_needs_no_network(doorbell: TwoSides, listener: Listener) -> None:
    bare = ["unshare", "--user", "--map-root-user", "--net"]
    if subprocess.run([*bare, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody make a network namespace")
    capture, link = doorbell.start("capture", bare), doorbell.start("link")
    link.wait_for("the capture side is there")
    interfaces = Path(f"/proc/{capture.child.pid}/net/dev").read_text()
    assert "eth" not in interfaces
    _rings(listener, link)
    assert listener.wait_for(lambda found: bool(_events(found, "clip", "start"))), capture.said
    assert capture.end() == 0
    assert listener.wait_for(lambda found: bool(_events(found, "clip", "end"))), capture.said
    assert len(doorbell.clips()) == 1


IN_ACCESS, IN_OPEN = 0x1, 0x20


class Watch:
    """Tells whether anybody opens or reads what lies in some folders: the kernel's inotify."""

    def __init__(self, folders: list[Path]) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._handle = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        for folder in folders:
            added = self._libc.inotify_add_watch(self._handle, bytes(folder), IN_ACCESS | IN_OPEN)
            assert added >= 0, os.strerror(ctypes.get_errno())

    def touched(self) -> bool:
        try:
            return bool(os.read(self._handle, 4096))
        except BlockingIOError:
            return False


def test_the_link_side_opens_no_vault_no_book_and_no_camera(
    doorbell: TwoSides, listener: Listener, video: Path
) -> None:
    capture, link = _met(doorbell)
    assert capture.end() == 0
    assert link.end() == 0
    vault, book = doorbell.home / "vault", doorbell.home / "book"
    for folder in ("clips", "keys"):
        (vault / folder).mkdir(exist_ok=True)
    book.mkdir()
    (doorbell.home / "book.json").rename(book / "book.json")
    watch = Watch([vault, vault / "clips", vault / "keys", book, video.parent])
    link = doorbell.start("link")
    link.wait_for("connected to the broker", times=2)
    _rings(listener, link)
    link.wait_for("the bell works, nothing is recorded")
    maps = Path(f"/proc/{link.child.pid}/maps").read_text()
    assert link.end() == 0
    assert not watch.touched()
    assert "libavcodec" not in maps
    assert "cv2" not in maps
    list(vault.iterdir())
    assert watch.touched()  # the watch itself works


@pytest.mark.parametrize("side", ["capture", "link"])
def test_told_to_stop_alone_a_side_ends_in_order(doorbell: TwoSides, side: str) -> None:
    alone = doorbell.start(side)
    alone.wait_for("armed; clips" if side == "capture" else "ready;")
    assert alone.end(signal.SIGTERM) == 0
    assert "Traceback" not in alone.said


@pytest.mark.parametrize(
    "words", ["--side link", "--socket s", "--peer root", "--side link --socket s --peer nobody-at-all"]
)
def test_half_of_what_a_side_needs_is_refused(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--config", "none.toml", *words.split()]) == EXIT_USAGE
    assert capsys.readouterr().err.count("latchkey: hint: ") == 1
