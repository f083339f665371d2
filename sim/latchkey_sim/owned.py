"""A household and the vault of its doorbell, on the real disk, with clips of today: for tests of commands."""

import io
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.index import SqliteIndex
from latchkey.cli.clips import COMMAND as CLIPS
from latchkey.cli.command import Terminal
from latchkey.device.link_states import LinkStates
from latchkey.owner.household import KnownDevice, new_household
from latchkey.owner.store import HouseholdStore
from latchkey.pipeline.identity import PUBLIC_NAME
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.ports import Publication
from latchkey.settings import VaultSettings
from latchkey.units import utc_day
from latchkey.vault import HEAD_NAME, INDEX_NAME
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import FixedReaders
from latchkey_sim.tinyclip import record_tiny

IDS = [f"{n:032x}" for n in range(1, 9)]
DEVICE_ID = "d0" * 16


class Home:
    """A household, and the vault of its doorbell with clips of today."""

    def __init__(self, folder: Path, count: int = 4) -> None:
        self.folder = folder
        self.day = utc_day(SystemClock().wall_ns())
        state = new_household(self.day, 3, SeededEntropy(3).take)
        self.store = HouseholdStore(folder / "owner")
        self.store.create(state, b"")
        self.vault = folder / "vault"
        self.disk, self.entropy = FolderDisk(self.vault), SeededEntropy(1)
        self.index = SqliteIndex(self.vault / INDEX_NAME)
        self.readers = FixedReaders(state.readers_of(self.day), self.day)
        self.keeper = VaultKeeper(self.disk, self.index, self.readers, self.entropy.take, VaultSettings())
        for clip in IDS[:count]:
            self.record(clip)
        public = bytes.fromhex(self.disk.read(PUBLIC_NAME).decode())
        self.store.change(lambda state: replace(state, devices=(KnownDevice(public),)))

    def record(self, clip: str) -> None:
        record_tiny(self.keeper, clip, self.entropy.take)

    def message(self) -> Publication:
        """Give the head as the device says it now."""
        told = self.keeper.told_head()
        assert told is not None
        return LinkStates(DEVICE_ID).see_head(told)

    def captured(self, message: bytes | None = None) -> Path:
        """Put a message into a file, as `mosquitto_sub -C 1` prints it."""
        path = self.folder / "head"
        path.write_bytes((message or self.message().payload) + b"\n")
        return path

    def take_away(self, *clips: str) -> None:
        """Remove clips with all that lies beside them."""
        for path in (self.vault / "clips").iterdir():
            if any(clip in path.name for clip in clips):
                path.unlink()

    def copy(self) -> dict[Path, bytes]:
        """Copy what the clips and their chain are made of."""
        paths = [self.vault / HEAD_NAME, *(self.vault / "clips").iterdir()]
        return {path: path.read_bytes() for path in paths}

    def put_back(self, files: dict[Path, bytes]) -> None:
        """Put the vault back to an older day."""
        for path in self.copy().keys() - files.keys():
            path.unlink()
        for path, data in files.items():
            path.write_bytes(data)
        self.keeper = VaultKeeper(self.disk, self.index, self.readers, self.entropy.take, VaultSettings())

    def clips(self, *words: object, code: int = 0, household: Path | None = None) -> str:
        """Run a command; give what it wrote to stdout and stderr."""
        parser = ArgumentParser()
        CLIPS.configure(parser)
        terminal = Terminal(io.StringIO(), io.StringIO())
        given = [*words, "--vault", self.vault, "--household", household or self.store.folder]
        found = CLIPS.run(parser.parse_args([str(word) for word in given]), terminal)
        assert isinstance(terminal.out, io.StringIO)
        assert isinstance(terminal.err, io.StringIO)
        told = terminal.out.getvalue() + terminal.err.getvalue()
        assert found == code, told
        return told

    def verify(self, clip: str, *words: object, code: int = 0) -> str:
        return self.clips("verify", clip, *words, code=code)
