"""What a household remembers: the newest head of each device, and what was done on purpose."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from latchkey.clip import Link
from latchkey.errors import DiskError
from latchkey.owner.actlog import Act, acts, note_act
from latchkey.owner.memory import Deeds, HouseholdMemory
from latchkey_sim.disk import MemoryDisk

A, B, C = "a" * 32, "b" * 32, "c" * 32
DEVICE, OTHER = b"d" * 32, b"e" * 32


def test_a_household_that_has_seen_nothing_remembers_nothing_and_makes_no_file(tmp_path: Path) -> None:
    memory = HouseholdMemory(tmp_path)
    assert (memory.head(DEVICE), memory.deeds()) == (None, Deeds())
    assert list(tmp_path.iterdir()) == []


def test_deeds_and_heads_are_remembered_for_the_owner_alone(tmp_path: Path) -> None:
    memory = HouseholdMemory(tmp_path)
    memory.note_kept(A)
    memory.note_removed(B, Link(2, b"h" * 32))
    memory.note_removed(C, Link(3, b"i" * 32))
    memory.keep_head(DEVICE, b"old")
    memory.keep_head(DEVICE, b"new")
    again = HouseholdMemory(tmp_path)
    links = frozenset({Link(2, b"h" * 32), Link(3, b"i" * 32)})
    assert again.deeds() == Deeds(frozenset({A}), frozenset({B, C}), frozenset(), links)
    assert again.deeds().has_removed(Link(2, b"h" * 32))
    assert not again.deeds().has_removed(Link(2, b"i" * 32))
    assert (again.head(DEVICE), again.head(OTHER)) == (b"new", None)
    assert (tmp_path / "seen").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "seen").iterdir()} == {0o600}


def test_a_line_that_a_crash_cut_costs_that_line_alone(tmp_path: Path) -> None:
    memory = HouseholdMemory(tmp_path)
    memory.note_kept(A)
    path = tmp_path / "seen/deeds"
    path.write_bytes(path.read_bytes() + f"rm {B} 6868".encode())
    memory.note_kept(C)
    assert memory.deeds() == Deeds(frozenset({A, C}))


def test_what_was_done_last_to_a_clip_says_whether_it_is_kept(tmp_path: Path) -> None:
    memory = HouseholdMemory(tmp_path)
    for clip in (A, B):
        memory.note_kept(clip)
        memory.note_unkept(clip)
    memory.note_kept(B)
    assert memory.deeds() == Deeds(frozenset({B}))


@pytest.mark.parametrize("odd", [b"\xff" * 100 + b"\n", b"keep ../../x\n", b"rm\n", b"\0" * 5000])
def test_lines_that_are_none_are_left_out(tmp_path: Path, odd: bytes) -> None:
    memory = HouseholdMemory(tmp_path)
    memory.note_kept(A)
    path = tmp_path / "seen/deeds"
    path.write_bytes(odd + path.read_bytes())
    assert memory.deeds().kept <= {A}
    assert memory.deeds().removed == frozenset()


def flipped(data: bytes) -> Iterator[bytes]:
    """Give the data once for each bit, with that bit flipped."""
    for at, bit in product(range(len(data)), range(8)):
        yield data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def deeds_of(lines: bytes) -> Deeds:
    disk = MemoryDisk()
    disk.files["seen/deeds"] = bytearray(lines)
    return HouseholdMemory(Path("nowhere"), disk).deeds()


def test_a_deed_that_has_rotted_is_left_out_whatever_bit_it_was_and_never_another_deed() -> None:
    disk = MemoryDisk()
    memory = HouseholdMemory(Path("nowhere"), disk)
    memory.note_kept(A)
    memory.note_removed(B, Link(2, b"h" * 32))
    lines = bytes(disk.files["seen/deeds"])
    whole = deeds_of(lines)
    assert whole == Deeds(frozenset({A}), frozenset({B}), frozenset(), frozenset({Link(2, b"h" * 32)}))
    read = [deeds_of(rotten) for rotten in flipped(lines)]
    assert all(one.kept <= whole.kept and one.removed <= whole.removed for one in read)
    assert all(one.removed_links <= whole.removed_links and not one.removed_payloads for one in read)
    of_old = f"rm {B} {'68' * 32}\n".encode()  # without a number: such deeds count by their hash
    assert deeds_of(of_old).has_removed(Link(7, b"h" * 32))
    unchecked = f"keep {A}\n".encode()  # as lines were once: they still count, and rot to other deeds
    assert deeds_of(unchecked).kept == {A}
    assert any(deeds_of(rotten).kept - {A} for rotten in flipped(unchecked))


def test_an_act_that_has_rotted_is_counted_as_unreadable_and_never_another_act() -> None:
    disk = MemoryDisk()
    noted = note_act(disk, "keep", A, 0)
    line = bytes(disk.files["acts.log"])

    def read(data: bytes) -> list[Act]:
        disk.files["acts.log"] = bytearray(data)
        return acts(disk)[0]

    assert read(line) == [noted]
    assert all(read(rotten) in ([], [noted]) for rotten in flipped(line))
    unchecked = line[: line.index(b',"check"')] + b"}\n"
    assert read(unchecked) == [noted]
    assert any(read(rotten) not in ([], [noted]) for rotten in flipped(unchecked))


def test_a_folder_that_cannot_be_made_is_an_error_of_the_disk(tmp_path: Path) -> None:
    (tmp_path / "seen").write_text("in its place")
    memory = HouseholdMemory(tmp_path)
    with pytest.raises(DiskError):
        memory.note_kept(A)
    with pytest.raises(DiskError):
        memory.keep_head(DEVICE, b"head")
