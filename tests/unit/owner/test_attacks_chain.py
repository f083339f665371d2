"""Attacks on the chain of a vault's clips, and on what ties a clip to its device. Each test is one attack.

An insider here is a reader: sealing does not stop them from changing a clip and sealing it again. What they
lack is the clip's key, which no longer exists, and the device's.
"""

import io
import json
from contextlib import suppress
from dataclasses import asdict, replace
from hashlib import sha256

import pytest

from latchkey.clip import (
    Companion,
    ProofWriter,
    SigningKey,
    check_proof,
    decode_companion,
    decrypt,
    encode_companion,
    encode_manifest,
    seal,
)
from latchkey.clip.header import read_header
from latchkey.errors import DiskError
from latchkey.owner import Findings, Held, Outcome, judge, list_clips, open_chunks, placed, read_companion
from latchkey.owner.memory import Deeds
from latchkey.owner.recovering import joined_chunks
from latchkey.pipeline.identity import PUBLIC_NAME
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.ports import ClipEntry
from latchkey.settings import VaultSettings
from latchkey.vault import HEAD_NAME, chain_name, meta_name, sealed_name, slip_name, tail_name
from latchkey_sim.disk import DiskOperation, MemoryDisk, MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import OWNER, FixedReaders
from latchkey_sim.tinyclip import MANIFEST, record_tiny, split_boxes, tiny_fragment, tiny_head, tiny_parts

KEYS = [OWNER.text]
DAY = 20_781
NO_DEEDS = Deeds()
IDS = [f"{n:032x}" for n in range(1, 9)]


class Vault:
    """A vault of some tiny clips by one device, and the verdict on each."""

    def __init__(self, seed: int = 1, count: int = 4) -> None:
        self.disk, self.entropy = MemoryDisk(), SeededEntropy(seed)
        self.keeper = VaultKeeper(
            self.disk, MemoryIndex(), FixedReaders(), self.entropy.take, VaultSettings()
        )
        self.entries = [self.record(clip) for clip in IDS[:count]]

    def record(self, clip: str) -> ClipEntry:
        return record_tiny(self.keeper, clip, self.entropy.take)

    @property
    def device(self) -> bytes:
        return bytes.fromhex(self.disk.read(PUBLIC_NAME).decode())

    def name(self, number: int) -> str:
        entry = self.entries[number]
        return sealed_name(entry.clip, entry.day, "whole")

    def delete(self, number: int) -> None:
        clip = self.entries[number].clip
        for name in (self.name(number), chain_name(clip), slip_name(clip), f"clips/{clip}.meta.age"):
            del self.disk.files[name]

    def call_torn(self, number: int) -> None:
        entry = self.entries[number]
        self.put(sealed_name(entry.clip, entry.day, "torn"), self.disk.read(self.name(number)))
        del self.disk.files[self.name(number)], self.disk.files[meta_name(entry.clip)]
        self.entries[number] = replace(entry, state="torn")

    def cut_off(self, clip: str) -> ClipEntry:
        """Record a clip that power is lost for."""
        opened = self.keeper.begin(clip)
        opened.append(opened.proof.feed(tiny_head() + tiny_fragment(0, b"cut off")))
        torn = opened.abandon()
        assert torn is not None
        return torn

    def put(self, name: str, data: bytes) -> None:
        self.disk.files[name] = bytearray(data)

    def judge(self, number: int, *heads: bytes, deeds: Deeds = NO_DEEDS, today: int = DAY) -> Findings:
        entry = self.entries[number]
        companion = read_companion(self.disk, entry.clip, KEYS)
        chunks = joined_chunks if entry.state == "torn" else open_chunks
        progress = check_proof(chunks(self.disk, entry, KEYS))
        findings = judge(progress, companion, frozenset({self.device}), entry.clip)
        held = Held(today, heads, deeds)
        return placed(findings, companion, self.disk, list_clips(self.disk), entry, KEYS, held)[0]

    def outcomes(self) -> list[Outcome]:
        there = {entry.clip for entry in list_clips(self.disk)}
        return [self.judge(n).outcome for n, entry in enumerate(self.entries) if entry.clip in there]


