"""The repository of releases, seen through its signatures (The Update Framework, python-tuf's client).

Order of an update: judge the clock, let tuf refresh, make durable what it verified, only then give
anything out. What the server sends is worth nothing by itself: a release's description and each wheel are
checked against metadata that the keys of the pinned root signed, one after another.
"""

import hashlib
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    ExpiredMetadataError,
    RepositoryError,
    UnsignedMetadataError,
)
from tuf.ngclient import TargetFile, Updater, UpdaterConfig

from latchkey.adapters.disk import disk_errors
from latchkey.adapters.updates.fetcher import LedgerFetcher, Pace
from latchkey.adapters.updates.keys import check_this_kind_alone
from latchkey.adapters.updates.trust import ROOTS_LIMIT, lay_out, read_trust, take_up, write_trust
from latchkey.egress import Ledger
from latchkey.egress.downloads import DownloadFailed
from latchkey.errors import NotOnDisk, UpdateRefused
from latchkey.ports import Clock, SlotDisk
from latchkey.units import NS_PER_S
from latchkey.update.release import LIMIT_BYTES, Release, Wheel, decode_release

RELEASE = "release.json"
WHEELS = "wheels"
DOWNLOADS = "downloads"
PIECE_BYTES = 1 << 20
DAY_S = 86_400
CONFIG = UpdaterConfig(
    max_root_rotations=ROOTS_LIMIT,
    max_delegations=0,  # there are none: whoever may sign targets signs all
    root_max_length=64 << 10,
    timestamp_max_length=16 << 10,
    snapshot_max_length=64 << 10,
    targets_max_length=1 << 20,
)


