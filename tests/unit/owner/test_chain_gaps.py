"""Clips that are missing for a good reason, and attackers who pretend to one.

A verdict that cries wolf at every kept clip would soon be ignored; one that takes every gap for age is of
no use.
"""

from contextlib import suppress

import pytest

from latchkey.clip import check_proof
from latchkey.errors import NotOnDisk
from latchkey.owner import (
    Findings,
    Held,
    Outcome,
    find_clip,
    judge,
    list_clips,
    open_chunks,
    placed,
    read_companion,
)
from latchkey.owner.keeping import keep_clip
from latchkey.owner.memory import Deeds
from latchkey.pipeline.identity import PUBLIC_NAME
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.settings import VaultSettings
from latchkey.units import MIB
from latchkey.vault import HEAD_NAME, UNDATED, chain_name, meta_name, sealed_name, slip_name
from latchkey_sim.disk import MemoryDisk, MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import OWNER, FixedReaders
from latchkey_sim.tinyclip import record_tiny

DAY, KEYS = 20_781, [OWNER.text]
IDS = [f"{n:032x}" for n in range(1, 13)]
BY_AGE = "went by age or for room, as far as anybody can tell"


class Vault:
    """A device that records a clip a day and keeps each for some days, and its owner."""

    def __init__(self, settings: VaultSettings | None = None, days: int = 3) -> None:
        self.disk, self.index, self.entropy = MemoryDisk(), MemoryIndex(), SeededEntropy(1)
        self.readers = FixedReaders(now_day=DAY, days=days)
        self.keeper = VaultKeeper(
            self.disk, self.index, self.readers, self.entropy.take, settings or VaultSettings()
        )
        self.kept: set[str] = set()

    def live(self, *numbers: int) -> None:
        """Record these clips, each on a day of its own, and delete what is due."""
        for number in numbers:
            record_tiny(self.keeper, IDS[number - 1], self.entropy.take)
            self.readers.now_day += 1
            self.keeper.tidy()

    def keep(self, number: int) -> None:
        """Keep a clip, as `latchkey clips keep` does."""
        clip = IDS[number - 1]
        entry = find_clip(list_clips(self.disk), clip)

        def note() -> None:
            self.kept.add(clip)

        keep_clip(self.disk, self.index, entry, KEYS, str(OWNER.recipient), note)

    def take_away(self, *numbers: int) -> None:
        for number in numbers:
            clip = IDS[number - 1]
            entry = find_clip(list_clips(self.disk), clip)
            for name in (meta_name(clip), chain_name(clip), slip_name(clip)):
                with suppress(NotOnDisk):
                    self.disk.remove(name)
            self.disk.remove(sealed_name(clip, entry.day, entry.state))

    @property
    def there(self) -> list[int]:
        return sorted(IDS.index(entry.clip) + 1 for entry in list_clips(self.disk))

    def judge(self, number: int, *, knows_kept: bool = True, today: int | None = None) -> Findings:
        entry = find_clip(list_clips(self.disk), IDS[number - 1])
        companion = read_companion(self.disk, entry.clip, KEYS)
        device = bytes.fromhex(self.disk.read(PUBLIC_NAME).decode())
        progress = check_proof(open_chunks(self.disk, entry, KEYS))
        findings = judge(progress, companion, frozenset({device}), entry.clip)
        deeds = Deeds(frozenset(self.kept)) if knows_kept else Deeds()
        held = Held(self.readers.now_day if today is None else today, (), deeds)
        return placed(findings, companion, self.disk, list_clips(self.disk), entry, KEYS, held)[0]

    def found(self, *, knows_kept: bool = True) -> list[int]:
        """Give the numbers of the clips whose place is a finding; all others must be whole."""
        outcomes = {number: self.judge(number, knows_kept=knows_kept).outcome for number in self.there}
        assert set(outcomes.values()) <= {Outcome.WHOLE, Outcome.CHAIN_BROKEN}
        return [number for number, outcome in outcomes.items() if outcome is Outcome.CHAIN_BROKEN]


def said(findings: Findings) -> tuple[str, ...]:
    assert findings.place is not None
    return (*findings.place.broken, *findings.place.remarks)


