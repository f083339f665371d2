"""Slots: each release lies in a folder of its own, whole before anything leads to it.

    releases/0      what was there when the device was set up
    releases/7      a release: a Python environment, and, written last, release.json
    current, good   links to one of them: the release that runs, and the last one that ran well

Each file is durable before `release.json` is, and that before a link leads there; a link changes in one
step. So whenever power goes, both links lead to whole releases. While they differ, the current release is
on trial.

An environment is what PEP 405 describes: `pyvenv.cfg`, a link to the interpreter, packages. Programs in
it begin with the path of their own slot, never of `current`: a process that runs must not load half of
another release. They are isolated (-I): neither variables nor folders of a user put other code in. And
they write no compiled modules (-B): those are part of the slot.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, Literal

from latchkey.errors import DiskError, LatchkeyError, NotOnDisk, UpdateRefused
from latchkey.pipeline.durable import write_whole
from latchkey.ports import DiskFile, SlotDisk
from latchkey.update.bytecode import compiled, compiled_name
from latchkey.update.release import Release, Wheel, decode_release, encode_release
from latchkey.update.wheels import members

RELEASES = "releases"
SEAL = "release.json"
MODELS = "share/latchkey/models"
"""Face detectors lie in the environment that uses them; a new one takes them over."""

Pointer = Literal["current", "good"]
Tell = Callable[[str], None]

_TARGET = re.compile(rf"{RELEASES}/(0|[1-9][0-9]{{0,9}})")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python that runs us: its program, its version, and the kind of machine, like `cp313-aarch64`."""

    program: str
    version: str
    build: str
    system_packages: bool

    @property
    def home(self) -> str:
        """The folder of the program."""
        return self.program.rpartition("/")[0]

    @property
    def packages(self) -> str:
        """Where packages lie below an environment."""
        return f"lib/python{'.'.join(self.version.split('.')[:2])}/site-packages"


