"""The checker of what leaves the house sees files, sockets and processes, of the device alone."""

import os
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from latchkey.device.link_side import LinkSide
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.checkers import Outside
from latchkey_sim.house.house import House
from latchkey_sim.house.tiny import tiny_scenario

Deed = Callable[[], object]


def _touch() -> None:
    os.close(os.open("/dev/null", os.O_WRONLY))


def _send() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
        thief.bind(("127.0.0.1", 0))


def _rename() -> None:
    with suppress(OSError):
        Path("/nowhere/a").rename("/nowhere/b")


def _found(monkeypatch: pytest.MonkeyPatch, deed: Deed) -> list[str]:
    ring = LinkSide._ring

    def ring_and_more(self: LinkSide, *press: object) -> None:
        deed()
        ring(self, *press)  # type: ignore[arg-type]

    monkeypatch.setattr(LinkSide, "_ring", ring_and_more)
    return [verdict.text for verdict in House(tiny_scenario(), 1, [Outside()]).run().verdicts]


@pytest.mark.parametrize(
    ("deed", "text"),
    [
        (lambda: Path("/dev/null").write_bytes(b"a face"), "open /dev/null"),
        (_touch, "open /dev/null"),
        (_send, "socket.bind"),
        (lambda: subprocess.run(["/bin/true"], check=True), "subprocess.Popen"),
        (_rename, "os.rename"),
    ],
    ids=["file", "descriptor", "socket", "process", "folder"],
)
def test_a_device_that_reaches_out_of_the_house(
    monkeypatch: pytest.MonkeyPatch, deed: Deed, text: str
) -> None:
    assert f"it reaches out of the house: {text}" in _found(monkeypatch, deed)


def test_reading_is_no_deed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _found(monkeypatch, lambda: Path(__file__).read_bytes()) == []


def test_other_threads_of_the_process_may_do_as_they_like(monkeypatch: pytest.MonkeyPatch) -> None:
    def elsewhere() -> None:
        thread = threading.Thread(target=_touch)
        thread.start()
        thread.join()

    assert _found(monkeypatch, elsewhere) == []


def test_whoever_watches_may_write(tmp_path: Path) -> None:
    class Diary(Checker):
        def after_step(self, house: House) -> None:
            (tmp_path / "diary").write_text(str(house.steps))

    assert House(tiny_scenario(), 1, [Outside(), Diary()]).run().verdicts == []