class Repository:
    """One look at a repository. `pinned` are the bytes of the root that this device was given."""

    def __init__(
        self,
        url: str,
        pinned: bytes,
        disk: SlotDisk,
        clock: Clock,
        ledger: Ledger,
        *,
        tls: ssl.SSLContext | None = None,
        pace: Pace | None = None,
    ) -> None:
        check_this_kind_alone()
        self._url = url.rstrip("/")
        self._pinned = pinned
        self._disk = disk
        self._clock = clock
        self._fetcher = LedgerFetcher(ledger, tls, pace)
        self._updater: Updater | None = None

    def newest(self, floor_s: int) -> Release:
        """Refresh what is known of the repository, and give the newest release.

        `floor_s`: the time cannot be less, as something that is here was made then. Raises UpdateRefused,
        DownloadFailed, DiskError; nothing has changed then but that more may be known.
        """
        trust = read_trust(self._disk)
        now_s = self._judged_time(max(floor_s, trust.seen_s))
        with TemporaryDirectory(prefix="latchkey-update-") as name, disk_errors(f"write {name}"):
            folder, seen_s = Path(name), trust.seen_s
            lay_out(trust, folder)
            try:
                self._updater = self._refreshed(folder, now_s)
                seen_s = now_s
            except RepositoryError as error:
                raise _refusal(error, now_s) from error
            except DownloadError as error:
                raise DownloadFailed(str(error), hint=_NO_NETWORK) from error
            finally:
                write_trust(self._disk, take_up(folder, seen_s))
        return self._release()

    def held_bytes(self, wheels: tuple[Wheel, ...]) -> int:
        """Give how much of these wheels is on the disk already, by their sizes: `fetch` looks closer."""
        return sum(wheel.size_bytes for wheel in wheels if self._has_size(_download_name(wheel), wheel))

    def fetch(self, wheel: Wheel) -> None:
        """Have a wheel on the disk, verified. One that is there already is checked, not fetched."""
        target = self._target(f"{WHEELS}/{wheel.name}")
        if target.length != wheel.size_bytes or target.hashes.get("sha256") != wheel.sha256:
            raise UpdateRefused(f"the release and the repository do not mean the same {wheel.name}")
        name = _download_name(wheel)
        if self._is_there(name, wheel):
            return
        part = f"{name}.part"
        with suppress(NotOnDisk):
            self._disk.remove(part)
        digest, file = hashlib.sha256(), self._disk.create(part)
        try:
            for piece in self._fetcher.pieces(self._address(target), wheel.size_bytes):
                digest.update(piece)
                file.append(piece)
            file.sync()
        finally:
            file.close()
        if digest.hexdigest() != wheel.sha256:
            self._disk.remove(part)
            raise UpdateRefused(f"{wheel.name} is not the file that was signed", hint=_TRY_AGAIN)
        self._disk.rename(part, name)
        self._disk.sync_folder(DOWNLOADS)

    def open(self, wheel: Wheel) -> BinaryIO:
        """Open a wheel that `fetch` has put on the disk; its bytes are checked once more."""
        name = _download_name(wheel)
        if not self._is_there(name, wheel):
            raise UpdateRefused(f"{wheel.name} has changed on the disk", hint=_TRY_AGAIN)
        return self._disk.reader(name)

    def forget_others(self, wheels: tuple[Wheel, ...]) -> None:
        """Delete downloads but these: the next release has most of them too."""
        kept = {_download_name(wheel) for wheel in wheels}
        for name in self._disk.names(DOWNLOADS):
            if f"{DOWNLOADS}/{name}" not in kept:
                self._disk.remove(f"{DOWNLOADS}/{name}")

    def _judged_time(self, floor_s: int) -> int:
        """Give the time by which to judge. Raises UpdateRefused where the clock is behind what has been."""
        now_s = self._clock.wall_ns() // NS_PER_S
        if now_s + DAY_S < floor_s:
            raise UpdateRefused(
                f"this clock says {_date(now_s)}, but it is {_date(floor_s)} at least:"
                " whether a release has expired cannot be judged",
                hint="set the clock (see `timedatectl`), or wait until it gets the time; nothing was changed",
            )
        return max(now_s, floor_s)

    def _refreshed(self, folder: Path, now_s: int) -> Updater:
        updater = Updater(
            str(folder),
            f"{self._url}/metadata/",
            fetcher=self._fetcher,
            config=CONFIG,
            bootstrap=self._pinned,
        )
        # tuf asks the system for the time, and offers no other way to give it one.
        updater._trusted_set.reference_time = datetime.fromtimestamp(now_s, UTC)
        updater.refresh()
        return updater

    def _release(self) -> Release:
        target = self._target(RELEASE)
        data = b"".join(self._fetcher.pieces(self._address(target), min(target.length, LIMIT_BYTES)))
        try:
            target.verify_length_and_hashes(data)
        except RepositoryError as error:
            raise UpdateRefused(f"{RELEASE} is not the file that was signed", hint=_TRY_AGAIN) from error
        return decode_release(data)

    def _target(self, path: str) -> TargetFile:
        assert self._updater is not None, "newest comes first"
        found = self._updater.get_targetinfo(path)
        if found is None or "sha256" not in found.hashes:
            raise UpdateRefused(f"the repository has signed no {path}")
        return found

    def _address(self, target: TargetFile) -> str:
        folder, slash, name = target.path.rpartition("/")
        return f"{self._url}/targets/{folder}{slash}{target.hashes['sha256']}.{name}"

    def _has_size(self, name: str, wheel: Wheel) -> bool:
        try:
            return self._disk.size_bytes(name) == wheel.size_bytes
        except NotOnDisk:
            return False

    def _is_there(self, name: str, wheel: Wheel) -> bool:
        """Whether a file has the bytes of a wheel."""
        if not self._has_size(name, wheel):
            return False
        try:
            with self._disk.reader(name) as file:
                digest = hashlib.sha256()
                while piece := file.read(PIECE_BYTES):
                    digest.update(piece)
                return digest.hexdigest() == wheel.sha256
        except NotOnDisk:
            return False


_NO_NETWORK = "it is tried again the next time; nothing was changed"
_TRY_AGAIN = "try again later; if it stays so, the server or the way to it is not to be trusted"


def _download_name(wheel: Wheel) -> str:
    return f"{DOWNLOADS}/{wheel.sha256}"


def _date(at_s: int) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M} UTC"


def _refusal(error: RepositoryError, now_s: int) -> UpdateRefused:
    """Say in words of ours why tuf did not take what the server gave."""
    if isinstance(error, ExpiredMetadataError):
        return UpdateRefused(
            f"what the repository offers has expired by this clock, which says {_date(now_s)}: {error}",
            hint="nobody renewed it, or somebody holds newer releases back, or the clock is ahead",
        )
    if isinstance(error, BadVersionNumberError):
        return UpdateRefused(
            f"the repository offers something older than what was seen before: {error}", hint=_TRY_AGAIN
        )
    if isinstance(error, UnsignedMetadataError):
        return UpdateRefused(f"it is not signed by those whom the root names: {error}", hint=_TRY_AGAIN)
    return UpdateRefused(f"the repository cannot be trusted: {error}", hint=_TRY_AGAIN)
