"""Options, markers, fixtures and reports of the plugin. Imports nothing but pytest while it is loaded.

A test that uses `house`, or a fixture that does, is played with one seed, or with each of `--latchkey-seeds`.
When its body has passed, the house is played to its end and the checkers are asked: what they find fails it.
"""

from __future__ import annotations

import re
import shlex
import traceback
from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from latchkey_sim.scenes import Scene
    from latchkey_sim.testing import (
        Scenario,
        SimBroker,
        SimClock,
        SimDevice,
        SimDisk,
        SimHouse,
        SimNet,
        Stage,
    )

Made = TypeVar("Made")

SEED = 1
"""What all is played with unless other seeds are asked for."""

SEED_FIXTURE = "latchkey_seed"
LIMIT_S = 300.0
"""Real time that a test may take: what hangs ends with its trace, not with the job of the CI."""

MARKERS = (
    "latchkey_scene(scene=None, starts='', full=False): what `house` plays: the name of a shipped scene, a"
    " file, a Scene or a Scenario; starts='22:30' sets the time of the day, full=True draws it in full size",
    "latchkey_checkers(*, without=()): leave out some of the checkers that are asked after each test",
)
HOUSE = pytest.StashKey["SimHouse"]()
OUT = pytest.StashKey[Callable[[], Path]]()
FOLDER_CHARS = 80
LIMIT_HIGH_S = 1e6
NOTE = "latchkey_note"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("latchkey", "simulated doorbells")
    group.addoption(
        "--latchkey-seeds",
        type=int,
        metavar="N",
        help="play each test that uses a simulated house with the seeds 1 to N",
    )
    group.addoption(
        "--latchkey-replay",
        type=_replayed,
        metavar="SEED",
        help="play each test that uses a simulated house with this seed alone, and write its trace",
    )
    group.addoption(
        "--latchkey-out",
        type=Path,
        metavar="DIR",
        help="where traces and contact sheets of failing tests go; by default pytest's temporary folder",
    )
    group.addoption(
        "--latchkey-limit",
        type=float,
        default=LIMIT_S,
        metavar="SECONDS",
        help=f"real time that a test with a simulated house may take (default: {LIMIT_S:g})",
    )
    group.addoption(
        "--update-golden", action="store_true", help="write golden traces anew instead of comparing them"
    )


def _replayed(text: str) -> int:
    """Read a seed as `latchkey sim` tells it, v2:7, or its number alone. The test says what is played."""
    from latchkey.errors import UsageError
    from latchkey_sim.simulate.seeds import Seed, read_seed

    try:
        seed = read_seed(text)
    except UsageError as error:
        raise ArgumentTypeError(f"{error} ({error.hint})") from error
    if seed.scene is not None:
        raise ArgumentTypeError(f"{text!r} names a scene; the test says what is played ({Seed(seed.number)})")
    return seed.number


