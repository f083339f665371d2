"""Who a clip is sealed to: believed clocks, spoofed ones, keys that end, orders good and bad."""

import json
from dataclasses import replace

import pytest

from latchkey.errors import DiskError
from latchkey.pipeline.readers import KeysRunOut, Readers
from latchkey.vault import UNDATED
from latchkey.vault.book import LONGEST_DAYS
from latchkey_sim.clock import VirtualClock
from latchkey_sim.disk import DiskOperation, MemoryDisk
from latchkey_sim.household import SimHousehold
from latchkey_sim.keysdoor import DAY, NOON_NS
from latchkey_sim.keysdoor import KeysDoor as Door


def test_a_clip_is_sealed_to_the_key_of_its_day() -> None:
    door = Door()
    for day in (DAY, DAY + 1, DAY + 2):
        assert door.now() == (day, door.key(day))
        door.wait(1)
        assert door.check() == []


@pytest.mark.parametrize("ahead_days", [399, 3650, 3, -14, -DAY])
def test_a_spoofed_clock_gets_a_holding_key_and_deletes_nothing(ahead_days: int) -> None:
    door = Door()
    door.start(ahead_days)
    assert door.now() == (UNDATED, door.holding(1))
    assert door.readers.today() == DAY
    assert not door.readers.is_out
    door.start(0)
    assert door.now() == (DAY, door.key(DAY))  # it did not stick


def test_a_face_layer_is_sealed_to_the_face_key_of_its_day_and_to_nothing_else() -> None:
    door = Door()
    for day in (DAY, DAY + 1):
        (key,) = door.readers.face_recipients(day)
        faces = door.house.state.face_ratchet
        assert faces is not None
        assert key == str(faces.day_identity(day).recipient)
    assert door.readers.face_recipients(DAY + 400) == ()
    assert door.readers.face_days == 1


def test_while_the_clock_is_not_believed_no_face_layer_is_kept_and_that_is_told() -> None:
    door = Door()
    door.start(399)
    assert door.now() == (UNDATED, door.holding(1))
    assert door.readers.face_recipients(UNDATED) == ()
    assert "no face layer is kept while the clock is not believed" in door.told


def test_a_book_without_keys_for_faces_keeps_none_says_so_loudly_and_clips_go_on() -> None:
    door = Door()
    door.house.state = replace(door.house.state, face_ratchet=None)
    door.put("old", door.house.book(DAY))
    door.readers.check(door.dated.append)
    news = door.readers.news()
    assert [severity for severity, text in news if "has no keys for faces" in text] == ["error"]
    assert door.now() == (DAY, door.key(DAY))
    assert door.readers.face_recipients(DAY) == ()
    assert door.readers.face_days == LONGEST_DAYS  # what is there is not deleted early
    assert door.check() == []
    blind = Readers(door.disk, door.clock, b"")
    blind.check(door.dated.append)
    assert blind.news() == []  # nobody asked for faces


def test_each_start_gets_a_holding_key_of_its_own_and_keeps_it() -> None:
    door = Door()
    for number in (1, 2, 3):
        door.start(399)
        assert door.now() == door.now() == (UNDATED, door.holding(number))


def test_a_crash_between_marking_a_holding_key_and_using_it_never_uses_it_twice() -> None:
    door = Door()
    door.start(399)
    used = set()
    for operation in ("append", "sync", "rename", "sync_folder"):
        door.disk.fail_next(operation, DiskError("power cut"))
        with pytest.raises(DiskError):
            door.now()
        door.disk = door.disk.after_power_cut()
        door.start(399)
        keys = door.now()[1]
        assert keys not in used
        used.add(keys)
        door.disk = door.disk.after_power_cut()
        door.start(399)


def test_a_damaged_count_of_holding_keys_counts_as_all_used() -> None:
    door = Door()
    door.disk.files["keys/holding.json"] = bytearray(b"{rot")
    door.start(399)
    assert door.readers.is_out
    with pytest.raises(KeysRunOut, match="holding keys"):
        door.now()


def test_when_all_holding_keys_are_used_nothing_is_sealed_to_anybody() -> None:
    door = Door()
    for _ in range(64):
        door.start(399)
        door.now()
    door.start(399)
    assert door.readers.is_out
    with pytest.raises(KeysRunOut):
        door.now()


