"""A household in a folder that cannot be written: what needs no key erased works, all else says why."""

from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import FolderDisk, FolderFile
from latchkey.adapters.index import SqliteIndex
from latchkey.cli import main
from latchkey.errors import DiskError, DiskFull
from latchkey.owner.household import KnownDevice, new_household
from latchkey.owner.store import HouseholdStore
from latchkey.pipeline.identity import PUBLIC_NAME
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.settings import VaultSettings
from latchkey.units import utc_day
from latchkey.vault import INDEX_NAME
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import FixedReaders
from latchkey_sim.tinyclip import record_tiny

TODAY, T, CLIP = utc_day(SystemClock().wall_ns()), 3, "ab" * 16
Said = pytest.CaptureFixture[str]


class Full(FolderDisk):
    """A folder on a disk without room."""

    def create(self, name: str) -> FolderFile:
        raise DiskFull(f"cannot create {name}: No space left on device")


class Home:
    """A household of ten days ago, and its doorbell's vault with a clip of today."""

    def __init__(self, folder: Path) -> None:
        self.vault, self.out = folder / "vault", folder / "clip.mp4"
        disk, take = FolderDisk(self.vault), SeededEntropy(1).take
        state = new_household(TODAY - 10, T, SeededEntropy(3).take)
        readers = FixedReaders(state.readers_of(TODAY), TODAY)
        keeper = VaultKeeper(disk, SqliteIndex(self.vault / INDEX_NAME), readers, take, VaultSettings())
        record_tiny(keeper, CLIP, take)
        self.public = bytes.fromhex(disk.read(PUBLIC_NAME).decode())
        self.store = HouseholdStore(folder / "owner")
        self.store.create(replace(state, devices=(KnownDevice(self.public),)), b"")

    def lock_out(self) -> None:
        """Let nobody write: as root every folder can be written, so the lock is put out of reach."""
        (self.store.folder / "lock").unlink()
        (self.store.folder / "lock").mkdir()

    def run(self, *words: object) -> int:
        return main([*map(str, words), "--household", str(self.store.folder)])

    def codes(self) -> list[int]:
        """Give how opening, listing and verifying end, and printing keys."""
        vault = ("--vault", self.vault)
        return [
            self.run("clips", "open", CLIP, "-o", self.out, "--force", *vault),
            self.run("clips", "list", *vault),
            self.run("clips", "verify", CLIP, *vault),
            self.run("owner", "identities"),
        ]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_where_no_key_is_over_a_folder_that_cannot_be_written_is_read(home: Home) -> None:
    home.store.change(lambda state: state.heard(home.public, TODAY).advance(TODAY))
    home.lock_out()
    before = home.store.load()
    assert home.codes() == [0, 0, 0, 0]
    assert home.store.load() == before


def test_a_note_that_erases_nothing_need_not_be_written(home: Home) -> None:
    home.store.change(lambda state: state.heard(home.public, TODAY - 1).advance_to(TODAY))
    home.lock_out()
    assert home.codes() == [0, 0, 0, 0]
    assert home.store.load().newest_day == TODAY - 1


def test_where_keys_are_over_nothing_opens_until_they_can_be_erased_and_the_way_out_is_said(
    home: Home, capsys: Said
) -> None:
    home.store.change(lambda state: state.heard(home.public, TODAY))
    home.lock_out()
    assert home.codes() == [7, 7, 7, 7]
    assert "--household COPY" in capsys.readouterr().err
    assert not home.out.exists()


def test_on_a_full_disk_a_state_whose_keys_are_not_over_is_given_and_one_whose_are_is_not(
    tmp_path: Path,
) -> None:
    day, device = 20_000, b"d" * 32
    state = replace(new_household(day, T, SeededEntropy(1).take), devices=(KnownDevice(device),))
    HouseholdStore(tmp_path / "owner").create(*state.book(day))
    store = HouseholdStore(tmp_path / "owner", disk=Full(tmp_path / "owner"))
    assert store.settle(lambda now: now.heard(device, day + T)).newest_day == day + T
    with pytest.raises(DiskError, match="No space") as caught:
        store.settle(lambda now: now.heard(device, day + T + 1).advance(day + T + 1))
    assert "make room" in (caught.value.hint or "")
    assert store.load().newest_day is None


def test_what_a_kill_left_half_written_goes_although_nothing_changes(tmp_path: Path) -> None:
    store = HouseholdStore(tmp_path / "owner")
    store.create(*new_household(20_000, T, SeededEntropy(1).take).book(20_000))
    (store.folder / "state.json.part").write_bytes(b"keys")
    store.settle(lambda state: state)
    assert not (store.folder / "state.json.part").exists()
