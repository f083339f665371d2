"""Write paths of the vault: clips with their records, face layers, index; retention; and what must be found.

Footage here is a repeated id with its length before it: so of any clip that opens it can be told whether it
is what was recorded, and all of it, without remembering anything. No encoder: the keeper takes any bytes.
"""

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache

import numpy as np

from latchkey.clip import HeaderDamaged, decrypt
from latchkey.errors import ClipError, DiskError, NotOnDisk
from latchkey.events import Trigger
from latchkey.frames import Colour, Cover, FilterState, RawFrame
from latchkey.owner import joined_chunks, list_clips
from latchkey.pipeline.facevault import FaceVault
from latchkey.pipeline.openclip import OpenClip
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.ports import ClipEntry, ClipSpec
from latchkey.settings import VaultSettings
from latchkey.units import NS_PER_S
from latchkey.vault import CLIPS, ClipMeta, decode_meta, faces_name, meta_name, sealed_name
from latchkey.vault.slip import decode_slip
from latchkey.vision import cut_patches
from latchkey_sim.household import OWNER
from latchkey_sim.outage.home import DAY, Home, Problem, Promises

SIZES_BYTES = (300, 300, 2_000, 2_000, 2_000, 70_000, 140_000)
LENGTH_BYTES = 8
DAYS = 30
SETTINGS = VaultSettings(days=DAYS, spare_mib=0)
SPEC = ClipSpec(64, 48, 10, Colour())
_NOISE = np.random.default_rng(1).integers(0, 256, (48, 64), dtype=np.uint8)
_PATCHES = cut_patches(
    RawFrame(_NOISE, _NOISE[:24, :32], _NOISE[24:, 32:], 0), FilterState.OK, (Cover(8, 8, 24, 24),)
)
STATES = {"ok": 1, "fallback_region": 0, "fallback_full": 0}
AGAIN_SHARE = 1 / 8
"""Starts after which the vault is started once more, which must change nothing, and takes another clip."""


