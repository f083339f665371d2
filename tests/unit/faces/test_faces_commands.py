"""`latchkey clips open --with-faces` and `clips log`: a deliberate act that leaves a trace."""

import io
import json
import os
import re
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import av
import pytest

from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.encoder import H264Encoder
from latchkey.adapters.index import SqliteIndex
from latchkey.cli.clips import COMMAND
from latchkey.cli.command import Terminal
from latchkey.clip import X25519Identity
from latchkey.errors import ClipError, DiskError, UsageError
from latchkey.events import Trigger
from latchkey.frames import Cover, FilterState
from latchkey.owner.actlog import NAME, acts, note_act
from latchkey.owner.opening import FacesForOthers, FacesGone
from latchkey.pipeline.facevault import FaceVault
from latchkey.pipeline.film import ClipFacts, Film
from latchkey.pipeline.frame_queue import Held
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.settings import RecordingSettings, VaultSettings
from latchkey.units import MIB
from latchkey.vault import INDEX_NAME, LayerDamaged, faces_name
from latchkey.vision import CoverPlan, Motion
from latchkey_sim.clock import VirtualClock
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import FixedReaders
from latchkey_sim.masked import masked_street

OWNER, STRANGER = (X25519Identity(bytes(range(first, first + 32))) for first in (1, 2))
ID = "ab" * 16
DAY = 20_781
HALF = Cover(0, 40, 320, 130)
MOST = Cover(0, 0, 320, 130)
STILL = Motion(moving=False, share=0.0, boxes=(), zones=())


@dataclass
class House:
    """A vault with one clip and its face layer, and where its video would go."""

    vault: Path
    key: Path
    target: Path

    @property
    def layer(self) -> Path:
        return self.vault / faces_name(ID, DAY)

    def run(self, *words: object) -> tuple[int, str, str]:
        """Run `latchkey clips`; give exit code, stdout, stderr. Raises what it raises."""
        parser = ArgumentParser()
        COMMAND.configure(parser)
        terminal = Terminal(io.StringIO(), io.StringIO())
        options = parser.parse_args([*map(str, words), "--vault", str(self.vault)])
        code = COMMAND.run(options, terminal)
        assert isinstance(terminal.out, io.StringIO)
        assert isinstance(terminal.err, io.StringIO)
        return code, terminal.out.getvalue(), terminal.err.getvalue()

    def open(self, *words: object) -> tuple[int, str, str]:
        return self.run("open", ID[:8], "-o", self.target, "--key", self.key, "--with-faces", *words)

    @property
    def logged(self) -> list[str]:
        return [act.clip for act in acts(FolderDisk(self.vault))[0]]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return furnished(tmp_path, [CoverPlan(FilterState.OK, (HALF,))] * 20)


def furnished(tmp_path: Path, plans: Sequence[CoverPlan], room_bytes: int = 4096 * MIB) -> House:
    """Record a clip with these covers, a picture each."""
    vault, key = tmp_path / "vault", tmp_path / "owner.key"
    key.write_text(OWNER.text + "\n")
    key.chmod(0o600)
    disk, take = FolderDisk(vault), SeededEntropy(1).take
    index, readers = SqliteIndex(vault / INDEX_NAME), FixedReaders([str(OWNER.recipient)], DAY)
    faces = FaceVault(disk, take, VirtualClock(0), readers, 24, room_bytes)
    keeper = VaultKeeper(disk, index, readers, take, VaultSettings(), faces)
    film = Film(ID, 10, keeper, H264Encoder(RecordingSettings()), None)
    for frame, plan in zip(masked_street(2), plans, strict=True):
        film.expose(Held(frame, STILL), plan)
    film.finish(ClipFacts(Trigger.RING, (Trigger.RING,), 0, "paint", 0))
    return House(vault, key, tmp_path / "faces.mp4")


class Keyboard(io.StringIO):
    """A terminal at which somebody types."""

    def isatty(self) -> bool:
        return True


def test_yes_opens_the_clip_with_its_faces_for_the_owner_alone_and_notes_it(house: House) -> None:
    code, out, err = house.open("--yes")
    assert (code, out) == (0, "")
    assert "20 of 20 pictures" in err
    assert "encoded anew" in err
    assert house.target.stat().st_mode & 0o777 == 0o600
    with av.open(str(house.target)) as video:
        assert sum(1 for _ in video.decode(video=0)) == 20
    assert house.logged == [ID]
    assert (house.vault / NAME).stat().st_mode & 0o777 == 0o600