def test_nobody_attacks() -> None:
    assert Vault().outcomes() == [Outcome.WHOLE] * 4


def test_a_proof_by_another_device_key() -> None:
    """The insider makes a clip and a companion with keys of their own, under the old names."""
    vault, insider = Vault(), SigningKey(b"i" * 32)
    writer = ProofWriter(SeededEntropy(9).take)
    companion = Companion(IDS[1], writer.public, insider.public, 2, None, bytes(32))
    vault.put(vault.name(1), _sealed(b"".join(_video(writer))))
    vault.put(chain_name(IDS[1]), _sealed(encode_companion(companion, insider)))
    assert vault.judge(1).outcome is Outcome.DAMAGED  # its manifest binds no such companion
    data = encode_companion(companion, insider)
    progress = check_proof(_video(ProofWriter(SeededEntropy(9).take), data))
    findings = judge(progress, data, frozenset({vault.device}), IDS[1])
    assert (findings.outcome, findings.device) == (Outcome.UNKNOWN_DEVICE, insider.public)


def _video(writer: ProofWriter, companion: bytes = b"") -> list[bytes]:
    commitment = sha256(b"latchkey/commitment/1\n" + companion).digest()
    manifest = encode_manifest(replace(MANIFEST, commitment=commitment))
    return [writer.feed(tiny_head() + tiny_fragment(0, b"forged")), writer.close(manifest, lambda _: 0)]


def _sealed(data: bytes) -> bytes:
    return seal(data, [str(OWNER.recipient)], SeededEntropy(77))


