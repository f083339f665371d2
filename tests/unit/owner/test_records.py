"""A record that somebody who can write in the vault has sealed again is found by the clip's manifest."""

from dataclasses import replace

import pytest

from latchkey.clip import Streams, seal
from latchkey.events import Trigger
from latchkey.owner.records import SHARED, record_trouble
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.settings import VaultSettings
from latchkey.vault import ClipMeta, encode_meta, meta_name
from latchkey_sim.disk import MemoryDisk, MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import FixedReaders, SimHousehold
from latchkey_sim.tinyclip import MANIFEST, META, record_tiny

DAY, CLIP = 20_781, "a" * 32
OTHER = {
    "trigger": Trigger.MOTION,
    "triggers": (Trigger.MOTION,),
    "start_wall_ns": META.start_wall_ns + 1,
    "span_ns": META.span_ns + 1,
    "frames_with_covers": META.frames_with_covers + 1,
    "detector": "none",
}


class Home:
    """A vault with one clip, whose files anybody can replace."""

    def __init__(self) -> None:
        self.state = SimHousehold.begun(DAY).state
        self.disk, self.take = MemoryDisk(), SeededEntropy(1).take
        readers = FixedReaders(self.state.readers_of(DAY), DAY)
        record_tiny(
            VaultKeeper(self.disk, MemoryIndex(), readers, self.take, VaultSettings()), CLIP, self.take
        )

    def put(self, meta: ClipMeta) -> None:
        """Seal another record: for that no secret is needed."""
        sealed = seal(encode_meta(meta), self.state.readers_of(DAY), Streams(self.take))
        self.disk.files[meta_name(CLIP)] = bytearray(sealed)

    @property
    def trouble(self) -> str:
        return record_trouble(self.disk, CLIP, self.state.identities(DAY), MANIFEST)


def test_the_record_that_the_device_wrote_says_what_the_clip_says() -> None:
    assert Home().trouble == ""


@pytest.mark.parametrize("name", OTHER)
def test_a_record_that_says_otherwise_is_told_with_what_differs(name: str) -> None:
    home = Home()
    home.put(replace(META, clip=CLIP, **{name: OTHER[name]}))  # type: ignore[arg-type]
    assert home.trouble.endswith(f"says otherwise than the clip: {SHARED[name]}")


def test_other_frames_and_states_are_told() -> None:
    home = Home()
    states = {"ok": 0, "fallback_region": 31, "fallback_full": 0}
    home.put(replace(META, clip=CLIP, frames=31, states=states))
    assert home.trouble.endswith("how many frames, what the filter did")


def test_a_record_that_is_missing_or_of_another_clip_is_told() -> None:
    home = Home()
    home.put(replace(META, clip="b" * 32))
    assert "belongs to another clip" in home.trouble
    del home.disk.files[meta_name(CLIP)]
    assert home.trouble == "its record is missing"
