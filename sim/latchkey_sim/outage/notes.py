"""Write paths of what the owner's commands note: the log of acts, deeds, the newest head of each device."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from latchkey.errors import DiskError, NotOnDisk
from latchkey.owner.actlog import KINDS, NAME, acts, note_act
from latchkey.owner.memory import FOLDER, HouseholdMemory
from latchkey.pipeline.durable import write_whole
from latchkey.vault.slip import ChainHead, encode_chain_head
from latchkey_sim.household import DEVICE
from latchkey_sim.outage.home import WALL_NS, Home, Problem, Promises

TRIED, DONE = "acts tried", "acts noted"
"""What is promised in `Promises.small`: ids of clips in the order of their acts."""

HEADS = [
    encode_chain_head(ChainHead(number, number, bytes([number]) * 32, f"{number:032x}"), DEVICE.sign)
    for number in range(1, 5)
]
LATER_CLIP, LATER_HEAD = "f" * 32, encode_chain_head(ChainHead(9, 9, b"9" * 32, "9" * 32), DEVICE.sign)
"""What a check itself notes: a second power cut may keep it or not."""

DEVICES = (b"\x01" * 32, b"\x02" * 32)


class Acts:
    """The log of deliberate acts, in the vault's folder."""

    name = "acts"

    def run(self, home: Home) -> None:
        """Note some acts."""
        home.promises.small |= {TRIED: (), DONE: ()}
        home.fail_sometime("vault")
        for _ in range(home.chance.randint(3, 8)):
            clip = home.new_id()
            home.promises.small[TRIED] = (*home.promises.small[TRIED], clip)
            try:
                note_act(home.vault, home.chance.choice(KINDS), clip, WALL_NS)
            except DiskError:
                continue  # told, and the act is not done
            home.promises.small[DONE] = (*home.promises.small[DONE], clip)

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:
        """Read the log, note one more act, read it again."""
        yield from _check_lines(promises, _noted(home), home.rotten)
        note_act(home.vault, "keep", LATER_CLIP, WALL_NS)
        after = _noted(home)
        if after[-1:] != [LATER_CLIP]:
            yield Problem("acknowledged lost", "the line after a cut one cannot be read")
        yield from _check_lines(promises, after, home.rotten)


def _noted(home: Home) -> list[str]:
    return [act.clip for act in acts(home.vault)[0]]


def _check_lines(promises: Promises, found: list[str], rotten: str) -> Iterator[Problem]:
    """Every act that was noted is there; none is that was never tried; and all in their order."""
    tried, done = promises.small.get(TRIED, ()), promises.small.get(DONE, ())
    if rotten == NAME:
        return  # a line has no check: a flipped bit may make it another act's, or none
    lost = [clip for clip in done if clip not in found]
    if lost:
        yield Problem("acknowledged lost", f"acts of {lost} are not in the log")
    if [clip for clip in found if clip != LATER_CLIP] != [clip for clip in tried if clip in found]:
        yield Problem("torn visible", "the log has an act that was not noted, or another order")


@dataclass(frozen=True, slots=True)
class PlainLog:
    """Adds lines as `Acts` does, with every step or without one."""

    name: str
    syncs: bool
    ends_cut_line: bool

    def run(self, home: Home) -> None:
        """Note some acts."""
        home.promises.small |= {TRIED: (), DONE: ()}
        for _ in range(4):
            clip = home.new_id()
            home.promises.small[TRIED] = (*home.promises.small[TRIED], clip)
            self._add(home, clip)
            home.promises.small[DONE] = (*home.promises.small[DONE], clip)

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:
        """Read the log, note one more act, read it again."""
        if home.rotten:
            return
        yield from _check_lines(promises, _noted(home), home.rotten)
        self._add(home, LATER_CLIP)
        if _noted(home)[-1:] != [LATER_CLIP]:
            yield Problem("acknowledged lost", "the line after a cut one cannot be read")

    def _add(self, home: Home, clip: str) -> None:
        line = b'{"at":"2026-11-25T06:00:00Z","act":"keep","clip":"%s"}\n' % clip.encode("ascii")
        is_cut = NAME in home.vault.names("") and not home.vault.read(NAME).endswith(b"\n")
        file = home.vault.extend(NAME)
        file.append((b"\n" if is_cut and self.ends_cut_line else b"") + line)
        if self.syncs:
            file.sync()
        file.close()
        home.vault.sync_folder("")


def memory_of(home: Home) -> HouseholdMemory:
    """Give the memory as the commands make it."""
    return HouseholdMemory(Path("household"), home.state)


class Memory:
    """The newest heads of two devices, and which clips were kept, on the owner's machine."""

    name = "memory"

    def run(self, home: Home) -> None:
        """Keep heads and note deeds, in turn."""
        memory, small = memory_of(home), home.promises.small
        small |= {TRIED: (), DONE: ()} | {device.hex(): (None,) for device in DEVICES}
        home.fail_sometime("state")
        for head in HEADS:
            device, clip = home.chance.choice(DEVICES), home.new_id()
            small[device.hex()] = (*small[device.hex()], head)
            small[TRIED] = (*small[TRIED], clip)
            try:
                memory.keep_head(device, head)
                small[device.hex()] = (head,)
                memory.note_kept(clip)
                small[DONE] = (*small[DONE], clip)
            except DiskError:
                continue  # told; the next command goes on

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:
        """Look at all of it, then add to it."""
        memory = memory_of(home)
        for device in DEVICES:
            may_be = promises.small.get(device.hex(), (None,))
            if memory.head(device) not in (*may_be, LATER_HEAD) and not home.rotten:
                yield Problem("acknowledged lost", "a head is neither the newest one nor the one before")
            memory.keep_head(device, LATER_HEAD)
            if memory.head(device) != LATER_HEAD:
                yield Problem("did not start", "no head can be kept")
        memory.note_kept(LATER_CLIP)
        kept = memory.deeds().kept
        if LATER_CLIP not in kept:
            yield Problem("acknowledged lost", "the line after a cut one cannot be read")
        if not home.rotten and not set(promises.small.get(DONE, ())) <= kept:
            yield Problem("acknowledged lost", "a deed was noted and is forgotten")
        if not home.rotten and not kept <= {*promises.small.get(TRIED, ()), LATER_CLIP}:
            yield Problem("torn visible", "a deed is known that was not done")


class HeadRemovedFirst(Memory):
    """Removes the old head before it writes the new one."""

    name = "head-removed-first"

    def run(self, home: Home) -> None:
        """Keep heads of one device."""
        small, device = home.promises.small, DEVICES[0]
        name = f"{FOLDER}/{device.hex()}.head"
        for head in HEADS:
            small[device.hex()] = (*small.get(device.hex(), (None,)), head)
            with suppress(NotOnDisk):
                home.state.remove(name)
            write_whole(home.state, name, head)
            small[device.hex()] = (head,)
