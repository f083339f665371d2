"""What the first boot leaves behind, whenever power goes, and what it tells where it cannot go on."""

import hashlib
import itertools
import json
import shutil
from pathlib import Path

import pytest

from latchkey.cli import main
from latchkey.errors import EXIT_USAGE
from latchkey_card.answers import Answers, settings_text
from latchkey_card.desk import DeskPi, PowerCut, pi_with_card
from latchkey_pi.firstboot.course import run
from latchkey_pi.firstboot.findings import FINDINGS
from latchkey_pi.firstboot.install import NETWORK_DONE, ROOM_BYTES, steps, tidy
from latchkey_pi.firstboot.show import Show

CARD = "latchkey/card.json"


@pytest.fixture
def pi(tmp_path: Path) -> DeskPi:
    """Give a Pi with a new card in it."""
    return pi_with_card(tmp_path)


def flashes(pi: DeskPi) -> int:
    """How often the light was lit."""
    return sum(1 for light in pi.light if light == "1")


def test_all_is_laid_out_as_updates_and_services_need_it(pi: DeskPi) -> None:
    assert pi.boot_up() == 0
    opt = pi.root / "opt/latchkey"
    assert [(opt / link).readlink() for link in ("current", "good", "bin")] == [
        Path("releases/0"),
        Path("releases/0"),
        Path("current/bin"),
    ]
    assert (opt / "bin/latchkey").is_file()
    assert (pi.root / "etc/latchkey/owner/book.json").read_bytes() == b"{}"
    assert 'board = "pi"' in (pi.root / "etc/latchkey/door.toml").read_text()
    password = pi.root / "etc/latchkey/mqtt-password"
    assert password.read_bytes() == b"tops3cret\n"
    assert password.stat().st_mode & 0o777 == 0o600
    assert (pi.root / "usr/local/sbin/latchkey-pair").stat().st_mode & 0o777 == 0o755
    assert (pi.root / "etc/systemd/system/latchkey-pairing.service").is_file()
    assert pi.state.state == "done"


def test_pip_asks_nobody_and_takes_only_what_is_pinned(pi: DeskPi) -> None:
    pi.boot_up()
    (pip,) = [words for words in pi.ran if "pip" in words]
    assert {"--no-index", "--no-deps", "--require-hashes"} <= set(pip)


def test_no_secret_is_left_on_the_boot_partition(pi: DeskPi) -> None:
    before = (pi.boot / "network-config").read_text()
    key = before.split('password: "')[1][:64]
    assert pi.boot_up() == 0
    assert (pi.boot / "network-config").read_bytes() == NETWORK_DONE
    assert not (pi.boot / "latchkey").exists()
    left = b"".join(path.read_bytes() for path in pi.boot.rglob("*") if path.is_file())
    assert b"tops3cret" not in left
    assert key.encode() not in left


def test_a_password_is_written_over_before_its_file_goes(pi: DeskPi) -> None:
    seen: list[bytes] = []
    password = pi.boot / "latchkey/mqtt-password"

    class Watching(DeskPi):
        def remove(self, path: Path) -> None:
            if path == password:
                seen.append(path.read_bytes())
            super().remove(path)

    pi.__class__ = Watching
    pi.boot_up()
    assert seen == [bytes(len(b"tops3cret\n"))]


@pytest.mark.slow
@pytest.mark.parametrize("torn", [False, True], ids=["before", "in-the-middle"])
def test_power_may_go_at_any_moment(pi: DeskPi, tmp_path: Path, torn: bool) -> None:
    fresh = tmp_path / "fresh"
    shutil.copytree(pi.boot, fresh / "boot")
    assert pi.boot_up() == 0
    wanted = pi.tree()
    for cut_at in itertools.count(1):
        desk = tmp_path / f"cut{cut_at}"
        shutil.copytree(fresh / "boot", desk / "boot")
        other = DeskPi(desk)
        try:
            other.boot_up(cut_at=cut_at, torn=torn)
            break
        except PowerCut:
            assert other.boot_up() == 0, f"after a cut at {cut_at}"
            shutil.rmtree(other.boot / "latchkey", ignore_errors=True)
        assert other.tree() == wanted, f"after a cut at {cut_at}"
        assert other.state.state == "done", f"after a cut at {cut_at}"
    assert cut_at > 40


