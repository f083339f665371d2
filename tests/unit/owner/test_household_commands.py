"""`latchkey owner` and `latchkey clips keep`: what they print, ask, and refuse."""

import io
import json
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.index import SqliteIndex
from latchkey.cli.clips import COMMAND as CLIPS
from latchkey.cli.command import Command, Terminal
from latchkey.cli.owner import COMMAND as OWNER
from latchkey.clip import ClipDamaged, NoIdentityMatched
from latchkey.errors import NotOnDisk, UsageError
from latchkey.events import Trigger
from latchkey.owner import list_clips, parse_identity_file
from latchkey.owner.household import KnownDevice
from latchkey.owner.memory import HouseholdMemory
from latchkey.owner.ratchet import Ratchet, Use
from latchkey.owner.store import HouseholdStore
from latchkey.pipeline.readers import Readers
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.settings import VaultSettings
from latchkey.units import MIB, utc_day
from latchkey.vault import INDEX_NAME, UNDATED, ClipMeta, day_text
from latchkey.vault.book import decode_book, encode_book
from latchkey.vault.trust import decode_time
from latchkey_sim.disk import MemoryDisk
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import DEVICE, FixedReaders

ID, LARGE = "ab" * 16, "cd" * 16
STATES = {"ok": 1, "fallback_region": 0, "fallback_full": 0}
META = ClipMeta(ID, Trigger.RING, (Trigger.RING,), 1, 2, 3, 1, 0, STATES, "none", 0, 1)
VIDEO = bytes(range(256)) * 400


def today() -> int:
    return utc_day(SystemClock().wall_ns())


def run(command: Command, *arguments: object, code: int = 0) -> tuple[str, str]:
    """Run a command; give what it wrote to stdout and stderr. Raises what it raises."""
    parser = ArgumentParser()
    command.configure(parser)
    terminal = Terminal(io.StringIO(), io.StringIO())
    assert command.run(parser.parse_args([str(word) for word in arguments]), terminal) == code
    assert isinstance(terminal.out, io.StringIO)
    assert isinstance(terminal.err, io.StringIO)
    return terminal.out.getvalue(), terminal.err.getvalue()


class Home:
    """A home folder with a household that knows a device, and the vault of that."""

    def __init__(self, folder: Path) -> None:
        self.said = run(OWNER, "init", "--days", 3)
        self.store = HouseholdStore(folder / ".config/latchkey/owner")
        self.store.change(lambda state: replace(state, devices=(KnownDevice(DEVICE.public),)))
        self.vault = folder / "vault"
        self.disk, self.index = FolderDisk(self.vault), SqliteIndex(self.vault / INDEX_NAME)
        self.record(ID, today(), self.store.load().readers_of(today()))

    def record(self, clip: str, day: int, readers: tuple[str, ...], video: bytes = VIDEO) -> None:
        take = SeededEntropy(int(clip[:4], 16)).take
        keeper = VaultKeeper(self.disk, self.index, FixedReaders(readers, day), take, VaultSettings())
        opened = keeper.begin(clip)
        opened.append(video)
        opened.finish(replace(META, clip=clip))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("HOME", str(tmp_path))
    return Home(tmp_path)


class Keyboard(io.StringIO):
    """A terminal at which somebody types."""

    def isatty(self) -> bool:
        return True


def test_init_prints_where_the_book_is_the_settings_line_and_the_limits(home: Home) -> None:
    out, err = home.said
    assert out == f"{home.store.book_path}\n"
    assert f'book = "{home.store.book_path}"' in err
    assert "not from flash" in err
    assert "backup" in err
    assert "SECRET" not in out + err
    book = decode_book(home.store.book_path.read_bytes(), home.store.load().signing_key.public)
    assert (book.number, book.days, book.time, book.end_day) == (1, 3, today(), today() + 400)


