"""The program around its commands: streams that are full, closed or gone, and signals."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from latchkey.cli import Interrupted, Stop, main
from latchkey.cli.command import LINE_LIMIT_CHARS, Terminal
from latchkey.errors import OutputFailed


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