@pytest.mark.slow
def test_power_may_go_again_and_again(pi: DeskPi, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(pi.boot, other / "boot")
    assert pi.boot_up() == 0
    second = DeskPi(other)
    for cut_at in itertools.count(1):
        try:
            second.boot_up(cut_at=cut_at, torn=cut_at % 2 == 0)
            break
        except PowerCut:
            continue
    shutil.rmtree(second.boot / "latchkey", ignore_errors=True)
    assert second.tree() == pi.tree()


def test_what_is_done_is_not_done_again(pi: DeskPi) -> None:
    pi.failing = {"pip": "x", "python": "ERROR: No matching distribution"}
    assert pi.boot_up() == 1
    first = len(pi.ran)
    pi.failing = {}
    assert pi.boot_up() == 0
    assert not [words for words in pi.ran[first:] if words[0] == "apt-get"]


def test_without_network_it_waits_and_says_so(pi: DeskPi) -> None:
    pi.online(yes=False)
    assert pi.boot_up() == 1
    assert pi.state.finding == "no-network"
    assert pi.state.fix == FINDINGS["no-network"].fix
    assert "flashes 6 times" in pi.screen
    assert "no-network" in (pi.boot / "latchkey-log.txt").read_text()
    pi.online(yes=True)
    assert pi.boot_up() == 0


def test_a_network_that_goes_away_is_told_as_such(pi: DeskPi) -> None:
    class Leaving(DeskPi):
        def has_route(self) -> bool:
            return ("apt-get", "update") not in [words[:2] for words in self.ran] and super().has_route()

    pi.__class__ = Leaving
    pi.failing = {"apt-get": "Err:1 http://mirror.example\nE: Temporary failure resolving"}
    assert pi.boot_up() == 1
    assert pi.state.finding == "no-network"
    assert "Temporary failure" in pi.state.detail


def test_at_1970_nothing_is_fetched(pi: DeskPi) -> None:
    pi.clock_s = 60.0
    assert pi.boot_up() == 1
    assert pi.state.finding == "clock-unset"
    assert not [words for words in pi.ran if words[0] == "apt-get"]
    pi.clock_s = 1_900_000_000.0
    assert pi.boot_up() == 0


def test_the_systems_own_wizard_lets_nobody_make_a_user(pi: DeskPi) -> None:
    pi.online(yes=False)
    pi.boot_up()
    assert ("systemctl", "disable", "--now", "userconfig.service") in pi.ran


def test_a_small_card_is_told_before_anything_is_fetched(pi: DeskPi) -> None:
    pi.room = ROOM_BYTES - 1
    assert pi.boot_up() == 1
    assert pi.state.finding == "card-full"
    assert not [words for words in pi.ran if words[0] == "apt-get"]


def test_a_card_that_fills_up_is_told_as_such(pi: DeskPi) -> None:
    pi.failing = {"python": "OSError: [Errno 28] No space left on device"}
    assert pi.boot_up() == 1
    assert pi.state.finding == "card-full"


def test_a_full_card_keeps_no_state_from_being_told_in_memory(pi: DeskPi) -> None:
    class Full(DeskPi):
        def put(self, path: Path, data: bytes, mode: int = 0o644) -> None:
            if self.root / "run" not in path.parents:
                raise OSError(28, "No space left on device", str(path))
            super().put(path, data, mode)

    pi.__class__ = Full
    assert pi.boot_up() == 1
    assert (pi.state.finding, pi.state.state) == ("card-full", "waiting")
    assert "No space left" in pi.screen


def test_a_card_that_became_read_only_is_told_as_broken(pi: DeskPi) -> None:
    class ReadOnly(DeskPi):
        def put(self, path: Path, data: bytes, mode: int = 0o644) -> None:
            if self.root / "run" not in path.parents:
                raise OSError(30, "Read-only file system", str(path))
            super().put(path, data, mode)

    pi.__class__ = ReadOnly
    assert pi.boot_up() == 1
    assert pi.state.finding == "card-broken"


@pytest.mark.parametrize("name", ["wheels/latchkey-0.1.0-py3-none-any.whl", "pins.txt"])
def test_a_file_that_was_not_copied_whole_is_named(pi: DeskPi, name: str) -> None:
    path = pi.boot / "latchkey" / name
    path.write_bytes(path.read_bytes()[:-1])
    assert pi.boot_up() == 1
    assert pi.state.finding == "files-damaged"
    assert name in pi.state.detail


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"made": 1}', json.dumps({"schema": 9, "made": 1, "files": {}})]
)
def test_a_list_of_files_that_makes_no_sense_is_told(pi: DeskPi, text: str) -> None:
    (pi.boot / CARD).write_text(text)
    assert pi.boot_up() == 1
    assert pi.state.finding == "files-damaged"