def pytest_configure(config: pytest.Config) -> None:
    """Say which markers there are, and refuse seeds that make no sense."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    count, replayed = config.getoption("--latchkey-seeds"), config.getoption("--latchkey-replay")
    if not 0 < config.getoption("--latchkey-limit") <= LIMIT_HIGH_S:
        raise pytest.UsageError(f"--latchkey-limit must be above 0, and at most {LIMIT_HIGH_S:g}")
    if count is not None and count < 1:
        raise pytest.UsageError(f"--latchkey-seeds must be 1 or more, not {count}")
    if count is not None and replayed is not None:
        raise pytest.UsageError("--latchkey-seeds and --latchkey-replay exclude each other")


@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Multiply tests that play a house by the seeds that are asked for, unless they name their own."""
    if SEED_FIXTURE not in metafunc.fixturenames:
        return
    seeds = _seeds(metafunc.config)
    if seeds is not None and not _names_own_seeds(metafunc.definition):
        metafunc.parametrize(SEED_FIXTURE, seeds, ids=[f"seed={seed}" for seed in seeds])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Fixtures of a test may play its house too: they have the same time."""
    with _limited(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """After the body of a test that has passed: play its house to the end, and ask the checkers."""
    with _limited(item):
        result = yield
        house = item.stash.get(HOUSE, None)
        if house is not None:
            house.finish()
    if house is not None and house.verdicts:
        found = "\n".join(f"  {verdict}" for verdict in house.verdicts)
        pytest.fail(f"broken promises (seed {house.seed}):\n{found}", pytrace=False)
    return result


@contextmanager
def _limited(item: pytest.Item) -> Iterator[None]:
    """End what a test with a house does once it has taken too long, or is interrupted; leave its trace."""
    if SEED_FIXTURE not in getattr(item, "fixturenames", ()):
        yield
        return
    from latchkey_sim.house.limits import OutOfTime, wall_limit

    limit_s = item.config.getoption("--latchkey-limit")
    try:
        with wall_limit(limit_s):
            yield
    except OutOfTime as error:
        frames = traceback.extract_tb(error.__traceback__)
        where = next((one for one in reversed(frames) if one.filename == str(item.path)), frames[-1])
        house = item.stash.get(HOUSE, None)
        at = "" if house is None else f", at {house.now_s:.3f} s of the house"
        told = f"not at its end after {limit_s:g} s of real time{at}, in {Path(where.filename).name}"
        text = f"latchkey: {told}:{where.lineno} (--latchkey-limit)"
        raise pytest.fail.Exception(text, pytrace=False) from None
    except KeyboardInterrupt:
        terminal, house = (
            item.config.pluginmanager.get_plugin("terminalreporter"),
            item.stash.get(HOUSE, None),
        )
        if terminal is not None and house is not None:
            from latchkey_sim.testing import evidence

            terminal.write_line(f"\nlatchkey: {evidence.write_trace(house.world, item.stash[OUT]())}")
        raise


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach to the report of a failing test what there is to see of its house."""
    report = yield
    house = item.stash.get(HOUSE, None)
    if house is None or call.when == "teardown" or (call.when == "setup" and not report.failed):
        return report
    replayed = item.config.getoption("--latchkey-replay") is not None and call.excinfo is None
    item.user_properties += [("latchkey_seed", house.seed), ("latchkey_trace_sha256", house.trace.sha256)]
    item.user_properties += [(NOTE, note) for note in house.notes]
    if report.failed or replayed:
        report.sections += _evidence(item, house, drawn=report.failed)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what was not asked though the tests have passed."""
    reports = [one for ones in terminalreporter.stats.values() for one in ones]
    told = [properties for one in reports for properties in getattr(one, "user_properties", ())]
    for note, count in Counter(note for name, note in told if name == NOTE).items():
        terminalreporter.write_line(f"latchkey: note: {note} ({count} test{'s' if count > 1 else ''})")


def _evidence(item: pytest.Item, house: SimHouse, *, drawn: bool) -> list[tuple[str, str]]:
    """Write what there is to see into the test's folder; give the sections of the report."""
    from latchkey_sim.testing import evidence

    folder, world = item.stash[OUT](), house.world
    files = [str(evidence.write_trace(world, folder))]
    told = evidence.failed_ns(world), evidence.trace_around(world)
    if drawn:
        try:
            house.close()  # what is being recorded is sealed, and can be shown
            files.append(str(evidence.write_sheet(world, folder, item.name)))
        except ImportError as error:
            files.append(f"no contact sheet: {error}; pip install 'latchkey[sim]'")
        except Exception as error:  # noqa: BLE001 -- a report must not hide the failure that it tells
            files.append(f"no contact sheet: {type(error).__name__}: {error}")
    return [
        (f"latchkey: what happened until {told[0] / 1e9:.3f} s", told[1]),
        ("latchkey: files", "\n".join(files)),
        ("latchkey: the same again", _repeating(item, house.seed)),
    ]


def _repeating(item: pytest.Item, seed: int) -> str:
    """Give the command that plays a test again with the same seed."""
    name, mark = item.nodeid, f"seed={seed}"
    if _names_own_seeds(item):
        return f"pytest {shlex.quote(name)}"
    if mark not in name:
        name = f"{name[:-1]}-{mark}]" if name.endswith("]") else f"{name}[{mark}]"
    return f"pytest {shlex.quote(name)} --latchkey-replay={seed}"


def _names_own_seeds(node: pytest.Item | pytest.Collector) -> bool:
    """Whether a test is parametrised with seeds of its own."""
    return any(SEED_FIXTURE in _argnames(mark) for mark in node.iter_markers("parametrize"))


def _argnames(mark: pytest.Mark) -> list[str]:
    names = mark.args[0] if mark.args else mark.kwargs.get("argnames", "")
    return [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)


