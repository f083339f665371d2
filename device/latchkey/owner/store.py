"""The owner's state as a file: 0600, replaced whole, one change at a time.

With a passphrase the file is sealed under it; without one it ends with a check, as the small files of a
device do (`latchkey.pipeline.durable`): what flash has changed is refused, never used. A file of before there
was a check is read, and gets one with the next change. With a recovery phrase a copy sealed under the phrase
lies beside it, is replaced with it, and is the file to keep elsewhere. A replaced file may survive in flash
and in backups: a copy made on day d opens every day from d - T on.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from latchkey.adapters.disk import FILE_MODE, FolderDisk, disk_errors
from latchkey.adapters.entropy import OsEntropy
from latchkey.clip import Take, X25519Identity, X25519Recipient
from latchkey.errors import DiskError, NotOnDisk, OwnerKeyError, UsageError
from latchkey.owner.custody import Custody, PassphraseLock
from latchkey.owner.files import make_private
from latchkey.owner.household import HoldingSecret, Household, KnownDevice
from latchkey.owner.opening import ReadableDisk
from latchkey.owner.ratchet import Ratchet, Use
from latchkey.owner.sealing import SALT_BYTES, StateDamaged, is_sealed, open_state, salt_of, seal_state
from latchkey.pipeline.durable import FileDamaged, with_check, without_check, write_whole
from latchkey.reading import read_small
from latchkey.units import MIB
from latchkey.vault.book import BOOK_LIMIT_BYTES, LONGEST_DAYS, Viewer, decode_book
from latchkey.vault.signed import NUMBER_LIMIT, OrderWrong, key_bytes, key_text, whole

STATE_NAME, BOOK_NAME, LOCK_NAME = "state.json", "book.json", "lock"
COPY_NAME = "recovery.state"
"""The copy for the recovery phrase."""

_ELSEWHERE = "--household FOLDER names another place"
STATE_LIMIT_BYTES = 4 * MIB
_DAY_LIMIT = 10**7
_LOCK = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
_FIELDS = {
    "schema",
    "number",
    "seed",
    "viewer",
    "days",
    "ratchet",
    "others",
    "long_term",
    "holding",
    "devices",
    "names",
    "custody",
}
"""Of schema 1, from before face layers had keys of their own; schema 2 has `faces` too."""


def encode_household(state: Household) -> bytes:
    """Give the bytes of a state. They are secret."""
    lock, faces = state.custody.passphrase, state.face_ratchet
    fields: dict[str, object] = {
        "schema": 1 if faces is None else 2,
        "number": state.number,
        "seed": key_text(state.seed),
        "viewer": state.viewer,
        "days": state.days,
        "ratchet": {"day": state.ratchet.day, "secret": key_text(state.ratchet.secret)},
        "long_term": key_text(state.long_term),
        "holding": [
            [one.number, key_text(one.secret), one.seen_day, *([key_text(one.device)] if one.device else [])]
            for one in state.holding
        ],
        "others": [_viewer_fields(one, with_faces=faces is not None) for one in state.others],
        "devices": [
            [key_text(one.public), one.newest_day, one.name, one.revoked_day] for one in state.devices
        ],
        "names": [list(pair) for pair in state.names],
        "custody": [
            lock and [key_text(lock.salt), key_text(lock.point)],
            state.custody.recovery and key_text(state.custody.recovery),
        ],
    }
    if faces is not None:
        fields["faces"] = [state.face_days, faces.day, key_text(faces.secret)]
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii")


def decode_household(data: bytes) -> Household:
    """Read a state. Raises OwnerKeyError for anything that `encode_household` does not write.

    One of schema 1 has no keys for faces: `HouseholdStore.change` draws them.
    """
    try:
        fields = json.loads(data)
        if not isinstance(fields, dict) or fields.get("schema") not in (1, 2):
            raise OrderWrong("it is of another version")
        if set(fields) != (_FIELDS if fields["schema"] == 1 else _FIELDS | {"faces"}):
            raise OrderWrong("it has other fields than it should")
        state = _household(fields)
    except (ValueError, TypeError, KeyError, RecursionError, OwnerKeyError) as error:
        raise OwnerKeyError("the owner's state is damaged, or of another version") from error
    if encode_household(state) != data:
        raise OwnerKeyError("the owner's state is damaged, or of another version")
    return state


def _viewer_fields(one: Viewer, *, with_faces: bool) -> list[object]:
    fields: list[object] = [one.id, one.days, one.first_day, [key_text(key) for key in one.keys]]
    if with_faces:
        fields += [one.face_days, [key_text(key) for key in one.face_keys]]
    return fields


def _viewer(
    viewer: str, days: int, first_day: int, keys: list[str], face_days: int = 0, face_keys: Sequence[str] = ()
) -> Viewer:
    known = tuple(key_bytes(key) for key in keys)
    return Viewer(viewer, days, first_day, known, face_days, tuple(key_bytes(key) for key in face_keys))


def _household(fields: dict[str, Any]) -> Household:
    state = _of_schema_1(fields)
    if fields["schema"] == 1:
        return state
    days, day, secret = fields["faces"]
    ratchet = Ratchet(whole(day, 0, _DAY_LIMIT, "day"), key_bytes(secret), Use.FACES)
    return replace(state, face_days=whole(days, 1, state.days, "days"), face_ratchet=ratchet)


def _of_schema_1(fields: dict[str, Any]) -> Household:
    return Household(
        number=whole(fields["number"], 0, NUMBER_LIMIT, "number"),
        seed=key_bytes(fields["seed"]),
        viewer=str(fields["viewer"]),
        days=whole(fields["days"], 1, LONGEST_DAYS, "days"),
        ratchet=Ratchet(
            whole(fields["ratchet"]["day"], 0, _DAY_LIMIT, "day"), key_bytes(fields["ratchet"]["secret"])
        ),
        long_term=key_bytes(fields["long_term"]),
        holding=tuple(
            HoldingSecret(
                whole(number, 1, NUMBER_LIMIT, "number"),
                key_bytes(secret),
                _day_or_none(seen),
                *map(key_bytes, device),
            )
            for number, secret, seen, *device in fields["holding"]
        ),
        others=tuple(_viewer(*one) for one in fields["others"]),
        devices=tuple(
            KnownDevice(key_bytes(public), _day_or_none(day), str(name), _day_or_none(revoked))
            for public, day, name, revoked in fields["devices"]
        ),
        names=tuple((str(one), str(name)) for one, name in fields["names"]),
        custody=_custody(*fields["custody"]),
    )


def _custody(lock: list[str] | None, recovery: str | None) -> Custody:
    return Custody(
        passphrase=None
        if lock is None
        else PassphraseLock(key_bytes(lock[0], SALT_BYTES), key_bytes(lock[1])),
        recovery=None if recovery is None else key_bytes(recovery),
    )


def _day_or_none(value: object) -> int | None:
    return None if value is None else whole(value, 0, _DAY_LIMIT, "day")


def default_folder() -> Path:
    """Where the owner's state lies."""
    return Path("~/.config/latchkey/owner").expanduser()