def test_pictures_whose_covers_stay_are_counted_and_the_reason_is_told(tmp_path: Path) -> None:
    people, bare = CoverPlan(FilterState.OK, (HALF,)), CoverPlan(FilterState.OK, ())
    near = CoverPlan(FilterState.OK, (MOST,), found=(MOST,))
    most, unsure = CoverPlan(FilterState.OK, (MOST,)), CoverPlan(FilterState.FALLBACK_FULL, ())
    known = replace(unsure, found=(HALF,))
    plans = [people] * 6 + [near] * 3 + [known] * 2 + [most] * 4 + [unsure] * 3 + [bare] * 2
    _, _, err = furnished(tmp_path, plans).open("--yes")
    assert "11 of 20 pictures with faces put back" in err
    assert "covers stay in 5 picture(s) that were hidden to be safe" in err
    assert "covers stay in 4 picture(s) that were hidden by more than half where no face was found" in err


def test_pictures_for_which_a_layer_had_no_room_are_told(tmp_path: Path) -> None:
    home = furnished(tmp_path, [CoverPlan(FilterState.OK, (HALF,))] * 20, room_bytes=16 * 60_000)
    assert home.layer.stat().st_size < 60_000 + 2_000
    _, _, err = home.open("--yes")
    (count,) = map(int, re.findall(r"covers stay in (\d+) picture\(s\) for which", err))
    assert 0 < count < 20
    assert f"{20 - count} of 20 pictures with faces put back" in err


def test_where_every_cover_is_lifted_none_is_said_to_stay(house: House) -> None:
    err = house.open("--yes")[2]
    assert "20 pictures with faces put back; encoded anew" in err
    assert "covers stay" not in err


def test_the_log_tells_each_opening_in_order(house: House) -> None:
    assert "no clip" in house.run("log")[2]
    house.open("--yes")
    house.open("--yes", "--force")
    _, out, _ = house.run("log")
    assert [line.split()[1] for line in out.splitlines()] == [ID, ID]
    rows = json.loads(house.run("log", "--json")[1])
    assert [set(row) for row in rows] == [{"at", "act", "clip"}] * 2
    assert rows[0]["at"] <= rows[1]["at"]


def test_the_log_says_asked_for_since_it_is_written_before_anything_is_opened(house: House) -> None:
    (clip,) = (house.vault / "clips").glob(f"20*.{ID}.age")
    clip.write_bytes(clip.read_bytes()[:-1])
    with pytest.raises(ClipError):
        house.open("--yes")
    assert not house.target.exists()
    note_act(FolderDisk(house.vault), "keep", ID, 0)
    note_act(FolderDisk(house.vault), "unkeep", ID, 0)
    told = [line.split("  ", 2)[2] for line in house.run("log")[1].splitlines()]
    assert told == ["asked for with faces", "asked to be kept", "asked to be kept no longer"]


def test_the_log_outlives_the_clip(house: House) -> None:
    house.open("--yes")
    house.run("rm", ID, "--yes")
    assert not list((house.vault / "clips").iterdir())
    assert house.logged == [ID]


