"""What the files say after a crash is what the index holds."""

from hypothesis import given
from hypothesis import strategies as st

from latchkey.ports import ClipEntry
from latchkey.vault import reconcile

A, B, C = "a" * 32, "b" * 32, "c" * 32
DAY = "2026-11-24"
NUMBER = 20_781


def test_a_clip_that_was_being_written_becomes_torn() -> None:
    repair = reconcile({f"{DAY}.{A}.age.part": 5}, [])
    assert repair.renames == ((f"clips/{DAY}.{A}.age.part", f"clips/{DAY}.{A}.torn.age"),)
    assert repair.entries == (ClipEntry(A, NUMBER, 5, "torn"),)
    assert repair.torn == (A,)


def test_a_clip_whose_record_is_final_was_complete() -> None:
    repair = reconcile({f"{DAY}.{A}.age.part": 5, f"{A}.meta.age": 3}, [])
    assert repair.renames == ((f"clips/{DAY}.{A}.age.part", f"clips/{DAY}.{A}.age"),)
    assert repair.entries == (ClipEntry(A, NUMBER, 5, "whole"),)
    assert repair.torn == ()


def test_a_half_written_record_proves_nothing_and_is_removed() -> None:
    repair = reconcile({f"{DAY}.{A}.age.part": 5, f"{A}.meta.age.part": 3}, [])
    assert repair.removals == (f"clips/{A}.meta.age.part",)
    assert repair.torn == (A,)


def test_an_empty_file_and_a_record_without_clip_are_removed() -> None:
    repair = reconcile({f"{DAY}.{A}.age.part": 0, f"{B}.meta.age": 3}, [])
    assert set(repair.removals) == {f"clips/{DAY}.{A}.age.part", f"clips/{B}.meta.age"}
    assert repair.entries == ()


def test_an_index_that_was_lost_is_rebuilt_by_day() -> None:
    repair = reconcile({f"{DAY}.{B}.age": 1, f"2026-11-23.{C}.torn.age": 2, f"{DAY}.{A}.age": 3}, [])
    assert [entry.clip for entry in repair.entries] == [C, A, B]


def test_known_clips_keep_their_order_and_vanished_ones_are_dropped() -> None:
    known = [ClipEntry(B, NUMBER, 9, "whole"), ClipEntry(C, 1, 1, "whole"), ClipEntry(A, NUMBER, 3, "torn")]
    repair = reconcile({f"{DAY}.{A}.age": 3, f"{DAY}.{B}.age": 9}, known)
    assert repair.entries == (ClipEntry(B, NUMBER, 9, "whole"), ClipEntry(A, NUMBER, 3, "whole"))


def test_a_second_file_of_a_clip_is_removed_for_it_would_never_expire() -> None:
    files = {
        f"{DAY}.{A}.torn.age": 3,
        f"{DAY}.{A}.age": 9,
        f"{DAY}.{A}.age.part": 4,
        f"2026-11-25.{A}.age": 9,
    }
    repair = reconcile(files, [])
    assert repair.entries == (ClipEntry(A, NUMBER, 9, "whole"),)
    assert len(repair.removals) == 3


def test_a_layer_that_was_being_written_is_kept_with_its_clip_as_far_as_it_got() -> None:
    for clip in (f"{DAY}.{A}.age", f"{DAY}.{A}.torn.age", f"{DAY}.{A}.age.part"):
        repair = reconcile({clip: 5, f"{DAY}.{A}.faces.age.part": 4}, [])
        assert repair.renames[-1] == (f"clips/{DAY}.{A}.faces.age.part", f"clips/{DAY}.{A}.faces.age")
        assert repair.layers == {A: 4}
        assert repair.removals == ()