@pytest.mark.parametrize("knows_kept", [True, False])
def test_a_kept_clip_verifies_after_its_neighbours_went_by_age(knows_kept: bool) -> None:
    vault = Vault()
    vault.live(1, 2, 3)
    vault.keep(3)
    vault.live(4, 5, 6, 7, 8, 9)
    assert vault.there == [3, 7, 8, 9]
    assert vault.found(knows_kept=knows_kept) == []
    assert said(vault.judge(3)) == (f"clip 2 before it {BY_AGE}", f"clip 6 after it {BY_AGE}")
    assert said(vault.judge(7)) == (f"clip 6 before it {BY_AGE}",)


def test_a_kept_clip_is_the_last_that_is_left_of_a_device_that_recorded_no_more() -> None:
    vault = Vault()
    vault.live(1, 2, 3)
    vault.keep(2)
    vault.readers.now_day += 10
    vault.keeper.tidy()
    assert (vault.there, vault.found()) == ([2], [])
    assert f"clip 3, the newest of the signed head, {BY_AGE}" in said(vault.judge(2))


def test_a_kept_clip_of_these_days_verifies_after_its_neighbours_went_for_want_of_room() -> None:
    vault = Vault(VaultSettings(max_mib=16))
    vault.live(1, 2)
    vault.keep(1)
    crowd = vault.keeper.begin(IDS[10])
    crowd.append(bytes(17 * MIB))
    vault.keeper.tidy()
    crowd.abandon()
    vault.live(4)
    assert vault.there == [1, 4]
    assert vault.judge(1).outcome is Outcome.WHOLE
    assert vault.judge(1, knows_kept=False).outcome is Outcome.CHAIN_BROKEN


def test_an_undated_clip_verifies_after_newer_ones_went_by_age() -> None:
    vault = Vault()
    vault.readers.now_day = UNDATED
    record_tiny(vault.keeper, IDS[0], vault.entropy.take)
    vault.readers.now_day = DAY
    vault.live(2, 3, 4, 5, 6, 7, 8)
    assert vault.there == [1, 6, 7, 8]
    assert vault.found() == []


def test_a_clip_taken_from_between_others_is_found_beside_a_kept_one() -> None:
    vault = Vault()
    vault.live(1, 2)
    vault.keep(2)
    vault.live(3, 4, 5, 6)
    assert vault.there == [2, 4, 5, 6]
    vault.take_away(5)
    assert vault.found() == [4, 6]


def test_the_oldest_beside_a_kept_clip_may_have_gone_by_age_and_nobody_can_tell() -> None:
    vault = Vault()
    vault.live(1, 2)
    vault.keep(2)
    vault.live(3, 4, 5, 6)
    vault.take_away(4)
    assert vault.found() == []
    assert said(vault.judge(5)) == (f"clip 4 before it {BY_AGE}",)


def test_a_file_that_is_given_the_name_of_a_kept_clip_hides_no_hole() -> None:
    vault = Vault()
    vault.live(1, 2, 3)
    vault.disk.rename(sealed_name(IDS[0], DAY, "whole"), sealed_name(IDS[0], DAY, "kept"))
    assert vault.found() == []
    vault.take_away(2)
    assert vault.found() == [1, 3]


def test_a_kept_clip_that_is_not_the_one_that_was_recorded_is_found() -> None:
    vault = Vault()
    vault.live(1, 2, 3)
    vault.keep(2)
    name = sealed_name(IDS[1], DAY + 1, "kept")
    vault.disk.files[name] = bytearray(vault.disk.read(name)[:-1])
    assert vault.judge(3).outcome is Outcome.CHAIN_BROKEN


def test_the_newest_taken_is_found_although_only_one_older_clip_is_here() -> None:
    vault = Vault()
    vault.live(1, 2, 3)
    vault.take_away(1, 3)
    assert vault.found() == [2]


