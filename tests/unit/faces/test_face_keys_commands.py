"""Face layers by the household's own keys: opened while those live, and not after, though the clip opens."""

import io
import subprocess
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.encoder import H264Encoder
from latchkey.adapters.index import SqliteIndex
from latchkey.cli.clips import COMMAND as CLIPS
from latchkey.cli.command import Command, Terminal
from latchkey.cli.owner import COMMAND as OWNER
from latchkey.events import Trigger
from latchkey.frames import Cover, FilterState
from latchkey.owner.household import KnownDevice
from latchkey.owner.opening import FaceKeyErased, FacesForOthers
from latchkey.owner.store import HouseholdStore
from latchkey.pipeline.facevault import FaceVault
from latchkey.pipeline.film import ClipFacts, Film
from latchkey.pipeline.frame_queue import Held
from latchkey.pipeline.readers import Readers
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.settings import RecordingSettings, VaultSettings
from latchkey.units import utc_day
from latchkey.vault import INDEX_NAME, faces_name
from latchkey.vision import CoverPlan, Motion
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import DEVICE
from latchkey_sim.masked import masked_street

ID = "ab" * 16
DAY = utc_day(SystemClock().wall_ns())
STILL = Motion(moving=False, share=0.0, boxes=(), zones=())
pytestmark = pytest.mark.slow


class Home:
    """A household on disk, and the vault of a doorbell that has its book, with one clip of today."""

    def __init__(self, folder: Path) -> None:
        run(OWNER, "init", "--days", 3)
        self.store = HouseholdStore(folder / ".config/latchkey/owner")
        self.store.change(lambda state: replace(state, devices=(KnownDevice(DEVICE.public),)))
        self.vault, self.target = folder / "vault", folder / "visit.mp4"
        disk, clock, take = FolderDisk(self.vault), SystemClock(), SeededEntropy(1).take
        readers = Readers(disk, clock, self.store.book_path.read_bytes(), wants_faces=True)
        readers.check(lambda _: None)
        faces = FaceVault(disk, take, clock, readers, 24)
        index = SqliteIndex(self.vault / INDEX_NAME)
        keeper = VaultKeeper(disk, index, readers, take, VaultSettings(), faces)
        film = Film(ID, 10, keeper, H264Encoder(RecordingSettings()), None)
        for frame in masked_street(1):
            film.expose(Held(frame, STILL), CoverPlan(FilterState.OK, (Cover(0, 40, 320, 130),)))
        film.finish(ClipFacts(Trigger.RING, (Trigger.RING,), 0, "paint", 0))

    def open(self, *words: object) -> str:
        """Open the clip; give what is said. Raises what it raises."""
        return run(CLIPS, "open", ID, "-o", self.target, "--force", "--vault", self.vault, *words)[1]

    def pass_days(self, days: int) -> None:
        """Let the keys of faces and clips be erased as they are so many days on."""
        self.store.change(lambda state: state.advance_to(DAY + days))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("HOME", str(tmp_path))
    return Home(tmp_path)


def run(command: Command, *arguments: object) -> tuple[str, str]:
    """Run a command; give what it wrote to stdout and stderr. Raises what it raises."""
    parser = ArgumentParser()
    command.configure(parser)
    terminal = Terminal(io.StringIO(), io.StringIO())
    assert command.run(parser.parse_args([str(word) for word in arguments]), terminal) == 0
    assert isinstance(terminal.out, io.StringIO)
    assert isinstance(terminal.err, io.StringIO)
    return terminal.out.getvalue(), terminal.err.getvalue()


def test_faces_open_by_the_household_until_their_days_are_over_and_the_clip_for_longer(home: Home) -> None:
    assert "10 of 10 pictures" in home.open("--with-faces", "--yes")
    home.pass_days(1)
    assert "10 of 10 pictures" in home.open("--with-faces", "--yes")
    home.pass_days(2)
    home.target.unlink()
    with pytest.raises(FaceKeyErased, match="days are over") as caught:
        home.open("--with-faces", "--yes")
    assert caught.value.exit_code == 5
    assert not home.target.exists()
    assert "KiB" in home.open()


def test_faces_of_a_kept_clip_are_over_with_their_own_days(home: Home) -> None:
    run(CLIPS, "keep", ID, "--vault", home.vault)
    assert "10 of 10 pictures" in home.open("--with-faces", "--yes")
    home.pass_days(9)
    with pytest.raises(FaceKeyErased):
        home.open("--with-faces", "--yes")
    assert "KiB" in home.open()


def test_a_key_file_needs_the_keys_for_faces_too(home: Home, tmp_path: Path) -> None:
    key = tmp_path / "keys"
    key.touch(0o600)
    key.write_text(run(OWNER, "identities")[0])
    with pytest.raises(FacesForOthers) as caught:
        home.open("--with-faces", "--yes", "--key", key)
    assert caught.value.exit_code == 5
    assert "identities --faces" in (caught.value.hint or "")
    key.write_text(run(OWNER, "identities")[0] + run(OWNER, "identities", "--faces")[0])
    assert "10 of 10 pictures" in home.open("--with-faces", "--yes", "--key", key)


def test_the_age_tool_opens_a_layer_with_the_keys_for_faces_and_not_with_those_for_clips(
    home: Home, need: Callable[[str], str], tmp_path: Path
) -> None:
    layer = home.vault / faces_name(ID, DAY)
    found = []
    for name, words in (("faces", ["--faces"]), ("clips", [])):
        (tmp_path / name).write_text(run(OWNER, "identities", *words)[0])
        done = subprocess.run(
            [need("age"), "-d", "-i", tmp_path / name, layer], capture_output=True, check=False
        )
        found.append((done.returncode, done.stdout[:8]))
    assert found == [(0, b"LKFACES1"), (1, b"")]
