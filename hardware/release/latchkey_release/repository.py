"""The repository as values: four kinds of signed metadata, and the files that they vouch for.

`files` are all files of the repository by path, as a web server gives them out: any that gives out files
will do, and nothing on it is secret. Each change makes new files and leaves earlier ones, as devices may
be in the middle. Signing the same with the same keys at the same time gives the same bytes: who has the
wheels can compare.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.serialization.json import JSONSerializer

from latchkey.adapters.updates.keys import check_this_kind_alone
from latchkey.update import Release, encode_release
from latchkey_release.signing import SecretKey

ROLES = ("root", "targets", "snapshot", "timestamp")
DAYS = {"root": 365, "targets": 180, "snapshot": 30, "timestamp": 7}
"""How long what is signed counts. A device that meets nothing newer for longer says so and stays as it is."""

Keys = Mapping[str, list[SecretKey]]
Signed = Root | Targets | Snapshot | Timestamp
_T = TypeVar("_T", Targets, Snapshot, Timestamp)


class RepositoryError(Exception):
    """The repository cannot be changed as was asked for."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A file to vouch for."""

    path: str
    data: bytes


class Repository:
    """What a repository holds. `new` makes one, `open` takes the files of one."""

    def __init__(self, files: dict[str, bytes]) -> None:
        check_this_kind_alone()
        self.files = files
        self.root = self._newest_root()
        self.targets = self._signed(Targets, f"{self._version('targets')}.targets")
        self.snapshot = self._signed(Snapshot, f"{self._version('snapshot')}.snapshot")
        self.timestamp = self._signed(Timestamp, "timestamp")

    @classmethod
    def new(cls, keys: Keys, thresholds: Mapping[str, int], now: datetime) -> "Repository":
        """Make an empty repository, signed by all `keys` of each role."""
        check_this_kind_alone()
        root = Root(version=1, expires=_expires("root", now), consistent_snapshot=True)
        for role in ROLES:
            for key in keys[role]:
                root.add_key(key.public_key, role)
            root.roles[role].threshold = thresholds.get(role, 1)
        _check_root(root)
        targets = Targets(version=1, expires=_expires("targets", now))
        snapshot = Snapshot(version=1, expires=_expires("snapshot", now))
        timestamp = Timestamp(version=1, expires=_expires("timestamp", now))
        files = {
            "metadata/1.root.json": sign(root, keys["root"]),
            "metadata/1.targets.json": sign(targets, keys["targets"]),
            "metadata/1.snapshot.json": sign(snapshot, keys["snapshot"]),
            "metadata/timestamp.json": sign(timestamp, keys["timestamp"]),
        }
        return cls(files)

    @property
    def pinned(self) -> bytes:
        """The newest root: what a device is given when it is set up."""
        return self.files[f"metadata/{self.root.version}.root.json"]

    def publish(self, release: Release, wheels: Iterable[Blob], keys: Keys, now: datetime) -> None:
        """Offer a release, with its wheels, to all devices; sign `targets`, `snapshot` and `timestamp`."""
        blobs = [Blob("release.json", encode_release(release)), *wheels]
        for blob in blobs:
            target = TargetFile.from_data(blob.path, blob.data, ["sha256"])
            self.targets.targets[blob.path] = target
            folder, slash, name = blob.path.rpartition("/")
            self.files[f"targets/{folder}{slash}{target.hashes['sha256']}.{name}"] = blob.data
        wanted = {f"wheels/{wheel.name}" for build in release.builds.values() for wheel in build}
        for path in sorted(self.targets.targets):
            if path.startswith("wheels/") and path not in wanted:
                del self.targets.targets[path]
        self.sign_targets(keys, now)

    def sign_targets(self, keys: Keys, now: datetime) -> None:
        """Sign `targets` anew, and what vouches for it."""
        self.targets.version += 1
        self.targets.expires = _expires("targets", now)
        self.files[f"metadata/{self.targets.version}.targets.json"] = sign(self.targets, keys["targets"])
        self.renew(keys, now)

    def renew(self, keys: Keys, now: datetime, *, snapshot: bool = True) -> None:
        """Sign `snapshot` and `timestamp` anew: to be done before the old ones expire."""
        if snapshot:
            self.snapshot.version += 1
            self.snapshot.expires = _expires("snapshot", now)
            data = self.files[f"metadata/{self.targets.version}.targets.json"]
            self.snapshot.meta["targets.json"] = _meta(self.targets.version, data)
            name = f"metadata/{self.snapshot.version}.snapshot.json"
            self.files[name] = sign(self.snapshot, keys["snapshot"])
        self.timestamp.version += 1
        self.timestamp.expires = _expires("timestamp", now)
        data = self.files[f"metadata/{self.snapshot.version}.snapshot.json"]
        self.timestamp.snapshot_meta = _meta(self.snapshot.version, data)
        self.files["metadata/timestamp.json"] = sign(self.timestamp, keys["timestamp"])

    def rotate(
        self,
        role: str,
        new: list[SecretKey],
        signers: list[SecretKey],
        now: datetime,
        threshold: int | None = None,
    ) -> None:
        """Let a role be signed by `new` keys from now on. `signers` are root keys: enough of the old
        root's, and, where `role` is root, of the new one's. Afterwards the role has to be signed anew.
        """
        for keyid in list(self.root.roles[role].keyids):
            self.root.revoke_key(keyid, role)
        for key in new:
            self.root.add_key(key.public_key, role)
        if threshold is not None:
            self.root.roles[role].threshold = threshold
        _check_root(self.root)
        self.sign_root(signers, now)

    def sign_root(self, signers: list[SecretKey], now: datetime) -> None:
        """Sign `root` anew. Raises RepositoryError where the keys do not suffice for a device to follow."""
        before = self._newest_root()
        self.root.version = before.version + 1
        self.root.expires = _expires("root", now)
        data = sign(self.root, signers)
        made = Metadata[Root].from_bytes(data)
        for judge in (before, made.signed):
            if not judge.get_verification_result("root", made.signed_bytes, made.signatures).verified:
                raise RepositoryError("too few root keys have signed: no device would follow")
        self.files[f"metadata/{self.root.version}.root.json"] = data

    def check(self, now: datetime | None) -> list[str]:
        """Say what a device would not accept; nothing where all is well. Without `now`, whatever the time."""
        wrong = []
        for role, signed, name in (
            ("root", self.root, f"{self.root.version}.root"),
            ("targets", self.targets, f"{self.targets.version}.targets"),
            ("snapshot", self.snapshot, f"{self.snapshot.version}.snapshot"),
            ("timestamp", self.timestamp, "timestamp"),
        ):
            stored = Metadata.from_bytes(self.files[f"metadata/{name}.json"])
            result = self.root.get_verification_result(role, stored.signed_bytes, stored.signatures)
            if not result.verified:
                wrong.append(f"{role} is not signed by {self.root.roles[role].threshold} of its keys")
            if now is not None and signed.is_expired(now):
                wrong.append(f"{role} has expired")
        for path, target in sorted(self.targets.targets.items()):
            folder, slash, base = path.rpartition("/")
            data = self.files.get(f"targets/{folder}{slash}{target.hashes['sha256']}.{base}")
            if data is None or hashlib.sha256(data).hexdigest() != target.hashes["sha256"]:
                wrong.append(f"{path} is missing or not what was signed")
        return wrong

    def _newest_root(self) -> Root:
        names = [name.split("/")[1] for name in self.files if name.endswith(".root.json")]
        if not names:
            raise RepositoryError("there is no repository here: no root")
        newest = max(int(name.split(".")[0]) for name in names)
        return Metadata[Root].from_bytes(self.files[f"metadata/{newest}.root.json"]).signed

    def _version(self, role: str) -> int:
        timestamp = self._signed(Timestamp, "timestamp")
        version = timestamp.snapshot_meta.version
        if role == "snapshot":
            return version
        return self._signed(Snapshot, f"{version}.snapshot").meta["targets.json"].version

    def _signed(self, kind: type[_T], name: str) -> _T:
        signed = Metadata.from_bytes(self.files[f"metadata/{name}.json"]).signed
        if not isinstance(signed, kind):
            raise RepositoryError(f"{name}.json is not what its name says")
        return signed


def sign(signed: Signed, keys: Iterable[SecretKey]) -> bytes:
    """Give metadata with the signatures of all `keys`."""
    metadata: Metadata[Any] = Metadata(signed)
    for key in keys:
        metadata.sign(key, append=True)
    return metadata.to_bytes(JSONSerializer(compact=True))


def _meta(version: int, data: bytes) -> MetaFile:
    return MetaFile(version, len(data), {"sha256": hashlib.sha256(data).hexdigest()})


def _expires(role: str, now: datetime) -> datetime:
    return now.astimezone(UTC).replace(microsecond=0) + timedelta(days=DAYS[role])


def _check_root(root: Root) -> None:
    """A key signs for one role only: who steals one that lies on the server has no other with it."""
    used: dict[str, str] = {}
    for role in ROLES:
        for keyid in root.roles[role].keyids:
            if used.setdefault(keyid, role) != role:
                raise RepositoryError(f"one key is to sign for {used[keyid]} and for {role}")
        if not 1 <= root.roles[role].threshold <= len(root.roles[role].keyids):
            raise RepositoryError(f"{role} has fewer keys than have to sign")