def test_a_layer_without_its_clip_is_removed_and_so_is_a_second_or_empty_one() -> None:
    lonely = {f"{DAY}.{B}.faces.age": 4, f"2026-11-25.{A}.faces.age": 4, f"{DAY}.{C}.faces.age.part": 0}
    twice = {f"{DAY}.{A}.faces.age": 3, f"{DAY}.{A}.faces.age.part": 4}
    repair = reconcile({f"{DAY}.{A}.age": 5, f"{DAY}.{C}.age": 5} | lonely | twice, [])
    assert set(repair.removals) == {f"clips/{name}" for name in (*lonely, f"{DAY}.{A}.faces.age.part")}
    assert repair.layers == {A: 3}
    assert repair.strangers == ()


def test_files_of_others_are_left_alone_and_counted() -> None:
    repair = reconcile({"notes.txt": 3, f"{A}.age": 1}, [])
    assert repair.strangers == (f"{A}.age", "notes.txt")
    assert not repair.removals
    assert not repair.renames


STEMS = [f"{day}.{clip}" for day in (DAY, "1970-01-01") for clip in (A, B)]
NAMES = st.sampled_from(
    [
        f"{stem}{suffix}"
        for stem in STEMS
        for suffix in (".age", ".torn.age", ".age.part", ".faces.age", ".faces.age.part")
    ]
    + [f"{clip}{suffix}" for clip in (A, B) for suffix in (".meta.age", ".meta.age.part")]
)


@given(st.dictionaries(NAMES, st.integers(0, 3)), st.permutations([A, B, C]))
def test_a_mended_vault_needs_no_mending(sizes: dict[str, int], order: list[str]) -> None:
    repair = reconcile(sizes, [ClipEntry(clip, 0, 0, "whole") for clip in order])
    files = {f"clips/{name}": size for name, size in sizes.items()}
    for old, new in repair.renames:
        assert new not in files
        files[new] = files.pop(old)
    for name in repair.removals:
        del files[name]
    again = reconcile({name.removeprefix("clips/"): size for name, size in files.items()}, repair.entries)
    assert (again.renames, again.removals, again.torn) == ((), (), ())
    assert again.entries == repair.entries
    assert again.layers == repair.layers
    assert set(again.layers) <= {entry.clip for entry in again.entries}


def test_a_companion_slip_or_tail_without_its_clip_goes_and_so_does_the_tail_of_a_whole_one() -> None:
    asides = [f"{clip}.{kind}" for clip in (A, B, C) for kind in ("chain.age", "slip", "tail.age")]
    clips = {f"{DAY}.{A}.age": 5, f"{DAY}.{B}.age.part": 5}
    repair = reconcile(clips | dict.fromkeys(asides, 1), [])
    gone = {f"clips/{A}.tail.age", *(f"clips/{C}.{kind}" for kind in ("chain.age", "slip", "tail.age"))}
    assert set(repair.removals) == gone


def test_half_written_companions_slips_and_tails_go() -> None:
    halves = [f"{A}.{kind}.part" for kind in ("chain.age", "slip", "tail.age", "meta.age")]
    repair = reconcile({f"{DAY}.{A}.age": 5} | dict.fromkeys(halves, 1), [])
    assert set(repair.removals) == {f"clips/{name}" for name in halves}


def test_clips_that_the_index_lost_come_in_the_order_of_their_numbers_whatever_their_days() -> None:
    """The clock jumped back after the first clip."""
    numbers = {A: 3, B: 2, C: 1}
    files = {f"2026-11-2{day}.{clip}.age": 1 for day, clip in ((3, A), (1, B), (4, C))}
    files |= {f"{clip}.slip": 1 for clip in numbers}
    assert [entry.clip for entry in reconcile(files, [], numbers.get).entries] == [C, B, A]


def test_slips_are_read_only_of_clips_that_the_index_lost() -> None:
    asked: list[str] = []
    files = {f"{DAY}.{A}.age": 5, f"{A}.slip": 1, f"{DAY}.{B}.age": 5, f"{B}.slip": 1, f"{DAY}.{C}.age": 5}
    reconcile(files, [ClipEntry(A, 0, 5, "whole")], asked.append)
    assert asked == [B]