@pytest.mark.parametrize("without", [[1], [1, 3], [1, 3, 4]])
def test_slips_deleted_do_not_make_a_clip_that_was_taken_away_one_that_went_by_age(
    without: list[int],
) -> None:
    vault = Vault(days=9)
    vault.live(1, 2, 3, 4)
    vault.take_away(2)
    for number in without:
        vault.disk.remove(slip_name(IDS[number - 1]))
    gone = "clip 2 before it is gone, while older ones are here"
    assert gone in said(vault.judge(3))
    assert "clip 2 after it is gone, while older ones are here" in said(vault.judge(1))
    assert set(vault.found()) == {1, 3, *without}
    assert "its slip is gone, or another's" in said(vault.judge(1))


def test_a_slip_of_another_clip_is_none() -> None:
    vault = Vault()
    vault.live(1, 2, 3)
    vault.disk.files[slip_name(IDS[1])] = bytearray(vault.disk.read(slip_name(IDS[0])))
    assert vault.found() == [2]


@pytest.mark.parametrize("day", [DAY - 1, DAY + 1, 47_117, UNDATED])
def test_a_day_in_a_name_that_the_device_did_not_sign_is_found(day: int) -> None:
    vault = Vault()
    vault.live(1, 2)
    vault.disk.rename(sealed_name(IDS[0], DAY, "whole"), sealed_name(IDS[0], day, "whole"))
    assert vault.found() == [1]
    assert "another day than its device signed" in said(vault.judge(1))[0]


def test_a_clip_that_got_its_day_later_has_another_one_in_its_name_and_that_is_no_finding() -> None:
    vault = Vault()
    vault.readers.now_day = UNDATED
    record_tiny(vault.keeper, IDS[0], vault.entropy.take)
    vault.disk.rename(sealed_name(IDS[0], UNDATED, "whole"), sealed_name(IDS[0], DAY, "whole"))
    assert vault.found() == []


@pytest.mark.parametrize("taken", [[3], [2, 3], []])
def test_a_device_that_lost_its_head_and_goes_on_as_if_nothing_stood_before(taken: list[int]) -> None:
    """The newest clips and the head are deleted: the next clip says that none was before it."""
    vault = Vault(days=9)
    vault.live(1, 2, 3)
    vault.take_away(*taken)
    vault.disk.remove(HEAD_NAME)
    vault.keeper = VaultKeeper(vault.disk, vault.index, vault.readers, vault.entropy.take, VaultSettings())
    vault.live(4)
    assert {4, 1 if taken == [2, 3] else 2 if taken else 3} <= set(vault.found())
    assert "it was recorded without knowing clip" in said(vault.judge(4))[0]


def test_a_head_of_an_older_day_put_back_beside_newer_clips() -> None:
    vault = Vault()
    vault.live(1)
    older = vault.disk.read(HEAD_NAME)
    vault.live(2)
    vault.disk.files[HEAD_NAME] = bytearray(older)
    vault.keeper = VaultKeeper(vault.disk, vault.index, vault.readers, vault.entropy.take, VaultSettings())
    vault.live(3)
    assert 3 in vault.found()


@pytest.mark.parametrize("day", [47_117, DAY - 9])
def test_a_clip_goes_by_the_day_that_its_device_signed_not_by_that_in_its_name(day: int) -> None:
    vault = Vault()
    vault.live(1)
    vault.disk.rename(sealed_name(IDS[0], DAY, "whole"), sealed_name(IDS[0], day, "whole"))
    vault.keeper = VaultKeeper(vault.disk, MemoryIndex(), vault.readers, vault.entropy.take, VaultSettings())
    vault.keeper.start()
    there = []
    for vault.readers.now_day in range(DAY + 1, DAY + 6):
        vault.keeper.tidy()
        there.append(vault.there)
    assert there == [[1], [1], [1], [], []]


def test_more_clips_without_slips_than_anybody_opens_are_a_finding_and_soon_told() -> None:
    vault = Vault()
    vault.live(1, 2)
    for number in range(40):
        clip = f"{number + 999:032x}"
        vault.disk.files[sealed_name(clip, DAY, "whole")] = bytearray(b"x")
        vault.disk.files[chain_name(clip)] = bytearray(12_000)
    assert "too many clips here lack their slips" in said(vault.judge(2))[0]