def test_init_says_how_long_faces_open_and_refuses_longer_than_clips(home: Home, tmp_path: Path) -> None:
    assert "for 1 day(s), then by nobody" in home.said[1]
    there = ["--household", tmp_path / "other"]
    with pytest.raises(UsageError, match="longer than their clips"):
        run(OWNER, "init", "--days", 3, "--face-days", 4, *there)
    assert not (tmp_path / "other").exists()
    run(OWNER, "init", "--days", 3, "--face-days", 2, *there)
    (viewer,) = decode_book((tmp_path / "other/book.json").read_bytes()).viewers
    assert (viewer.days, viewer.face_days, len(viewer.face_keys)) == (3, 2, 400)


def test_a_book_can_change_how_long_faces_open_and_shorter_erases_at_once(home: Home) -> None:
    home.store.change(lambda state: replace(state.heard(DEVICE.public, today()), days=5))
    assert "faces for 4" in run(OWNER, "book", "--face-days", 4)[1]
    assert decode_book(home.store.book_path.read_bytes()).face_days == 4
    with pytest.raises(UsageError, match="longer than their clips"):
        run(OWNER, "book", "--face-days", 6)
    early = Ratchet(today() - 4, b"f" * 32, Use.FACES)
    home.store.change(lambda state: replace(state, face_ratchet=early))
    run(OWNER, "book", "--face-days", 2)
    state = home.store.load()
    assert (state.face_days, state.face_ratchet) == (2, early.advance(today() - 2))


def test_identities_of_faces_are_printed_apart(home: Home) -> None:
    state = home.store.load()
    keys = parse_identity_file(run(OWNER, "identities", "--faces")[0].encode(), "keys")
    assert keys == (*state.face_keys(today()), *state.face_keys(today() + 1))
    assert not set(keys) & set(parse_identity_file(run(OWNER, "identities")[0].encode(), "keys"))


def test_init_prints_a_settings_line_that_holds_wherever_the_settings_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    err = run(OWNER, "init", "--household", "mine")[1]
    assert f'book = "{tmp_path / "mine/book.json"}"' in err


def test_a_household_is_never_replaced(home: Home) -> None:
    before = home.store.load()
    with pytest.raises(UsageError, match="left as it is"):
        run(OWNER, "init")
    assert home.store.load() == before


def test_each_use_of_the_state_advances_it(home: Home, tmp_path: Path) -> None:
    home.store.change(lambda state: replace(state.heard(DEVICE.public, today()), days=1))
    back = replace(home.store.load().ratchet, day=today() - 9)
    for words in (
        ["list", "--vault", home.vault],
        ["open", ID[:6], "-o", tmp_path / "x", "--vault", home.vault],
    ):
        home.store.change(lambda state: replace(state, ratchet=back))
        with suppress(NoIdentityMatched):  # it is another ratchet's day now
            run(CLIPS, *words, "--vault", home.vault)
        assert home.store.load().ratchet.day == today() - 1


def test_advancing_ahead_needs_the_day_typed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no doorbell of yours has signed a day" in run(OWNER, "advance")[1]
    to = day_text(today() + 3650)
    with pytest.raises(UsageError, match="nobody to ask"):
        run(OWNER, "advance", "--to", to)
    monkeypatch.setattr(sys, "stdin", Keyboard("yes\n"))
    assert "nothing was erased" in run(OWNER, "advance", "--to", to, code=1)[1]
    assert home.store.load().ratchet.day == today()
    monkeypatch.setattr(sys, "stdin", Keyboard(f"{to}\n"))
    out, err = run(OWNER, "advance", "--to", to)
    assert out == f"{day_text(today() + 3647)}\n"
    assert f"face layers of days before {day_text(today() + 3649)} open no more" in err
    assert "cannot be opened any more" in err
    assert "backups" in err


