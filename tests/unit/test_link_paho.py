"""What only a real broker shows: the ledger, passwords, access lists, TLS, and being cut off."""

import logging
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from latchkey.adapters import mqtt_session
from latchkey.adapters.clock import SystemClock
from latchkey.adapters.mqtt import INBOX_LIMIT, Pace, PahoLink
from latchkey.adapters.mqtt_session import End
from latchkey.adapters.nolink import NoLink
from latchkey.adapters.uplink import NoUplink
from latchkey.egress import Destination, Egress, Ledger
from latchkey.errors import LinkDown, SettingsError
from latchkey.ports import (
    ClipEntry,
    Delivered,
    Link,
    LinkLost,
    LinkNews,
    LinkUp,
    Publication,
    Received,
    Refused,
)
from latchkey.settings import MqttSettings
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey.vault import sealed_clip
from latchkey_sim.brokers import Broker, Listener, amqtt_broker, any_broker, mosquitto_broker
from latchkey_sim.tap import Tap

WILL = Publication("home/status", b"offline", retain=True)
QUICK = Pace(first_s=0.05, taken_over_s=0.05)
KEEP_USER = "user root"
"""Where tests run as root, mosquitto would change to a user who cannot read their folders."""

LIMIT_NS = 8 * NS_PER_S


class Bench:
    """A link to one address, with its ledger."""

    def __init__(self, settings: MqttSettings, pace: Pace = QUICK, *, listed: bool = True) -> None:
        self.clock = SystemClock()
        self.ledger = Ledger()
        allowed = [Destination(settings.host, settings.port, "mqtt")] if listed else []
        self.link = PahoLink(settings, "doorbell", Egress(self.ledger, allowed), self.clock, pace)

    def wait(self, enough: Callable[[list[LinkNews]], bool]) -> list[LinkNews]:
        news: list[LinkNews] = []
        until_ns = self.clock.now_ns() + LIMIT_NS
        while not enough(news):
            assert self.clock.now_ns() < until_ns, f"only {news}"
            news += self.link.news()
            self.clock.wait_until(self.clock.now_ns() + 5 * NS_PER_MS)
        return news

    def wait_for(self, kind: type[LinkNews]) -> LinkNews:
        found = self.wait(lambda news: any(isinstance(one, kind) for one in news))
        return next(one for one in found if isinstance(one, kind))


@contextmanager
def bench(settings: MqttSettings, pace: Pace = QUICK, *, listed: bool = True) -> Iterator[Bench]:
    made = Bench(settings, pace, listed=listed)
    made.link.open(WILL, ("home/armed/set",))
    try:
        yield made
    finally:
        made.link.close(None)


@pytest.fixture
def mosquitto(need: Callable[[str], str]) -> Iterator[Broker]:
    need("mosquitto")
    with mosquitto_broker() as broker:
        yield broker


def address(broker: Broker) -> MqttSettings:
    return MqttSettings(host=broker.host, port=broker.port)


def test_every_byte_of_every_connection_is_in_the_ledger(mosquitto: Broker) -> None:
    with Tap(mosquitto) as tap, bench(address(tap.broker)) as made, Listener(mosquitto) as listener:
        made.wait_for(LinkUp)
        for number in range(20):
            made.link.publish(Publication("home/event", str(number).encode() * 30))
        listener.publish("home/armed/set", b"OFF")
        made.wait(lambda news: sum(isinstance(one, Delivered | Received) for one in news) == 21)
        made.link.close(Publication("home/status", b"offline", retain=True))
        assert listener.wait_for(lambda got: any(one.payload == "offline" for one in got))
        assert tap.drain()
        [row] = made.ledger.rows()
        totals = tap.totals
    assert (row.connections, row.bytes_out, row.bytes_in) == (1, totals.bytes_out, totals.bytes_in)


def test_a_link_that_is_not_listed_never_reaches_the_network(mosquitto: Broker) -> None:
    with bench(address(mosquitto), listed=False) as made:
        lost = made.wait_for(LinkLost)
        assert isinstance(lost, LinkLost)
        assert "not on the list" in lost.reason
        assert made.ledger.rows() == []


def test_mosquitto_is_spoken_to_in_mqtt_5(mosquitto: Broker) -> None:
    with bench(address(mosquitto)) as made:
        assert made.wait_for(LinkUp) == LinkUp("MQTT 5")


