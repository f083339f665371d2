"""The whole device with clocks that lie, and with keys that have run out."""

import base64

import pytest

from latchkey.clip import NoIdentityMatched, decrypt
from latchkey.owner import list_clips, open_chunks
from latchkey.owner.store import encode_household
from latchkey.settings import RecordingSettings, Settings
from latchkey.units import NS_PER_S, S_PER_DAY, utc_day
from latchkey.vault import UNDATED
from latchkey_sim.desk import START_WALL_NS, Desk, desk
from latchkey_sim.household import SimHousehold
from latchkey_sim.street import street

DAY, DAY_NS = utc_day(START_WALL_NS), S_PER_DAY * NS_PER_S
SHORT = RecordingSettings(pre_roll_s=1, post_roll_s=1, preset="ultrafast")
LATER_NS = 650 * NS_PER_S
"""By then the vault has been looked after once more."""


def visited(house: SimHousehold, book: bytes, ahead_days: int) -> Desk:
    """Somebody rings after 5 s, before a clock that is so many days ahead of the book."""
    wall_ns = START_WALL_NS + ahead_days * DAY_NS
    home = desk(
        street(12), Settings(recording=SHORT), rings_ns=[5 * NS_PER_S], book=book, start_wall_ns=wall_ns
    )
    home.run_until(15 * NS_PER_S)
    return home


def rang(home: Desk) -> bool:
    return any("/event/doorbell" in str(message) for message in home.broker.heard)


def test_a_clip_of_a_believed_day_opens_with_the_key_of_the_day_alone() -> None:
    house = SimHousehold.begun(DAY)
    home = visited(house, house.book(DAY), 0)
    (entry,) = list_clips(home.vault)
    assert entry.day == DAY
    assert b"".join(open_chunks(home.vault, entry, house.state.day_keys(DAY)))


def test_with_disks_broker_log_journal_and_the_state_after_t_a_clip_of_before_does_not_open() -> None:
    house = SimHousehold.begun(DAY, days=1)
    book, secret = house.book(DAY), house.state.ratchet.day_identity(DAY).secret
    home = visited(house, book, 0)
    (entry,) = list_clips(home.vault)
    assert b"".join(open_chunks(home.vault, entry, house.state.day_keys(DAY)))
    copied = {name: bytes(data) for name, data in home.vault.files.items()}
    late = house.use(DAY + 2)
    files = [*copied.values(), *home.state.files.values(), encode_household(late)]
    spoken = [str(home.broker.heard).encode(), str(home.journal.lines).encode()]
    everything = b"\n".join(bytes(data) for data in [*files, *spoken])
    assert rang(home)
    for spelling in (secret, secret.hex().encode(), base64.b64encode(secret).rstrip(b"=")):
        assert spelling not in everything
    keys = [key for day in range(DAY, DAY + 60) for key in late.identities(day)]
    assert late.ratchet.day == DAY + 1
    for name in (name for name in copied if name.endswith(".age")):
        with pytest.raises(NoIdentityMatched):
            b"".join(decrypt(copied[name], keys))


def test_a_clip_under_a_spoofed_clock_is_undated_until_the_owner_is_heard_and_then_expires() -> None:
    house = SimHousehold.begun(DAY, days=3)
    home = visited(house, house.book(DAY), 399)
    (entry,) = list_clips(home.vault)
    assert (entry.day, rang(home)) == (UNDATED, True)
    holding = house.state.identities(UNDATED)
    assert b"".join(open_chunks(home.vault, entry, holding))
    assert any("not to be believed" in text for text in home.said("owner"))
    order = home.vault.create("orders/time")
    order.append(house.time(DAY + 399))
    home.run_until(LATER_NS)
    (entry,) = list_clips(home.vault)
    assert entry.day == DAY + 399
    assert home.index.entries() == [entry]
    home.clock.wait_until(home.clock.now_ns() + 4 * DAY_NS)
    home.run_until(home.clock.now_ns() + LATER_NS)
    assert list_clips(home.vault) == []


def test_when_keys_have_run_out_the_bell_rings_nothing_is_recorded_and_all_say_so() -> None:
    house = SimHousehold.begun(DAY - 400)
    book = house.book(DAY - 400)
    home = desk([], Settings(), book=book, start_wall_ns=START_WALL_NS - 400 * DAY_NS)
    order = house.time(DAY)
    vault = home.vault
    vault.create("orders/time").append(order)
    home = desk(street(12), Settings(recording=SHORT), rings_ns=[5 * NS_PER_S], book=book, vault=vault)
    home.run_until(20 * NS_PER_S)
    assert rang(home)
    assert vault.names("clips") == []
    assert any("keys have run out" in text for text in home.said("owner"))
    assert "nothing is recorded: the vault has no key to seal to" in home.said("bell")
    assert any("no_keys" in str(message) for message in home.broker.heard)
