"""Sparse files of a size that nobody could read to its end: every command ends at once, and says why."""

import io
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.index import SqliteIndex
from latchkey.cli.clips import COMMAND as CLIPS
from latchkey.cli.command import Terminal
from latchkey.errors import EXIT_CHAIN, EXIT_NO_CLIP, ClipError
from latchkey.owner import list_clips
from latchkey.owner.household import new_household
from latchkey.owner.store import HouseholdStore
from latchkey.owner.verifying import SEARCH_BYTES, judge_file
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.settings import VaultSettings
from latchkey.units import MIB, utc_day
from latchkey.vault import INDEX_NAME
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import FixedReaders
from latchkey_sim.tinyclip import record_tiny, tiny_parts

A, B = "a" * 32, "b" * 32
ENDLESS_BYTES = 1 << 40


class Home:
    """A household, and the vault of its doorbell, whose first clip has grown a tail without end."""

    def __init__(self, folder: Path) -> None:
        day = utc_day(SystemClock().wall_ns())
        state = new_household(day, 3, SeededEntropy(3).take)
        self.store = HouseholdStore(folder / "owner")
        self.store.create(state, b"")
        self.vault = folder / "vault"
        self.disk, take = FolderDisk(self.vault), SeededEntropy(1).take
        readers = FixedReaders(state.readers_of(day), day)
        index = SqliteIndex(self.vault / INDEX_NAME)
        keeper = VaultKeeper(self.disk, index, readers, take, VaultSettings())
        for clip in (A, B):
            record_tiny(keeper, clip, take)
        (path,) = self.vault.glob(f"clips/*.{A}.age")
        with path.open("r+b") as file:
            file.truncate(ENDLESS_BYTES)

    def clips(self, *words: object) -> tuple[int, str]:
        """Run a command; give its exit code, and what it wrote."""
        parser = ArgumentParser()
        CLIPS.configure(parser)
        terminal = Terminal(io.StringIO(), io.StringIO())
        given = [*words, "--vault", self.vault, "--household", self.store.folder]
        code = CLIPS.run(parser.parse_args([str(word) for word in given]), terminal)
        assert isinstance(terminal.out, io.StringIO)
        assert isinstance(terminal.err, io.StringIO)
        return code, terminal.out.getvalue() + terminal.err.getvalue()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_clip_that_is_larger_than_any_is_not_kept(home: Home) -> None:
    with pytest.raises(ClipError, match="takes 1024 GiB: no doorbell has recorded it so"):
        home.clips("keep", A)
    assert not (home.vault / "acts.log").exists()
    assert not list(home.vault.glob("clips/*.part"))


def test_a_clip_that_is_larger_than_any_is_deleted(home: Home) -> None:
    code, told = home.clips("rm", A, "--yes")
    assert (code, "will not remember" in told) == (0, True)
    assert [entry.clip for entry in list_clips(home.disk)] == [B]


def test_the_clip_after_one_that_is_larger_than_any_verifies_but_for_that(home: Home) -> None:
    code, told = home.clips("verify", B)
    assert (code, "clip 1 before it is not the one that was recorded" in told) == (EXIT_CHAIN, True)


def test_a_sparse_file_is_no_clip_after_a_bounded_search(home: Home, tmp_path: Path) -> None:
    sparse = tmp_path / "sparse.mp4"
    with sparse.open("wb") as file:
        file.truncate(ENDLESS_BYTES)
    assert home.clips("verify", sparse)[0] == EXIT_NO_CLIP


@pytest.mark.parametrize("start", [b"", b"\x40\0\0\0mdat"])
def test_no_file_is_searched_far_beyond_where_a_proof_must_stand(start: bytes) -> None:
    read = 0

    def pieces() -> Iterator[bytes]:
        nonlocal read
        yield start
        while True:
            read += MIB
            yield bytes(MIB)

    assert judge_file(pieces(), None, frozenset()).is_foreign
    assert read <= SEARCH_BYTES + MIB


def test_a_clip_behind_bytes_that_are_not_its_own_is_damaged_and_not_foreign() -> None:
    video = b"".join(tiny_parts(SeededEntropy(1).take))
    findings = judge_file([bytes(SEARCH_BYTES - MIB), video], None, frozenset())
    assert (findings.is_foreign, bool(findings.trouble)) == (False, True)
