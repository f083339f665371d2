"""The signed head of the clips on the broker: after each clip's end, at each start, tied to nothing else."""

import io
import json

from latchkey import wire
from latchkey.clip import decrypt, payload_hash, verify
from latchkey.events import HeadTold
from latchkey.pipeline.identity import PUBLIC_NAME
from latchkey.settings import RecordingSettings, Settings
from latchkey.units import NS_PER_S
from latchkey.vault import ChainHead, decode_held_head
from latchkey_sim.desk import DEVICE_ID, Desk, desk
from latchkey_sim.disk import MemoryDisk
from latchkey_sim.household import OWNER
from latchkey_sim.porch import Porch
from latchkey_sim.street import street

SETTINGS = Settings(recording=RecordingSettings(pre_roll_s=1.0, post_roll_s=2.0, threads=1))
TOPIC = wire.topic_name(DEVICE_ID, wire.HEAD)
TOLD = HeadTold(12, 11, "ab" * 16, "cd" * 64)


def head_on(home: Desk) -> ChainHead:
    """Read the head that the broker keeps, by the device's key."""
    public = bytes.fromhex(home.vault.read(PUBLIC_NAME).decode())
    data = home.broker.retained(TOPIC)
    assert data is not None
    return decode_held_head(data, lambda *signed: verify(public, *signed))


def visited(vault: MemoryDisk | None = None, seed: int = 1) -> Desk:
    """Record one visit."""
    home = desk(street(14, ((4.0, 6.0),)), SETTINGS, vault=vault, seed=seed)
    home.run_until_ended(200 * NS_PER_S)
    home.run_until(home.clock.now_ns() + NS_PER_S)
    return home


def test_the_head_follows_each_clips_end_and_a_restart_repeats_it() -> None:
    home = visited()
    heard = [(one.publication.topic, one.publication.payload) for one in home.broker.heard]
    topics = [topic for topic, _ in heard]
    end = json.loads([data for topic, data in heard if topic.endswith("event/clip")][-1])
    assert (end["event_type"], topics.count(TOPIC)) == ("end", 1)
    assert topics.index(TOPIC) > max(at for at, topic in enumerate(topics) if topic.endswith("event/clip"))
    assert head_on(home) == ChainHead(1, 1, clip=end["id"])
    again = desk([], SETTINGS, vault=home.vault, seed=2)
    again.run_until(2 * NS_PER_S)
    assert head_on(again) == ChainHead(1, 1, clip=end["id"])
    second = visited(home.vault, seed=3)
    assert (head_on(second).sequence, head_on(second).whole) == (2, 2)
    assert head_on(second).clip != end["id"]


def test_before_the_first_clip_there_is_no_head() -> None:
    home = desk([], SETTINGS)
    home.run_until(2 * NS_PER_S)
    assert home.broker.retained(TOPIC) is None


def test_a_clip_that_is_given_away_holds_nothing_of_the_head() -> None:
    """Neither as video nor sealed: who has clip and broker log learns nothing that ties them together."""
    home = visited()
    (sealed,) = (bytes(data) for name, data in home.vault.files.items() if name.startswith("clips/20"))
    video = b"".join(decrypt(sealed, [OWNER.text]))
    message = home.broker.retained(TOPIC) or b""
    assert payload_hash(io.BytesIO(sealed)).hex().encode() not in message
    record = json.loads(message)
    for value in (record["clip"], record["signature"]):
        for held in (sealed, video):
            assert bytes.fromhex(value) not in held
            assert value.encode() not in held


def test_the_newest_head_is_said_whenever_the_link_comes_up() -> None:
    porch = Porch()
    porch.step()
    porch.broker.go_down(forget=True)
    porch.step(TOLD)
    porch.run(3)
    assert porch.shown(wire.HEAD) is None
    porch.broker.come_up()
    porch.run(20)
    assert porch.shown(wire.HEAD) == {
        "schema": 1,
        "sequence": 12,
        "whole": 11,
        "clip": "ab" * 16,
        "signature": "cd" * 64,
    }


def test_a_head_that_is_none_never_leaves_and_the_bell_rings_on() -> None:
    porch = Porch()
    porch.step()
    for odd in (HeadTold(0, 0, "", ""), HeadTold(12, 11, "ab" * 16, "a picture")):
        porch.step(odd)
        assert "may not leave" in porch.said("link")
    assert porch.shown(wire.HEAD) is None
    porch.ring()
    assert len(porch.rings()) == 1
