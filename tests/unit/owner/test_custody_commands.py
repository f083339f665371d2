"""`latchkey owner` phrase, passphrase, recover, export: at a terminal, and without one."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.cli import main
from latchkey.clip.signing import SigningKey
from latchkey.owner.custody import Custody, draw_phrase, identity_of
from latchkey.owner.household import new_household
from latchkey.owner.members import with_device
from latchkey.owner.phrase import words
from latchkey.owner.qr import AVAILABLE
from latchkey.owner.sealing import is_sealed, passphrase_identity
from latchkey.owner.store import HouseholdStore, open_copy, sealed_copy
from latchkey.units import utc_day
from latchkey.vault.book import decode_book
from latchkey.vault.days import day_text
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.person import Person

pytestmark = pytest.mark.slow
Sit = Callable[..., Person]
TODAY = utc_day(SystemClock().wall_ns())
DOOR = SigningKey(b"d" * 32).public


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's home with a household in it, without passphrase and phrase."""
    monkeypatch.setenv("HOME", str(tmp_path))
    state = with_device(new_household(TODAY, 3, SeededEntropy(1).take), "doorbell", DOOR)
    store_of(tmp_path).create(*state.book(TODAY))
    return tmp_path


def store_of(home: Path) -> HouseholdStore:
    return HouseholdStore(home / ".config/latchkey/owner")


def written_down(shown: str) -> list[str]:
    """What the person copies from the screen, in order."""
    found = {int(number): word for number, word in re.findall(r"(\d+)\. ([a-z]+)", shown)}
    return [found[number] for number in sorted(found)]


def make_phrase(sit: Sit) -> list[str]:
    """Make a phrase at a terminal, typing back what is asked for."""
    session = sit("owner", "phrase")
    for _ in range(3):
        asked = session.sees(r"type word (\d+) of your phrase:\n")
        session.types(written_down(session.shown)[int(asked[1]) - 1])
    assert session.ends() == 0, session.shown
    return written_down(session.shown)


