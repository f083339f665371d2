"""What the household remembers of a clip that its owner deletes, so that its absence is no finding."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from latchkey.adapters.disk import FolderDisk
from latchkey.cli.command import Terminal
from latchkey.cli.household import household_memory, owner_store
from latchkey.clip import Link
from latchkey.errors import ClipError, DiskError
from latchkey.owner import trusted_devices
from latchkey.owner.hearing import signed_slip
from latchkey.owner.opening import hash_clip
from latchkey.pipeline.removing import is_there
from latchkey.ports import ClipEntry, ClipState
from latchkey.vault import sealed_name

KEPT: ClipState = "kept"
"""One that was kept meanwhile is not deleted."""


@contextmanager
def removal_noted(
    disk: FolderDisk, entry: ClipEntry, options: Namespace, terminal: Terminal
) -> Iterator[None]:
    """Have the household remember the deletion that is done meanwhile, once the file is really gone.

    It goes on where that cannot be written down. A file that is not the clip its slip was signed for is not
    remembered as that clip: then somebody could have the owner answer for another one that they took.
    """
    memory = household_memory(options)
    if memory is None:
        yield
        return
    trouble, link = "", None
    try:
        link = _link(disk, entry, options)
    except (ClipError, DiskError) as error:
        trouble = str(error)
    try:
        yield
    finally:
        try:
            names = {sealed_name(entry.clip, entry.day, state) for state in (entry.state, KEPT)}
            is_gone = not any(is_there(disk, name) for name in names)
            if is_gone and link is not None:
                memory.note_removed(entry.clip, link)
        except DiskError as error:
            is_gone, trouble = True, str(error)
        if is_gone and trouble:
            terminal.say(
                f"latchkey: warning: your household will not remember that you deleted it: {trouble}"
            )


def _link(disk: FolderDisk, entry: ClipEntry, options: Namespace) -> Link:
    """Give the number that a clip's device signed, and the hash of its file. Raises ClipError, DiskError."""
    known = {one.public for one in owner_store(options).load().devices} or trusted_devices(disk, ())
    slips = (signed_slip(disk, entry.clip, public) for public in known)
    slip = next((one for one in slips if one is not None), None)
    if slip is None:
        raise ClipError("it has no slip that a doorbell of yours signed")
    return Link(slip.sequence, hash_clip(disk, entry))
