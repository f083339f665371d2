"""`latchkey sim`: what it prints, writes and gives as its exit code."""

import hashlib
import json
import re
import signal
import threading
import time
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from latchkey.errors import EXIT_BROKEN_PROMISE, EXIT_LIMIT, EXIT_OK, DiskError, UsageError
from latchkey_sim.house import soak
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.house import House
from latchkey_sim.scenes import SceneError, shipped_names
from latchkey_sim.screen import Screen, run_on_screen
from latchkey_sim.simulate import COMMAND, chosen, command

pytestmark = pytest.mark.slow


def sim(*words: object, screen: Screen | None = None) -> tuple[int, Screen]:
    """Run `latchkey sim`."""
    return run_on_screen(COMMAND, *words, screen=screen)


class Grumbler(Checker):
    """Is never content."""

    name = "grumbler"

    def at_end(self, house: House) -> None:
        """Complain."""
        house.blame(self.name, 0, "no <good> & \x1b[31m")


class Sleeper(Checker):
    """Takes real time."""

    name = "sleeper"

    def after_step(self, house: House) -> None:
        """Dawdle."""
        if house.clock.now_ns() > 2_000_000_000:
            time.sleep(0.5)


class Breaker(Checker):
    """Breaks as a device might."""

    name = "breaker"

    def after_step(self, house: House) -> None:
        """Break."""
        if house.clock.now_ns() > 2_000_000_000:
            raise ZeroDivisionError("oh")


def plant(monkeypatch: pytest.MonkeyPatch, checker: type[Checker]) -> None:
    """Have one checker watch all that is played."""
    monkeypatch.setattr(chosen, "all_checkers", lambda: [checker()])
    monkeypatch.setattr(soak, "all_checkers", lambda: [checker()])


def test_a_scene_that_passes_is_told_in_a_line_and_gives_0(quick: Path) -> None:
    code, screen = sim("run", quick, "--detector", "none")
    assert code == EXIT_OK
    assert screen.shown == ""
    assert re.search(r"^passed  quick  v2:1@.*quick\.toml: .* 1 rings, 1 clips, ", screen.told, re.MULTILINE)
    assert "`covered` is not asked" in screen.told


def test_the_same_seed_gives_the_same_hash_and_another_seed_another(quick: Path) -> None:
    def sha256(*words: object) -> str:
        _, screen = sim("run", quick, "--detector", "none", "--json", *words)
        found = json.loads(screen.shown)
        assert (found["scenarios"], found["failures"], found["failed"]) == (1, 0, [])
        assert found["seconds_wall"] > 0
        return str(found["trace_sha256"])

    assert sha256() == sha256("--seed", "1") == sha256("--seed", "v2:1") != sha256("--seed", "2")


def test_a_failure_gives_15_the_trace_around_it_and_the_command_that_repeats_it(
    quick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, Grumbler)
    faults = ["--faults", "net-delay@3+2=200ms"]
    code, screen = sim("run", quick, "--detector", "none", "--json", *faults)
    assert code == EXIT_BROKEN_PROMISE
    (failed,) = json.loads(screen.shown)["failed"]
    assert failed["command"] == f"latchkey sim replay v2:1@{quick} {' '.join(faults)} --detector none"
    assert failed["trouble"][0].endswith("grumbler: no <good> & \x1b[31m")
    assert "\x1b" not in "".join(line for line in screen.told.splitlines() if "error" in line)
    assert f"latchkey 0.1.0 repeats it: {failed['command']}" in screen.told
    assert "door0   verdict   grumbler" in screen.told
    again_code, again = sim(*failed["command"].split()[2:])
    assert again_code == EXIT_BROKEN_PROMISE
    assert again.shown.splitlines()[-1].endswith("verdict   grumbler: no <good> & \x1b[31m")


def test_what_takes_too_long_in_real_time_ends_with_17_and_the_trace_so_far(
    quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, Sleeper)
    code, screen = sim("run", quick, "--detector", "none", "--limit", "3", "--out", tmp_path / "out")
    assert code == EXIT_LIMIT
    assert "limit: not at its end after 3 s of real time, at " in screen.told
    assert len((tmp_path / "out" / "trace.txt").read_text().splitlines()) > 10


