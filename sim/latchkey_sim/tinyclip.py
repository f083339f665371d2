"""Tiny clips made by hand: boxes as the muxer writes them, with noise for pictures. For tests and vectors."""

import struct
from dataclasses import replace

from latchkey.clip import Manifest, ProofWriter, Take, encode_manifest
from latchkey.clip.boxes import box
from latchkey.errors import DiskError
from latchkey.events import Trigger
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.ports import ClipEntry
from latchkey.units import NS_PER_S, TICKS_PER_S
from latchkey.vault import ClipMeta

PICTURES = 10
"""In each fragment, which is 1 s long."""

MANIFEST = Manifest(
    trigger=Trigger.RING,
    triggers=(Trigger.RING, Trigger.MOTION),
    start_wall_ns=1_790_000_000 * NS_PER_S,
    clock_trusted=True,
    span_ns=3 * NS_PER_S,
    frames=30,
    frames_with_covers=12,
    states={"ok": 30, "fallback_region": 0, "fallback_full": 0},
    causes={},
    detector="centerface",
    failed_looks=0,
    filter_version=1,
    self_check=True,
    checked_groups=3,
    repaired_groups=0,
    commitment=bytes(range(32)),
)

META = ClipMeta(
    clip="0" * 32,
    trigger=MANIFEST.trigger,
    triggers=MANIFEST.triggers,
    start_wall_ns=MANIFEST.start_wall_ns,
    start_at_ns=5 * NS_PER_S,
    span_ns=MANIFEST.span_ns,
    frames=MANIFEST.frames,
    frames_with_covers=MANIFEST.frames_with_covers,
    states=MANIFEST.states,
    detector=MANIFEST.detector,
    failed_looks=0,
    filter_version=1,
)


def tiny_head() -> bytes:
    """Give `ftyp` and `moov`."""
    mdhd = struct.pack(">IIIIII", 0, 0, 0, TICKS_PER_S, 0, 0)
    moov = box(b"moov", box(b"trak", box(b"mdia", box(b"mdhd", mdhd))))
    return box(b"ftyp", b"iso5\0\0\2\0iso5iso6mp41") + moov


def tiny_fragment(number: int, pictures: bytes) -> bytes:
    """Give `moof` and `mdat` of second `number`, which holds the bytes `pictures`."""
    step = TICKS_PER_S // PICTURES
    tfhd = box(b"tfhd", struct.pack(">III", 0x020008, 1, step))
    tfdt = box(b"tfdt", struct.pack(">IQ", 1 << 24, number * TICKS_PER_S))
    trun = box(b"trun", struct.pack(">III", 1, PICTURES, 88))
    mfhd = box(b"mfhd", struct.pack(">II", 0, number + 1))
    return box(b"moof", mfhd + box(b"traf", tfhd + tfdt + trun)) + box(b"mdat", pictures)


def tiny_parts(
    take: Take, fragments: int = 3, manifest: Manifest = MANIFEST, padding_bytes: int = 24
) -> list[bytes]:
    """Give a proved clip in parts: head, fragments, each with its proof, and the end.

    Streams of `take`: those of the proof, and `tiny/pictures`, 48 bytes a fragment.
    """
    writer = ProofWriter(take)
    video = [tiny_head(), *(tiny_fragment(n, take("tiny/pictures", 48)) for n in range(fragments))]
    return [*map(writer.feed, video), writer.close(encode_manifest(manifest), lambda _: padding_bytes)]


def record_tiny(keeper: VaultKeeper, clip: str, take: Take, fragments: int = 3) -> ClipEntry:
    """Record a tiny clip into a vault, as `Film` does. Raises DiskError; then the clip is given up."""
    opened = keeper.begin(clip)
    try:
        for video in (tiny_head(), *(tiny_fragment(n, take("tiny/pictures", 48)) for n in range(fragments))):
            opened.append(opened.proof.feed(video))
            opened.sync()
        manifest = encode_manifest(replace(MANIFEST, commitment=opened.commitment))
        opened.append(opened.proof.close(manifest, opened.padding_bytes))
        return opened.finish(replace(META, clip=clip))
    except DiskError:
        opened.abandon()
        raise


def split_boxes(clip: bytes) -> list[bytes]:
    """Cut a clip into its outermost boxes."""
    found, at = [], 0
    while at < len(clip):
        size_bytes = int.from_bytes(clip[at : at + 4], "big")
        found.append(clip[at : at + size_bytes])
        at += size_bytes
    return found
