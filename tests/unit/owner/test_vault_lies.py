"""What somebody who writes in the vault can have its owner's commands do, remember or believe.

They are not at the owner's machine, and have neither the device's key nor the owner's.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.errors import DiskError
from latchkey.owner.household import KnownDevice, new_household
from latchkey.owner.ratchet import DayErased
from latchkey.owner.store import HouseholdStore
from latchkey.vault import day_text, slip_name
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.owned import IDS, Home

pytestmark = pytest.mark.slow  # a real folder, synced at each step of each clip
JUNK = "deadbeef" * 4


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def file_of(home: Home, clip: str) -> Path:
    (path,) = (home.vault / "clips").glob(f"20*.{clip}*.age")
    return path


@contextmanager
def busy(home: Home) -> Iterator[None]:
    """Have somebody hold the lock of who deletes clips."""
    with (home.vault / "index.sqlite.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.mark.parametrize("with_slip", [False, True])
def test_a_copy_under_another_name_that_the_owner_deletes_excuses_nothing(
    home: Home, with_slip: bool
) -> None:
    two = file_of(home, IDS[1])
    two.with_name(two.name.replace(IDS[1], JUNK)).write_bytes(two.read_bytes())
    if with_slip:
        (home.vault / slip_name(JUNK)).write_bytes((home.vault / slip_name(IDS[1])).read_bytes())
    told = home.clips("rm", JUNK, "--yes")
    assert "will not remember that you deleted it: it has no slip that a doorbell of yours signed" in told
    home.take_away(IDS[1])
    home.verify(IDS[2], code=13)


def test_a_clip_whose_file_is_another_ones_is_deleted_and_excuses_nothing_of_that(home: Home) -> None:
    two, three = file_of(home, IDS[1]), file_of(home, IDS[2])
    two.write_bytes(three.read_bytes())
    home.clips("rm", IDS[1], "--yes")
    home.take_away(IDS[2])
    assert "clip 3 before it is gone" in home.verify(IDS[3], code=13)


def test_a_deletion_that_failed_excuses_nothing_and_one_that_is_tried_again_does(home: Home) -> None:
    with busy(home), pytest.raises(DiskError):
        home.clips("rm", IDS[1], "--yes")
    assert file_of(home, IDS[1]).exists()
    before = home.copy()
    home.take_away(IDS[1])
    home.verify(IDS[2], code=13)
    for path, data in before.items():
        path.write_bytes(data)
    home.clips("rm", IDS[1], "--yes")
    home.verify(IDS[2])


@pytest.mark.parametrize("day", [-1, 1, 26_000])
def test_a_day_in_a_name_that_is_not_the_one_signed_keeps_nobody_from_their_clip(
    home: Home, day: int
) -> None:
    path = file_of(home, IDS[0])
    path.rename(path.with_name(path.name.replace(day_text(home.day), day_text(home.day + day))))
    out = home.folder / "clip.mp4"
    home.clips("open", IDS[0], "-o", out)
    assert home.clips("list").count("ring") == 4
    home.clips("recover", IDS[0], "-o", out, "--force")
    assert "another day than its device signed" in home.verify(IDS[0], code=13)
    home.clips("keep", IDS[0])
    home.clips("open", IDS[0], "-o", out, "--force")


def test_a_clip_whose_days_are_over_does_not_open_once_more_for_a_household_that_was_away(home: Home) -> None:
    away = new_household(home.day - 60, 3, SeededEntropy(3).take)
    home.readers.now_day, home.readers.keys = home.day - 60, away.readers_of(home.day - 60)
    home.record(IDS[4])
    home.readers.now_day, home.readers.keys = home.day, away.readers_of(home.day)
    home.record(IDS[5])
    device = home.store.load().devices[0].public
    away = replace(away, devices=(KnownDevice(device, home.day - 60),))
    for action in ("open", "recover", "verify", "keep", "list"):
        folder = home.folder / f"away for {action}"
        HouseholdStore(folder).create(away, b"")
        words = ("-o", home.folder / "clip.mp4") if action in ("open", "recover") else ()
        if action == "list":
            told = home.clips("list", household=folder)
            assert told.count(f"the key of {day_text(home.day - 60)} is erased") == 1
            assert told.count(" ring ") == 1
            continue
        with pytest.raises(DayErased):
            home.clips(action, IDS[4], *words, household=folder)
    assert not (home.folder / "clip.mp4").exists()


def test_names_of_days_that_have_not_come_are_told_and_keep_no_key_alive(home: Home) -> None:
    home.store.change(lambda state: replace(state, ratchet=replace(state.ratchet, day=home.day - 30)))
    for number in range(65):
        (home.vault / f"clips/9990-01-01.{number + 999:032x}.torn.age").write_bytes(b"x")
    assert "65 clip(s) have a day in their name that has not come" in home.clips("list")
    assert home.store.load().ratchet.day == home.day - 3
