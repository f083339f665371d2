"""`latchkey owner` and `latchkey clips` as commands and as a real program."""

import io
import json
import os
import shutil
import subprocess
import sys
from argparse import ArgumentParser
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.index import SqliteIndex
from latchkey.cli.clips import COMMAND as CLIPS
from latchkey.cli.command import Command, Terminal
from latchkey.cli.owner import COMMAND as OWNER
from latchkey.clip import X25519Identity
from latchkey.errors import EXIT_USAGE, LatchkeyError, NotOnDisk, OwnerKeyError, UsageError
from latchkey.events import Trigger
from latchkey.owner.ratchet import Ratchet
from latchkey.owner.store import HouseholdStore
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.settings import VaultSettings
from latchkey.vault import INDEX_NAME, ClipMeta
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import FixedReaders

A, B = "a" * 32, "b" * 32
VIDEO = bytes(range(256)) * 400
STATES = {"ok": 299, "fallback_region": 1, "fallback_full": 0}
DAY = 20_781
NOON_NS = 1_795_521_600_000_000_000  # 2026-11-24T12:00:00Z
BOTH = (Trigger.RING, Trigger.MOTION)
META = ClipMeta(A, Trigger.RING, BOTH, NOON_NS, 5, 20_000_000_000, 300, 150, STATES, "centerface", 0, 1)


@dataclass
class House:
    """A home folder with a household, and a vault with a whole clip A and a torn clip B."""

    home: Path
    vault: Path
    store: HouseholdStore
    index: SqliteIndex

    def forget(self) -> None:
        """Lose the household."""
        shutil.rmtree(self.store.folder)

    def environment(self) -> dict[str, str]:
        return {**os.environ, "HOME": str(self.home)}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    home, vault = tmp_path / "home", tmp_path / "vault"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    run(OWNER, "init", "--days", 30)
    store = HouseholdStore(home / ".config/latchkey/owner")
    store.change(lambda now: replace(now, ratchet=Ratchet(DAY - 1, now.ratchet.secret)))
    index = SqliteIndex(vault / INDEX_NAME)
    for clip, day in ((A, DAY), (B, DAY - 1)):
        keeper = keeper_of(store, vault, index, day)
        opened = keeper.begin(clip)
        opened.append(VIDEO)
        if clip == A:
            opened.finish(META)
    keeper.start()
    return House(home, vault, store, index)


def keeper_of(store: HouseholdStore, vault: Path, index: SqliteIndex, day: int) -> VaultKeeper:
    readers = FixedReaders(store.load().readers_of(day) or ["age1none"], day)
    return VaultKeeper(FolderDisk(vault), index, readers, SeededEntropy(day).take, VaultSettings())


def run(command: Command, *arguments: object) -> tuple[str, str]:
    """Run a command; give what it wrote to stdout and stderr. Raises what it raises."""
    parser = ArgumentParser()
    command.configure(parser)
    terminal = Terminal(io.StringIO(), io.StringIO())
    assert command.run(parser.parse_args([str(word) for word in arguments]), terminal) == 0
    assert isinstance(terminal.out, io.StringIO)
    assert isinstance(terminal.err, io.StringIO)
    return terminal.out.getvalue(), terminal.err.getvalue()


def program(house: House, *words: object) -> subprocess.CompletedProcess[bytes]:
    """Run the installed program in a process of its own."""
    code = "import sys; from latchkey.cli import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        env=house.environment(), stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip


@pytest.fixture
def key(house: House, tmp_path: Path) -> Path:
    """An age identity file of the household."""
    path = tmp_path / "keys"
    path.write_text(run(OWNER, "identities")[0])
    path.chmod(0o600)
    return path