def footage_of(clip: str, n_bytes: int) -> bytes:
    """Give the footage of a clip, at least its length field."""
    pattern = bytes.fromhex(clip) * (n_bytes // 16 + 1)
    return n_bytes.to_bytes(LENGTH_BYTES, "big") + pattern[: n_bytes - LENGTH_BYTES]


def meta_of(clip: str) -> ClipMeta:
    """Give the record of a clip."""
    return ClipMeta(clip, Trigger.RING, (Trigger.RING,), 1, 2, 3, 1, 0, STATES, "none", 0, 1)


def keeper_of(home: Home, settings: VaultSettings = SETTINGS, face_hours: int = 0) -> VaultKeeper:
    """Give the vault keeper as the device makes it."""
    take = home.entropy.take
    faces = FaceVault(home.vault, take, home.clock, home.readers, face_hours)
    return VaultKeeper(home.vault, home.index, home.readers, take, settings, faces)


def record(home: Home, keeper: VaultKeeper, clip: str, day: int = DAY) -> ClipEntry | None:
    """Record a clip as the film worker does, and promise it once it is announced; None where that fails."""
    n_bytes = home.chance.choice(SIZES_BYTES)
    footage = footage_of(clip, n_bytes)
    opened: OpenClip | None = None
    try:
        home.readers.now_day = day
        opened = keeper.begin(clip)
        opened.begin_faces(SPEC, home.clock.now_ns())
        _film(home, opened, footage)
        if home.chance.random() < 0.1:
            opened.abandon()
            return None
        entry = opened.finish(meta_of(clip))
    except DiskError:
        if opened is not None:
            opened.abandon()
        return None
    finally:
        home.readers.now_day = DAY
    home.promises.whole.add(clip)
    head = keeper.told_head()
    home.promises.told = max(home.promises.told, head.sequence if head else 0)
    return entry


def _film(home: Home, opened: OpenClip, footage: bytes) -> None:
    pieces = home.chance.randint(1, 3)
    step = len(footage) // pieces + 1
    for at in range(0, len(footage), step):
        opened.append(footage[at : at + step])
        opened.add_faces(home.clock.now_ns(), _PATCHES)
        if home.chance.random() < 0.5:
            opened.sync()
            home.promises.kept_bytes[opened.clip] = min(at + step, len(footage))
        home.clock.wait_until(home.clock.now_ns() + NS_PER_S // 10)


class Clips:
    """Clips, one after the other, some given up, on a disk that may fail; with or without face layers."""

    def __init__(self, name: str, face_hours: int) -> None:
        self.name = name
        self._face_hours = face_hours

    def run(self, home: Home) -> None:
        """Record two or three clips and look after the vault in between."""
        keeper = keeper_of(home, face_hours=self._face_hours)
        keeper.start()
        home.fail_sometime("vault")
        for _ in range(home.chance.randint(2, 3)):
            entry = record(home, keeper, home.new_id())
            if entry is not None and self._face_hours and keeps_layer(home, entry):
                home.promises.layers.add(entry.clip)
            look_after(keeper)

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:
        """Start the vault."""
        yield from check_vault(home, promises, keeper_of(home, face_hours=self._face_hours))


class Retention:
    """Clips that go: by age, for want of room, their face layers before them."""

    name = "retention"
    _settings = VaultSettings(days=DAYS, spare_mib=0, max_mib=1)

    def run(self, home: Home) -> None:
        """Record old and new clips, then let the vault tidy itself."""
        keeper = keeper_of(home, self._settings, face_hours=1)
        keeper.start()
        old = [record(home, keeper, home.new_id(), DAY - DAYS - 1 - number) for number in range(2)]
        record(home, keeper, home.new_id(), DAY - DAYS)
        home.promises.leaving |= {entry.clip for entry in old if entry}
        home.fail_sometime("vault")
        look_after(keeper)
        home.clock.wait_until(home.clock.now_ns() + 3600 * NS_PER_S)
        look_after(keeper)
        record(home, keeper, home.new_id())

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:
        """Start the vault, and tidy what was being tidied."""
        yield from check_vault(home, promises, keeper_of(home, self._settings, face_hours=1))


def look_after(keeper: VaultKeeper) -> None:
    """Do what the capture side does every ten minutes: look whether the vault takes files, and tidy it."""
    try:
        keeper.check()
    except DiskError:
        return  # told to the owner; asked again in 15 s


def keeps_layer(home: Home, entry: ClipEntry) -> bool:
    """Whether a clip has a finished face layer."""
    return faces_name(entry.clip, entry.day).removeprefix(f"{CLIPS}/") in home.vault.names(CLIPS)


def check_vault(home: Home, promises: Promises, keeper: VaultKeeper) -> Iterator[Problem]:
    """Start a vault on what was found, and hold it against what was promised."""
    report = keeper.start()
    if report.failures or report.strangers:
        yield Problem("did not start", f"{report.failures} failures, {report.strangers} strangers")
    entries = home.index.entries()
    if {entry.clip: entry for entry in entries} != {entry.clip: entry for entry in list_clips(home.vault)}:
        yield Problem("did not start", "the index is not what the files say")
    if not home.rotten:
        yield from _check_numbers(home, promises, keeper)
    there = {entry.clip: entry for entry in entries}
    for clip in promises.whole - promises.leaving - there.keys():
        yield Problem("acknowledged lost", f"clip {clip} is gone")
    for entry in entries:
        if entry.clip not in home.rotten:
            yield from _check_clip(home, promises, entry)
        elif entry.state == "whole" and _opens(home, entry) not in (None, True):
            yield Problem("torn visible", f"clip {entry.clip} has a flipped bit and opens")
    for clip in (promises.layers - promises.leaving) & there.keys():
        yield from _check_layer(home, there[clip])
    for name in home.vault.names(CLIPS):
        if name.endswith(".part") or (".meta." in name and name.partition(".")[0] not in there):
            yield Problem("half-written", f"{name} was left behind")
    if home.chance.random() < AGAIN_SHARE:
        yield from _go_on(home, keeper, entries)


def _check_numbers(home: Home, promises: Promises, keeper: VaultKeeper) -> Iterator[Problem]:
    """No number of a clip is given twice, not even that of one that is gone."""
    slips = [name for name in home.vault.names(CLIPS) if name.endswith(".slip")]
    given = [decode_slip(home.vault.read(f"{CLIPS}/{name}"), _unchecked).sequence for name in slips]
    if len(set(given)) != len(given):
        yield Problem("two effects", f"clips have the numbers {given}")
    head = keeper.told_head()
    if promises.told and (head is None or head.sequence < max(promises.told, *given)):
        yield Problem(
            "acknowledged lost", f"head {head} is older than the one that was told, {promises.told}"
        )


def _unchecked(_context: bytes, _message: bytes, _signature: bytes) -> None:
    """The start has looked at the signature."""


def _check_clip(home: Home, promises: Promises, entry: ClipEntry) -> Iterator[Problem]:
    data, is_complete = opened(home.vault.read(sealed_name(entry.clip, entry.day, entry.state)))
    n_bytes = int.from_bytes(data[:LENGTH_BYTES], "big")
    if data and not footage_of(entry.clip, n_bytes).startswith(data):
        yield Problem("torn visible", f"clip {entry.clip} opens to what was not recorded")
    if entry.state == "whole":
        if not is_complete or len(data) != n_bytes:
            yield Problem("torn visible", f"clip {entry.clip} is called whole")
        yield from _check_record(home, entry.clip)
    elif entry.clip in promises.whole:
        yield Problem("acknowledged lost", f"clip {entry.clip} was announced and is torn")
    if entry.state == "torn":
        with suppress(HeaderDamaged):  # not even that had been synced
            data = b"".join(joined_chunks(home.vault, entry, [OWNER.text]))
        if data and not footage_of(entry.clip, int.from_bytes(data[:LENGTH_BYTES], "big")).startswith(data):
            yield Problem("torn visible", f"clip {entry.clip} and its tail do not fit")
    if len(data) < promises.kept_bytes.get(entry.clip, 0):
        yield Problem("acknowledged lost", f"of clip {entry.clip} only {len(data)} bytes are there")


def _opens(home: Home, entry: ClipEntry) -> bool | None:
    """Whether a whole clip opens to its own footage; None = it does not open to its end, and says so."""
    data, is_complete = opened(home.vault.read(sealed_name(entry.clip, entry.day, entry.state)))
    return data == footage_of(entry.clip, len(data)) if is_complete else None


def _check_record(home: Home, clip: str) -> Iterator[Problem]:
    try:
        data, is_complete = opened(home.vault.read(meta_name(clip)))
    except NotOnDisk:
        yield Problem("acknowledged lost", f"clip {clip} has no record")
        return
    if not is_complete or decode_meta(data) != meta_of(clip):
        yield Problem("half-written", f"the record of clip {clip}")


def _check_layer(home: Home, entry: ClipEntry) -> Iterator[Problem]:
    if entry.clip in home.rotten:
        return
    try:
        layer = home.vault.read(faces_name(entry.clip, entry.day))
    except NotOnDisk:
        yield Problem("acknowledged lost", f"the face layer of clip {entry.clip}")
        return
    if not opened(layer)[1]:
        yield Problem("half-written", f"the face layer of clip {entry.clip}")


def _go_on(home: Home, keeper: VaultKeeper, entries: list[ClipEntry]) -> Iterator[Problem]:
    """Start once more, which must find everything in order; then the vault must take another clip."""
    keeper.start()
    if home.index.entries() != entries:
        yield Problem("did not start", "a second start finds something else")
    entry = record(home, keeper, home.new_id())
    while entry is None:
        entry = record(home, keeper, home.new_id())  # given up by chance
    if home.index.entries()[-1] != entry:
        yield Problem("did not start", "the vault takes no further clip")


@lru_cache(512)
def opened(sealed: bytes, identity: str = OWNER.text) -> tuple[bytes, bool]:
    """Give what verifies of a sealed file, and whether that is all of it."""
    data = b""
    try:
        for chunk in decrypt(sealed, [identity]):
            data += chunk
    except ClipError:
        return data, False
    return data, True
