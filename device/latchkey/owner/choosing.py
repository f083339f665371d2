"""Which keys are tried for which clip: those of the day in its name, and of the day that its device signed.

Holding keys are many, and each try is a key agreement: looking at all clips, they are tried only for clips
that can be sealed to one. Such a clip has no day in its name or on its slip, and names a single reader. Of
those whose slip no device of the household signed, anybody can put any number into a vault: of them
`UNSIGNED_LIMIT` are tried.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from latchkey.clip import X25519Identity
from latchkey.clip.header import Header, read_header
from latchkey.errors import DiskError, LatchkeyError
from latchkey.owner.hearing import signed_day
from latchkey.owner.household import HoldingSecret, Household
from latchkey.owner.keyring import Keys
from latchkey.owner.opening import ReadableDisk
from latchkey.ports import ClipEntry
from latchkey.vault import UNDATED, SlipDamaged, decode_slip, sealed_name, slip_name

UNSIGNED_LIMIT = 16
"""Each is tried with all holding keys, of which there are 64 and more."""


def days_of(disk: ReadableDisk, entry: ClipEntry) -> tuple[int, ...]:
    """Give the UTC day in the name of a clip and then, if it is another, the one on its slip, whoever signed
    that: a key opens it or does not.
    """
    try:
        slip = decode_slip(disk.read(slip_name(entry.clip)), lambda *_: None)
    except (DiskError, SlipDamaged):
        return (entry.day,)
    return tuple(dict.fromkeys((entry.day, slip.day)))


def keys_for(disk: ReadableDisk, entry: ClipEntry, keys: Keys) -> tuple[str, ...]:
    """Give all keys that may open a clip."""
    return _joined(keys.of(day) for day in days_of(disk, entry))


def face_keys_for(disk: ReadableDisk, entry: ClipEntry, keys: Keys) -> tuple[str, ...]:
    """Give the keys that may open the face layer of a clip."""
    return _joined(keys.faces_of(day) for day in days_of(disk, entry))


def quick_keys_for(
    disk: ReadableDisk, entry: ClipEntry, keys: Keys, held: Mapping[str, int]
) -> tuple[str, ...]:
    """Give the keys to try for one of many clips; `held` is what `held_numbers` found."""
    return _joined(keys.of(day, held=held.get(entry.clip)) for day in days_of(disk, entry))


def held_numbers(disk: ReadableDisk, entries: Sequence[ClipEntry], state: Household) -> dict[str, int]:
    """Give the number of the holding key that a clip is sealed to, for all clips that are, by their ids."""
    undated = [entry for entry in entries if entry.state != "kept" and UNDATED in days_of(disk, entry)]
    signed = [entry for entry in undated if _is_signed(disk, entry, state)]
    others = (entry for entry in undated if entry not in signed)
    secrets = [(one, X25519Identity(one.secret)) for one in state.holding]
    found: dict[str, int] = {}
    for entry in (*signed, *islice(others, UNSIGNED_LIMIT)):
        number = _number_of(disk, entry, secrets)
        if number is not None:
            found[entry.clip] = number
    return found


def _is_signed(disk: ReadableDisk, entry: ClipEntry, state: Household) -> bool:
    return any(signed_day(disk, entry.clip, one.public) is not None for one in state.devices)


def _number_of(
    disk: ReadableDisk, entry: ClipEntry, secrets: Sequence[tuple[HoldingSecret, X25519Identity]]
) -> int | None:
    try:
        with disk.reader(sealed_name(entry.clip, entry.day, entry.state)) as file:
            header = read_header(file)
        if len(header.stanzas) != 1:
            return None
        return next((one.number for one, key in secrets if _opens(header, key)), None)
    except LatchkeyError:  # damaged, or gone meanwhile: no key is to be noted for it
        return None


def _opens(header: Header, key: X25519Identity) -> bool:
    """Whether a key opens a header of one stanza. Raises HeaderDamaged."""
    file_key = key.unwrap(header.stanzas[0])
    if file_key is None:
        return False
    header.verify(file_key)
    return True


def _joined(keys: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for some in keys for key in some))
