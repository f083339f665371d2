"""Who belongs to a household: further viewers and devices, added and revoked. Pure.

A further viewer is a household of its own: its keys never leave it. What the owner takes in is that viewer's
key book, which holds public keys only; devices seal to whom the owner's next book names, from then on.
Revoking holds from then on as well: clips that were sealed to a viewer stay so, and a copy is a copy.
"""

import re
from dataclasses import replace
from hashlib import blake2b

from latchkey.errors import UsageError
from latchkey.owner.household import Household, KnownDevice
from latchkey.owner.phrase import spell
from latchkey.vault.book import FACE_VIEWER_LIMIT, VIEWER_LIMIT, KeyBook, Viewer

NAME_LIMIT_CHARS = 40
DEVICE_LIMIT = 64
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
"""What `revoke` takes beside names; keys of devices are longer than names."""

FINGERPRINT_BYTES = 10
"""80 bits, 8 words and 2 that check: nobody makes a second key with the same ones."""


def fingerprint(public: bytes) -> str:
    """Give ten words that stand for a public key, to be compared by people."""
    return " ".join(spell(blake2b(public, digest_size=FINGERPRINT_BYTES, person=b"lk-fingerprint").digest()))


def with_viewer(state: Household, name: str, book: KeyBook, today: int, *, faces: bool = False) -> Household:
    """Take in the viewer whose book this is, or its newer keys, under `name`, which stays the same.

    Its keys of days before `today` are left out: it reads later clips only. Its keys for faces are left out
    unless `faces`. Ids are no secret, so a book that claims the id of a viewer of another name is refused: it
    would put that one out. Raises UsageError.
    """
    _check_name(name)
    viewer = book.viewers[0] if faces else replace(book.viewers[0], face_days=0, face_keys=())
    if faces and not viewer.face_keys:
        raise UsageError(
            "that book has no keys for faces", hint="`latchkey owner book` there makes one that has"
        )
    if viewer.id == state.viewer:
        raise UsageError("that is your own book: you are a viewer already")
    others = tuple(one for one in state.others if one.id != viewer.id)
    if len(others) < len(state.others) and viewer_name(state, viewer.id) != name:
        known = viewer_name(state, viewer.id)
        raise UsageError(
            f"that is the book of {known}, or of somebody who would take the place of {known}",
            hint=f"renew it under that name; `latchkey owner revoke '{known}'` first to change the name",
        )
    if _id_of(state, name) not in (None, viewer.id) or any(one.name == name for one in state.devices):
        raise UsageError(
            f"there is a {name} already", hint=f"choose another name, or `latchkey owner revoke {name}` first"
        )
    if len(others) + 2 > VIEWER_LIMIT:
        raise UsageError(f"a household has at most {VIEWER_LIMIT} viewers")
    if faces and sum(bool(one.face_keys) for one in others) + 2 > FACE_VIEWER_LIMIT:
        raise UsageError(f"at most {FACE_VIEWER_LIMIT} viewers see faces, you among them")
    names = (*(pair for pair in state.names if pair[0] != viewer.id), (viewer.id, name))
    return replace(state, others=(*others, _from_day(viewer, today)), names=names)


def with_device(state: Household, name: str, public: bytes) -> Household:
    """Trust a device, paired anew perhaps. Raises UsageError (also where that very device was revoked).

    The name of a revoked one is free: what takes the place of a stolen doorbell is called as that was.
    """
    _check_name(name)
    known = next((one for one in state.devices if one.public == public), None)
    if known is not None and known.revoked_day is not None:
        raise UsageError(
            "that device was revoked, and its key stays so",
            hint="erase `keys/device.key` in its vault: it makes another key, and can be paired with that",
        )
    others = tuple(one for one in state.devices if one.public != public)
    taken = any(one.name == name and one.revoked_day is None for one in others)
    if taken or _id_of(state, name) is not None:
        raise UsageError(f"there is a {name} already", hint="choose another name")
    if len(others) >= DEVICE_LIMIT:
        raise UsageError(f"a household has at most {DEVICE_LIMIT} devices")
    device = KnownDevice(public, name=name) if known is None else replace(known, name=name)
    return replace(state, devices=(*others, device))


def without_viewer(state: Household, name: str) -> Household | None:
    """Give the state without a viewer, told by name or id; None where there is none such."""
    found = _id_of(state, name) or name
    if not any(one.id == found for one in state.others):
        return None
    others = tuple(one for one in state.others if one.id != found)
    return replace(state, others=others, names=tuple(pair for pair in state.names if pair[0] != found))


def without_device(state: Household, name: str, day: int) -> Household | None:
    """Give the state that trusts a device until the day before `day` only; None where there is none such.

    A device that was revoked for an earlier day stays revoked for that day. A name that was given again is
    that of the device which is trusted: the key names the other one.
    """
    named = [one for one in state.devices if name in (one.name, one.public.hex())]
    chosen = [one.public for one in named if one.revoked_day is None] or [one.public for one in named]
    if not chosen:
        return None

    def revoked(one: KnownDevice) -> KnownDevice:
        if one.public not in chosen:
            return one
        return replace(one, revoked_day=day if one.revoked_day is None else min(day, one.revoked_day))

    return replace(state, devices=tuple(revoked(one) for one in state.devices))


def revoked_from(state: Household, name: str) -> int | None:
    """Give the first day that a device, told by name or key, is not believed; None where it is trusted."""
    days = [one.revoked_day for one in state.devices if name in (one.name, one.public.hex())]
    return max((day for day in days if day is not None), default=None)


def viewer_name(state: Household, viewer: str) -> str:
    """Give what the owner calls a viewer, or its id."""
    return dict(state.names).get(viewer, viewer)


def _id_of(state: Household, name: str) -> str | None:
    return next((one for one, called in state.names if called == name), None)


def _from_day(viewer: Viewer, today: int) -> Viewer:
    if viewer.end_day <= today:
        raise UsageError("the keys in that book are used up", hint="its owner makes a newer one")
    late = max(0, today - viewer.first_day)
    keys = viewer.keys[late:]
    face_keys = viewer.face_keys[max(0, len(viewer.face_keys) - len(keys)) :]
    return replace(viewer, first_day=viewer.first_day + late, keys=keys, face_keys=face_keys)


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > NAME_LIMIT_CHARS or not name.isprintable():
        raise UsageError(f"a name is 1 to {NAME_LIMIT_CHARS} printable characters")
    if _ID.fullmatch(name):
        raise UsageError("that could be the id of a viewer: choose a name")
