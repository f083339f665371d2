"""Write path of keeping clips: kept, and given back to the key of their day, by their owner."""

from collections.abc import Iterator
from functools import lru_cache

from latchkey.clip import X25519Identity
from latchkey.errors import DiskError, NotOnDisk
from latchkey.owner.household import Household
from latchkey.owner.keeping import keep_clip, unkeep_clip
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.ports import ClipEntry
from latchkey.vault import CLIPS, chain_name, meta_name, sealed_name
from latchkey_sim.household import SimHousehold
from latchkey_sim.outage.clips import DAYS, LENGTH_BYTES, footage_of, keeper_of, opened, record
from latchkey_sim.outage.home import DAY, Home, Problem, Promises


@lru_cache(1)
def owner() -> tuple[Household, tuple[str, ...], tuple[str, ...]]:
    """Give an owner: the state, the public keys of the day, and two secret keys: the day's, the long-term.

    No holding keys: no clip here needs one.
    """
    state = SimHousehold.begun(DAY).state
    keys = (*state.day_keys(DAY), X25519Identity(state.long_term).text)
    return state, state.readers_of(DAY), keys


class Keeping:
    """Clips that are kept and kept no longer while power goes; then their days are over."""

    name = "keep"

    def run(self, home: Home) -> None:
        """Record two clips; keep them or not, some more than once, perhaps at the second attempt."""
        keeper = keeper_of(home)
        keeper.start()
        home.readers.keys = owner()[1]
        for _ in range(2):
            entry = record(home, keeper, home.new_id())
            if entry is not None:
                home.promises.small[entry.clip] = (entry.state,)
        home.fail_sometime("vault")
        for _ in range(3):
            entries = home.index.entries()
            if entries:
                self._turn(home, home.chance.choice(entries))

    @staticmethod
    def _turn(home: Home, entry: ClipEntry) -> None:
        """Keep a clip, or keep it no longer."""
        if entry.clip not in home.promises.small:
            return  # given up while it was recorded
        home.promises.small[entry.clip] = ("whole", "kept")
        try:
            after = _turned(home, entry)
        except DiskError:
            return  # told; the owner looks at what is there
        home.promises.small[entry.clip] = (after.state,)

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:
        """Start the vault; every clip opens with the keys of its state, and with its record."""
        keeper = keeper_of(home)
        home.readers.keys = owner()[1]
        report = keeper.start()
        if report.failures or report.strangers:
            yield Problem("did not start", f"{report.failures} failures, {report.strangers} strangers")
        there = {entry.clip: entry for entry in home.index.entries()}
        for clip, states in promises.small.items():
            entry = there.get(clip)
            if entry is None:
                yield Problem("acknowledged lost", f"clip {clip} is gone")
            elif entry.state not in states:
                yield Problem("acknowledged lost", f"clip {clip} is {entry.state}, not {states}")
            elif clip not in home.rotten:
                yield from _check_kept(home, entry)
        for name in home.vault.names(CLIPS):
            if name.endswith(".part"):
                yield Problem("half-written", f"{name} was left behind")
        if home.is_last and not home.rotten and home.chance.random() < 1 / 4:
            yield from _check_end(home, keeper, list(promises.small))


def _turned(home: Home, entry: ClipEntry) -> ClipEntry:
    state = owner()[0]
    if entry.state == "kept":
        return unkeep_clip(home.vault, home.index, entry, state, _noted)
    keys, recipient = owner()[2], state.long_term_recipient
    return keep_clip(home.vault, home.index, entry, keys, recipient, _noted)


def _noted() -> None:
    """The log of acts is a file of the owner's machine, and not on this disk."""


def _check_kept(home: Home, entry: ClipEntry) -> Iterator[Problem]:
    day_key, long_term = owner()[2]
    key = long_term if entry.state == "kept" else day_key
    sealed = home.vault.read(sealed_name(entry.clip, entry.day, entry.state))
    data, is_complete = opened(sealed, key)
    if not is_complete or data != footage_of(entry.clip, int.from_bytes(data[:LENGTH_BYTES], "big")):
        yield Problem("torn visible", f"clip {entry.clip}, {entry.state}, does not open to what was recorded")
    if entry.state == "kept" and opened(sealed, day_key)[1]:
        yield Problem("torn visible", f"clip {entry.clip} is kept, and opens with the key of its day")
    for name in (meta_name(entry.clip), chain_name(entry.clip)):
        try:
            beside = home.vault.read(name)
        except NotOnDisk:
            yield Problem("acknowledged lost", f"{name} is gone")
            continue
        if not opened(beside, long_term)[1] and (entry.state == "kept" or not opened(beside, day_key)[1]):
            yield Problem("acknowledged lost", f"{name} opens for nobody once the days are over")


def _check_end(home: Home, keeper: VaultKeeper, clips: list[str]) -> Iterator[Problem]:
    """Turn every clip round once more; then its days end, which takes those that are not kept."""
    for entry in home.index.entries():
        if entry.clip in clips:
            yield from _check_kept(home, _turned(home, entry))
    kept = [entry for entry in home.index.entries() if entry.state == "kept"]
    home.readers.now_day = DAY + DAYS + 1
    keeper.tidy()
    if [entry for entry in home.index.entries() if entry.clip in clips] != kept:
        yield Problem("acknowledged lost", "not just the kept clips stay once their days are over")
