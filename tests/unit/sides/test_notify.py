"""What systemd hears: ready, how it goes, alive only while the loop turns, ending in order."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from latchkey.adapters.notify import Notifier
from latchkey.units import NS_PER_S
from latchkey_sim.clock import VirtualClock


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Give the socket at which a service manager listens, with a watchdog of 30 s."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        yield manager


def told(manager: socket.socket) -> list[str]:
    found = []
    while True:
        try:
            found.append(manager.recv(4096).decode())
        except BlockingIOError:
            return found


def test_it_hears_of_a_start_a_status_and_an_end(manager: socket.socket) -> None:
    notifier = Notifier(VirtualClock(0))
    notifier.ready()
    notifier.stepped("armed; camera ok")
    notifier.stopping()
    assert told(manager) == ["READY=1", "WATCHDOG=1", "STATUS=armed; camera ok", "STOPPING=1"]


def test_the_watchdog_is_fed_three_times_in_its_time_while_the_loop_turns(manager: socket.socket) -> None:
    clock = VirtualClock(0)
    notifier = Notifier(clock)
    for _ in range(300):
        notifier.stepped("well")
        clock.wait_until(clock.now_ns() + NS_PER_S // 10)
    assert told(manager).count("WATCHDOG=1") == 3


def test_a_status_that_flickers_is_told_once_a_second(manager: socket.socket) -> None:
    clock = VirtualClock(0)
    notifier = Notifier(clock)
    for number in range(100):
        notifier.stepped(f"recording {number}")
        clock.wait_until(clock.now_ns() + NS_PER_S // 10)
    assert len([line for line in told(manager) if line.startswith("STATUS=")]) == 10


def test_a_watchdog_of_another_process_is_not_fed(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_PID", "1")
    Notifier(VirtualClock(0)).stepped("well")
    assert told(manager) == ["STATUS=well"]


@pytest.mark.parametrize("address", ["", "/nowhere/at/all", "@nobody-listens"])
def test_without_a_manager_nothing_is_told_and_nothing_fails(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notifier = Notifier(VirtualClock(0))
    notifier.ready()
    notifier.stepped("well")
    notifier.stopping()