@pytest.mark.slow
def test_a_broker_without_mqtt_5_is_spoken_to_in_3_1_1() -> None:
    pytest.importorskip("amqtt")
    with amqtt_broker() as broker, bench(address(broker)) as made:
        assert made.wait_for(LinkUp) == LinkUp("MQTT 3.1.1")
        ticket = made.link.publish(Publication("home/event", b"ring", expires_s=30))
        assert made.wait_for(Delivered) == Delivered(ticket)


def test_a_password_of_its_file_opens_and_a_wrong_one_is_told_plainly(
    tmp_path: Path, need: Callable[[str], str]
) -> None:
    need("mosquitto")
    passwords, secret = tmp_path / "passwords", tmp_path / "secret"
    try:
        subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "bell", "s3cret"], check=True)
    except FileNotFoundError:
        pytest.skip("mosquitto_passwd is not installed")
    extra = f"allow_anonymous false\npassword_file {passwords}\n{KEEP_USER}"
    with mosquitto_broker(extra) as broker:
        settings = MqttSettings(broker.host, broker.port, username="bell", password_file=secret)
        secret.write_text("s3cret\nmore\n")
        with bench(settings) as made:
            made.wait_for(LinkUp)
        secret.write_text("guess")
        with bench(settings) as made:
            lost = made.wait_for(LinkLost)
            assert isinstance(lost, LinkLost)
            assert lost.reason in {
                "the broker rejects the user name or password: see username and password_file in [mqtt]",
                "the broker does not allow it: see username and password_file in [mqtt]",
            }


def test_a_topic_the_access_list_forbids_comes_back_as_refused(
    tmp_path: Path, need: Callable[[str], str]
) -> None:
    need("mosquitto")
    rules = tmp_path / "acl"
    rules.write_text("topic write home/status\ntopic read home/#\n")
    with mosquitto_broker(f"acl_file {rules}\n{KEEP_USER}") as broker, bench(address(broker)) as made:
        made.wait_for(LinkUp)
        ticket = made.link.publish(Publication("home/event", b"ring"))
        assert made.wait_for(Refused) == Refused(ticket, "the broker does not allow it")


def test_a_flood_of_commands_is_cut_and_our_own_news_come_through(mosquitto: Broker) -> None:
    with bench(address(mosquitto)) as made, Listener(mosquitto, ("home/armed/set",)) as flooder:
        made.wait_for(LinkUp)
        made.link.publish(Publication("home/event", b"ring"))
        for _ in range(INBOX_LIMIT * 3):
            flooder.publish("home/armed/set", b"ON")
        flooder.publish("home/armed/set", b"x" * 5000)
        assert flooder.wait_for(lambda got: len(got) == INBOX_LIMIT * 3 + 1)
        news = made.link.news()
        assert sum(isinstance(one, Received) for one in news) == INBOX_LIMIT
        assert sum(isinstance(one, Delivered) for one in news) == 1


def test_a_broker_that_dies_and_comes_back_is_found_again(need: Callable[[str], str]) -> None:
    need("mosquitto")
    with mosquitto_broker() as first:
        port = first.port
        made = Bench(address(first))
        made.link.open(WILL, ())
        made.wait_for(LinkUp)
    lost = made.wait_for(LinkLost)
    assert isinstance(lost, LinkLost)
    with pytest.raises(LinkDown):
        made.link.publish(Publication("home/event", b"ring"))
    with mosquitto_broker(f"listener {port} 127.0.0.1"):
        made.wait_for(LinkUp)
        made.link.close(None)


def test_where_nobody_listens_it_says_so_and_closes_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    with bench(MqttSettings(host="127.0.0.1", port=port), Pace(first_s=60)) as made:
        assert made.wait_for(LinkLost) == LinkLost(f"nobody answers at 127.0.0.1:{port}")
        began_ns = made.clock.now_ns()
        made.link.close(WILL)
        assert made.clock.now_ns() - began_ns < 500 * NS_PER_MS


@pytest.mark.slow
def test_a_server_that_never_answers_holds_up_neither_publishing_nor_the_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        with bench(MqttSettings(host="127.0.0.1", port=mute.getsockname()[1])) as made:
            peer, _ = mute.accept()
            assert made.link.news() == []
            with pytest.raises(LinkDown):
                made.link.publish(Publication("home/event", b"ring"))
            began_ns = made.clock.now_ns()
            made.link.close(WILL)
            assert made.clock.now_ns() - began_ns < 2 * NS_PER_S
        peer.close()


