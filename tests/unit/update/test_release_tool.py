"""The program that publishes: from wheels and keys to what devices accept, and what it refuses to sign."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from latchkey.update import decode_release
from latchkey_sim.updates.tinywheels import make_wheel, tiny_latchkey

if TYPE_CHECKING:
    from latchkey_release.desk import World

AT = ("--at", "2026-11-25T12:00:00+00:00")
LATER = ("--at", "2026-12-01T12:00:00+00:00")
BUILD = "cp311-x86_64"


class Publisher:
    """A folder with a repository, keys in two places, wheels and pins."""

    def __init__(self, folder: Path, main: Callable[[list[str]], int]) -> None:
        self.folder, self._main = folder, main
        self.repository, self.keys, self.online = folder / "repo", folder / "keys", folder / "online"
        self.wheels, self.pins = folder / "wheels", folder / "pins.txt"
        self.wheels.mkdir(exist_ok=True)

    def run(self, action: str, *words: object) -> int:
        return self._main([action, *map(str, words)])

    def init(self) -> None:
        """Make a repository; snapshot and timestamp keys go where they are needed each week."""
        assert self.run("init", self.repository, "--keys", self.keys, *AT) == 0
        self.online.mkdir()
        for path in [*self.keys.glob("snapshot-*"), *self.keys.glob("timestamp-*")]:
            path.rename(self.online / path.name)

    def lay(self, version: str, needs: tuple[str, ...] = ("helper>=1",)) -> None:
        """Lay out the wheels of a version, and pin them."""
        for path in self.wheels.glob("latchkey-*"):
            path.unlink()
        wheel = tiny_latchkey(version, needs=needs)
        (self.wheels / f"latchkey-{version}-py3-none-any.whl").write_bytes(wheel)
        (self.wheels / "helper-1.0-py3-none-any.whl").write_bytes(
            make_wheel("helper", "1.0", {"helper.py": ""})
        )

    def pin(self, capsys: pytest.CaptureFixture[str]) -> None:
        capsys.readouterr()
        assert self.run("pin", self.wheels) == 0
        self.pins.write_text(capsys.readouterr().out)

    def release(self, *words: str, at: tuple[str, str] = AT) -> int:
        keys = ("--keys", self.keys, "--keys", self.online)
        build = ("--build", f"{BUILD}={self.wheels}")
        return self.run("release", self.repository, *keys, "--pins", self.pins, *build, *at, *words)

    def files(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.repository).as_posix(): path.read_bytes()
            for path in self.repository.rglob("*")
            if path.is_file()
        }

    def is_good(self, at: tuple[str, str] = AT) -> bool:
        return self.run("check", self.repository, *at) == 0


@pytest.fixture
def publisher(tmp_path: Path, desk: ModuleType, capsys: pytest.CaptureFixture[str]) -> Publisher:
    from latchkey_release.command import main

    made = Publisher(tmp_path, main)
    made.init()
    made.lay("0.2.0")
    made.pin(capsys)
    return made


def test_what_is_released_is_what_a_device_installs(publisher: Publisher, world: "World") -> None:
    assert publisher.release() == 0
    assert publisher.is_good()
    files = publisher.files()
    world.pinned, world.origin.files = files["metadata/1.root.json"], files
    door = world.doorbell()
    assert door.update()
    publisher.lay("0.3.0")
    assert publisher.release(at=LATER) == 0
    world.origin.files = publisher.files()
    assert world.doorbell(door.disk, door.clock).update()
    assert door.runs == 2


def test_the_same_wheels_keys_and_time_give_the_same_bytes(publisher: Publisher, tmp_path: Path) -> None:
    twin = tmp_path / "twin"
    shutil.copytree(publisher.repository, twin)
    assert publisher.release() == 0
    first = publisher.files()
    shutil.rmtree(publisher.repository)
    twin.rename(publisher.repository)
    assert publisher.release() == 0
    assert publisher.files() == first


def test_keys_are_for_their_owner_alone_and_never_written_over(publisher: Publisher) -> None:
    files = [*publisher.keys.iterdir(), *publisher.online.iterdir()]
    assert len(files) == 6
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert publisher.run("init", publisher.repository, "--keys", publisher.keys) == 1


def test_no_secret_lies_in_the_repository(publisher: Publisher) -> None:
    publisher.release()
    secrets = [path.read_text().strip() for path in [*publisher.keys.iterdir(), *publisher.online.iterdir()]]
    everything = b"".join(publisher.files().values())
    assert not [secret for secret in secrets if secret.encode() in everything]


def test_the_online_keys_alone_renew_what_expires_soon_and_nothing_else(publisher: Publisher) -> None:
    publisher.release()
    assert not publisher.is_good(at=("--at", "2026-12-03T12:00:00+00:00"))
    later = ("--at", "2026-12-02T12:00:00+00:00")
    assert publisher.run("renew", publisher.repository, "--keys", publisher.online, *later) == 0
    assert publisher.is_good(at=("--at", "2026-12-08T12:00:00+00:00"))


def test_without_the_keys_of_targets_nothing_is_released(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    before = publisher.files()
    keys, build = ("--keys", publisher.online), ("--build", f"{BUILD}={publisher.wheels}")
    assert publisher.run("release", publisher.repository, *keys, "--pins", publisher.pins, *build, *AT) == 1
    assert "targets is not signed by 1 of its keys" in capsys.readouterr().err
    assert publisher.files() == before


@pytest.mark.parametrize("role", ["root", "targets", "snapshot", "timestamp"])
def test_keys_are_replaced_and_devices_follow(
    publisher: Publisher, world: "World", tmp_path: Path, role: str
) -> None:
    publisher.release()
    files = publisher.files()
    world.pinned, world.origin.files = files["metadata/1.root.json"], files
    door = world.doorbell()
    assert door.update()
    keys = ("--keys", publisher.keys, "--keys", publisher.online)
    new = publisher.online if role in ("snapshot", "timestamp") else publisher.keys
    old = set(new.glob(f"{role}-*"))
    assert publisher.run("rotate", publisher.repository, role, *keys, "--into", new, *LATER) == 0
    for path in old:
        path.unlink()
    assert publisher.is_good(at=LATER)
    publisher.lay("0.3.0")
    assert publisher.release(at=LATER) == 0
    world.origin.files = publisher.files()
    assert world.doorbell(door.disk, door.clock).update()


def test_one_root_key_of_three_replaces_nothing(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in sorted(publisher.keys.glob("root-*"))[1:]:
        path.unlink()
    before = publisher.files()
    keys = ("--keys", publisher.keys, "--keys", publisher.online)
    words = ("rotate", publisher.repository, "timestamp", *keys, "--into", publisher.online)
    assert publisher.run(*words) == 1
    assert "too few root keys" in capsys.readouterr().err
    assert publisher.files() == before


def spoil(publisher: Publisher, how: str) -> None:
    helper = publisher.wheels / "helper-1.0-py3-none-any.whl"
    if how == "other bytes":
        helper.write_bytes(make_wheel("helper", "1.0", {"helper.py": "evil = 1\n"}))
    elif how == "not pinned":
        (publisher.wheels / "evil-1-py3-none-any.whl").write_bytes(make_wheel("evil", "1", {"evil.py": ""}))
    elif how == "missing":
        helper.unlink()
    elif how == "too old":
        publisher.lay("0.2.0", needs=("helper>=2",))
    elif how == "elsewhere":
        publisher.lay("0.2.0", needs=())
        wheel = make_wheel("latchkey", "0.2.0", {"latchkey/__init__.py": "", "x.pth": "import evil"})
        (publisher.wheels / "latchkey-0.2.0-py3-none-any.whl").write_bytes(wheel)
    elif how == "no latchkey":
        (publisher.wheels / "latchkey-0.2.0-py3-none-any.whl").unlink()
    else:
        publisher.pins.write_text("helper>=1\n")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("other bytes", "not pinned with this hash"),
        ("not pinned", "evil-1-py3-none-any.whl is not pinned"),
        ("missing", "needs helper, which is not there"),
        ("too old", "needs helper>=2, not 1.0"),
        ("elsewhere", "no device would take it"),
        ("no latchkey", "no wheel of Latchkey"),
        ("no hashes", "no pin with a hash"),
    ],
)
def test_wheels_that_are_not_what_was_pinned_are_not_signed(
    publisher: Publisher, capsys: pytest.CaptureFixture[str], how: str, said: str
) -> None:
    before = publisher.files()
    spoil(publisher, how)
    assert publisher.release() == 1
    assert said in capsys.readouterr().err
    assert publisher.files() == before


def test_needs_of_other_machines_and_of_extras_do_not_count(publisher: Publisher) -> None:
    needs = ("helper", "gone; sys_platform == 'win32'", "more; extra == 'dev'", "old; python_version < '3.9'")
    publisher.lay("0.2.0", needs=needs)
    assert publisher.release() == 0


def test_what_a_device_needs_to_update_itself_counts(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    publisher.lay("0.2.0", needs=("helper", "tuf; extra == 'update'"))
    assert publisher.release() == 1
    assert "needs tuf" in capsys.readouterr().err


def test_each_release_has_a_higher_number(publisher: Publisher) -> None:
    def numbers() -> set[Any]:
        files = publisher.files().items()
        return {decode_release(data).number for name, data in files if name.endswith(".release.json")}

    publisher.release()
    publisher.release(at=LATER)
    assert numbers() == {1, 2}


def test_one_key_never_signs_for_two_roles(desk: ModuleType) -> None:
    from latchkey_release.repository import RepositoryError

    keys = {role: [desk.key("the same")] for role in desk.ROLES}
    with pytest.raises(RepositoryError, match="one key is to sign for"):
        desk.Repository.new(keys, {}, desk.NOW)
