"""The program around its commands: streams that are full, closed or gone, and signals."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from latchkey.cli import Interrupted, Stop, main
from latchkey.cli.command import LINE_LIMIT_CHARS, Terminal
from latchkey.errors import OutputFailed
from latchkey_sim.household import write_book


def shell(script: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which `latchkey` is the program, buffered as usual."""
    line = f"latchkey() {{ '{sys.executable}' -m latchkey \"$@\"; }}; {script}"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(
        ["bash", "-c", line],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ("latchkey models list > /dev/full", 1, "cannot write to standard output: No space left"),
        ("latchkey models list --json > /dev/full", 1, "cannot write to standard output: No space left"),
        ("latchkey --help > /dev/full", 1, "cannot write to standard output: No space left"),
        ("latchkey models list >&-", 1, "cannot write to standard output: Bad file descriptor"),
        ("latchkey check /nowhere 2>/dev/full", 3, None),
        ("latchkey check /nowhere <&- >&- 2>&-", 3, None),
        ("latchkey models list | true; exit ${PIPESTATUS[0]}", 130, None),
        ("latchkey check $'new\\nline\\x1b'", 3, r"new\nline\x1b: No such file"),
        ("latchkey check $'\\xff'", 3, r"\udcff: No such file"),
        ("latchkey check $(printf 'x%.0s' {1..5000})", 3, "File name too long"),
        ("latchkey demo --seed=$(printf '9%.0s' {1..100000})", 2, "of up to 18 digits"),
        ("latchkey demo --out ''", 2, "names no folder"),
        ("latchkey redact v.mp4 -o $(printf 'x%.0s' {1..260}).mp4", 7, "File name too long"),
        ("latchkey redact v.mp4 -o w.mp4 --covers $(printf 'x%.0s' {1..260})", 7, "File name too long"),
        ("latchkey check AGE-SECRET-KEY-17GFS9JY2W3X", 3, "AGE-SECRET-KEY-...: No such file"),
        ("latchkey AGE-SECRET-KEY-17GFS9JY2W3X", 2, "AGE-SECRET-KEY-..."),
    ],
)
def test_trouble_with_streams_and_arguments_is_one_line(script: str, code: int, said: str | None) -> None:
    done = shell(script)
    assert done.returncode == code
    lines = done.stderr.splitlines()
    assert len(lines) <= 2
    if said is None:
        assert lines == []
        return
    assert lines[0].startswith("latchkey: error: ")
    assert said in lines[0]
    assert all(len(line) < LINE_LIMIT_CHARS + 50 for line in lines)
    assert "17GFS" not in done.stderr


def _check(folder: Path, places: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    write_book(folder, time.time_ns())
    settings = folder / "door.toml"
    settings.write_text(f'schema = 1\n{places}\n[owner]\nbook = "book.json"\n')
    return main(["check", str(settings)]), capsys.readouterr().err


def test_folders_that_cannot_be_used_together_or_are_none_are_wrong_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    for vault, state in (("one", "./one"), ("there", "link")):
        code, said = _check(tmp_path, f'[vault]\npath = "{vault}"\n[device]\nstate = "{state}"', capsys)
        assert (code, "are the same folder" in said) == (3, True)
    for place, key in (
        ('[vault]\npath = "file"', "vault.path"),
        ('[device]\nstate = "file"', "device.state"),
    ):
        code, said = _check(tmp_path, place, capsys)
        assert code == 3
        assert f"door.toml:3: {key} {tmp_path / 'file'} is there already, and is no folder" in said
    assert _check(tmp_path, '[vault]\npath = "there"', capsys) == (0, "")


OWNED = 'schema = 1\n[owner]\nbook = "book.json"\n'


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        (f'{OWNED}[camera]\nboard = "webcan"', ":5: camera.board: there is no board 'webcan'", "webcam?"),
        (f'{OWNED}[camera]\nboard = "zzz"', ":5: camera.board: there is no board 'zzz'", "known here: file"),
        (f'{OWNED}[camera]\nfps = 5\nboard = "file"', ":4: camera.source 0: No such file", "plays the video"),
        (f'{OWNED}[camera]\nboard = "file"\nsource = "/"', ":6: camera.source /: it is a folder", "plays"),
        (
            f'{OWNED}[mqtt]\nhost = "broker"\npassword_file = "none"',
            ":6: mqtt.password_file",
            "the broker's password",
        ),
        (f'{OWNED}[mqtt]\nca_file = "none"\nhost = "broker"', ":5: mqtt.ca_file", "the certificate"),
        (
            'schema = 1\n[owner]\n\nbook = "door.toml"',
            ":4: owner.book: door.toml is no key book: it is not JSON",
            "`latchkey owner init`",
        ),
        ('schema = 1\n[owner]\nbook = "none"', ":3: owner.book: none: No such file", "`latchkey owner init`"),
        ("schema = 1\n[owner]", ":2: owner.book: it is not set", "`latchkey owner init` makes a household"),
        ("schema = 1", ":1: owner.book: it is not set", "`latchkey owner init` makes a household"),
    ],
)
def test_settings_that_cannot_run_are_the_same_error_with_its_line_for_check_and_run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
    said: str,
    hint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "door.toml").write_text(text)
    write_book(tmp_path, time.time_ns())
    told = []
    for words in (["check", "door.toml"], ["run", "--config", "door.toml"]):
        assert main(words) == 3
        told.append(capsys.readouterr().err)
    assert told[0] == told[1]
    error, way_out = told[0].splitlines()
    assert error.startswith(f"latchkey: error: door.toml{said}")
    assert hint in way_out
    assert {path.name for path in tmp_path.iterdir()} == {"door.toml", "book.json"}