def save(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_a_phrase_is_shown_once_checked_and_opens_the_copy(sit: Sit, home: Path) -> None:
    phrase = make_phrase(sit)
    assert len(phrase) == 15
    state = open_copy(store_of(home).copy_path.read_bytes(), identity_of(" ".join(phrase)))
    assert state == store_of(home).load()
    everything = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert " ".join(phrase).encode() not in everything


def test_where_the_phrase_is_shown_its_limits_are_said(sit: Sit, home: Path) -> None:
    session = sit("owner", "phrase", "--no-check")
    assert session.ends() == 0
    assert "opens every day from 3 day(s) before it was made, for ever" in session.shown
    assert "it makes no key" in session.shown
    assert "not checked (--no-check)" in session.shown


def test_a_phrase_that_was_written_down_wrong_changes_nothing(sit: Sit, home: Path) -> None:
    session = sit("owner", "phrase")
    for _ in range(3):
        session.sees(r"type word \d+")
        session.types("nonsense")
    assert session.ends() == 2
    assert "that is another word" in session.shown
    assert "nothing was changed" in session.shown
    assert store_of(home).load().custody.recovery is None
    assert not store_of(home).copy_path.exists()


def test_a_new_phrase_says_that_the_old_one_opens_old_copies(sit: Sit, home: Path) -> None:
    old = make_phrase(sit)
    copy = store_of(home).copy_path.read_bytes()
    session = sit("owner", "phrase", "--no-check")
    assert session.ends() == 0
    assert "still opens the copies made before" in session.shown
    assert open_copy(copy, identity_of(" ".join(old))).seed == store_of(home).load().seed


def test_without_a_terminal_no_phrase_is_made(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["owner", "phrase"]) == 2
    assert "needs a terminal" in capsys.readouterr().err


def test_a_passphrase_is_typed_twice_never_shown_and_then_needed(sit: Sit, home: Path) -> None:
    session = sit("owner", "passphrase")
    for typed in ("correct horse", "correct house", "correct horse", "correct horse"):
        session.sees(r"new passphrase|once more")
        session.types(typed)
    assert session.ends() == 0
    assert "the two differ" in session.shown
    assert "horse" not in session.shown
    asked = sit("owner", "members")
    asked.sees("passphrase:")
    asked.types("correct horse")
    assert asked.ends() == 0
    assert "doorbell  trusted" in asked.shown
    wrong = sit("owner", "members")
    wrong.sees("passphrase:")
    wrong.types("wrong")
    assert wrong.ends() == 5
    assert "do not open this state" in wrong.shown


def test_a_passphrase_comes_from_a_file_where_nobody_can_type(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = save(home / "first", "correct horse\nsecond line")
    assert main(["owner", "passphrase", "--new-passphrase-file", first]) == 0
    assert main(["owner", "members", "--passphrase-file", first]) == 0
    assert main(["owner", "members"]) == 5
    assert "--passphrase-file" in capsys.readouterr().err
    assert main(["owner", "members", "--passphrase-file", save(home / "empty", "")]) == 5
    assert main(["owner", "members", "--passphrase-file", str(home / "none")]) == 5
    assert main(["owner", "members", "--passphrase-file", save(home / "wrong", "wrong")]) == 5
    assert main(["owner", "passphrase", "--none", "--passphrase-file", first]) == 0
    assert main(["owner", "members"]) == 0


def test_a_new_passphrase_without_terminal_or_file_is_refused(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["owner", "passphrase"]) == 2
    assert "--new-passphrase-file" in capsys.readouterr().err


def test_a_lost_machine_is_recovered_from_copy_and_phrase(
    sit: Sit, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    phrase = make_phrase(sit)
    before = store_of(home).load()
    lost = home / "lost"
    store_of(home).folder.rename(lost)
    session = sit("owner", "recover", str(lost / "recovery.state"))
    session.sees("recovery phrase:")
    session.types(" ".join([*phrase[:3], "nonsense", *phrase[4:]]))
    session.sees("word 4, 'nonsense', is not in the list")
    session.sees("recovery phrase:")
    session.types(" ".join(phrase))
    assert session.ends() == 0, session.shown
    assert phrase[8] not in session.shown
    assert "open with nothing that is in this copy" in session.shown
    after = store_of(home).load()
    assert (after.seed, after.ratchet, after.devices) == (before.seed, before.ratchet, before.devices)
    assert decode_book(store_of(home).book_path.read_bytes()).number > before.number
    assert open_copy(store_of(home).copy_path.read_bytes(), identity_of(" ".join(phrase))) == after


def test_a_copy_of_years_ago_is_recovered_and_signs_no_day_that_it_cannot_know(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take = SeededEntropy(1).take
    phrase = draw_phrase(take)
    old = replace(new_household(TODAY - 900, 3, take), custody=Custody().with_phrase(phrase))
    (tmp_path / "copy").write_bytes(sealed_copy(old, take))
    words = save(tmp_path / "words", " ".join(phrase))
    house = ["--household", str(tmp_path / "new")]
    assert main(["owner", "recover", str(tmp_path / "copy"), "--phrase-file", words, *house]) == 0
    assert f"advance --to {day_text(TODAY)}" in capsys.readouterr().err
    store = HouseholdStore(tmp_path / "new")
    assert store.load().seed == old.seed
    assert decode_book(store.book_path.read_bytes()).time == TODAY - 897
    assert main(["owner", "book", *house]) == 5


def test_a_wrong_phrase_recovers_nothing(sit: Sit, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    phrase = make_phrase(sit)
    copy = str(store_of(home).copy_path)
    other = save(home / "other", " ".join(words()[n] for n in range(15)))
    there = ["--household", str(home / "new")]
    assert main(["owner", "recover", copy, "--phrase-file", other, *there]) == 5
    wrong = save(home / "wrong", "\n".join([phrase[1], phrase[0], *phrase[2:]]))
    assert main(["owner", "recover", copy, "--phrase-file", wrong, *there]) == 5
    assert not (home / "new").exists()
    assert (
        main(["owner", "recover", copy, "--phrase-file", save(home / "right", "\n".join(phrase)), *there])
        == 0
    )
    assert main(["owner", "recover", copy, *there]) == 2
    assert "and it is left as it is" in capsys.readouterr().err


def test_recovering_sets_the_passphrase_that_is_named(
    sit: Sit, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right = save(home / "right", " ".join(make_phrase(sit)))
    copy, folder = str(store_of(home).copy_path), home / "new"
    there = ["--phrase-file", right, "--household", str(folder)]
    assert main(["owner", "recover", copy, *there, "--passphrase-file", save(home / "empty", "")]) == 5
    assert not folder.exists()
    named = ["--passphrase-file", save(home / "word", "correct horse\n")]
    assert main(["owner", "recover", copy, *there, *named]) == 0
    assert "no passphrase yet" not in capsys.readouterr().err
    assert is_sealed((folder / "state.json").read_bytes())
    assert main(["owner", "members", "--household", str(folder), *named]) == 0
    plain = ["--phrase-file", right, "--household", str(home / "plain")]
    assert main(["owner", "recover", copy, *plain]) == 0
    assert "no passphrase yet" in capsys.readouterr().err


def test_a_torn_copy_and_none_recover_nothing(
    sit: Sit, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right = save(home / "right", " ".join(make_phrase(sit)))
    copy = store_of(home).copy_path
    torn = home / "torn"
    torn.write_bytes(copy.read_bytes()[:-1])
    there = ["--phrase-file", right, "--household", str(home / "new")]
    assert main(["owner", "recover", str(torn), *there]) == 5
    assert "changed or cut short" in capsys.readouterr().err
    assert main(["owner", "recover", str(home / "nothing"), *there]) == 5
    assert main(["owner", "recover", str(home), *there]) == 5
    assert not (home / "new").exists()


def test_a_page_recovers_too_and_says_what_copies_can_do(
    sit: Sit, home: Path, absent: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    if not AVAILABLE:
        absent("segno", "segno is not installed")
    right = save(home / "right", " ".join(make_phrase(sit)))
    page = home / "page.html"
    assert main(["owner", "export", "--paper", str(page)]) == 0
    told = capsys.readouterr().err
    assert "for ever" in told
    assert "\nkeys for clips without a day are not on the page: they are in " in told
    assert page.stat().st_mode & 0o777 == 0o600
    text = page.read_text()
    assert "for ever" in text
    found = re.search(r"LATCHKEY-PAPER-1[A-Z0-9]+", text)
    assert found is not None
    there = ["--phrase-file", right, "--household", str(home / "new")]
    assert main(["owner", "recover", save(home / "scanned", found[0]), *there]) == 0
    assert HouseholdStore(home / "new").load().seed == store_of(home).load().seed
    itself = ["--phrase-file", right, "--household", str(home / "newer")]
    assert main(["owner", "recover", str(page), *itself]) == 0
    assert HouseholdStore(home / "newer").load().seed == store_of(home).load().seed
    assert main(["owner", "export", "--paper", str(page)]) == 2


def test_without_a_phrase_there_is_no_page(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["owner", "export", "--paper", str(home / "page.html")]) == 5
    assert "latchkey owner phrase" in capsys.readouterr().err


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, True), (0o604, True)])
def test_a_passphrase_file_that_others_can_read_is_warned_about_in_one_line(
    home: Path, capsys: pytest.CaptureFixture[str], mode: int, warned: bool
) -> None:
    word = Path(save(home / "word", "correct horse"))
    word.chmod(mode)
    assert main(["owner", "passphrase", "--new-passphrase-file", str(word)]) == 0
    capsys.readouterr()
    assert main(["owner", "members", "--passphrase-file", str(word)]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "other users" in line]
    assert lines == [
        f"latchkey: warning: other users of this machine can read {word}: `chmod 600` forbids it"
    ] * int(warned)


def test_a_phrase_is_not_shown_where_stderr_goes_to_a_file(sit: Sit, home: Path) -> None:
    """A redirected stderr would put the phrase into a file."""
    from_terminal = "import os,pty,subprocess,sys; _, tty = pty.openpty(); sys.exit(subprocess.call("
    code = f"{from_terminal}[sys.executable, '-m', 'latchkey', 'owner', 'phrase'], stdin=tty))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "shown on a terminal only" in done.stderr


def test_init_asks_for_a_passphrase_and_shows_a_phrase_that_is_checked(sit: Sit, tmp_path: Path) -> None:
    session = sit("owner", "init", "--days", "3")
    for _ in range(2):
        session.sees(r"new passphrase|once more")
        session.types("correct horse")
    for _ in range(3):
        asked = session.sees(r"type word (\d+) of your phrase:\n")
        session.types(written_down(session.shown)[int(asked[1]) - 1])
    assert session.ends() == 0, session.shown
    store = HouseholdStore(
        tmp_path / ".config/latchkey/owner", lambda salt: passphrase_identity("correct horse", salt)
    )
    copy = store.copy_path.read_bytes()
    assert open_copy(copy, identity_of(" ".join(written_down(session.shown)))) == store.load()


def test_init_makes_nothing_where_the_words_are_wrong(sit: Sit, tmp_path: Path) -> None:
    session = sit("owner", "init")
    session.sees("new passphrase")
    session.types("")
    for _ in range(3):
        session.sees(r"type word \d+")
        session.types("nonsense")
    assert session.ends() == 2
    assert not store_of(tmp_path).exists


def test_init_without_a_terminal_says_what_there_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["owner", "init"]) == 0
    said = capsys.readouterr().err
    assert "no passphrase: whoever reads your files opens your clips" in said
    assert "no recovery phrase was made" in said
    assert store_of(tmp_path).load().custody == Custody()


def test_init_takes_a_passphrase_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, file = tmp_path / "owner", save(tmp_path / "word", "correct horse\n")
    options = ["--household", str(folder), "--passphrase-file", file]
    assert main(["owner", "init", *options]) == 0
    assert is_sealed((folder / "state.json").read_bytes())
    assert main(["owner", "members", *options]) == 0
    assert main(["owner", "init", *options]) == 2
    assert "left as it is" in capsys.readouterr().err