def test_advance_says_that_days_are_over_which_no_doorbell_has_signed(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Ratchet(today() - 9, b"s" * 32)
    stolen = KnownDevice(DEVICE.public, today() - 6)
    home.store.change(lambda state: replace(state, ratchet=old, devices=(stolen,)))
    out, err = run(OWNER, "advance")
    assert out == f"{day_text(today() - 9)}\n"
    assert f"the keys of all days before {day_text(today() - 3)} are over, and are still here" in err
    assert f"has signed a day after {day_text(today() - 6)}" in err
    to = day_text(today())
    assert f"`latchkey owner advance --to {to}`" in err
    monkeypatch.setattr(sys, "stdin", Keyboard(f"{to}\n"))
    out, err = run(OWNER, "advance", "--to", to)
    assert (out, "by your clock that is due" in err) == (f"{day_text(today() - 3)}\n", True)
    assert "are still here" not in run(OWNER, "advance")[1]


@pytest.mark.parametrize("action", ["book", "time"])
def test_a_folder_that_is_no_vault_is_handed_nothing(home: Home, tmp_path: Path, action: str) -> None:
    above = home.vault.parent / "card"
    above.mkdir()
    before, book = home.store.load(), home.store.book_path.read_bytes()
    with pytest.raises(NotOnDisk, match="no vault"):
        run(OWNER, action, "--vault", above)
    assert list(above.iterdir()) == []
    assert (home.store.load().number, home.store.book_path.read_bytes()) == (before.number, book)
    run(OWNER, action, "--vault", home.vault)


def test_the_age_tool_opens_a_clip_with_the_identities(
    home: Home, need: Callable[[str], str], tmp_path: Path
) -> None:
    (tmp_path / "keys").write_text(run(OWNER, "identities")[0])
    (clip,) = (home.vault / "clips").glob(f"*.{ID}.age")
    done = subprocess.run([need("age"), "-d", "-i", tmp_path / "keys", clip], capture_output=True, check=True)
    assert done.stdout == VIDEO


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, True), (0o644, True)])
def test_identities_warn_of_a_file_that_is_open_to_others(
    home: Home, tmp_path: Path, mode: int, warned: bool
) -> None:
    assert "chmod 600" not in run(OWNER, "identities")[1]
    err = io.StringIO()
    with (tmp_path / "keys").open("w") as out:
        (tmp_path / "keys").chmod(mode)
        parser = ArgumentParser()
        OWNER.configure(parser)
        assert OWNER.run(parser.parse_args(["identities"]), Terminal(out, err)) == 0
    assert ("chmod 600" in err.getvalue()) is warned
    assert len(parse_identity_file((tmp_path / "keys").read_bytes(), "keys")) > home.store.load().days


def test_identities_are_those_of_live_days_and_no_more(home: Home) -> None:
    state = home.store.load()
    text = run(OWNER, "identities")[0]
    keys = parse_identity_file(text.encode(), "keys")
    assert keys[:2] == (*state.day_keys(today()), *state.day_keys(today() + 1))
    assert len(keys) == 2 + 1 + 64
    assert f"# {day_text(today())}" in text


def test_a_new_book_and_a_day_are_handed_to_the_doorbell_that_takes_them(home: Home) -> None:
    readers = Readers(home.disk, SystemClock(), home.store.book_path.read_bytes())
    readers.check(lambda _: None)
    out, err = run(OWNER, "book", "--vault", home.vault)
    assert out == f"{home.store.book_path}\n"
    assert "key book 2" in err
    run(OWNER, "time", "--vault", home.vault)
    assert decode_time((home.vault / "orders/time-3.json").read_bytes()).time == today()
    readers.check(lambda _: None)
    assert list((home.vault / "orders").iterdir()) == []
    assert "key book 2 is in use" in str(readers.news())
    with pytest.raises(NotOnDisk, match="no vault"):
        run(OWNER, "time", "--vault", home.vault / "none")


def test_the_end_of_the_book_is_warned_of(home: Home) -> None:
    state, book = home.store.load().book(today())
    assert "keys end" not in run(CLIPS, "list", "--vault", home.vault)[1]
    old = replace(
        decode_book(book), viewers=(replace(decode_book(book).viewers[0], first_day=today() - 370),)
    )
    home.store.book_path.write_bytes(encode_book(old, state.signing_key))
    assert "keys end" in run(CLIPS, "list", "--vault", home.vault)[1]