def _seeds(config: pytest.Config) -> list[int] | None:
    """Give the seeds that are asked for, or None."""
    replayed, count = config.getoption("--latchkey-replay"), config.getoption("--latchkey-seeds")
    if replayed is not None:
        return [replayed]
    return None if count is None else list(range(SEED, count + SEED))


@pytest.fixture
def latchkey_seed() -> int:
    """Seed that `house` takes all chance from."""
    return SEED


@pytest.fixture
def scene(request: pytest.FixtureRequest) -> Scene | Scenario:
    """What `house` plays: what `@pytest.mark.latchkey_scene` names, else somebody walks by and nobody rings.

    Define a fixture of this name to give a `Scene` or `Scenario` of your own.
    """
    stage = _stage(request)

    def played() -> Scene | Scenario:
        return stage.scene or stage.scenario

    return _or_fail(played)


@pytest.fixture
def house(
    request: pytest.FixtureRequest,
    latchkey_seed: int,
    scene: Scene | Scenario,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[SimHouse]:
    """Simulated house with one doorbell, not begun. After the test it is played to its end and checked."""
    from latchkey_sim.testing import SimHouse

    config, node = request.config, request.node
    updated, first = config.getoption("--update-golden"), (_seeds(config) or [latchkey_seed])[0]
    stage, without = _stage(request), _without(request)
    made = _or_fail(
        lambda: SimHouse(
            type(stage)(scene, stage.starts, stage.full),
            latchkey_seed,
            without=without,
            golden_folder=None if updated and latchkey_seed != first else request.path.parent / "golden",
            update_golden=updated,
        )
    )

    def folder() -> Path:
        name = re.sub(r"[^\w=.-]+", "-", node.nodeid).strip("-")[-FOLDER_CHARS:]
        out: Path | None = config.getoption("--latchkey-out")
        return tmp_path_factory.mktemp(name) if out is None else out / name

    node.stash[HOUSE], node.stash[OUT] = made, folder
    yield made
    made.close()


@pytest.fixture
def device(house: SimHouse) -> SimDevice:
    """Its doorbell: press it, cut its power, open its clips."""
    return house.device


@pytest.fixture
def broker(house: SimHouse) -> SimBroker:
    """Its MQTT broker: what was said, and a way to publish and to subscribe."""
    return house.broker


@pytest.fixture
def net(house: SimHouse) -> SimNet:
    """Its network: partitions, loss, delay, captive portals."""
    return house.net


@pytest.fixture
def disk(house: SimHouse) -> SimDisk:
    """The doorbell's disks: failing, full, slow, taken out."""
    return house.disk


@pytest.fixture
def clock(house: SimHouse) -> SimClock:
    """Its time, and the doorbell's idea of it."""
    return house.clock


def _stage(request: pytest.FixtureRequest) -> Stage:
    """Give what the marker of a test says."""
    from latchkey_sim.testing import Stage

    def read(scene: str | Scene | Scenario | None = None, starts: str = "", *, full: bool = False) -> Stage:
        return Stage(scene, starts, full)

    mark = request.node.get_closest_marker("latchkey_scene")
    return Stage() if mark is None else _or_fail(lambda: _read(mark, read))


def _without(request: pytest.FixtureRequest) -> frozenset[str]:
    """Give the checkers that a test is to do without."""

    def read(*, without: str | Iterable[str] = ()) -> list[str]:
        return [without] if isinstance(without, str) else [*without]

    marks = list(request.node.iter_markers("latchkey_checkers"))
    return _or_fail(lambda: frozenset(name for mark in marks for name in _read(mark, read)))


def _read(mark: pytest.Mark, read: Callable[..., Made]) -> Made:
    """Give what a marker's arguments come to. Raises ValueError for others than it has."""
    try:
        return read(*mark.args, **mark.kwargs)
    except TypeError as error:
        known = next(one.partition(":")[0] for one in MARKERS if one.startswith(mark.name))
        raise ValueError(f"the marker {mark.name} is used as {known}") from error


def _or_fail(make: Callable[[], Made]) -> Made:
    """Make something; what is wrong with markers and scenes fails the test without a traceback."""
    from latchkey_sim.testing import SceneError

    try:
        return make()
    except SceneError as error:
        told = f"{error}; {error.hint}" if error.hint else str(error)
    except (ValueError, TypeError) as error:
        told = str(error)
    pytest.fail(f"latchkey: {told}", pytrace=False)
