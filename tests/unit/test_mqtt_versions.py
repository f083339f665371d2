"""Which version of MQTT is tried next: silence says little once one has worked."""

from paho.mqtt.enums import MQTTProtocolVersion

from latchkey.adapters.mqtt_session import End, Ending
from latchkey.adapters.mqtt_versions import PATIENCE, Versions

V5, V311 = MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311
WORKED = Ending(End.LOST, "it broke", 1.0)
SILENT = Ending(End.SILENT, "silence", 0.0)
LOST = Ending(End.LOST, "nobody answers", 0.0)
REFUSED = Ending(End.REFUSED, "no", 0.0)
VERSION = Ending(End.VERSION, "not this version", 0.0)


def tried(*endings: Ending) -> list[MQTTProtocolVersion]:
    """Give what each connection tried, and what the next one would."""
    versions = Versions()
    found = [versions.now]
    for ending in endings:
        moved = versions.learn(ending)
        assert moved is (versions.now is not found[-1])
        found.append(versions.now)
    return found


def test_until_one_has_worked_silence_and_refusals_of_the_version_try_the_other() -> None:
    assert tried(SILENT, SILENT, SILENT) == [V5, V311, V5, V311]
    assert tried(VERSION, VERSION) == [V5, V311, V5]


def test_where_nobody_is_or_says_no_the_version_is_not_doubted() -> None:
    assert tried(LOST, REFUSED, LOST) == [V5] * 4


def test_what_has_worked_is_kept_through_a_silence_of_a_portal() -> None:
    assert tried(WORKED, *[SILENT] * (PATIENCE - 1), WORKED) == [V5] * (PATIENCE + 2)
    assert tried(SILENT, WORKED, SILENT, SILENT) == [V5, V311, V311, V311, V311]


def test_a_silence_without_end_tries_the_other_now_and_then_and_comes_back() -> None:
    round_ = [V5] * PATIENCE + [V311]
    assert tried(WORKED, *[SILENT] * (2 * PATIENCE + 2)) == [V5, *round_, *round_, V5]


def test_the_other_is_given_up_however_it_fails() -> None:
    assert tried(WORKED, *[SILENT] * PATIENCE, LOST)[-2:] == [V311, V5]


def test_another_broker_in_the_same_place_is_learnt_anew() -> None:
    assert tried(WORKED, VERSION, WORKED, SILENT)[-3:] == [V311, V311, V311]
    assert tried(WORKED, *[SILENT] * PATIENCE, WORKED, SILENT)[-2:] == [V311, V311]
