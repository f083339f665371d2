"""What all tests share."""

import importlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from latchkey_sim.person import Person
from latchkey_sim.quickscene import QUICK_SCENE
from latchkey_sim.updates.server import Origin, serving

if TYPE_CHECKING:
    from latchkey_release.desk import Doorbell, World

PLACES = {"mosquitto": ("/usr/sbin", "/usr/local/sbin")}
"""Where a tool lies if it is not on the PATH of an ordinary user."""


@pytest.fixture(scope="session")
def need() -> Callable[[str], str]:
    """Give the path of a program, or skip; `LATCHKEY_REQUIRE=a,b` makes the skip a failure."""

    def find(name: str) -> str:
        path = os.pathsep.join([os.environ.get("PATH", ""), *PLACES.get(name, ())])
        found = shutil.which(name, path=path)
        if found:
            return found
        missing(name, f"{name} is not installed")
        raise AssertionError

    return find


def missing(name: str, reason: str) -> None:
    """Skip the test, or fail it where LATCHKEY_REQUIRE names what is missing."""
    if name in os.environ.get("LATCHKEY_REQUIRE", "").split(","):
        pytest.fail(f"LATCHKEY_REQUIRE names {name}, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def absent() -> Callable[[str, str], None]:
    """Give `missing(name, reason)`: skip, or fail where LATCHKEY_REQUIRE names it."""
    return missing


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Give the folder of measured footage that lies beside some checkouts, or skip."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("no shared footage beside this checkout")
    return folder


@pytest.fixture
def sit(tmp_path: Path) -> Iterator[Callable[..., Person]]:
    """Give `sit(*arguments)`: a person whose home is `tmp_path` runs `latchkey` at a terminal."""
    people = []

    def begin(*arguments: str) -> Person:
        people.append(Person(tmp_path, arguments))
        return people[-1]

    yield begin
    for person in people:
        person.leaves()


@pytest.fixture
def quick(tmp_path: Path) -> Path:
    """Give the file of a scene that is played in a moment."""
    path = tmp_path / "quick.toml"
    path.write_text(QUICK_SCENE)
    return path


@pytest.fixture(scope="session")
def desk(absent: Callable[[str, str], None]) -> ModuleType:
    """Give the desk that needs tuf, or skip; `LATCHKEY_REQUIRE=tuf` makes the skip a failure."""
    try:
        return importlib.import_module("latchkey_release.desk")
    except ModuleNotFoundError as error:
        absent("tuf", f"the package {error.name} is not installed")
        raise AssertionError from error


@pytest.fixture
def world(desk: ModuleType) -> Iterator["World"]:
    """Give a publisher whose repository is served, and devices that trust it."""
    with serving(Origin({})) as origin:
        yield desk.World(origin)


@pytest.fixture
def door(world: "World") -> "Doorbell":
    """Give a device that runs release 1 and knows the repository as it was then."""
    world.publish("0.1.0", 1)
    door = world.doorbell()
    assert door.update()
    return world.doorbell(door.disk, door.clock)
