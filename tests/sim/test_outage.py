"""Power cuts at every operation of every write path; and that the checks would notice."""

import io
import re
import time
from random import Random

import pytest

from latchkey_sim.crashdisk import CrashDisk, Power
from latchkey_sim.disk import MemoryFile
from latchkey_sim.outage import CONTROLS, PATHS, Tally, survey
from latchkey_sim.outage.home import Home
from latchkey_sim.soakdisk import PER_OPERATION, main, soak

QUOTAS = {
    "clip": 2_000, "faces": 2_000, "retention": 2_000, "keep": 2_500, "visit": 2_000,
    "outbox": 1_500, "modes": 600, "device-id": 400, "device": 600,
    "orders": 1_000, "clock": 500, "holding": 500, "owner": 500, "owner-copy": 800,
    "device-key": 400, "household": 1_200, "acts": 1_000, "memory": 1_000,
}  # fmt: skip
"""Images of each path in every run of the tests: 20,000 and more, all different."""


class ForgetfulFile(MemoryFile):
    """A file that does not make its bytes durable, and says that it does."""

    def sync(self) -> None:
        pass


class NoFileSync(CrashDisk):
    """A disk that lies about the bytes of files."""

    def create(self, name: str) -> MemoryFile:
        super().create(name)
        return ForgetfulFile(self, name, self.files[name])


class NoFolderSync(CrashDisk):
    """A disk that lies about names."""

    def sync_folder(self, folder: str) -> None:
        pass


@pytest.mark.slow
@pytest.mark.parametrize("name", PATHS)
def test_no_power_cut_breaks_a_promise(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    begun_s = time.process_time()
    tally, seed = Tally(), 0
    while tally.images < QUOTAS[name]:
        tally.join(survey(PATHS[name], seed, PER_OPERATION))
        seed += 1
    assert tally.drawn == tally.operations * PER_OPERATION
    assert tally.drawn > tally.images
    assert not tally.troubles, [(problem, place.command) for place, problem in tally.first]
    assert tally.rotten
    with capsys.disabled():
        seconds = time.process_time() - begun_s
        print(f"\n{name}: {tally.images} different images of {tally.drawn} power cuts in {seconds:.1f} s")


def test_the_paths_of_every_run_of_the_tests_add_up() -> None:
    assert QUOTAS.keys() == PATHS.keys()
    assert sum(QUOTAS.values()) >= 20_000


@pytest.mark.slow
@pytest.mark.parametrize("disk", [NoFileSync, NoFolderSync])
@pytest.mark.parametrize("name", PATHS)
def test_on_a_disk_that_lies_every_path_breaks_its_promises(name: str, disk: type[CrashDisk]) -> None:
    assert any(survey(PATHS[name], seed, 10, disk=disk).troubles for seed in range(8))


def test_wrong_ways_to_write_a_file_are_told_from_the_right_one() -> None:
    kinds = {name: set(survey(path, 1, PER_OPERATION).troubles) for name, path in CONTROLS.items()}
    assert kinds == {
        "in-place": {"torn visible", "acknowledged lost"},
        "renamed": {"torn visible", "acknowledged lost"},
        "renamed-synced": {"acknowledged lost"},
        "renamed-synced-folder": set(),
        "noted-after-use": {"two effects"},
        "noted-before-use": set(),
        "pair-wrong-order": {"half-written"},
        "pair-right-order": set(),
        "copy-removed-first": {"acknowledged lost", "two effects"},
        "copy-held-first": set(),
        "line-unsynced": {"acknowledged lost"},
        "line-after-cut": {"acknowledged lost"},
        "line-right": set(),
        "head-removed-first": {"acknowledged lost"},
    }


@pytest.mark.parametrize("name", ["clip", "faces", "visit", "device"])
def test_what_a_path_promises_is_something(name: str) -> None:

    home = Home(Random(3), Power())
    PATHS[name].run(home)
    announced = [publication for publication in home.heard if b'"end"' in publication.payload]
    assert home.promises.whole or announced
    assert bool(home.promises.layers) == (name == "faces")
    assert bool(announced) == (name in ("visit", "device"))


def test_a_problem_prints_the_command_that_shows_it_again() -> None:
    out = io.StringIO()
    assert main(["--path", "renamed", "--images", "300", "--jobs", "1"], out) == 1
    lines = out.getvalue().splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("    python -m "))
    problem, command = lines[at - 1], lines[at].split()[3:]
    again = io.StringIO()
    assert main(command, again) == 1
    assert problem in again.getvalue().splitlines()
    assert re.search(r"images, all different +1\n", again.getvalue())


@pytest.mark.slow
def test_the_same_seeds_show_the_same_whatever_the_number_of_processes() -> None:
    one, three = (soak(["device-id", "outbox"], 1_000, jobs, 5) for jobs in (1, 3))
    assert one == three


def test_an_image_cannot_be_asked_for_without_its_path(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--image", "3"], io.StringIO())
    assert "--operation and --image go together" in capsys.readouterr().err