@pytest.mark.parametrize(
    ("typed", "opens"),
    [
        (f"{ID[:6]}\n", True), (f" {ID[:6].upper()} \n", True), (f"{ID[:5]}\n", False), (f"{ID}\n", False),
        ("y\n", False), ("\n", False), ("", False),
    ],
)  # fmt: skip
def test_only_the_first_six_characters_typed_open_it(
    house: House, monkeypatch: pytest.MonkeyPatch, typed: str, opens: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", Keyboard(typed))
    code, _, err = house.open()
    assert code == (0 if opens else 1)
    assert "type the first 6" in err
    assert house.target.exists() is opens
    assert house.logged == ([ID] if opens else [])


def test_with_nobody_to_ask_nothing_is_opened(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(ID[:6]))
    with pytest.raises(UsageError, match="nobody to ask") as caught:
        house.open()
    assert "--yes" in str(caught.value.hint)
    assert not house.target.exists()
    assert house.logged == []


def test_a_wrong_key_opens_nothing_and_is_not_noted(house: House) -> None:
    house.key.write_text(STRANGER.text + "\n")
    with pytest.raises(FacesForOthers) as caught:
        house.open("--yes")
    assert caught.value.exit_code == 5
    assert house.logged == []


def test_a_layer_that_has_expired_is_said_with_a_way_out(house: House) -> None:
    house.layer.unlink()
    with pytest.raises(FacesGone, match="its hours are over") as caught:
        house.open("--yes")
    assert caught.value.exit_code == 7
    assert not house.target.exists()
    assert house.run("open", ID, "-o", house.target, "--key", house.key)[0] == 0


def test_a_face_layer_is_not_verified_but_called_what_it_is_and_whose(house: House) -> None:
    (record,) = (house.vault / "clips").glob("*.meta.age")
    for path, what in ((house.layer, "the face layer"), (record, "the record")):
        with pytest.raises(UsageError, match=f"is {what} .*of clip {ID}, not the clip") as caught:
            house.run("verify", path, "--key", house.key)
        assert f"clips verify {ID}" in str(caught.value.hint)


def test_what_cannot_be_noted_is_not_opened(house: House) -> None:
    (house.vault / NAME).mkdir()
    with pytest.raises(DiskError, match=NAME) as caught:
        house.open("--yes")
    assert "writable" in str(caught.value.hint)
    assert not house.target.exists()


def test_a_log_that_leads_elsewhere_is_not_followed(house: House, tmp_path: Path) -> None:
    (house.vault / NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DiskError):
        house.open("--yes")
    assert not (tmp_path / "elsewhere").exists()
    assert not house.target.exists()


def test_a_torn_layer_gives_faces_up_to_the_tear_and_a_code_of_its_own(house: House) -> None:
    whole = house.layer.read_bytes()
    assert len(whole) > 400 + 65_552
    house.layer.write_bytes(whole[:-1])
    code, _, err = house.open("--yes")
    assert code == 11
    assert "breaks off" in err
    assert "of 20 pictures" in err
    assert "20 of 20" not in err


@pytest.mark.parametrize("cut", [0, 40, 400])
def test_a_layer_that_is_damaged_from_its_beginning_is_not_taken_for_a_damaged_clip(
    house: House, cut: int
) -> None:
    house.layer.write_bytes(house.layer.read_bytes()[:cut])
    with pytest.raises(LayerDamaged, match="the face layer cannot be used") as caught:
        house.open("--yes")
    assert "without --with-faces" in str(caught.value.hint)
    assert caught.value.exit_code == 6
    assert not house.target.exists()
    assert house.logged == []


def test_the_layer_of_another_clip_is_refused_and_leaves_no_file(house: House) -> None:
    clips = house.vault / "clips"
    other = "cd" * 16
    for path in list(clips.iterdir()):
        path.rename(clips / path.name.replace(ID, other))
    with pytest.raises(LayerDamaged, match="another clip"):
        house.run("open", other, "-o", house.target, "--key", house.key, "--with-faces", "--yes")
    assert not house.target.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [(["-o", "-", "--with-faces", "--yes"], "not for a pipe"), (["-o", "x.mp4", "--yes"], "--with-faces")],
)
def test_what_makes_no_sense_is_refused(house: House, words: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        house.run("open", ID, "--key", house.key, *words)
    assert house.logged == []


def test_a_file_that_is_there_is_not_replaced_and_nothing_is_noted(house: House) -> None:
    house.target.write_bytes(b"mine")
    with pytest.raises(UsageError, match="there already"):
        house.open("--yes")
    assert house.target.read_bytes() == b"mine"
    assert house.logged == []


def test_the_list_tells_which_clips_have_a_layer(house: House) -> None:
    rows = json.loads(house.run("list", "--json", "--key", house.key)[1])
    assert rows[0]["faces_bytes"] == house.layer.stat().st_size
    assert "with faces" in house.run("list", "--key", house.key)[1]
    house.layer.unlink()
    assert "faces_bytes" not in json.loads(house.run("list", "--json", "--key", house.key)[1])[0]
    assert "with faces" not in house.run("list", "--key", house.key)[1]


def test_a_line_of_the_log_that_a_crash_cut_spoils_no_other(house: House) -> None:
    note_act(FolderDisk(house.vault), "faces", ID, 0)
    with (house.vault / NAME).open("ab") as file:
        file.write(b'{"at":"2026')
    note_act(FolderDisk(house.vault), "faces", ID, 10**18)
    found, unreadable = acts(FolderDisk(house.vault))
    assert [opening.at for opening in found] == ["1970-01-01T00:00:00Z", "2001-09-09T01:46:40Z"]
    assert unreadable == 1
    code, _, err = house.run("log")
    assert code == 0
    assert "1 line(s)" in err


def test_an_earlier_line_is_never_changed(house: House) -> None:
    note_act(FolderDisk(house.vault), "faces", ID, 0)
    before = (house.vault / NAME).read_bytes()
    os.utime(house.vault / NAME, (0, 0))
    house.open("--yes")
    assert (house.vault / NAME).read_bytes().startswith(before)