def test_what_stays_unacknowledged_ends_the_connection(
    mosquitto: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no patience at all, whichever message is first on its way ends it."""
    monkeypatch.setattr(mqtt_session, "ACK_LIMIT_S", 0.0)
    with bench(address(mosquitto), Pace(first_s=5)) as made:
        made.wait_for(LinkUp)
        with suppress(LinkDown):
            while True:
                made.link.publish(Publication("home/event", b"ring"))
        lost = made.wait_for(LinkLost)
        assert lost == LinkLost("the broker does not acknowledge what it is sent")


def test_no_port_is_opened_to_wake_the_loop_with(mosquitto: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    def listen() -> None:
        raise AssertionError("paho listens on TCP")

    monkeypatch.setattr("paho.mqtt.client._socketpair_compat", listen)
    with bench(address(mosquitto)) as made:
        made.wait_for(LinkUp)
        made.link.publish(Publication("home/event", b"ring"))
        made.wait_for(Delivered)


def test_paho_writes_no_log(mosquitto: Broker, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), bench(address(mosquitto)) as made:
        made.wait_for(LinkUp)
        made.link.publish(Publication("home/event", b"ring"))
        made.wait_for(Delivered)
    assert caplog.records == []


def test_a_broker_with_a_certificate_of_our_authority_is_spoken_to_and_no_other(
    tmp_path: Path, need: Callable[[str], str]
) -> None:
    need("mosquitto")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=broker"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    with mosquitto_broker(f"certfile {certificate}\nkeyfile {key}\n{KEEP_USER}") as broker:
        with bench(MqttSettings(broker.host, broker.port, ca_file=certificate)) as made:
            made.wait_for(LinkUp)
        with bench(MqttSettings(broker.host, broker.port, tls=True)) as made:
            lost = made.wait_for(LinkLost)
            assert isinstance(lost, LinkLost)
            assert "certificate is not trusted" in lost.reason
            assert made.ledger.rows()[0].bytes_out


def test_a_missing_password_or_authority_is_a_settings_error(tmp_path: Path) -> None:
    egress, clock = Egress(Ledger(), []), SystemClock()
    with pytest.raises(SettingsError, match="password_file"):
        PahoLink(MqttSettings(password_file=tmp_path / "none"), "doorbell", egress, clock)
    with pytest.raises(SettingsError, match="ca_file"):
        PahoLink(MqttSettings(ca_file=tmp_path / "none"), "doorbell", egress, clock)
    stray = tmp_path / "stray.pem"
    stray.write_text("no certificate")
    with pytest.raises(SettingsError, match="ca_file"):
        PahoLink(MqttSettings(ca_file=stray), "doorbell", egress, clock)


def test_pauses_double_to_a_cap_and_are_long_for_whoever_is_pushed_out() -> None:
    pace = Pace()
    assert [pace.pause_s(n, End.LOST, 0.5) for n in (1, 2, 3, 7, 500)] == [1, 2, 4, 60, 60]
    assert pace.pause_s(1, End.TAKEN_OVER, 0.5) == 30
    assert 0.74 < pace.pause_s(1, End.LOST, 0.0) < pace.pause_s(1, End.LOST, 1.0) < 1.26


def test_reasons_are_told_in_plain_words() -> None:
    explained = [
        (ConnectionRefusedError(), "nobody answers at hub:1883"),
        (socket.gaierror(), "the name hub is not known"),
        (TimeoutError(), "no answer from hub:1883"),
        (ssl.SSLError(), "the broker does not speak TLS as we do"),
        (OSError(113, "No route to host"), "hub:1883: No route to host"),
    ]
    for error, text in explained:
        assert mqtt_session.explain(error, "hub", 1883) == text


def test_without_a_broker_or_an_uplink_nothing_goes_anywhere() -> None:
    link: Link = NoLink()
    link.open(WILL, ())
    with pytest.raises(LinkDown):
        link.publish(WILL)
    assert link.news() == []
    link.close(WILL)
    clip = sealed_clip(ClipEntry("a" * 32, 20_781, 1, "whole"))
    assert NoUplink().offer(clip) is False


def test_the_demo_finds_a_broker_and_hears_what_was_sent_as_it_was_sent() -> None:
    with any_broker() as broker, Listener(broker, now_ns=lambda: 0) as listener:
        listener.publish("home/state", b"ON", retain=True)
        assert listener.wait_for(lambda got: len(got) == 1)
    assert listener.deliveries[0].record() | {"retain": True} == {
        "at": "1970-01-01T00:00:00.000Z",
        "topic": "home/state",
        "qos": 1,
        "retain": True,
        "payload": "ON",
    }
