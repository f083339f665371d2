"""Files in a vault that the disk cannot read: each costs what it holds, and no other clip."""

import io
import os
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.index import SqliteIndex
from latchkey.cli.clips import COMMAND as CLIPS
from latchkey.cli.command import Terminal
from latchkey.clip import NoIdentityMatched, Streams, seal
from latchkey.errors import EXIT_CHAIN, EXIT_OK, EXIT_RECORD, DiskError
from latchkey.owner import find_clip, joined_chunks, list_clips, recover_clip
from latchkey.owner.hearing import hear
from latchkey.owner.household import KnownDevice, new_household
from latchkey.owner.recovering import NothingProved
from latchkey.owner.store import HouseholdStore
from latchkey.pipeline.identity import PUBLIC_NAME
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.settings import VaultSettings
from latchkey.units import utc_day
from latchkey.vault import HEAD_NAME, INDEX_NAME, chain_name, meta_name, sealed_name, slip_name, tail_name
from latchkey_sim.disk import MemoryDisk
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import OWNER, FixedReaders
from latchkey_sim.tinyclip import record_tiny, tiny_parts

DAY, TORN = 20_781, "f" * 32
IDS = [f"{n:032x}" for n in range(1, 5)]


class BadSectors(MemoryDisk):
    """A disk on which files cannot be read from some byte on."""

    def __init__(self) -> None:
        super().__init__()
        self.bad: dict[str, int] = {}

    def reader(self, name: str) -> BinaryIO:
        file = super().reader(name)
        return io.BufferedReader(_Bad(file, name, self.bad[name])) if name in self.bad else file


class _Bad(io.RawIOBase):
    def __init__(self, file: BinaryIO, name: str, bad_at: int) -> None:
        self._file, self._name, self._bad_at = file, name, bad_at

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # what BufferedReader gives
        at = self._file.tell()
        if at >= self._bad_at:
            raise DiskError(f"cannot read {self._name}: Input/output error")
        data = self._file.read(min(len(buffer), self._bad_at - at))
        buffer[: len(data)] = data
        return len(data)


class Torn:
    """A vault with a torn clip of some chunks, and a tail that does not matter."""

    def __init__(self) -> None:
        take = SeededEntropy(1).take
        self.disk = BadSectors()
        video = b"".join(tiny_parts(take, fragments=2000))
        sealed = seal(video, [str(OWNER.recipient)], Streams(take))
        self.name = sealed_name(TORN, DAY, "torn")
        self.disk.create(self.name).append(sealed[:300_000])
        self.entry = find_clip(list_clips(self.disk), TORN)

    def recover(self, target: Path) -> float:
        return recover_clip(self.disk, self.entry, [OWNER.text], target, force=True).proved_s


def test_a_torn_clip_is_recovered_up_to_the_place_that_cannot_be_read(tmp_path: Path) -> None:
    torn, target = Torn(), tmp_path / "rest.mp4"
    all_s = torn.recover(target)
    torn.disk.bad[torn.name] = 140_000
    progress = recover_clip(torn.disk, torn.entry, [OWNER.text], target, force=True)
    assert 0 < progress.proved_s < all_s
    assert torn.name in str(progress.failure)
    assert target.stat().st_size == progress.proved_bytes
    with pytest.raises(DiskError, match=torn.name):
        list(joined_chunks(torn.disk, torn.entry, [OWNER.text]))


def test_a_tail_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    torn, target = Torn(), tmp_path / "rest.mp4"
    all_s = torn.recover(target)
    torn.disk.create(tail_name(TORN)).append(b"x" * 100)
    torn.disk.bad[tail_name(TORN)] = 0
    assert torn.recover(target) == all_s > 0


def test_where_nothing_can_be_read_the_error_names_the_file_and_leaves_nothing(tmp_path: Path) -> None:
    torn, target = Torn(), tmp_path / "rest.mp4"
    for bad_at in (0, 1000):
        torn.disk.bad[torn.name] = bad_at
        with pytest.raises(DiskError, match=torn.name) as caught:
            torn.recover(target)
        assert not isinstance(caught.value, NothingProved | NoIdentityMatched)
        assert not target.exists()


class Pipes:
    """The vault of a household, in which a file can be put out of reach: a pipe has its name."""

    def __init__(self, folder: Path) -> None:
        self.day = utc_day(SystemClock().wall_ns())
        state = new_household(self.day, 3, SeededEntropy(3).take)
        self.store, self.vault = HouseholdStore(folder / "owner"), folder / "vault"
        self.disk, take = FolderDisk(self.vault), SeededEntropy(1).take
        readers = FixedReaders(state.readers_of(self.day), self.day)
        index = SqliteIndex(self.vault / INDEX_NAME)
        keeper = VaultKeeper(self.disk, index, readers, take, VaultSettings())
        for clip in IDS:
            record_tiny(keeper, clip, take)
        public = bytes.fromhex(self.disk.read(PUBLIC_NAME).decode())
        self.store.create(replace(state, devices=(KnownDevice(public),)), b"")

    def spoil(self, name: str) -> None:
        path = self.vault / name
        path.unlink()
        os.mkfifo(path)

    def run(self, *words: object, code: int = EXIT_OK) -> str:
        parser = ArgumentParser()
        CLIPS.configure(parser)
        terminal = Terminal(io.StringIO(), io.StringIO())
        given = [*words, "--vault", self.vault, "--household", self.store.folder]
        assert CLIPS.run(parser.parse_args([str(word) for word in given]), terminal) == code
        assert isinstance(terminal.out, io.StringIO)
        return terminal.out.getvalue()


@pytest.mark.slow
def test_a_slip_that_cannot_be_read_keeps_no_clip_from_being_listed_opened_or_verified(
    tmp_path: Path,
) -> None:
    home = Pipes(tmp_path)
    stranger = sealed_name(TORN, home.day, "whole")
    (home.vault / stranger).write_bytes(b"x")
    os.mkfifo(home.vault / slip_name(TORN))
    for clip in IDS:
        assert clip in home.run("list")
        home.run("open", clip, "-o", tmp_path / "clip.mp4", "--force")
        assert f"{slip_name(TORN)} could not be read" in home.run("verify", clip)
    home.spoil(slip_name(IDS[3]))
    assert IDS[3] in home.run("list")
    assert f"{slip_name(IDS[3])} could not be read" in home.run("verify", IDS[3], code=EXIT_CHAIN)
    state = hear(home.disk, list_clips(home.disk), home.store.load(), home.day)
    assert state.newest_day == home.day


@pytest.mark.slow
def test_a_head_a_record_and_a_neighbours_companion_that_cannot_be_read_count_as_missing(
    tmp_path: Path,
) -> None:
    home = Pipes(tmp_path)
    home.spoil(chain_name(IDS[1]))
    home.run("verify", IDS[0])
    home.spoil(meta_name(IDS[3]))
    assert "its record cannot be read" in home.run("verify", IDS[3], code=EXIT_RECORD)
    home.spoil(HEAD_NAME)
    assert f"{HEAD_NAME} could not be read" in home.run("verify", IDS[0], code=EXIT_CHAIN)