def sealed_copy(state: Household, take: Take) -> bytes:
    """Give the state sealed under the recovery phrase alone. Raises OwnerKeyError where there is none."""
    if state.custody.recovery is None:
        raise OwnerKeyError("there is no recovery phrase", hint="`latchkey owner phrase` makes one")
    return seal_state(encode_household(state), [str(X25519Recipient(state.custody.recovery))], None, take)


def open_copy(data: bytes, identity: X25519Identity) -> Household:
    """Read a copy with the key of the recovery phrase. Raises WordsWrong, StateDamaged, OwnerKeyError."""
    state = decode_household(open_state(data, identity))
    if state.custody.recovery != identity.recipient.point:
        raise StateDamaged("this copy was not made for this recovery phrase")
    return state


Unlock = Callable[[bytes], X25519Identity]
"""Asks for the passphrase whose salt this is, and gives the key that it makes."""


def no_passphrase(_salt: bytes) -> X25519Identity:
    """Refuse: nobody is there to ask. Raises OwnerKeyError."""
    raise OwnerKeyError("the owner's state has a passphrase", hint="--passphrase-file FILE gives it")


class HouseholdStore:
    """The state file in a folder of its own, 0700, and beside it the newest book and the copy for the phrase.

    `take` must be real entropy; its streams are those of `latchkey.clip.age`. What a crash has left half
    written holds keys too: it goes with the next change. `disk` is the folder, unless a test says otherwise.
    """

    def __init__(
        self,
        folder: Path,
        unlock: Unlock = no_passphrase,
        take: Take | None = None,
        disk: ReadableDisk | None = None,
    ) -> None:
        self.folder = folder
        self._disk = disk or FolderDisk(folder)
        self.book_path = folder / BOOK_NAME
        self.copy_path = folder / COPY_NAME
        self._path = folder / STATE_NAME
        self._unlock = unlock
        self._known: tuple[bytes, X25519Identity] | None = None
        self._take = take or OsEntropy().take

    @property
    def exists(self) -> bool:
        """Whether there is a state."""
        return STATE_NAME in self._disk.names("")

    def load(self) -> Household:
        """Read the state; a passphrase is asked for once. Raises OwnerKeyError (WordsWrong, StateDamaged)."""
        try:
            with self._disk.reader(STATE_NAME) as file:
                data = file.read(STATE_LIMIT_BYTES + 1)
        except DiskError as error:
            raise OwnerKeyError(str(error), hint=self._way_back()) from error
        return self._opened(data) if is_sealed(data) else decode_household(self._checked(data))

    def check_absent(self) -> None:
        """Raise UsageError where there is a household, or what is left of one: the copy for the phrase may be
        all that still opens its clips, and no other household is written over it.
        """
        self._check_no_state()
        left = [name for name in (COPY_NAME, BOOK_NAME) if name in self._disk.names("")]
        if left:
            raise UsageError(
                f"there was a household in {self.folder}: {left[0]} is there still, and is left as it is",
                hint=self._way_back() if left[0] == COPY_NAME else _ELSEWHERE,
            )

    def check_recoverable(self, copies: Sequence[bytes]) -> None:
        """Raise UsageError where recovering one of these copies would write over another household, or over a
        copy for the phrase that is not among them: it may be newer, or somebody else's.
        """
        self._check_no_state()
        with suppress(NotOnDisk):
            with self._disk.reader(COPY_NAME) as file:
                beside = file.read(STATE_LIMIT_BYTES + 1)
            if beside not in copies:
                raise UsageError(
                    f"{self.copy_path} is another copy, and would be written over", hint=self._way_back()
                )

    def _check_no_state(self) -> None:
        if self.exists:
            raise UsageError(
                f"there is a household in {self.folder} already, and it is left as it is", hint=_ELSEWHERE
            )

    def _way_back(self) -> str:
        """Say what to do where there is no state: first of all to recover it, where that can be."""
        if COPY_NAME in self._disk.names(""):
            return (
                f"`latchkey owner recover {self.copy_path}`, with your phrase, brings it back; {_ELSEWHERE}"
            )
        return (
            "`latchkey owner init` makes a household, `latchkey owner recover` one of a copy;"
            " `latchkey clips open --key FILE` opens with a key file instead"
        )

    def create(self, state: Household, book: bytes) -> None:
        """Write a first state, and then its book. Raises UsageError where there is a state, DiskError.

        What else may be there of a household is for the caller to look at, before.
        """
        with self._locked():
            self._check_no_state()
            self._write_state(state)
            write_whole(self._disk, BOOK_NAME, book)

    def change(self, act: Callable[[Household], Household]) -> Household:
        """Replace the state by what `act` makes of it, durably. Raises OwnerKeyError, DiskError.

        `act` gets a state with keys for faces: an older one gains them here, and nowhere else.
        """
        with self._locked():
            before = self.load()
            after = act(before.with_face_ratchet(self._take))
            if after != before:
                self._write_state(after)
        return after

    def settle(self, act: Callable[[Household], Household]) -> Household:
        """Do as `change`, for an `act` that may be asked twice. Only where it erases keys must the folder be
        written: it may lie on a disk that is read-only or full. Raises as `change`.
        """
        before = self.load()
        after = act(before)
        is_tidy = not any(name.endswith(".part") for name in self._disk.names(""))
        if after == before and is_tidy and after.face_ratchet is not None:
            return after
        try:
            return self.change(act)
        except DiskError as error:
            if not after.has_erased(before):
                return after  # the notes and leftovers are for another time
            error.hint = (
                f"keys that are over go first: make room in {self.folder}, or copy it, and name the copy"
                " with --household COPY"
            )
            raise

    def sign(self, act: Callable[[Household], tuple[Household, bytes]]) -> tuple[Household, bytes]:
        """Replace the state and its book by what `act` gives; nobody else's change comes in between.

        The state goes first: a number that is spent is never spent again. Raises as `change`.
        """
        with self._locked():
            after, book = act(self.load())
            self._write_state(after)
            write_whole(self._disk, BOOK_NAME, book)
        return after, book

    def book_end_day(self) -> int | None:
        """Give the first day for which the newest book has no key; None where there is no book to read."""
        try:
            return decode_book(read_small(self.book_path, BOOK_LIMIT_BYTES)).end_day
        except (OSError, OwnerKeyError):
            return None

    def _checked(self, data: bytes) -> bytes:
        """Give an open state without its check; one that has none was written before there was any."""
        if data.endswith(b"}"):
            return data
        try:
            return without_check(STATE_NAME, data)
        except FileDamaged as error:
            hint = "`latchkey owner recover` makes a household of a copy; a backup of this file is one too"
            raise StateDamaged(f"{self._path} is damaged: it is not what was written", hint=hint) from error

    def _opened(self, data: bytes) -> Household:
        salt = salt_of(data)
        if salt is None:
            hint = "`latchkey owner recover` makes a household of it"
            raise StateDamaged(f"{self._path} is a copy for the recovery phrase", hint=hint)
        known = self._known
        identity = known[1] if known is not None and known[0] == salt else self._unlock(salt)
        state = decode_household(open_state(data, identity))
        lock = state.custody.passphrase
        if lock is None or lock.point != identity.recipient.point:
            raise StateDamaged("the owner's state was sealed by somebody else")
        self._known = salt, identity
        return state

    def _write_state(self, state: Household) -> None:
        """Replace the copy first: if all ends here, the next change replaces both."""
        data, custody = encode_household(state), state.custody
        if custody.recovery is not None:
            write_whole(self._disk, COPY_NAME, sealed_copy(state, self._take))
        else:
            self._remove(COPY_NAME)
        if custody.passphrase is not None:
            recipient = str(X25519Recipient(custody.passphrase.point))
            data = seal_state(data, [recipient], custody.passphrase.salt, self._take)
        else:
            data = with_check(STATE_NAME, data)
        write_whole(self._disk, STATE_NAME, data)

    def _sweep(self) -> None:
        """Remove what a kill or a power cut left half-written: it would keep keys that are erased since."""
        for name in (STATE_NAME, COPY_NAME, BOOK_NAME):
            self._remove(f"{name}.part")

    def _remove(self, name: str) -> None:
        with suppress(NotOnDisk):
            self._disk.remove(name)
            self._disk.sync_folder("")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with disk_errors(f"write {self.folder}"):
            make_private(self.folder)
            handle = os.open(self.folder / LOCK_NAME, _LOCK, FILE_MODE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            self._sweep()
            yield
        finally:
            os.close(handle)