def test_wrong_settings_are_told_and_keep_good_ones_in_place(pi: DeskPi) -> None:
    good = pi.root / "etc/latchkey/door.toml"
    good.parent.mkdir(parents=True)
    good.write_text("schema = 1\n")
    pi.failing = {"latchkey": ""}

    class Judging(DeskPi):
        def run(self, *words: str, **more: object) -> object:  # type: ignore[override]
            self.failing = (
                {"latchkey": "latchkey: error: door.toml:3: no key 'hots'"} if "check" in words else {}
            )
            return super().run(*words, **more)  # type: ignore[arg-type]

    pi.__class__ = Judging
    assert pi.boot_up() == 1
    assert pi.state.finding == "settings-wrong"
    assert "no key 'hots'" in pi.state.detail
    assert good.read_text() == "schema = 1\n"
    assert (pi.boot / "latchkey/mqtt-password").exists()


def test_a_new_card_changes_settings_and_leaves_a_newer_program_alone(pi: DeskPi, tmp_path: Path) -> None:
    shutil.copytree(pi.boot, tmp_path / "again")
    assert pi.boot_up() == 0
    opt = pi.root / "opt/latchkey"
    (opt / "releases/7/bin").mkdir(parents=True)
    (opt / "releases/7/bin/latchkey").write_text("newer")
    for link in ("current", "good"):
        (opt / link).unlink()
        (opt / link).symlink_to("releases/7")
    shutil.rmtree(pi.boot)
    shutil.copytree(tmp_path / "again", pi.boot)
    settings = pi.boot / "latchkey/door.toml"
    settings.write_text(settings.read_text().replace('"broker"', '"another"'))
    pi.ran.clear()
    pi.online(yes=False)
    assert pi.boot_up() == 0
    assert (opt / "current").readlink() == Path("releases/7")
    etc = pi.root / "etc/latchkey"
    assert '"another"' in (etc / "door.toml").read_text()
    assert '"broker"' in (etc / "door.toml.before").read_text()
    assert not [words for words in pi.ran if words[0] == "apt-get" or "pip" in words]


def test_a_mended_card_replaces_a_program_that_never_came_to_run(pi: DeskPi) -> None:
    pi.failing = {"chown": "chown: no such user"}
    assert pi.boot_up() == 1
    made = [words for words in pi.ran if "venv" in words]
    card = pi.boot / "latchkey/card.json"
    pins = pi.boot / "latchkey/pins.txt"
    old = hashlib.sha256(pins.read_bytes()).hexdigest()
    pins.write_text("latchkey==0.1.1 --hash=sha256:11\n")
    card.write_text(card.read_text().replace(old, hashlib.sha256(pins.read_bytes()).hexdigest()))
    pi.failing = {}
    assert pi.boot_up() == 0
    assert len([words for words in pi.ran if "venv" in words]) == len(made) + 1


@pytest.mark.slow
def test_it_tries_again_until_it_works_and_the_light_counts(pi: DeskPi) -> None:
    pi.online(yes=False)
    begun = pi.clock_s
    pi.shadow = lambda pi: pi.online(yes=pi.clock_s > begun + 100)
    assert run(pi, steps(), Show(pi), tidy) == 0
    assert flashes(pi) % FINDINGS["no-network"].flashes == 0
    assert flashes(pi) > 0
    assert pi.path("sys/class/leds/ACT/trigger").read_text() == "actpwr"
    assert pi.state.state == "done"


def test_each_finding_has_a_way_out_and_a_number_that_can_be_counted() -> None:
    assert all(finding.fix and 3 <= finding.flashes <= 9 for finding in FINDINGS.values())


def test_the_units_are_started_by_the_links_that_were_laid(pi: DeskPi) -> None:
    pi.boot_up()
    units = [path.read_text() for path in (pi.root / "etc/systemd/system").glob("latchkey-*.service")]
    programs = {
        line.split()[0] for unit in units for line in unit.splitlines() if line.startswith("ExecStart=")
    }
    for program in programs:
        assert (pi.root / program.removeprefix("ExecStart=").lstrip("/")).exists(), program


def test_the_program_takes_each_command_of_the_installer(
    pi: DeskPi, capsys: pytest.CaptureFixture[str]
) -> None:
    pi.boot_up()
    ours = [words[1:] for words in pi.ran if words[0].endswith("/current/bin/latchkey")]
    assert [words[0] for words in ours] == ["models", "check"]
    for words in ours:
        assert main(words) not in (0, EXIT_USAGE), words  # the card is gone by now
        assert str(pi.boot) in capsys.readouterr().err


def test_the_program_is_content_with_the_settings_of_a_card(tmp_path: Path) -> None:
    household = tmp_path / "household"
    assert main(["owner", "init", "--no-check", "--household", str(household)]) == 0
    answers = Answers(
        "book.json", mqtt_host="broker", mqtt_username="d", settings='[pi]\nbell = "ac"\nprofile = "pi4"'
    )
    text = settings_text(answers).replace("/etc/latchkey/owner", str(household))
    path = tmp_path / "door.toml"
    path.write_text(text.replace("/var/lib/latchkey", str(tmp_path)))
    assert main(["check", str(path)]) == 0