def test_keep_and_unkeep_are_counted_told_and_logged(home: Home) -> None:
    assert "1 clip(s) kept" in run(CLIPS, "keep", ID[:8], "--vault", home.vault)[1]
    assert [entry.state for entry in list_clips(home.disk)] == ["kept"]
    (row,) = json.loads(run(CLIPS, "list", "--json", "--vault", home.vault)[0])
    assert (row["state"], row["trigger"]) == ("kept", "ring")
    memory = HouseholdMemory(home.store.folder)
    assert memory.deeds().kept == {ID}
    err = run(CLIPS, "unkeep", ID[:8], "--vault", home.vault)[1]
    assert "0 clip(s) kept" in err
    assert "other viewers do not get it back" in err
    assert memory.deeds().kept == frozenset()
    assert [entry.state for entry in home.index.entries()] == ["whole"]
    rows = json.loads(run(CLIPS, "log", "--json", "--vault", home.vault)[0])
    assert [(row["act"], row["clip"]) for row in rows] == [("keep", ID), ("unkeep", ID)]


def test_keeping_more_than_leaves_room_for_others_is_told_by_the_settings(home: Home) -> None:
    settings = home.vault.parent / "door.toml"
    settings.write_text(f'schema = 1\n[vault]\npath = "{home.vault}"\nmax_mib = 16\n')
    err = run(CLIPS, "keep", ID, "--config", settings)[1]
    assert "warning" not in err
    run(CLIPS, "unkeep", ID, "--config", settings)
    home.record(LARGE, today(), home.store.load().readers_of(today()), bytes(13 * MIB))
    err = run(CLIPS, "keep", LARGE, "--config", settings)[1]
    assert "warning: kept clips take 13 of the 16 MiB for clips: new clips are deleted before" in err
    assert "hint: `latchkey clips rm`" in err
    run(CLIPS, "unkeep", LARGE, "--vault", home.vault)
    assert "with --config FILE" in run(CLIPS, "keep", LARGE, "--vault", home.vault)[1]


def test_what_cannot_be_kept_leaves_no_line_in_the_log(home: Home) -> None:
    with pytest.raises(UsageError, match="not kept"):
        run(CLIPS, "unkeep", ID[:8], "--vault", home.vault)
    (path,) = home.vault.glob(f"clips/*.{ID}.age")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ClipDamaged):
        run(CLIPS, "keep", ID[:8], "--vault", home.vault)
    assert not (home.vault / "acts.log").exists()
    assert not (home.store.folder / "seen").exists()


def test_the_days_of_a_holding_key_begin_when_its_clip_is_listed(home: Home, tmp_path: Path) -> None:
    state = home.store.load()
    book = decode_book(home.store.book_path.read_bytes())
    readers = Readers(MemoryDisk(), SystemClock(), home.store.book_path.read_bytes())
    readers.check(lambda _: None)
    home.record("cd" * 16, UNDATED, readers.recipients(UNDATED))
    home.store.change(lambda now: now.heard(DEVICE.public, today()))
    assert all(one.seen_day is None for one in state.holding)
    run(CLIPS, "list", "--vault", home.vault)
    seen = [one for one in home.store.load().holding if one.seen_day is not None]
    assert [(one.number, one.seen_day) for one in seen] == [(book.holding[0].number, today())]
    run(CLIPS, "open", "cdcdcd", "-o", tmp_path / "clip.mp4", "--vault", home.vault)
    assert (tmp_path / "clip.mp4").read_bytes() == VIDEO


def test_a_clip_that_is_kept_while_rm_asks_stays_and_nobody_says_that_it_is_deleted(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(Keyboard):
        def readline(self, *_: object) -> str:  # type: ignore[override]
            run(CLIPS, "keep", ID, "--vault", home.vault)
            return "yes\n"

    monkeypatch.setattr("sys.stdin", Slow())
    with pytest.raises(UsageError, match="was kept meanwhile"):
        run(CLIPS, "rm", ID, "--vault", home.vault)
    assert [(entry.clip, entry.state) for entry in list_clips(home.disk)] == [(ID, "kept")]
    monkeypatch.setattr("sys.stdin", Keyboard("yes\n"))
    assert "is deleted" in run(CLIPS, "rm", ID, "--vault", home.vault)[1]
    assert list_clips(home.disk) == []
