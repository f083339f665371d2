"""A clip that a power cut left unfinished, in a vault whose doorbell has not started since."""

import json
from pathlib import Path

import pytest

from latchkey.adapters.disk import FolderDisk
from latchkey.cli import main
from latchkey.owner.mended import MendedVault
from latchkey.pipeline.openclip import OpenClip
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.settings import VaultSettings
from latchkey.vault import CLIPS
from latchkey_sim.disk import MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import OWNER, FixedReaders
from latchkey_sim.tinyclip import record_tiny, tiny_fragment, tiny_head

WHOLE, CUT = "a" * 32, "b" * 32


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    """A vault with a whole clip, and one that was cut off after two fragments."""
    key = tmp_path / "owner.key"
    key.write_text(OWNER.text + "\n")
    key.chmod(0o600)
    record_tiny(keeper_of(tmp_path / "vault"), WHOLE, SeededEntropy(1).take)
    record_two_fragments(tmp_path / "vault")
    return tmp_path / "vault"


def keeper_of(vault: Path) -> VaultKeeper:
    return VaultKeeper(
        FolderDisk(vault), MemoryIndex(), FixedReaders(), SeededEntropy(2).take, VaultSettings()
    )


def record_two_fragments(vault: Path) -> OpenClip:
    opened = keeper_of(vault).begin(CUT)
    for part in (tiny_head(), tiny_fragment(0, b"0" * 48), tiny_fragment(1, b"1" * 48)):
        opened.append(opened.proof.feed(part))
    opened.sync()
    return opened


def clips(vault: Path, capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    key = ("--key", vault.parent / "owner.key") if words[0] in ("list", "open", "verify", "recover") else ()
    code = main(["clips", *map(str, (*words, "--vault", vault, *key))])
    told = capsys.readouterr()
    return code, told.out, told.err


def names(vault: Path) -> list[str]:
    return sorted(path.name for path in (vault / CLIPS).iterdir())


def test_an_unfinished_clip_is_listed_as_such_and_no_file_is_renamed(
    vault: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = names(vault)
    assert any(name.endswith(f"{CUT}.age.part") for name in before)
    code, out, err = clips(vault, capsys, "list", "--json")
    assert (code, {row["id"]: row["state"] for row in json.loads(out)}) == (
        0,
        {WHOLE: "whole", CUT: "unfinished"},
    )
    code, out, err = clips(vault, capsys, "list")
    assert f"{CUT}  " in out
    assert "the doorbell has not started since" in err
    assert names(vault) == before


def test_an_unfinished_clip_verifies_and_recovers_by_its_id(
    vault: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, _ = clips(vault, capsys, "verify", CUT, "--json")
    found = json.loads(out)
    assert (code, found["outcome"], found["proved_s"], found["chain"]["number"]) == (11, "partial", 2.0, 2)
    code, _, err = clips(vault, capsys, "recover", CUT, "-o", tmp_path / "rest.mp4")
    assert (code, "the first 2.0 s" in err) == (0, True)
    code, _, err = clips(vault, capsys, "open", CUT, "-o", tmp_path / "all.mp4")
    assert (code, f"clips recover {CUT}" in err) == (6, True)
    assert clips(vault, capsys, "verify", WHOLE)[0] == 0
    (part,) = (vault / CLIPS).glob(f"*.{CUT}.age.part")
    assert json.loads(clips(vault, capsys, "verify", part, "--json")[1])["outcome"] == "partial"


def test_a_clip_cut_off_between_its_record_and_its_name_is_whole(
    vault: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (path,) = (vault / CLIPS).glob(f"2*.{WHOLE}.age")
    path.rename(f"{path}.part")
    code, out, _ = clips(vault, capsys, "verify", WHOLE, "--json")
    assert (code, json.loads(out)["outcome"]) == (0, "whole")
    assert clips(vault, capsys, "open", WHOLE, "-o", tmp_path / "all.mp4")[0] == 0
    listed = clips(vault, capsys, "list")[1]
    assert "unfinished" in listed
    assert " KiB " in listed


@pytest.mark.parametrize("action", ["keep", "unkeep", "rm"])
def test_an_unfinished_clip_is_neither_kept_nor_deleted(
    vault: Path, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    before = names(vault)
    code, _, err = clips(vault, capsys, action, CUT)
    assert (code, "is unfinished: before the doorbell has started again" in err) == (2, True)
    assert names(vault) == before


def test_what_a_running_doorbell_is_writing_is_left_alone(
    vault: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running = FolderDisk(vault)
    running.claim()
    assert running.is_claimed()
    assert [row["id"] for row in json.loads(clips(vault, capsys, "list", "--json")[1])] == [WHOLE]
    assert clips(vault, capsys, "verify", CUT)[0] == 7
    assert MendedVault(vault).unfinished == frozenset()
    del running
    assert MendedVault(vault).unfinished == {CUT}
    assert not MendedVault(vault).is_claimed()