def test_the_list_without_a_key_tells_id_day_bytes_and_state_only(house: House) -> None:
    house.forget()
    rows = json.loads(run(CLIPS, "list", "--json", "--vault", house.vault)[0])
    assert [set(row) for row in rows] == [{"id", "day", "size_bytes", "state"}] * 2
    out, err = run(CLIPS, "list", "--vault", house.vault)
    assert f"{A}  2026-11-24" in out
    assert f"{B}  2026-11-23" in out
    assert "household" in err


def test_a_key_file_that_others_can_read_is_warned_about(house: House, key: Path) -> None:
    key.chmod(0o644)
    assert "chmod 600" in run(CLIPS, "list", "--vault", house.vault, "--key", key)[1]


def test_the_list_with_the_key_tells_when_why_and_how_long(house: House) -> None:
    torn, whole = json.loads(run(CLIPS, "list", "--json", "--vault", house.vault)[0])
    assert whole["start"] == "2026-11-24T12:00:00Z"
    assert whole["length_s"] == 20.0
    assert whole["triggers"] == ["ring", "motion"]
    assert whole["filter"] == "fallback_region"
    assert torn["state"] == "torn"
    out, _ = run(CLIPS, "list", "--vault", house.vault)
    assert "2026-11-24 12:00:00 UTC  ring" in out


def test_the_list_with_a_wrong_key_says_so_for_each_clip_and_goes_on(house: House, tmp_path: Path) -> None:
    (tmp_path / "other.key").write_text(X25519Identity(b"x" * 32).text)
    rows = json.loads(
        run(CLIPS, "list", "--json", "--vault", house.vault, "--key", tmp_path / "other.key")[0]
    )
    assert "no identity matched" in rows[1]["error"]


def test_a_clip_with_an_absurd_clock_is_listed(house: House) -> None:
    keeper = keeper_of(house.store, house.vault, house.index, DAY + 1)
    opened = keeper.begin("c" * 32)
    opened.append(VIDEO)
    opened.finish(replace(META, clip="c" * 32, start_wall_ns=10**30))
    assert "9999-12-31 23:59:59 UTC" in run(CLIPS, "list", "--vault", house.vault)[0]


def test_the_list_has_the_same_order_for_people_and_for_programs(house: House) -> None:
    keeper = keeper_of(house.store, house.vault, house.index, DAY)
    for clip, earlier_ns in (("c" * 32, 10**9), ("d" * 32, 2 * 10**9)):
        opened = keeper.begin(clip)
        opened.append(VIDEO)
        opened.finish(replace(META, clip=clip, start_wall_ns=NOON_NS - earlier_ns))
    rows = json.loads(run(CLIPS, "list", "--json", "--vault", house.vault)[0])
    lines = run(CLIPS, "list", "--vault", house.vault)[0].splitlines()
    expected = [B, "d" * 32, "c" * 32, A]
    assert [row["id"] for row in rows] == [line[:32] for line in lines] == expected


@pytest.mark.parametrize("left_bytes", [0, 60])
@pytest.mark.parametrize("has_keys", [True, False])
def test_the_list_calls_no_clip_whole_of_which_next_to_nothing_is_left(
    house: House, left_bytes: int, has_keys: bool
) -> None:
    if not has_keys:
        house.forget()
    (path,) = (house.vault / "clips").glob(f"20*.{A}.age")
    path.write_bytes(path.read_bytes()[:left_bytes])
    rows = json.loads(run(CLIPS, "list", "--json", "--vault", house.vault)[0])
    assert {row["id"]: row["state"] for row in rows} == {A: "damaged", B: "torn"}
    assert " B  damaged" in run(CLIPS, "list", "--vault", house.vault)[0]