def test_what_raises_is_a_finding_that_names_the_place(quick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, Breaker)
    code, screen = sim("run", quick, "--detector", "none")
    assert code == EXIT_BROKEN_PROMISE
    assert "error: broke: test_sim_command.py:" in screen.told
    assert "ZeroDivisionError: oh" in screen.told


def test_junit_holds_a_case_for_each_scenario(
    quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, Grumbler)
    sim("run", quick, "--detector", "none", "--junit", tmp_path / "junit.xml")
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert (root.attrib["tests"], root.attrib["failures"]) == ("1", "1")
    (case,) = root.iter("testcase")
    (failure,) = case
    assert failure.attrib["message"].endswith("grumbler: no <good> & \N{REPLACEMENT CHARACTER}[31m")
    assert "latchkey sim replay v2:1@" in str(failure.text)
    sim("soak", "--scenarios", "3", "--junit", tmp_path / "soak.xml")
    soaked = ElementTree.parse(tmp_path / "soak.xml").getroot()
    assert [case.attrib["name"] for case in soaked.iter("testcase")] == ["v2:0", "v2:1", "v2:2"]
    assert soaked.attrib["failures"] == "3"


class Reader(HTMLParser):
    """Takes down tags, and where they get things from."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_output_folder_holds_all_that_happened(
    quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    code, _ = sim("run", quick, "--detector", "none", "--out", out, "--faults", "net-delay@3+2=200ms")
    assert code == EXIT_OK
    reader = Reader()
    reader.feed((out / "report.html").read_text())
    assert "script" not in reader.tags
    assert reader.sources
    assert all(source.startswith("data:image/png;base64,") for source in reader.sources)
    for word in ("quick passed", "net-delay", "door0 clips", "event/doorbell", "retention", "repeat it"):
        assert word in reader.text
    assert re.search(r"latchkey/[0-9a-f]{8}…/event/doorbell", reader.text)
    assert len(list((out / "clips").glob("door0-*.mp4"))) == 1
    messages = [json.loads(line) for line in (out / "messages.ndjson").read_text().splitlines()]
    assert any(one["topic"].endswith("/event/doorbell") for one in messages)
    assert json.loads((out / "summary.json").read_text())["failures"] == 0
    assert "verdict" not in (out / "trace.txt").read_text()
    again_code, _ = sim("run", out / "scene.toml", "--detector", "none", "--out", out)
    assert again_code == EXIT_OK
    plant(monkeypatch, Grumbler)
    sim("run", quick, "--detector", "none", "--html", tmp_path / "failed.html")
    failed = (tmp_path / "failed.html").read_text()
    assert "no &lt;good&gt; &amp; " in failed
    assert "<good>" not in failed


def test_a_folder_that_no_simulation_made_is_left_alone(quick: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no simulation made it"):
        sim("run", quick, "--detector", "none", "--out", tmp_path)
    with pytest.raises(UsageError, match="is no folder"):
        sim("run", quick, "--detector", "none", "--out", quick)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["quick.toml"]


def test_several_scenes_get_a_folder_each_and_one_hash(quick: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(quick.read_text())
    out = tmp_path / "out"
    _, screen = sim("run", quick, other, "--detector", "none", "--json", "--out", out)
    found = json.loads(screen.shown)
    assert (found["scenarios"], len(found["trace_sha256"])) == (2, 64)
    assert sorted(path.name for path in out.iterdir() if path.is_dir()) == ["other", "quick"]
    traces = [(out / name / "trace.txt").read_text() for name in ("quick", "other")]
    assert traces[0] == traces[1]
    hashes = [hashlib.sha256(trace.encode()).hexdigest() for trace in traces]
    assert [one["trace_sha256"] for one in found["played"]] == hashes
    assert hashlib.sha256("".join(hashes).encode()).hexdigest() == found["trace_sha256"]
    assert hashes[0] in (out / "quick" / "report.html").read_text()


def test_a_report_is_not_written_over_what_is_played_or_another(quick: Path, tmp_path: Path) -> None:
    text, faults = quick.read_text(), tmp_path / "faults.toml"
    faults.write_text("schema = 1\n")
    for words in (
        ["run", quick, "--html", quick],
        ["run", quick, "--junit", tmp_path / "." / "quick.toml"],
        ["run", quick, "--faults", faults, "--junit", faults],
        ["replay", f"1@{quick}", "--html", quick],
        ["run", quick, "--html", tmp_path / "one", "--junit", tmp_path / "one"],
    ):
        with pytest.raises(UsageError, match="would be written over"):
            sim(*words)
    assert (quick.read_text(), faults.read_text()) == (text, "schema = 1\n")
    assert not (tmp_path / "one").exists()


def test_a_report_of_before_is_kept_where_nothing_can_be_played(tmp_path: Path) -> None:
    kept = tmp_path / "keep.xml"
    kept.write_text("kept")
    with pytest.raises(SceneError):
        sim("run", tmp_path / "missing.toml", "--junit", kept, "--html", tmp_path / "new.html")
    assert kept.read_text() == "kept"
    assert not (tmp_path / "new.html").exists()
    with pytest.raises(DiskError):
        sim("run", tmp_path / "missing.toml", "--junit", tmp_path)


def test_a_soak_tells_each_failing_seed_and_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    clean_code, clean = sim("soak", "--scenarios", "4", "--seed", "v2:10", "--json")
    assert clean_code == EXIT_OK
    assert json.loads(clean.shown)["failures"] == 0
    plant(monkeypatch, Grumbler)
    code, screen = sim("soak", "--scenarios", "2", "--seed", "v2:10", "--json")
    assert code == EXIT_BROKEN_PROMISE
    failed = json.loads(screen.shown)["failed"]
    assert [one["command"] for one in failed] == ["latchkey sim replay v2:10", "latchkey sim replay v2:11"]
    assert "repeats it: latchkey sim replay v2:11" in screen.told


def ask_to_stop(screen: Screen) -> None:
    """Press Ctrl-C once somebody runs; what it raises ends in this thread, as in a destructor."""
    while not screen.told:
        time.sleep(0.05)
    with pytest.raises(KeyboardInterrupt):
        screen.stop.ask(signal.SIGINT)


def test_a_soak_that_is_interrupted_tells_and_writes_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "TOLD_EVERY_S", 0.2)
    screen = Screen()
    thread = threading.Thread(target=ask_to_stop, args=[screen])
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        sim("soak", "--minutes", "1", "--junit", tmp_path / "soak.xml", screen=screen)
    thread.join()
    assert re.search(r"^\d+ scenarios from v2:0 so far, 0 failed$", screen.told, re.MULTILINE)
    assert ElementTree.parse(tmp_path / "soak.xml").getroot().attrib["failures"] == "0"


def test_a_seed_of_a_soak_that_hangs_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, Sleeper)
    _, screen = sim("soak", "--scenarios", "1", "--limit", "2", "--json")
    (failed,) = json.loads(screen.shown)["failed"]
    assert failed["trouble"] == ["not at its end after 2 s of real time"]


def test_replay_prints_the_whole_trace_where_it_is_asked_to() -> None:
    (code, around), (whole_code, whole) = sim("replay", "v2:3"), sim("replay", "3", "--all")
    assert code == whole_code == EXIT_OK
    assert len(around.shown.splitlines()) == 40
    assert len(whole.shown.splitlines()) > 100
    assert whole.shown.endswith(around.shown)


def test_the_shipped_scenes_and_the_kinds_of_faults_are_listed() -> None:
    names = [line.split()[0] for line in sim("list")[1].shown.splitlines()]
    assert tuple(names) == shipped_names()
    assert "power goes for" in sim("list", "--faults")[1].shown
    assert {one["name"] for one in json.loads(sim("list", "--json")[1].shown)} == set(shipped_names())
