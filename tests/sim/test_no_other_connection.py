"""The whole program under `strace`: it connects to its broker alone, and tells how much went there."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from latchkey import wire
from latchkey.cli.traffic import traffic_text
from latchkey.egress import LedgerRow
from latchkey_sim.brokers import Delivery, Listener, mosquitto_broker
from latchkey_sim.household import write_book
from latchkey_sim.mqtt_packets import Kind, read_packets
from latchkey_sim.tap import Tap

WAIT_S = 60.0
SETTINGS = """\
schema = 1
[camera]
board = "sim"
source = "1"
width = 320
height = 240
fps = 5
[recording]
pre_roll_s = 1
post_roll_s = 1
[owner]
book = "book.json"
[vault]
path = "vault"
[device]
state = "state"
[mqtt]
host = "127.0.0.1"
port = """
CALLS = "trace=connect,sendto,sendmsg,sendmmsg,bind,listen,accept,accept4"
ADDRESS = re.compile(r"(\w+)\(.*?sa_family=AF_(\w+)(?:, sin6?_port=htons\((\d+)\), .*?\"([0-9a-fA-F.:]+)\")?")


def _events(deliveries: list[Delivery]) -> set[str]:
    return {json.loads(one.payload)["event_type"] for one in deliveries if "/event/" in one.topic}


def calls(log: str) -> set[tuple[str, ...]]:
    """Give each call that named an address: the call, the family, the port, the host."""
    return {found.groups(default="") for line in log.splitlines() if (found := ADDRESS.search(line))}


@pytest.fixture
def strace(need: Callable[[str], str], absent: Callable[[str, str], None]) -> str:
    found = need("strace")
    tried = subprocess.run([found, "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        absent("strace", f"no process may be traced here: {tried.stderr.strip()}")
    return found


@pytest.mark.slow
def test_the_program_connects_to_its_broker_alone_and_tells_every_byte(
    strace: str, need: Callable[[str], str], tmp_path: Path
) -> None:
    need("mosquitto")
    log, settings = tmp_path / "calls", tmp_path / "door.toml"
    write_book(tmp_path, time.time_ns())
    with mosquitto_broker() as broker, Tap(broker) as tap, Listener(broker) as listener:
        settings.write_text(f"{SETTINGS}{tap.broker.port}\n")
        run = [strace, "-D", "-f", "-qq", "-o", str(log), "-e", CALLS]
        run += [sys.executable, "-m", "latchkey", "run", "--config", str(settings)]
        with subprocess.Popen(run, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as device:
            try:
                assert listener.wait_for(lambda got: any(one.payload == "online" for one in got), WAIT_S)
                [status] = {one.topic for one in listener.deliveries if one.topic.endswith("/status")}
                device_id = status.split("/")[1]
                listener.publish(wire.topic_name(device_id, wire.TEST_SET), b"PRESS")
                assert listener.wait_for(lambda got: {"ring", "start"} <= _events(got), WAIT_S)
            finally:
                device.send_signal(signal.SIGTERM)
                said = device.communicate(timeout=WAIT_S)[1]
        assert tap.drain()
        connected = {one[1:] for one in calls(log.read_text()) if one[1] != "UNIX"}
        assert connected == {("INET", str(tap.broker.port), "127.0.0.1")}, said
        totals = tap.totals
        row = LedgerRow(
            "127.0.0.1", tap.broker.port, "mqtt", totals.connections, totals.bytes_out, totals.bytes_in
        )
        assert ": ".join(traffic_text(row.line())) in said
        packets = read_packets(tap.connections[-1].stream("out"))
    assert (packets.rest_bytes, packets.damage) == (0, "")
    allowed = {wire.topic_name(device_id, topic) for topic in wire.TOPICS} | {wire.discovery_topic(device_id)}
    topics = {packet.topic for packet in packets.packets if packet.kind is Kind.PUBLISH}
    assert topics <= allowed
    assert {"ring", "start", "end"} <= _events(listener.deliveries)


def test_the_reader_of_calls_sees_every_kind_of_address() -> None:
    log = """\
7 connect(3, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("203.0.113.9")}, 16) = 0
7 sendto(4, "x", 1, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("192.0.2.1")}, 16) = 1
7 connect(5, {sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), \
inet_pton(AF_INET6, "2001:db8::1", &sin6_addr), sin6_scope_id=0}, 28) = 0
7 connect(6, {sa_family=AF_UNIX, sun_path="/run/nscd"}, 110) = -1 ENOENT
7 sendto(3, "hello", 5, 0, NULL, 0) = 5
"""
    assert calls(log) == {
        ("connect", "INET", "443", "203.0.113.9"),
        ("sendto", "INET", "53", "192.0.2.1"),
        ("connect", "INET6", "80", "2001:db8::1"),
        ("connect", "UNIX", "", ""),
    }
