"""`latchkey clips verify` against heads that the owner holds: from the broker, of an older day, forged.

The attacker here can do as they like with the vault's files; the owner's machine and the device's key are
out of their reach.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from latchkey import wire
from latchkey.adapters.clock import SystemClock
from latchkey.adapters.mqtt import PahoLink
from latchkey.clip import SigningKey, Streams, seal
from latchkey.egress import Destination, Egress, Ledger
from latchkey.errors import ClipError, UsageError
from latchkey.events import Trigger
from latchkey.owner.household import KnownDevice
from latchkey.ports import LinkUp
from latchkey.settings import MqttSettings
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey.vault import (
    HEAD_NAME,
    ChainHead,
    chain_name,
    encode_meta,
    meta_name,
    sign_told,
    slip_name,
)
from latchkey_sim.brokers import Listener, mosquitto_broker
from latchkey_sim.owned import DEVICE_ID, IDS, Home
from latchkey_sim.tinyclip import META

pytestmark = pytest.mark.slow  # a real folder, synced at each step of each clip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_head_from_the_broker_agrees_with_a_vault_that_nobody_touched(home: Home) -> None:
    for clip in IDS[:4]:
        home.verify(clip, "--head", home.captured())
    home.verify(IDS[0], "--head", home.vault / HEAD_NAME)


def test_the_newest_clip_deleted_and_the_old_head_put_back_is_found_by_a_head_from_the_broker(
    home: Home,
) -> None:
    old = home.disk.read(HEAD_NAME)
    home.record(IDS[4])
    head = home.captured()
    home.take_away(IDS[4])
    (home.vault / HEAD_NAME).write_bytes(old)
    home.verify(IDS[3])  # the vault alone cannot tell
    told = home.verify(IDS[3], "--head", head, code=13)
    assert "clip 5, the newest of the signed head, is gone, while older ones are here" in told
    assert "the vault is older than the head that you hold" in told


def test_a_clip_in_the_middle_deleted_is_found_with_and_without_a_head(home: Home) -> None:
    home.take_away(IDS[1])
    for head in ((), ("--head", home.captured())):
        assert "clip 2 before it is gone" in home.verify(IDS[2], *head, code=13)
        assert "clip 2 after it is gone" in home.verify(IDS[0], *head, code=13)


def test_a_vault_put_back_to_an_older_day_is_found_without_a_file_since_the_household_remembers(
    home: Home,
) -> None:
    older = home.copy()
    home.record(IDS[4])
    home.verify(IDS[4])
    home.put_back(older)
    assert "it was put back" in home.verify(IDS[0], code=13)


def test_a_vault_put_back_is_found_although_as_many_clips_were_recorded_since(home: Home) -> None:
    older = home.copy()
    home.record(IDS[4])
    home.verify(IDS[0], "--head", home.captured())
    home.put_back(older)
    for clip in IDS[5:7]:
        home.record(clip)
    for _ in range(2):  # what was told once is not forgotten for the vault's newer head
        told = home.verify(IDS[6], code=13)
        assert "clip 5 is not the one that the signed head names" in told


def test_a_vault_put_back_is_found_although_its_newest_number_is_not_given_again(home: Home) -> None:
    older = home.copy()
    home.record(IDS[4])
    home.verify(IDS[0])
    home.put_back(older)
    home.keeper.begin(IDS[5]).abandon()
    home.record(IDS[6])
    for _ in range(2):
        told = home.verify(IDS[6], code=13)
        assert "clip 5, the newest of the signed head, is gone, while older ones are here" in told


def test_what_the_household_remembers_never_goes_back(home: Home) -> None:
    older = home.captured(home.message().payload)
    old_message = older.read_bytes()
    home.record(IDS[4])
    home.verify(IDS[0], "--head", home.captured())
    older.write_bytes(old_message)
    home.verify(IDS[0], "--head", older)  # an older head than the vault's is no finding
    home.take_away(IDS[4])
    home.verify(IDS[0], "--head", older, code=13)


def test_a_torn_clip_taken_away_with_its_head_is_found(home: Home) -> None:
    older = home.copy()
    opened = home.keeper.begin(IDS[4])
    opened.append(b"footage" * 100)
    opened.abandon()
    home.verify(IDS[0])
    home.put_back(older)
    assert "it was put back" in home.verify(IDS[0], code=13)


def test_a_forged_head_is_refused(home: Home) -> None:
    stranger, record = SigningKey(b"x" * 32), json.loads(home.message().payload)
    lifted = ChainHead(9, 9, clip=IDS[7])
    forged = [
        record | {"sequence": 9, "whole": 9},
        record | {"clip": IDS[7]},
        record
        | {"sequence": 9, "whole": 9, "clip": IDS[7], "signature": sign_told(lifted, stranger.sign).hex()},
    ]
    for one in forged:
        with pytest.raises(ClipError, match="head holds no head of this clip's device"):
            home.verify(IDS[0], "--head", home.captured(json.dumps(one).encode()))
    home.verify(IDS[0])  # and none of it was remembered


def test_a_remembered_head_that_was_damaged_is_named_and_not_ignored(home: Home) -> None:
    home.verify(IDS[0])
    (path,) = (home.store.folder / "seen").glob("*.head")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ClipError, match=path.name) as caught:
        home.verify(IDS[0])
    assert "can be removed" in (caught.value.hint or "")
    path.unlink()
    home.verify(IDS[0])


@pytest.mark.parametrize("odd", ["no folder", "a folder for the head", "a folder for the deeds"])
def test_a_clip_verifies_with_a_warning_where_the_memory_cannot_be_used(home: Home, odd: str) -> None:
    seen = home.store.folder / "seen"
    if odd == "no folder":
        seen.write_text("in its place")
    elif odd == "a folder for the deeds":
        (seen / "deeds").mkdir(parents=True)
    else:
        home.verify(IDS[0])
        (path,) = seen.glob("*.head")
        path.unlink()
        path.mkdir()
    told = home.verify(IDS[0])
    assert told.count("what your household remembers of this doorbell could not be used") == 2
    assert told.count("latchkey: warning") == 1
    home.take_away(IDS[1])
    home.verify(IDS[2], code=13)  # what needs no memory is found all the same


def test_a_record_that_says_otherwise_than_its_clip_is_an_outcome_with_a_code(home: Home) -> None:
    assert "otherwise" not in home.verify(IDS[0])
    forged = seal(
        encode_meta(replace(META, clip=IDS[0], trigger=Trigger.MOTION)),
        home.readers.recipients(home.day),
        Streams(home.entropy.take),
    )
    (home.vault / meta_name(IDS[0])).write_bytes(forged)
    told = home.verify(IDS[0], code=15)
    assert "complete and unchanged, but its record is not" in told
    assert "  record:  its record, which `clips list` shows, says otherwise than the clip: why" in told
    found = json.loads(home.verify(IDS[0], "--json", code=15))
    assert (found["outcome"], found["record"].count("otherwise")) == ("record_wrong", 1)
    (home.vault / meta_name(IDS[0])).unlink()
    assert "its record is missing" in home.verify(IDS[0], code=15)
    home.take_away(IDS[1])
    home.verify(IDS[0], code=13)  # what is worse comes first


def test_a_head_that_cannot_be_read_is_not_replaced_by_an_older_one(home: Home) -> None:
    older = home.copy()
    home.record(IDS[4])
    home.verify(IDS[0])
    home.put_back(older)
    seen, away = home.store.folder / "seen", home.store.folder / "away"
    (path,) = seen.glob("*.head")
    path.rename(away)
    path.symlink_to(away)  # links are not followed, but a rename would replace one
    assert "could not be used" in home.verify(IDS[0])
    assert path.is_symlink()
    path.unlink()
    away.rename(path)
    home.verify(IDS[0], code=13)


def test_a_head_of_a_device_that_is_not_the_households_is_not_remembered(home: Home) -> None:
    home.store.change(lambda state: replace(state, devices=(KnownDevice(b"x" * 32),)))
    home.verify(IDS[0], "--head", home.captured(), code=12)
    assert not (home.store.folder / "seen").exists()


def test_a_head_for_a_file_that_stands_in_no_chain_is_a_mistake(home: Home) -> None:
    with pytest.raises(UsageError, match="no chain"):
        home.verify(str(home.captured()), "--head", home.captured())


def test_a_key_file_verifies_against_a_given_head_and_remembers_nothing(home: Home, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("\n".join(home.store.load().identities(home.day)) + "\n")
    keys.chmod(0o600)
    home.verify(IDS[0], "--key", keys, "--head", home.captured())
    assert not (home.store.folder / "seen").exists()


def test_a_clip_that_its_owner_deleted_is_no_finding_and_a_hole_beside_it_is(home: Home) -> None:
    home.record(IDS[4])
    home.clips("rm", IDS[2], "--yes")
    home.clips("rm", IDS[4], "--yes")
    assert "clip 3 before it was deleted by your household" in home.verify(IDS[3], "--head", home.captured())
    assert "clip 3 after it was deleted by your household" in home.verify(IDS[1])
    assert "the newest of the signed head, was deleted by your household" in home.verify(IDS[0])
    home.take_away(IDS[1])
    home.verify(IDS[0])  # what stood right before a clip that was deleted on purpose nobody can tell
    home.take_away(IDS[3])
    home.record(IDS[5])
    assert "clip 4 before it is gone" not in home.verify(IDS[5])
    home.take_away(IDS[5])
    assert "clip 6, the newest of the signed head, is gone" in home.verify(IDS[0], code=13)


def test_a_line_in_the_vaults_own_log_excuses_nothing(home: Home) -> None:
    line = {"at": "2026-11-24T12:00:00Z", "act": "keep", "clip": IDS[1]}
    (home.vault / "acts.log").write_text(json.dumps(line) + "\n" + json.dumps(line | {"act": "rm"}) + "\n")
    home.take_away(IDS[1])
    home.verify(IDS[2], code=13)


def test_a_clip_deleted_without_the_household_is_a_finding(home: Home, tmp_path: Path) -> None:
    home.clips("rm", IDS[1], "--yes", household=tmp_path / "nobody")
    home.verify(IDS[2], code=13)


def test_a_clip_is_deleted_although_the_household_cannot_note_it(home: Home) -> None:
    (home.store.folder / "seen").write_text("not a folder")
    assert "will not remember" in home.clips("rm", IDS[1], "--yes")
    assert not (home.vault / slip_name(IDS[1])).exists()
    assert not (home.vault / chain_name(IDS[1])).exists()


def test_a_head_goes_through_a_real_broker_and_finds_the_newest_clip_deleted(
    home: Home, need: Callable[[str], str]
) -> None:
    """The device is gone by then: the broker keeps its last head for whoever asks."""
    need("mosquitto")
    clock = SystemClock()
    with mosquitto_broker() as broker:
        settings = MqttSettings(host=broker.host, port=broker.port)
        egress = Egress(Ledger(), [Destination(broker.host, broker.port, "mqtt")])
        link = PahoLink(settings, "doorbell", egress, clock)
        link.open(wire.will(DEVICE_ID), ())
        until_ns = clock.now_ns() + 8 * NS_PER_S
        while not any(isinstance(news, LinkUp) for news in link.news()):
            assert clock.now_ns() < until_ns
            clock.wait_until(clock.now_ns() + 5 * NS_PER_MS)
        link.publish(home.message())
        link.close(wire.plain(DEVICE_ID, wire.STATUS, "offline"))
        topic = wire.topic_name(DEVICE_ID, wire.HEAD)
        with Listener(broker, (topic,)) as listener:
            assert listener.wait_for(bool)
            (delivery,) = listener.deliveries
    assert (delivery.topic, delivery.retain) == (topic, True)
    head = home.captured(delivery.payload.encode())
    home.verify(IDS[0], "--head", head)
    home.take_away(IDS[3])
    (home.vault / HEAD_NAME).unlink()
    assert "clip 4, the newest of the signed head, is gone" in home.verify(IDS[0], "--head", head, code=13)