def test_files_that_nobody_would_read_are_not_missed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a broker its password is not read; a webcam may be plugged in later."""
    for places in ('[mqtt]\npassword_file = "none"', '[camera]\nboard = "webcam"\nsource = "77"'):
        assert _check(tmp_path, places, capsys) == (0, "")


def test_a_vault_that_is_not_there_yet_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "door.toml").write_text(OWNED)
    for place, hint in (
        (["--config", str(tmp_path / "door.toml")], "nothing has been recorded there yet"),
        (["--vault", str(tmp_path / "none")], "--vault DIR or --config FILE"),
    ):
        assert main(["clips", "list", *place]) == 7
        assert hint in capsys.readouterr().err


def test_data_that_cannot_be_written_is_an_error_and_a_message_is_not() -> None:
    with Path("/dev/full").open("w") as full:
        terminal = Terminal(full, full)
        terminal.say("nobody hears this")
        terminal.put("data")
        with pytest.raises(OutputFailed):
            terminal.flush()
        os.dup2(sys.__stderr__.fileno() if sys.__stderr__ else 2, full.fileno())  # for the end of the block


def test_an_embedded_call_leaves_the_signals_alone(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT)
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("latchkey ")
    assert signal.getsignal(signal.SIGINT) is before


def test_a_signal_only_sets_a_flag_until_it_is_asked_for() -> None:
    stop = Stop()
    stop.check()
    stop.ask(signal.SIGTERM)
    stop.ask(signal.SIGINT)
    assert stop.asked
    with pytest.raises(Interrupted, match="ended by SIGTERM") as caught:
        stop.check()
    assert caught.value.exit_code == 143


def test_short_commands_are_interrupted_at_once_and_once() -> None:
    stop = Stop()
    with pytest.raises(Interrupted, match="interrupted") as caught, stop.at_once():
        stop.ask(signal.SIGINT)
    assert caught.value.exit_code == 130
    with pytest.raises(Interrupted), stop.at_once():
        io.StringIO("a signal before the block counts as well")


def test_a_second_signal_does_not_disturb_the_tidying_up() -> None:
    stop, tidied = Stop(), []

    def work() -> None:
        try:
            stop.ask(signal.SIGINT)
        finally:
            stop.ask(signal.SIGINT)
            tidied.append(True)

    with pytest.raises(Interrupted), stop.at_once():
        work()
    assert tidied


def test_ctrl_c_can_be_heeded_and_other_signals_cannot() -> None:
    stop = Stop()
    assert not stop.heed()
    stop.ask(signal.SIGINT)
    assert stop.heed()
    assert not stop.asked
    stop.ask(signal.SIGTERM)
    assert not stop.heed()
    assert stop.asked
