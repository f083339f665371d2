"""The program of those who publish: `init`, `pin`, `release`, `renew`, `rotate`, `check`."""

import argparse
import hashlib
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from latchkey.errors import LatchkeyError
from latchkey.update import Release, Wheel, decode_release
from latchkey_release.repository import ROLES, Blob, Repository, RepositoryError
from latchkey_release.signing import KeyFileError, SecretKey, load_key, new_key
from latchkey_release.wheels import OURS, WheelsWrong, collect, read_pins, write_pins

ROOT_KEYS, ROOT_THRESHOLD = 3, 2
"""One may be lost and one stolen, not both at once."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; give its exit code."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (RepositoryError, KeyFileError, WheelsWrong, LatchkeyError, OSError) as error:
        print(f"latchkey-release: error: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="latchkey-release", description=__doc__)
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    repository = argparse.ArgumentParser(add_help=False)
    repository.add_argument("repository", type=Path, help="folder that a web server gives out")
    repository.add_argument(
        "--at", type=_moment, metavar="TIME", help="sign as of this time (ISO 8601) [now]"
    )
    keys = argparse.ArgumentParser(add_help=False)
    keys.add_argument(
        "--keys",
        type=Path,
        action="append",
        required=True,
        metavar="FOLDER",
        help="where key files lie; repeatable",
    )
    init = actions.add_parser("init", parents=[repository], help="make keys and an empty repository")
    init.add_argument("--keys", type=Path, required=True, metavar="FOLDER", help="where to put the keys")
    init.set_defaults(run=_init)
    pin = actions.add_parser("pin", help="print pins with hashes for folders of wheels")
    pin.add_argument("folders", type=Path, nargs="+")
    pin.set_defaults(run=lambda options: sys.stdout.write(write_pins(options.folders)))
    release = actions.add_parser("release", parents=[repository, keys], help="publish wheels as a release")
    release.add_argument("--pins", type=Path, required=True, help="file of pins with hashes")
    release.add_argument(
        "--build",
        action="append",
        required=True,
        metavar="cp313-aarch64=FOLDER",
        help="wheels for one machine",
    )
    release.set_defaults(run=_release)
    renew = actions.add_parser("renew", parents=[repository, keys], help="sign snapshot and timestamp anew")
    renew.set_defaults(run=_renew)
    rotate = actions.add_parser("rotate", parents=[repository, keys], help="replace the keys of a role")
    rotate.add_argument("role", choices=ROLES)
    rotate.add_argument(
        "--into", type=Path, required=True, metavar="FOLDER", help="where to put the new keys"
    )
    rotate.add_argument("--count", type=int, help="how many new keys [as many as before]")
    rotate.add_argument("--threshold", type=int, help="how many of them have to sign [as before]")
    rotate.set_defaults(run=_rotate)
    check = actions.add_parser("check", parents=[repository], help="say what a device would not accept")
    check.set_defaults(run=_check)
    return parser


def _init(options: argparse.Namespace) -> None:
    if (options.repository / "metadata").exists():
        raise RepositoryError(f"{options.repository} holds a repository already")
    keys = {role: [new_key() for _ in range(ROOT_KEYS if role == "root" else 1)] for role in ROLES}
    made = Repository.new(keys, {"root": ROOT_THRESHOLD}, _now(options))
    for role in ROLES:
        _save(keys[role], role, options.keys)
    write(made.files, options.repository)
    print(f"root 1, sha256 {hashlib.sha256(made.pinned).hexdigest()}: metadata/1.root.json goes onto devices")


def _release(options: argparse.Namespace) -> None:
    repository = Repository(read(options.repository))
    pins = read_pins(options.pins.read_text("utf-8"))
    builds: dict[str, tuple[Wheel, ...]] = {}
    blobs: dict[str, bytes] = {}
    for text in options.build:
        build, _, folder = text.partition("=")
        found = collect(build, Path(folder), pins)
        builds[build] = tuple(wheel for wheel, _ in found)
        for wheel, data in found:
            if blobs.setdefault(wheel.name, data) != data:
                raise WheelsWrong(f"two builds hold different {wheel.name}")
    versions = {wheel.version for build in builds.values() for wheel in build if wheel.distribution == OURS}
    if len(versions) != 1:
        raise WheelsWrong(f"the builds hold different versions of Latchkey: {', '.join(sorted(versions))}")
    now = _now(options)
    release = Release(versions.pop(), _last_number(repository) + 1, int(now.timestamp()), builds)
    wheels = [Blob(f"wheels/{name}", data) for name, data in sorted(blobs.items())]
    repository.publish(release, wheels, _keys(repository, options.keys), now)
    _write_checked(repository, options.repository)
    print(f"release {release.number} ({release.version}), {len(blobs)} wheels")


def _renew(options: argparse.Namespace) -> None:
    repository = Repository(read(options.repository))
    repository.renew(_keys(repository, options.keys), _now(options))
    _write_checked(repository, options.repository)


def _rotate(options: argparse.Namespace) -> None:
    repository, now = Repository(read(options.repository)), _now(options)
    role, before = repository.root.roles[options.role], _keys(repository, options.keys)
    new = [new_key() for _ in range(options.count or len(role.keyids))]
    signers = before["root"] + (new if options.role == "root" else [])
    repository.rotate(options.role, new, signers, now, options.threshold)
    keys = {**before, options.role: new}
    if options.role == "targets":
        repository.sign_targets(keys, now)
    elif options.role != "root":
        repository.renew(keys, now)
    _save(new, options.role, options.into)
    _write_checked(repository, options.repository)


def _check(options: argparse.Namespace) -> None:
    wrong = Repository(read(options.repository)).check(_now(options))
    if wrong:
        raise RepositoryError("; ".join(wrong))
    print("good")


def _write_checked(repository: Repository, folder: Path) -> None:
    """Write what devices accept; else nothing. Raises RepositoryError."""
    wrong = repository.check(None)
    if wrong:
        raise RepositoryError(f"nothing was written: {'; '.join(wrong)}")
    write(repository.files, folder)


def read(folder: Path) -> dict[str, bytes]:
    """Read all files of a repository."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def write(files: dict[str, bytes], folder: Path) -> None:
    """Write what is new; what leads to it, `timestamp.json`, last. A device meets the old state or the
    new one.
    """
    for name in sorted(files, key=lambda name: (name.endswith("/timestamp.json"), name)):
        path = folder / name
        if path.exists() and path.read_bytes() == files[name]:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        with part.open("wb") as file:
            file.write(files[name])
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)


def _last_number(repository: Repository) -> int:
    target = repository.targets.targets.get("release.json")
    if target is None:
        return 0
    return decode_release(repository.files[f"targets/{target.hashes['sha256']}.release.json"]).number


def _keys(repository: Repository, folders: list[Path]) -> dict[str, list[SecretKey]]:
    """Give the keys that lie there, by the roles that they sign for now."""
    found = {
        key.public_key.keyid: key for folder in folders for key in map(load_key, sorted(folder.glob("*.key")))
    }
    roles = repository.root.roles
    return {role: [found[one] for one in roles[role].keyids if one in found] for role in ROLES}


def _save(keys: list[SecretKey], role: str, folder: Path) -> None:
    for key in keys:
        key.save(folder / f"{role}-{key.public_key.keyid[:8]}.key")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _now(options: argparse.Namespace) -> datetime:
    return options.at or datetime.now(UTC)
