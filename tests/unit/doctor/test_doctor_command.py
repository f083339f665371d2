"""`latchkey doctor` as a person or a script meets it: on this computer, as it is."""

import json
import os
import threading
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from itertools import takewhile
from pathlib import Path
from socket import create_server, socket
from typing import Any

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.cli.command import Terminal
from latchkey.egress import Ledger
from latchkey.errors import EXIT_FINDINGS, EXIT_NOT_KNOWN, EXIT_OK
from latchkey.settings import MqttSettings
from latchkey_pi.doctor.broker import ask
from latchkey_pi.doctor.command import CODES, COMMAND
from latchkey_pi.doctor.facts import BrokerFact
from latchkey_pi.doctor.model import AREAS
from latchkey_sim.household import write_book

STATES = {"well", "wrong", "unknown", "absent"}
FIELDS = {"id", "area", "severity", "line", "fix", "kept", "light", "told"}


def doctor(*words: str) -> tuple[int, str, str]:
    """Run the command; give its code, what it printed, and what it said to people."""
    parser, out, err = ArgumentParser(), StringIO(), StringIO()
    COMMAND.configure(parser)
    code = COMMAND.run(parser.parse_args(words), Terminal(out, err))
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def door(tmp_path: Path) -> Path:
    """Give the settings of a doorbell that plays a video."""
    book = write_book(tmp_path, SystemClock().wall_ns())
    (tmp_path / "visit.mp4").write_bytes(b"no video")
    (tmp_path / "vault").mkdir(mode=0o700)
    file = tmp_path / "door.toml"
    file.write_text(
        f'schema = 1\n[camera]\nboard = "file"\nsource = "{tmp_path}/visit.mp4"\n'
        f'[owner]\nbook = "{book}"\n[vault]\npath = "{tmp_path}/vault"\n'
        f'[device]\nstate = "{tmp_path}/state"\n[update]\nfolder = "{tmp_path}/opt"\n'
        '[privacy]\ndetector = "none"\n'
    )
    return file


def test_on_a_computer_it_tells_what_applies_there(door: Path) -> None:
    code, out, err = doctor("--config", str(door))
    assert code == EXIT_FINDINGS
    assert (
        f"error: no doorbell runs on this vault  [not-running]\n  fix: `latchkey run --config {door}`" in out
    )
    assert "not here: " in out
    assert "pins" in out.rpartition("not here: ")[2]
    assert err == ""
    assert not (door.parent / "state").exists()


def test_json_has_a_closed_schema(door: Path) -> None:
    code, out, _ = doctor("--config", str(door), "--json")
    report = json.loads(out)
    assert set(report) == {"schema", "verdict", "areas", "findings"}
    assert (report["schema"], code) == (1, CODES[report["verdict"]])
    assert set(report["areas"]) == set(AREAS)
    assert set(report["areas"].values()) <= STATES
    for found in report["findings"]:
        assert set(found) == FIELDS
        assert all(isinstance(value, str) for value in found.values())


def test_codes_tell_wrong_from_not_known_from_well() -> None:
    assert CODES == {"wrong": EXIT_FINDINGS, "unknown": EXIT_NOT_KNOWN, "well": EXIT_OK}
    assert len({EXIT_FINDINGS, EXIT_NOT_KNOWN, EXIT_OK}) == 3


def test_passwords_and_keys_are_never_told(door: Path) -> None:
    secret = door.parent / "password"
    secret.write_text("correct horse battery\n")
    door.write_text(
        door.read_text()
        + f'[mqtt]\nhost = "127.0.0.1"\nport = 9\npassword_file = "{secret}"\nusername = "door"\n'
    )
    for words in ((), ("--json",)):
        code, out, err = doctor("--config", str(door), *words)
        assert code == EXIT_FINDINGS
        assert "secret-open" in out
        assert "broker-unreachable" in out
        assert "correct horse" not in out + err
        assert json.loads(door.with_name("book.json").read_bytes().partition(b"\n")[0])["owner"] not in out
    assert "egress: doctor" in err or err == ""


def test_offline_asks_nobody_and_says_so(door: Path) -> None:
    door.write_text(door.read_text() + '[mqtt]\nhost = "127.0.0.1"\nport = 9\n')
    _, out, err = doctor("--config", str(door), "--offline")
    assert "broker: not known, it was not asked" in out
    assert err == ""


@contextmanager
def broker(answer: Callable[[socket, bytes], None]) -> Iterator[int]:
    """Answer one hello on a port of this computer; give the port."""
    with create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            peer, _ = server.accept()
            with peer:
                answer(peer, peer.recv(512))
                peer.recv(512)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


@pytest.mark.parametrize(
    ("code", "state"), [(0, ""), (1, ""), (4, "refused"), (5, "refused"), (3, "refused")]
)
def test_a_broker_is_asked_under_another_name_and_its_answer_is_understood(code: int, state: str) -> None:
    heard: list[bytes] = []

    def answer(peer: socket, data: bytes) -> None:
        heard.append(data)
        peer.sendall(bytes((0x20, 2, 0, code)))

    ledger = Ledger()
    with broker(answer) as port:
        fact = ask(MqttSettings(host="127.0.0.1", port=port, username="door"), ledger)
    assert isinstance(fact, BrokerFact)
    assert fact.state == state
    assert heard == [b"\x10\x21\x00\x04MQTT\x04\x82\x00\x0a\x00\x0flatchkey-doctor\x00\x04door"]
    (row,) = ledger.rows()
    assert (row.purpose, row.connections) == ("doctor", 1)


def test_what_is_no_broker_is_told_as_such() -> None:
    with broker(lambda peer, _data: peer.sendall(b"HTTP/1.1 400\r\n\r\n")) as port:
        fact = ask(MqttSettings(host="127.0.0.1", port=port), Ledger())
    assert isinstance(fact, BrokerFact)
    assert (fact.state, fact.what) == ("unreachable", "what answers there is no MQTT broker")


def test_a_password_that_cannot_be_read_is_told_before_anybody_is_asked(tmp_path: Path) -> None:
    ledger = Ledger()
    fact = ask(MqttSettings(host="127.0.0.1", port=9, password_file=tmp_path / "none"), ledger)
    assert isinstance(fact, BrokerFact)
    assert fact.state == "password"
    assert ledger.rows() == []


def as_nobody(door: Path) -> dict[str, Any]:
    """Run the doctor as a user who owns nothing; give its report."""
    for path in takewhile(lambda folder: folder.stat().st_mode & 0o005 != 0o005, door.parents):
        path.chmod(0o755)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setuid(65534)
            code, out, _ = doctor("--config", str(door), "--json")
            os.write(writer, out.encode())
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as stream:
        report: dict[str, Any] = json.loads(stream.read())
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == CODES[report["verdict"]]
    return report


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_of_somebody_else_is_told_as_such(door: Path) -> None:
    report = as_nobody(door)
    assert report["areas"]["vault"] == "wrong"
    assert "folder-denied" in {found["id"] for found in report["findings"]}
    assert report["areas"]["services"] == "unknown"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_what_lies_in_a_closed_folder_is_not_known_and_not_called_well(door: Path) -> None:
    closed = door.parent / "closed"
    closed.mkdir(mode=0o700)
    for name in ("vault", "book.json"):
        (door.parent / name).rename(closed / name)
    text = door.read_text().replace(f"{door.parent}/vault", f"{closed}/vault")
    door.write_text(text.replace(f"{door.parent}/book.json", f"{closed}/book.json"))
    areas = as_nobody(door)["areas"]
    assert [areas[area] for area in ("vault", "keys", "secrets", "services")] == ["unknown"] * 4