def test_only_the_owner_lowers_the_floor_and_old_orders_cannot_come_back() -> None:
    door = Door()
    early, late = door.house.time(DAY + 1), door.house.time(DAY + 399)
    door.put("a", late)
    door.check()
    assert (door.dated, door.disk.names("orders")) == ([DAY, DAY + 399], [])
    assert door.now()[0] == UNDATED  # the clock says DAY, the owner said DAY + 399
    door.put("b", early)
    assert "its number is 2, and 3 was taken" in door.check()[0]
    assert door.check() == []
    assert door.disk.names("orders") == ["b"]
    door.put("c", door.house.time(DAY))
    door.check()
    assert door.now() == (DAY, door.key(DAY))
    door.start(0)
    assert door.now() == (DAY, door.key(DAY))


def test_a_new_book_is_taken_and_an_old_foreign_or_changed_one_is_told_and_left() -> None:
    door = Door()
    foreign = SimHousehold.begun(DAY, seed=9)
    foreign.book(DAY)
    changed = json.loads(door.house.book(DAY))
    changed["time"] += 1
    door.put("changed", json.dumps(changed, sort_keys=True, separators=(",", ":")).encode())
    door.put("foreign", foreign.book(DAY))
    door.put("rubbish", b"\x00" * 100)
    door.put("large", b" " * 600_000)
    said = " ".join(door.check())
    for word in ("another owner", "does not verify", "not JSON", "over 524288 bytes"):
        assert word in said
    assert door.check() == []
    assert door.now() == (DAY, door.key(DAY))
    old, new = door.house.book(DAY), door.house.book(DAY)
    door.put("new", new)
    assert "key book 4 is in use" in door.check()[0]
    door.put("old", old)
    assert "its number is 3, and 4 was taken" in door.check()[0]
    assert len(door.disk.names("orders")) == 5


def test_orders_that_are_refused_and_left_keep_no_other_from_its_turn() -> None:
    door = Door()
    for number in range(40):
        door.put(f"a{number:02}", b"junk")
    door.put("book", door.house.book(DAY + 1))
    taken = [any("key book 2 is in use" in text for text in door.check()) for _ in range(3)]
    assert taken == [False, False, True]
    assert "book" not in door.disk.names("orders")


def test_an_order_that_cannot_be_read_keeps_no_other_from_its_turn() -> None:
    """Copied there by root, for example, with a mode that keeps the device out."""

    class Forbidding(MemoryDisk):
        def meet(self, operation: DiskOperation, what: str, *, noted: bool = True) -> None:
            if (operation, what) == ("read", "orders/a"):
                raise DiskError("cannot read orders/a: Permission denied")
            super().meet(operation, what, noted=noted)

    door = Door()
    door.disk.__class__ = Forbidding
    door.put("a", door.house.book(DAY))
    door.put("b", door.house.book(DAY + 1))
    told = door.check()
    assert "orders/a is refused: cannot read orders/a: Permission denied" in told
    assert any("key book 3 is in use" in text for text in told)
    assert door.check() == []


def test_the_first_owner_is_the_only_one() -> None:
    door = Door()
    door.book = SimHousehold.begun(DAY, seed=9).book(DAY)
    door.readers = Readers(door.disk, door.clock, door.book)
    assert "another owner" in door.check()[0]
    assert door.now() == (DAY, door.key(DAY))


def test_without_a_book_nothing_is_recorded_and_it_is_said() -> None:
    readers = Readers(MemoryDisk(), VirtualClock(NOON_NS), b"")
    readers.check(lambda _: None)
    assert readers.news() == [("error", "no key book of an owner is known: nothing is recorded")]
    assert readers.is_out
    with pytest.raises(KeysRunOut, match="no key book"):
        readers.recipients(readers.day())


def test_keys_that_end_are_told_thirty_days_before_and_then_nothing_is_recorded() -> None:
    door = Door()
    door.wait(369)
    assert door.check() == []
    door.wait(1)
    assert "keys end on" in door.check()[0]
    door.wait(29)
    assert door.now() == (DAY + 399, door.key(DAY + 399))
    door.wait(1)
    assert "keys have run out" in " ".join(door.check())
    assert door.readers.is_out
    with pytest.raises(KeysRunOut, match="no key for"):
        door.now()
    door.put("book", door.house.book(DAY + 400))
    door.check()
    assert door.now() == (DAY + 400, door.key(DAY + 400))


