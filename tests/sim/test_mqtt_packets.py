"""Recorded bytes are read as MQTT, whatever they are, and never with an exception."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey_sim.mqtt_packets import LENGTH_LIMIT_BYTES, Kind, Packets, read_packets, version_of


def connect_5() -> bytes:
    will = b"\x00" + b"\x00\x06a/will" + b"\x00\x03bye"
    body = b"\x00\x04MQTT\x05\x2e\x00\x0f" + b"\x05\x11\x00\x00\x00\xff" + b"\x00\x04bell" + will
    return b"\x10" + bytes([len(body)]) + body


def connect_3() -> bytes:
    body = b"\x00\x04MQTT\x04\x02\x00\x0f\x00\x04bell"
    return b"\x10" + bytes([len(body)]) + body


def publish(flags: int, body: bytes) -> bytes:
    return bytes([0x30 | flags, len(body)]) + body


def test_a_session_of_mqtt_5_is_listed_with_will_topics_qos_and_retain() -> None:
    ring = publish(0b1011, b"\x00\x03a/b\x00\x07" + b"\x05\x02\x00\x00\x00\x1e" + b"ON")
    found = read_packets(connect_5() + ring + b"\xc0\x00" + b"\xe0\x00")
    connect, message, ping, goodbye = found.packets
    assert (connect.kind, connect.version, connect.client) == (Kind.CONNECT, 5, "bell")
    assert (connect.topic, connect.payload, connect.qos, connect.retain) == ("a/will", b"bye", 1, True)
    assert (message.topic, message.payload, message.qos) == ("a/b", b"ON", 1)
    assert (message.retain, message.again, message.number, message.n_bytes) == (True, True, 7, len(ring))
    assert (ping.kind, goodbye.kind, goodbye.code) == (Kind.PINGREQ, Kind.DISCONNECT, 0)
    assert (found.rest_bytes, found.damage) == (0, "")


def test_in_mqtt_3_1_1_there_are_no_properties() -> None:
    message = publish(0b0010, b"\x00\x03a/b\x00\x07\x05\x02")
    found = read_packets(connect_3() + message)
    assert found.packets[1].payload == b"\x05\x02"
    assert read_packets(message, version=4).packets == found.packets[1:]
    assert version_of(connect_3() + message) == 4
    assert version_of(connect_5()) == 5
    assert version_of(message) is None


def test_answers_carry_their_numbers_and_codes() -> None:
    answers = b"\x20\x03\x00\x86\x00" + b"\x40\x02\x00\x07" + b"\x40\x04\x00\x08\x87\x00" + b"\xd0\x00"
    answers += b"\x90\x05\x00\x01\x00\x01\x80" + b"\xe0\x01\x8e"
    found = read_packets(answers)
    assert [(one.kind, one.number, one.code) for one in found.packets] == [
        (Kind.CONNACK, None, 0x86),
        (Kind.PUBACK, 7, 0),
        (Kind.PUBACK, 8, 0x87),
        (Kind.PINGRESP, None, None),
        (Kind.SUBACK, 1, 0x80),
        (Kind.DISCONNECT, None, 0x8E),
    ]


def test_all_filters_of_a_subscription_are_listed() -> None:
    body = b"\x00\x01\x00" + b"\x00\x01a\x01" + b"\x00\x04a/+/\x00"
    [packet] = read_packets(b"\x82" + bytes([len(body)]) + body).packets
    assert (packet.topics, packet.topic, packet.number) == (("a", "a/+/"), "", 1)


@pytest.mark.parametrize("cut", range(1, len(connect_5())))
def test_a_stream_cut_anywhere_gives_what_was_whole(cut: int) -> None:
    found = read_packets(b"\xc0\x00" + connect_5()[:cut])
    assert [one.kind for one in found.packets] == [Kind.PINGREQ]
    assert (found.rest_bytes, found.damage) == (cut, "")


@pytest.mark.parametrize(
    ("data", "damage"),
    [
        (b"\x00\x00", "a packet is of type 0"),
        (b"\x30\xff\xff\xff\x7f", "a packet announces 268435455 bytes"),
        (b"\x30\xff\xff\xff\xff\x01", f"a packet announces {LENGTH_LIMIT_BYTES + 268435456} bytes"),
        (publish(0b0110, b"\x00\x01a"), "a message has QoS 3"),
        (publish(0, b"\x00\x09a"), "a packet ends within a field"),
        (publish(0, b"\x00\x01\xff\x00"), "a text is not UTF-8"),
        (publish(0, b"\x00\x01a\xff\xff\xff\xff\x01"), "the length of properties has no end"),
        (b"\x10\x06\x00\x04HTTP", "a client does not speak MQTT"),
        (b"\x10\x08\x00\x04MQTT\x03\x00", "a client speaks version 3 of MQTT"),
    ],
)
def test_what_is_no_packet_ends_the_list_with_a_reason(data: bytes, damage: str) -> None:
    found = read_packets(b"\xc0\x00" + data)
    assert [one.kind for one in found.packets] == [Kind.PINGREQ]
    assert (found.damage, found.rest_bytes) == (damage, len(data))


@given(st.binary(max_size=400), st.sampled_from([4, 5]))
def test_any_bytes_are_read_without_an_exception_and_accounted_for(data: bytes, version: int) -> None:
    check_accounted(data, read_packets(data, version))


@given(st.integers(0, 200), st.binary(min_size=1, max_size=8))
def test_a_session_with_bytes_overwritten_is_read_without_an_exception(at: int, wrong: bytes) -> None:
    whole = connect_5() + publish(0b1011, b"\x00\x03a/b\x00\x07\x00ON") + b"\x40\x02\x00\x07\xe0\x00"
    at %= len(whole)
    data = whole[:at] + wrong + whole[at + len(wrong) :]
    check_accounted(data, read_packets(data))


def check_accounted(data: bytes, found: Packets) -> None:
    assert sum(one.n_bytes for one in found.packets) + found.rest_bytes == len(data)
    assert all(one.n_bytes >= 2 for one in found.packets)
