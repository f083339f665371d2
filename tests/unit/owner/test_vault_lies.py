"""What somebody who writes in the vault can have its owner's commands do, remember or believe.

They are not at the owner's machine, and have neither the device's key nor the owner's.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from latchkey.errors import DiskError
from latchkey.vault import slip_name
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