def test_an_insider_seals_an_altered_video_again() -> None:
    vault = Vault()
    clip = bytearray(b"".join(decrypt(vault.disk.read(vault.name(1)), KEYS)))
    clip[len(clip) // 2] ^= 1
    vault.put(vault.name(1), _sealed(bytes(clip)))
    assert vault.judge(1).outcome is Outcome.DAMAGED


def test_an_insider_seals_an_altered_video_again_with_a_proof_of_their_own() -> None:
    vault = Vault()
    vault.put(vault.name(1), _sealed(b"".join(tiny_parts(SeededEntropy(9).take))))
    findings = vault.judge(1)
    assert (findings.outcome, findings.trouble) == (Outcome.DAMAGED, "the companion vouches for another clip")


def test_a_clip_put_back_in_the_place_of_another_of_the_same_device() -> None:
    vault = Vault()
    vault.put(vault.name(2), vault.disk.read(vault.name(0)))
    assert vault.judge(2).outcome is Outcome.DAMAGED
    vault.put(chain_name(IDS[2]), vault.disk.read(chain_name(IDS[0])))
    assert vault.judge(2).trouble == "another clip lies under this name"


def test_a_clip_sealed_again_unchanged_by_an_insider_stands_out_in_the_chain() -> None:
    vault = Vault()
    clip = b"".join(decrypt(vault.disk.read(vault.name(1)), KEYS))
    vault.put(vault.name(1), _sealed(clip))
    assert vault.outcomes() == [Outcome.WHOLE, Outcome.CHAIN_BROKEN, Outcome.CHAIN_BROKEN, Outcome.WHOLE]


def test_a_clip_in_the_middle_deleted() -> None:
    vault = Vault()
    vault.delete(1)
    assert vault.outcomes() == [Outcome.CHAIN_BROKEN, Outcome.CHAIN_BROKEN, Outcome.WHOLE]
    place = vault.judge(2).place
    assert place is not None
    assert place.broken == ("clip 2 before it is gone, while older ones are here",)


def test_the_oldest_clips_may_go_by_age() -> None:
    vault = Vault()
    vault.delete(0)
    vault.delete(1)
    assert vault.outcomes() == [Outcome.WHOLE, Outcome.WHOLE]


def test_the_newest_clip_deleted() -> None:
    vault = Vault()
    vault.delete(3)
    assert vault.outcomes() == [Outcome.CHAIN_BROKEN] * 3
    del vault.disk.files[HEAD_NAME]
    assert vault.outcomes() == [Outcome.CHAIN_BROKEN] * 3


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("told", [False, True])
def test_the_end_of_a_whole_clip_is_taken_away_as_if_power_had_been_lost(number: int, told: bool) -> None:
    """A reader seals the beginning again; who cannot open it cuts it at the edge of a chunk."""
    vault = Vault()
    broker = vault.keeper.told_head()
    assert broker is not None
    entry, clip = vault.entries[number], vault.entries[number].clip
    video = b"".join(decrypt(vault.disk.read(vault.name(number)), KEYS))
    vault.entries[number] = replace(entry, state="torn")
    vault.put(sealed_name(clip, entry.day, "torn"), _sealed(b"".join(split_boxes(video)[:6])))
    del vault.disk.files[vault.name(number)], vault.disk.files[meta_name(clip)]
    heads = []
    if told:
        del vault.disk.files[HEAD_NAME]
        heads.append(json.dumps({"schema": 1, **asdict(broker)}).encode())
    findings = vault.judge(number, *heads)
    assert (findings.outcome, findings.progress.proved_s) == (Outcome.CHAIN_BROKEN, 1.0)
    assert findings.place is not None
    assert "as a whole one" in findings.place.broken[0]


def test_a_whole_clip_that_is_called_torn() -> None:
    """Only a power cut in the instant between head and record leaves the same."""
    vault = Vault()
    vault.call_torn(3)
    place = vault.judge(3).place
    assert place is not None
    assert [text for text in place.broken if "called torn while its proof is complete" in text]


def test_a_clip_that_power_was_lost_for_is_no_finding() -> None:
    vault = Vault()
    torn = vault.cut_off(IDS[4])
    vault.entries += [torn, vault.record(IDS[5])]
    assert vault.judge(4).outcome is Outcome.PARTIAL


def test_the_first_clip_ever_is_cut_off_and_that_is_no_finding() -> None:
    vault = Vault(count=0)
    vault.entries.append(vault.cut_off(IDS[0]))
    assert vault.judge(0).outcome is Outcome.PARTIAL
    del vault.disk.files[HEAD_NAME]
    assert vault.judge(0).outcome is Outcome.CHAIN_BROKEN


def test_the_newest_deleted_and_the_others_called_torn() -> None:
    vault = Vault()
    vault.delete(3)
    for number in range(3):
        vault.call_torn(number)
    for number in range(3):
        place = vault.judge(number).place
        assert place is not None
        assert "clip 4, the newest of the signed head, is gone, while older ones are here" in place.broken


def test_a_clip_deleted_behind_one_that_was_cut_off() -> None:
    vault = Vault(count=1)
    vault.entries.append(vault.cut_off(IDS[1]))
    vault.entries += [vault.record(clip) for clip in IDS[2:5]]
    assert vault.judge(1).outcome is Outcome.PARTIAL
    vault.delete(2)
    place = vault.judge(1).place
    assert place is not None
    assert place.broken == ("clip 3 after it is gone, while older ones are here",)


def test_the_newest_clip_cut_off_and_the_head_deleted() -> None:
    vault = Vault()
    vault.entries[3] = replace(vault.entries[3], state="torn")
    video = b"".join(decrypt(vault.disk.read(vault.name(3)), KEYS))
    vault.put(sealed_name(IDS[3], DAY, "torn"), _sealed(b"".join(split_boxes(video)[:6])))
    for name in (vault.name(3), meta_name(IDS[3]), HEAD_NAME):
        del vault.disk.files[name]
    assert vault.judge(3).outcome is Outcome.CHAIN_BROKEN


def test_all_rolled_back_to_an_older_day_while_the_owner_holds_a_newer_head() -> None:
    vault = Vault(count=2)
    old = {name: bytes(data) for name, data in vault.disk.files.items()}
    vault.record(IDS[2])
    newer = vault.disk.read(HEAD_NAME)
    vault.disk.files = {name: bytearray(data) for name, data in old.items()}
    assert vault.judge(1).outcome is Outcome.WHOLE  # the vault alone cannot tell
    assert vault.judge(1, newer).outcome is Outcome.CHAIN_BROKEN


def test_a_head_by_another_device() -> None:
    vault, other = Vault(), Vault(seed=2)
    vault.put(HEAD_NAME, other.disk.read(HEAD_NAME))
    assert vault.outcomes()[3] is Outcome.CHAIN_BROKEN


class Crash(BaseException):
    """The device loses power."""


class DyingDisk(MemoryDisk):
    """A disk whose device dies at operation number `left`. It remembers what got its name by being renamed,
    also what was replaced since.
    """

    left = 1 << 60

    def __init__(self) -> None:
        super().__init__()
        self.named = set[bytes]()

    def meet(self, operation: DiskOperation, what: str, *, noted: bool = True) -> None:
        self.left -= 1
        if self.left < 0:
            raise Crash
        super().meet(operation, what, noted=noted)
        if operation == "rename" and what.endswith(".age"):
            self.named.add(bytes(self.files[what.split()[0]]))

    def secrets(self) -> tuple[list[bytes], list[bytes]]:
        """Give file keys and nonces of all sealed files that are here or were."""
        here = {bytes(data) for name, data in self.files.items() if name.endswith(".age")}
        keys, nonces = [], []
        for data in here | self.named:
            source = io.BytesIO(data)
            (stanza,) = read_header(source).stanzas
            keys.append(OWNER.unwrap(stanza) or b"")
            nonces.append(source.read(16))
        assert all(keys)
        return keys, nonces


def recorded_after_a_crash(dies_at: int, *, forgets: bool) -> DyingDisk:
    """Record two clips on a device that dies at that operation, and one after it started again.

    `forgets`: its chance begins anew, as no system's does.
    """
    disk, entropy = DyingDisk(), SeededEntropy(1)
    disk.left = dies_at
    with suppress(Crash):
        keeper = VaultKeeper(disk, MemoryIndex(), FixedReaders(), entropy.take, VaultSettings())
        record_tiny(keeper, IDS[0], entropy.take, fragments=2)
        record_tiny(keeper, IDS[1], entropy.take, fragments=2)
    disk.left = 1 << 60
    take = SeededEntropy(1).take if forgets else entropy.take
    record_tiny(VaultKeeper(disk, MemoryIndex(), FixedReaders(), take, VaultSettings()), IDS[2], take)
    return disk


def test_the_check_for_shared_keys_sees_a_device_whose_chance_begins_anew() -> None:
    """The control of the next test."""
    for forgets in (True, False):
        for values in recorded_after_a_crash(60, forgets=forgets).secrets():
            assert (len(set(values)) < len(values)) is forgets


@pytest.mark.slow
def test_a_crash_at_every_write_then_restart() -> None:
    """No two sealed files share a file key or nonce, no number is given twice, nothing is appended."""
    tails = 0
    for dies_at in range(10_000):
        disk = DyingDisk()
        entropy = SeededEntropy(1)  # it goes on after the crash, as the system's does
        disk.left = dies_at
        try:
            keeper = VaultKeeper(disk, MemoryIndex(), FixedReaders(), entropy.take, VaultSettings())
            record_tiny(keeper, IDS[0], entropy.take, fragments=2)
            record_tiny(keeper, IDS[1], entropy.take, fragments=2)
        except Crash:
            disk.left = 1 << 60
        else:
            assert tails > 10
            return
        before = {name: bytes(data) for name, data in disk.files.items() if name.startswith("clips/")}
        index = MemoryIndex()
        keeper = VaultKeeper(disk, index, FixedReaders(), entropy.take, VaultSettings())
        keeper.start()
        record_tiny(keeper, IDS[2], entropy.take)
        for name, data in before.items():
            now = disk.files.get(name)
            assert now is None or now == data, name
        for values in disk.secrets():
            assert len(set(values)) == len(values)
        companions = [_companion(disk, clip) for clip in IDS[:3]]
        numbers = [decode_companion(one).sequence for one in companions if one]
        assert len(set(numbers)) == len(numbers)
        assert numbers == sorted(numbers)
        assert [entry.clip for entry in index.entries()] == [
            entry.clip for entry in sorted(list_clips(disk), key=lambda entry: entry.clip)
        ]
        tails += any(tail_name(clip) in disk.files for clip in IDS[:3])


def _companion(disk: MemoryDisk, clip: str) -> bytes | None:
    with suppress(DiskError):
        return read_companion(disk, clip, KEYS)
    return None