class Slots:
    """The folder of releases. `place` is its absolute path, for programs that name it."""

    def __init__(self, disk: SlotDisk, place: str) -> None:
        self._disk = disk
        self._place = place

    def pointed(self, pointer: Pointer) -> int | None:
        """Give the number of the slot that a link leads to; None where there is none."""
        target = self._disk.target(pointer)
        found = None if target is None else _TARGET.fullmatch(target)
        return None if found is None else int(found[1])

    def point(self, pointer: Pointer, number: int) -> None:
        """Let a link lead to a slot, in one durable step."""
        self._disk.link(pointer, f"{RELEASES}/{number}")
        self._disk.sync_folder("")

    def release(self, number: int) -> Release | None:
        """Give what lies in a slot, if that is a whole release; None also for slot 0, which is no release."""
        try:
            found = decode_release(self._disk.read(f"{RELEASES}/{number}/{SEAL}"))
        except (NotOnDisk, UpdateRefused):
            return None
        return found if found.number == number else None

    def is_whole(self, number: int) -> bool:
        """Whether a link may lead to a slot: it holds a release, or what was there at the beginning."""
        return self.release(number) is not None if number else "0" in self._disk.folders(RELEASES)

    def build(
        self,
        release: Release,
        interpreter: Interpreter,
        wheels: Iterable[tuple[Wheel, BinaryIO]],
        *,
        models_from: int | None,
    ) -> None:
        """Make the slot of a release, whole and durable. What a power cut left of it begins anew.

        Raises UpdateRefused for a wheel that cannot be used, DiskFull, DiskError; nothing of it stays then.
        """
        self.clear(release.number)
        try:
            self._fill(release, interpreter, wheels, models_from)
        except LatchkeyError:
            with suppress(DiskError):  # what stopped it is what to tell; the next update clears it
                self.clear(release.number)
            raise

    def _fill(
        self,
        release: Release,
        interpreter: Interpreter,
        wheels: Iterable[tuple[Wheel, BinaryIO]],
        models_from: int | None,
    ) -> None:
        building = _Building(self._disk, f"{RELEASES}/{release.number}")
        self._environment(building, interpreter)
        for wheel, file in wheels:
            with file:
                for name, pieces in members(wheel.name, file):
                    self._unpack(building, f"{interpreter.packages}/{name}", pieces)
        if models_from is not None:
            self._copy_models(building, models_from)
        building.sync()
        write_whole(self._disk, f"{building.slot}/{SEAL}", encode_release(release))

    def clear(self, number: int) -> None:
        """Delete a slot; it is no release any more before its first file goes."""
        slot = f"{RELEASES}/{number}"
        with suppress(NotOnDisk):
            self._disk.remove(f"{slot}/{SEAL}")
            self._disk.sync_folder(slot)
        self._disk.remove_folder(slot)

    def prune(self, spares: int) -> None:
        """Delete slots that no link leads to, but for so many of the newest that are whole."""
        used = {self.pointed("current"), self.pointed("good")}
        numbers = sorted(int(name) for name in self._disk.folders(RELEASES) if name.isdigit())
        unused = [number for number in numbers if number not in used]
        whole = [number for number in unused if self.is_whole(number)]
        kept = whole[max(0, len(whole) - spares) :]
        for number in unused:
            if number not in kept:
                self.clear(number)

    def _environment(self, building: "_Building", interpreter: Interpreter) -> None:
        shared = "true" if interpreter.system_packages else "false"
        building.text(
            "pyvenv.cfg",
            f"home = {interpreter.home}\ninclude-system-site-packages = {shared}\n"
            f"version = {interpreter.version}\nexecutable = {interpreter.program}\n",
        )
        building.link("bin/python3", interpreter.program)
        building.link("bin/python", "python3")
        python = f"{self._place}/{building.slot}/bin/python3"
        building.text(
            "bin/latchkey",
            f"#!{python} -IB\nimport sys\n\nfrom latchkey.cli import main\n\nsys.exit(main())\n",
        )

    def _unpack(self, building: "_Building", name: str, pieces: Iterator[bytes]) -> None:
        aside = compiled_name(name)
        if aside is None:
            building.put(name, pieces)
            return
        source = b"".join(pieces)
        building.put(name, [source])
        code = compiled(source, f"{self._place}/{building.slot}/{name}")
        if code is not None:
            building.put(aside, [code])

    def _copy_models(self, building: "_Building", number: int) -> None:
        folder = f"{RELEASES}/{number}/{MODELS}"
        for name in self._disk.names(folder):
            if not name.startswith("."):
                building.put(f"{MODELS}/{name}", [self._disk.read(f"{folder}/{name}")])


class _Building:
    """A slot being filled: each file is durable once put, each name once all are."""

    def __init__(self, disk: SlotDisk, slot: str) -> None:
        self.slot = slot
        self._disk = disk
        self._folders: set[str] = {slot}

    def put(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write a file in pieces."""
        self._write(self._disk.create(self._named(name)), iter(pieces))

    def text(self, name: str, text: str) -> None:
        """Write a small text; in `bin/` it can be run."""
        place = self._named(name)
        make = self._disk.program if name.startswith("bin/") else self._disk.create
        self._write(make(place), iter([text.encode()]))

    def link(self, name: str, target: str) -> None:
        """Put a symbolic link."""
        self._disk.link(self._named(name), target)

    def sync(self) -> None:
        """Make all names durable, the innermost first."""
        for folder in sorted(self._folders, key=len, reverse=True):
            self._disk.sync_folder(folder)

    def _named(self, name: str) -> str:
        place = f"{self.slot}/{name}"
        folder = place.rpartition("/")[0]
        while folder != self.slot:
            self._folders.add(folder)
            folder = folder.rpartition("/")[0]
        return place

    @staticmethod
    def _write(file: DiskFile, pieces: Iterator[bytes]) -> None:
        try:
            for piece in pieces:
                file.append(piece)
            file.sync()
        finally:
            file.close()