@pytest.mark.parametrize("name", ["nope.mp4", "facade.mp4", "folder/facade"])
def test_verifying_a_file_that_is_not_there_speaks_of_the_file_not_of_a_vault(
    name: str, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for vault in ((), ("--vault", house.vault)):
        with pytest.raises(NotOnDisk, match=f"^there is no file {name}$"):
            run(CLIPS, "verify", name, *vault)
    with pytest.raises(NotOnDisk, match="no vault"):
        run(CLIPS, "verify", "facade")


def test_settings_tell_where_the_vault_is(house: House, tmp_path: Path) -> None:
    (tmp_path / "latchkey.toml").write_text('schema = 1\n[vault]\npath = "vault"\n')
    assert A in run(CLIPS, "list", "--config", tmp_path / "latchkey.toml")[0]


def test_a_missing_vault_is_one_clear_error(house: House, tmp_path: Path) -> None:
    with pytest.raises(NotOnDisk, match="no vault"):
        run(CLIPS, "list", "--vault", tmp_path / "none")


@pytest.mark.parametrize(
    ("folder", "hint"),
    [("vault/clips", "the folder above"), (".", "vault is one"), ("home", "with `clips` and `keys` in it")],
)
@pytest.mark.parametrize("action", [["list"], ["verify", A], ["log"]])
def test_a_folder_that_is_no_vault_is_told_apart_from_an_empty_one(
    house: House, tmp_path: Path, folder: str, hint: str, action: list[str]
) -> None:
    with pytest.raises(NotOnDisk, match="no vault at") as caught:
        run(CLIPS, *action, "--vault", tmp_path / folder)
    assert hint in (caught.value.hint or "")
    shutil.rmtree(house.vault / "clips")
    assert "no clips in" in run(CLIPS, "list", "--vault", house.vault)[1]


def test_a_clip_opens_by_the_start_of_its_id(house: House, tmp_path: Path) -> None:
    out, err = run(CLIPS, "open", A[:6], "-o", tmp_path / "clip.mp4", "--vault", house.vault)
    assert (tmp_path / "clip.mp4").read_bytes() == VIDEO
    assert out == ""
    assert "clip.mp4" in err


@pytest.mark.parametrize("place", ["vault/x.mp4", "vault/clips/x.mp4", "vault/../vault/x.mp4", "link/x.mp4"])
@pytest.mark.parametrize("words", [["open"], ["recover"], ["open", "--with-faces", "--yes"]])
def test_no_opened_clip_is_written_into_the_vault(
    house: House, tmp_path: Path, place: str, words: list[str]
) -> None:
    (tmp_path / "link").symlink_to(house.vault)
    with pytest.raises(UsageError, match="lies inside the vault"):
        run(CLIPS, *words, A, "-o", tmp_path / place, "--vault", house.vault)
    assert not list(house.vault.rglob("*.mp4"))


def test_a_neighbour_of_the_vault_is_not_inside_it(house: House, tmp_path: Path) -> None:
    run(CLIPS, "open", A, "-o", tmp_path / "vault.mp4", "--vault", house.vault)
    assert (tmp_path / "vault.mp4").read_bytes() == VIDEO


def test_without_a_key_nothing_opens(house: House, tmp_path: Path) -> None:
    house.forget()
    with pytest.raises(OwnerKeyError):
        run(CLIPS, "open", A, "-o", tmp_path / "clip.mp4", "--vault", house.vault)
    assert not (tmp_path / "clip.mp4").exists()


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def test_deleting_a_kept_clip_says_that_it_is_one_you_keep(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Screen("y\n"))
    assert "which you" not in run(CLIPS, "rm", B, "--vault", house.vault)[1]
    run(CLIPS, "keep", A, "--vault", house.vault)
    monkeypatch.setattr(sys, "stdin", Screen("y\n"))
    _, err = run(CLIPS, "rm", A, "--vault", house.vault)
    assert f"delete clip {A} of 2026-11-24, which you keep, for good?" in err
    assert f"clip {A}, which you kept, is deleted" in err


def test_keeping_twice_and_unkeeping_what_is_not_kept_end_with_the_code_that_the_readme_gives(
    house: House,
) -> None:
    rows = (Path(__file__).parents[3] / "README.md").read_text().splitlines()
    codes = [row.split(" | ")[0] for row in rows if "`clips keep` of a kept clip" in row]
    assert codes == [f"| {EXIT_USAGE}"]
    for action in ("unkeep", "keep"):
        if action == "keep":
            run(CLIPS, "keep", A, "--vault", house.vault)
        with pytest.raises(UsageError, match="kept") as caught:
            run(CLIPS, action, A, "--vault", house.vault)
        assert caught.value.exit_code == EXIT_USAGE


def test_a_removed_clip_is_gone_from_files_and_index(house: House) -> None:
    _, err = run(CLIPS, "rm", A, "--yes", "--vault", house.vault)
    assert "flash may keep old blocks" in err
    assert not [path for path in (house.vault / "clips").iterdir() if A in path.name]
    assert [entry.clip for entry in house.index.entries()] == [B]


def test_a_video_is_not_written_to_a_terminal(house: House) -> None:
    parser = ArgumentParser()
    CLIPS.configure(parser)
    options = parser.parse_args(["open", A, "-o", "-", "--vault", str(house.vault)])
    with pytest.raises(UsageError, match="not for a terminal"):
        CLIPS.run(options, Terminal(Screen(), io.StringIO()))


@pytest.mark.slow
def test_the_program_writes_a_clip_to_a_pipe_and_nothing_else_there(house: House) -> None:
    done = program(house, "clips", "open", A[:8], "-o", "-", "--vault", house.vault)
    assert (done.returncode, done.stdout) == (0, VIDEO)
    assert done.stderr.startswith(b"latchkey: warning: this clip proves nothing: it holds no proof")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("end", "code", "said"),
    [
        ("| head -c 10 | wc -c", 130, ""),
        ("> /dev/full", 1, "latchkey: error: cannot write to standard output: No space left on device\n"),
    ],
)
def test_a_video_that_nobody_reads_to_its_end_ends_as_all_output_does(
    house: House, end: str, code: int, said: str
) -> None:
    keeper = keeper_of(house.store, house.vault, house.index, DAY)
    opened = keeper.begin("c" * 32)
    opened.append(VIDEO * 8)  # more than a pipe holds
    opened.finish(replace(META, clip="c" * 32))
    latchkey = f"'{sys.executable}' -m latchkey clips open cccccc -o - --vault '{house.vault}'"
    done = subprocess.run(
        ["bash", "-c", f"{latchkey} {end}; exit ${{PIPESTATUS[0]}}"],
        env=house.environment(), stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (code, said)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["clips", "open", B, "-o", "x.mp4"], 6, "power was lost"),
        (["clips", "open", "cccccc", "-o", "x.mp4"], 7, "no clip cccccc"),
        (["clips", "open", A, "-o", "x.mp4", "--key", "/nonexistent"], 5, "key file"),
        (["clips", "rm", A], 2, "nobody to ask"),
        (["clips"], 2, "ACTION"),
        (["owner", "init"], 2, "left as it is"),
    ],
)
def test_the_program_says_what_is_wrong_in_one_line_and_a_documented_code(
    house: House, words: list[str], code: int, said: str
) -> None:
    place = ["--vault", str(house.vault)] if words[0] == "clips" and len(words) > 1 else []
    done = program(house, *words, *place)
    assert done.returncode == code
    assert done.stdout == b""
    first, *others = done.stderr.decode().splitlines()
    assert first.startswith("latchkey: error: ")
    assert said in first
    assert all(line.startswith("latchkey: hint: ") for line in others)


def test_every_error_of_these_commands_is_ours(house: House, tmp_path: Path) -> None:
    whole = next((house.vault / "clips").glob(f"*{A}.age"))
    whole.write_bytes(whole.read_bytes()[:-1])
    with pytest.raises(LatchkeyError) as caught:
        run(CLIPS, "open", A, "-o", tmp_path / "clip.mp4", "--vault", house.vault)
    assert caught.value.exit_code == 6
