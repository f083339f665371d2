"""A vault that was copied to another disk or machine: it goes on there, and says where it cannot be read."""

import json
import shutil
from pathlib import Path

import pytest

from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.index import SqliteIndex
from latchkey.cli import main
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.settings import VaultSettings
from latchkey.vault import CLIPS, HEAD_NAME, INDEX_NAME
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import OWNER, FixedReaders
from latchkey_sim.tinyclip import record_tiny

IDS = [letter * 32 for letter in "abc"]


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    """A vault with two clips."""
    (tmp_path / "owner.key").write_text(OWNER.text + "\n")
    (tmp_path / "owner.key").chmod(0o600)
    for number, clip in enumerate(IDS[:2]):
        record(tmp_path / "vault", clip, number)
    return tmp_path / "vault"


def record(vault: Path, clip: str, seed: int) -> None:
    """Let the doorbell of a vault start, and record a clip."""
    take, index = SeededEntropy(seed).take, SqliteIndex(vault / INDEX_NAME)
    keeper = VaultKeeper(FolderDisk(vault), index, FixedReaders(), take, VaultSettings())
    keeper.start()
    record_tiny(keeper, clip, take)


def clips(vault: Path, capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    code = main(["clips", *map(str, words), "--vault", str(vault), "--key", str(vault.parent / "owner.key")])
    told = capsys.readouterr()
    return code, told.out + told.err


def test_a_copied_vault_goes_on_as_the_one_it_was(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    moved = vault.parent / "moved"
    shutil.copytree(vault, moved)
    shutil.rmtree(vault)
    record(moved, IDS[2], 2)
    for number, clip in enumerate(IDS, 1):
        code, told = clips(moved, capsys, "verify", clip, "--json")
        assert (code, json.loads(told)["chain"]["number"]) == (0, number)


def test_two_doorbells_that_go_on_with_copies_of_one_vault_are_found_by_each_others_head(
    vault: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twin = vault.parent / "twin"
    shutil.copytree(vault, twin)
    record(vault, IDS[2], 2)
    record(twin, "d" * 32, 3)
    assert clips(vault, capsys, "verify", IDS[2])[0] == 0
    assert clips(vault, capsys, "verify", IDS[2], "--head", twin / HEAD_NAME)[0] == 13


def test_a_vault_may_be_a_link_and_its_parts_may_not(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    link = vault.parent / "twin"
    link.symlink_to(vault)
    assert clips(link, capsys, "verify", IDS[0])[0] == 0
    (vault / CLIPS).rename(vault.parent / CLIPS)
    (vault / CLIPS).symlink_to(vault.parent / CLIPS)
    for words in (["list"], ["verify", IDS[0]]):
        code, told = clips(vault, capsys, *words)
        assert (code, "clips is a link" in told) == (7, True)
