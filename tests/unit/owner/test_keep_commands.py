"""`latchkey clips keep`: whom it refuses, and which clips."""

from pathlib import Path

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.index import SqliteIndex
from latchkey.cli import main
from latchkey.errors import EXIT_RECORD
from latchkey.owner import list_clips
from latchkey.owner.household import new_household
from latchkey.owner.store import HouseholdStore
from latchkey.pipeline.pinning import pin_owner
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.settings import VaultSettings
from latchkey.units import utc_day
from latchkey.vault import INDEX_NAME, chain_name, meta_name
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import FixedReaders
from latchkey_sim.tinyclip import record_tiny

DAY = utc_day(SystemClock().wall_ns())
CLIP = "ab" * 16
Shown = pytest.CaptureFixture[str]


class Home:
    """The vault of a doorbell whose owner is pinned, with a clip for its owner and for Ada."""

    def __init__(self, folder: Path) -> None:
        self.vault, self.disk = folder / "vault", FolderDisk(folder / "vault")
        self.folders = {name: folder / name for name in ("owner", "ada")}
        readers: list[str] = []
        for seed, there in enumerate(self.folders.values()):
            state, book = new_household(DAY, 3, SeededEntropy(seed).take).book(DAY)
            HouseholdStore(there).create(state, book)
            readers += state.readers_of(DAY)
            if there.name == "owner":
                pin_owner(self.disk, state.signing_key.public)
        take, index = SeededEntropy(5).take, SqliteIndex(self.vault / INDEX_NAME)
        keeper = VaultKeeper(self.disk, index, FixedReaders(readers, DAY), take, VaultSettings())
        record_tiny(keeper, CLIP, take)

    def clips(self, who: str, action: str, *words: object) -> int:
        there = ["--vault", self.vault, "--household", self.folders[who]]
        return main(["clips", action, CLIP, *map(str, [*words, *there])])

    @property
    def state(self) -> str:
        return list_clips(self.disk)[0].state


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("HOME", str(tmp_path))
    return Home(tmp_path)


def test_a_viewer_cannot_take_a_clip_from_its_owner_by_keeping_it(
    home: Home, tmp_path: Path, capsys: Shown
) -> None:
    assert home.clips("ada", "keep") == 2
    said = capsys.readouterr().err
    assert "only the doorbell's owner keeps clips" in said
    assert f"`latchkey clips open {CLIP} -o FILE`" in said
    assert (home.state, (home.vault / "acts.log").exists()) == ("whole", False)
    assert home.clips("ada", "open", "-o", tmp_path / "hers.mp4") == 0
    assert home.clips("owner", "keep") == 0
    assert home.state == "kept"


def test_a_whole_clip_is_kept_without_its_record_or_companion_and_what_it_lacks_is_said(
    home: Home, capsys: Shown
) -> None:
    home.disk.remove(meta_name(CLIP))
    assert home.clips("owner", "keep") == 0
    said = capsys.readouterr().err
    assert "warning: its record is missing, or cannot be opened" in said
    assert "companion" not in said
    assert home.clips("owner", "verify") == EXIT_RECORD
    assert home.clips("owner", "unkeep") == 0
    (home.vault / chain_name(CLIP)).write_bytes(b"garbage")
    assert home.clips("owner", "keep") == 0
    said = capsys.readouterr().err
    assert "its record is missing" in said
    assert "its companion is missing, or cannot be opened" in said
    assert home.state == "kept"
