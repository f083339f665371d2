"""What is remembered of updates: which releases were not well, and how often one on trial was started."""

from dataclasses import dataclass, replace

from latchkey.canonical import decode_record, encode_record, whole
from latchkey.errors import NotOnDisk
from latchkey.pipeline.durable import FileDamaged, read_checked, write_checked
from latchkey.ports import Disk
from latchkey.update.release import NUMBER_LIMIT

NAME = "state/trial"
LIMIT_BYTES = 4096
REFUSED_LIMIT = 32
"""Numbers only grow: what was refused longer ago is older than what runs."""

STARTS_LIMIT = 1 << 20
_FIELDS = ("refused", "number", "starts")


@dataclass(frozen=True, slots=True)
class Notes:
    """`refused` are numbers of releases that were not well; `starts` counts how often release `number` was
    started on trial, or could not be asked how it is.
    """

    refused: tuple[int, ...] = ()
    number: int = 0
    starts: int = 0


class Records:
    """The notes, durable. A damaged file is as good as none: a trial begins anew then, nothing else
    changes.
    """

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._notes = self._read()

    @property
    def notes(self) -> Notes:
        """What is noted now."""
        return self._notes

    def begin(self, number: int) -> None:
        """Note that a release goes on trial. What was counted of it before stays counted."""
        starts = self._notes.starts if self._notes.number == number else 0
        self._write(replace(self._notes, number=number, starts=starts))

    def count(self, number: int) -> int:
        """Note another start of a release on trial, or that it could not be asked; give how many by now."""
        starts = self._notes.starts + 1 if self._notes.number == number else 1
        self._write(replace(self._notes, number=number, starts=min(starts, STARTS_LIMIT)))
        return starts

    def refuse(self, number: int) -> None:
        """Note that a release was not well."""
        refused = sorted({*self._notes.refused, number})[-REFUSED_LIMIT:]
        self._write(replace(self._notes, refused=tuple(refused)))

    def forgive_all(self) -> None:
        """Let releases that were not well be tried again."""
        if self._notes.refused:
            self._write(Notes())

    def _write(self, notes: Notes) -> None:
        record = {"refused": list(notes.refused), "number": notes.number, "starts": notes.starts}
        write_checked(self._disk, NAME, encode_record(record))
        self._notes = notes

    def _read(self) -> Notes:
        try:
            record = decode_record(read_checked(self._disk, NAME), _FIELDS, LIMIT_BYTES)
            refused = tuple(whole(one, 0, NUMBER_LIMIT) for one in record["refused"])
            number, starts = (
                whole(record["number"], 0, NUMBER_LIMIT),
                whole(record["starts"], 0, STARTS_LIMIT),
            )
        except (NotOnDisk, FileDamaged, ValueError, TypeError):
            return Notes()
        return Notes(refused, number, starts)