@pytest.mark.parametrize("name", ["keys/book.json", "keys/owner.pub"])
@pytest.mark.parametrize("rot", [b"", b"\xff" * 40, b"[1]"])
def test_a_damaged_file_of_keys_is_mended_from_the_settings(name: str, rot: bytes) -> None:
    door = Door()
    door.disk.files[name] = bytearray(rot)
    door.start(1)
    assert door.now() == (DAY + 1, door.key(DAY + 1))


@pytest.mark.parametrize("rot", [b"", b"\xff" * 40])
def test_an_older_book_does_not_take_the_place_of_a_damaged_one(rot: bytes) -> None:
    door = Door()
    door.put("new", door.house.book(DAY))
    door.check()
    door.put("time", door.house.time(DAY))
    door.check()
    door.disk.files["keys/book.json"] = bytearray(rot)
    door.start(0)
    assert "its number is 1, and 2 was in use already" in " ".join(door.told)
    assert door.readers.is_out
    door.put("old", door.book)
    assert "its number is 1, and 3 was taken" in " ".join(door.check())
    door.put("newest", door.house.book(DAY))
    door.check()
    assert door.now() == (DAY, door.key(DAY))


@pytest.mark.parametrize("rot", [b"", b"\xff" * 40, b"[1]", b'{"day":20700,"number":1,"schema":1}'], ids=str)
def test_after_a_damaged_clock_no_day_is_believed_until_the_owner_says_one(rot: bytes) -> None:
    door = Door()
    door.disk.files["keys/clock.json"] = bytearray(rot)
    door.start(1)
    assert door.now() == (UNDATED, door.holding(1))
    assert door.readers.today() == 0
    door.start(1)
    assert "clock.json is damaged" in " ".join(door.told)
    assert door.now() == (UNDATED, door.holding(2))
    door.put("time", door.house.time(DAY + 1))
    door.check()
    assert door.now() == (DAY + 1, door.key(DAY + 1))
    door.start(1)
    assert door.now() == (DAY + 1, door.key(DAY + 1))


def test_a_book_taken_again_from_the_settings_does_not_lower_the_floor() -> None:
    door = Door()
    door.start(2)
    assert door.now()[0] == DAY + 2
    door.disk.files["keys/book.json"] = bytearray(b"rot")
    door.start(1)
    assert door.now() == (UNDATED, door.holding(1))
    door.start(2)
    assert door.now()[0] == DAY + 2


def test_the_day_of_a_clip_is_the_floor_before_the_next_look_at_the_orders() -> None:
    door = Door()
    door.wait(1)
    assert door.now()[0] == DAY + 1
    door.disk = door.disk.after_power_cut()
    door.start(0)
    assert door.now()[0] == UNDATED


def test_a_time_that_was_taken_and_not_removed_goes_without_a_word() -> None:
    door = Door()
    order = door.house.time(DAY + 1)
    door.put("time", order)
    door.check()
    door.put("time", order)
    door.start(1)
    assert door.disk.names("orders") == []
    assert "refused" not in " ".join(door.told)


def test_what_a_forgotten_owner_left_does_not_bind_the_next_one() -> None:
    door = Door()
    for _ in range(3):
        door.put("time", door.house.time(DAY + 2))
        door.check()
    door.disk.remove("keys/owner.pub")  # and then power went: the rest of forgetting did not happen
    door.house = SimHousehold.begun(DAY, seed=2)
    door.book = door.house.book(DAY)
    door.start(0)
    assert door.now() == (DAY, door.key(DAY))
    door.put("time", door.house.time(DAY + 5))
    door.check()
    assert door.disk.names("orders") == []


def test_a_power_cut_at_any_step_of_taking_a_book_leaves_the_old_one_or_the_new() -> None:
    for skip in range(12):
        door = Door()
        door.disk.sync_folder("keys")
        door.put("book", door.house.book(DAY + 1))
        door.disk.fail_next("sync_folder" if skip % 2 else "rename", DiskError("cut"), skip=skip // 2)
        try:
            door.check()
        except DiskError:
            door.disk = door.disk.after_power_cut()
        door.start(1)
        assert door.now() == (DAY + 1, door.key(DAY + 1))
