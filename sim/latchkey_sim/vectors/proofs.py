"""Vectors of the proof inside a clip: plain MP4 files, as they lie inside the sealed ones."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256

from latchkey.clip import SigningKey, encode_manifest
from latchkey.clip.boxes import box
from latchkey.clip.proof import CHAIN_START, CONTEXT, Kind, Proof, link
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.tinyclip import MANIFEST, split_boxes, tiny_fragment, tiny_head, tiny_parts
from latchkey_sim.vectors.spelling import Vector

FREE = box(b"free", bytes(16))


class _Scribe:
    """Writes a clip by hand, proof by proof; each may lie in one thing and is signed as the key would."""

    def __init__(self, seed: int = 5) -> None:
        self.take = SeededEntropy(seed).take
        self.key = SigningKey(self.take("clip/proof-key", 32))
        self.mark = self.take("clip/proof-mark", 16)
        self.chain = CHAIN_START
        self.number = 0

    def prove(self, since: bytes, kind: Kind, payload: bytes = b"", number: int | None = None) -> bytes:
        """Give some boxes and their proof."""
        said = self.number if number is None else number
        self.chain = link(self.chain, sha256(since).digest())
        message = self.mark + struct.pack(">IB", said, kind) + self.chain + sha256(payload).digest()
        proof = Proof(kind, said, self.chain, self.key.sign(CONTEXT, message), payload)
        self.number += 1
        return since + proof.encode()

    def start(self, head: bytes = b"", payload: bytes = b"") -> bytes:
        return self.prove(head or tiny_head(), Kind.START, payload or self.key.public + self.mark)

    def fragment(self, since: bytes = b"", payload: bytes = b"", number: int | None = None) -> bytes:
        video = since or tiny_fragment(self.number - 1, self.take("tiny/pictures", 48))
        return self.prove(video, Kind.FRAGMENT, payload, number)

    def final(self, manifest: bytes = b"", since: bytes = FREE) -> bytes:
        return self.prove(since, Kind.FINAL, manifest or encode_manifest(MANIFEST))


def proof_vectors() -> Iterator[Vector]:
    """Make all vectors of proof."""
    yield from _sound()
    yield from _cut()
    yield from _moved()
    yield from _changed()
    yield from _signed_otherwise()
    yield from _manifests()


def _vector(name: str, comment: str, expect: str, proved: bytes, rest: bytes = b"") -> Vector:
    return Vector(name, comment, expect, (), sha256(proved).hexdigest(), proved + rest)


def _parts(seed: int = 5) -> list[bytes]:
    return tiny_parts(SeededEntropy(seed).take)


def _sound() -> Iterator[Vector]:
    yield _vector("whole", "three fragments and padding", "complete", b"".join(_parts()))
    one = tiny_parts(SeededEntropy(6).take, fragments=1, padding_bytes=0)
    yield _vector("whole_unpadded", "one fragment, no padding", "complete", b"".join(one))
    least = tiny_parts(SeededEntropy(7).take, fragments=1, padding_bytes=8)
    yield _vector(
        "whole_least_padding", "padding of 8 bytes, which is an empty box", "complete", b"".join(least)
    )


def _cut() -> Iterator[Vector]:
    head, first, second, *_, end = parts = _parts()
    (moof, mdat, proof), (free, _) = split_boxes(second), split_boxes(end)
    yield _vector("cut_empty", "nothing at all", "unproved", b"")
    yield _vector("cut_in_head", "ends in moov", "unproved", b"", tiny_head()[:-1])
    yield _vector("cut_before_start", "ends before the first proof", "unproved", b"", tiny_head())
    yield _vector("cut_after_start", "ends after the first proof", "partial", head)
    yield _vector("cut_after_fragment", "ends after the proof of a fragment", "partial", head + first)
    yield _vector("cut_in_box_head", "ends in the size of a box", "partial", head + first, moof[:3])
    yield _vector("cut_in_mdat", "ends in a fragment", "partial", head + first, moof + mdat[:-1])
    yield _vector(
        "cut_before_proof", "ends between a fragment and its proof", "partial", head + first, moof + mdat
    )
    yield _vector("cut_in_proof", "ends in a proof", "partial", head + first, moof + mdat + proof[:-1])
    yield _vector("cut_before_end", "all fragments, no end", "partial", b"".join(parts[:-1]))
    yield _vector("cut_after_padding", "ends after the padding", "partial", b"".join(parts[:-1]), free)
    yield _vector("cut_in_final", "the last byte is missing", "partial", b"".join(parts[:-1]), end[:-1])


def _moved() -> Iterator[Vector]:
    (head, first, second, third, end), other = _parts(), _parts(8)
    (moof, mdat, proof), (moof_2, mdat_2, proof_2) = split_boxes(first), split_boxes(second)
    free, final = split_boxes(end)

    def bad(name: str, comment: str, proved: bytes, *rest: bytes) -> Vector:
        return _vector(name, comment, "damaged", proved, b"".join(rest))

    yield bad("fragment_dropped", "the second of three fragments is missing", head + first, third, end)
    yield bad("fragments_swapped", "two fragments have changed places", head, second, first, third, end)
    swapped = (moof_2, mdat_2, proof, moof, mdat, proof_2)
    yield bad("fragments_swapped_under_proofs", "their proofs have not", head, *swapped, third, end)
    yield bad("fragment_doubled", "the first fragment comes twice", head + first, first, second, third, end)
    yield bad("fragment_replayed", "the second is another clip's", head + first, other[2], third, end)
    yield bad("spliced", "the end of another clip of as many fragments", head + first + second, *other[3:])
    yield bad("proof_dropped", "the first fragment has no proof", head, moof, mdat, second, third, end)
    yield bad("proof_doubled", "a proof comes twice", head + first, proof, second, third, end)
    yield bad("start_missing", "there is no first proof", b"", tiny_head(), first, second, third, end)
    yield bad("start_doubled", "the first proof comes twice", head, split_boxes(head)[2], first, end)
    yield bad("clip_after_clip", "another clip follows", b"".join(_parts()), *other)
    yield bad("box_after_final", "an empty box follows", b"".join(_parts()), box(b"free", b""))
    yield bad("byte_after_final", "a byte follows", b"".join(_parts()), b"\0")
    yield bad("final_doubled", "the final proof comes twice", b"".join(_parts()), final)
    yield bad("padding_moved", "padding stands before a fragment", head, free, first, second, third, final)


def _changed() -> Iterator[Vector]:
    head, first, *_ = _parts()
    moof, mdat, proof = split_boxes(first)
    for name, at in (("uuid", 8), ("kind", 24), ("number", 28), ("chain", 30), ("signature", 70)):
        changed = proof[:at] + bytes([proof[at] ^ 1]) + proof[at + 1 :]
        yield _vector(
            f"changed_{name}", f"a bit of the {name} of a proof", "damaged", head, moof + mdat + changed
        )
    yield _vector("changed_picture", "a bit of a picture", "damaged", head, moof + mdat[:-1] + b"x" + proof)
    for size, name in ((0, "to_the_end"), (1, "of_64_bits"), (7, "too_small")):
        odd = struct.pack(">I4sQ", size, b"mdat", 1 << 63)
        yield _vector(f"size_{name}", f"a box whose size is {size}", "damaged", head + first, odd)
    yield _vector("size_of_proof", "a proof said to be of 2^32 - 1 bytes", "damaged", head + first,
                  moof + mdat + b"\xff\xff\xff\xffuuid" + bytes(9000))  # fmt: skip


def _signed_otherwise() -> Iterator[Vector]:
    """Signed by the clip's key, as no writer of ours would."""

    def bad(name: str, comment: str, tell: Callable[[_Scribe], tuple[bytes, bytes]]) -> Vector:
        return _vector(name, comment, "damaged", *tell(_Scribe()))

    def behind(make: Callable[[_Scribe], bytes]) -> Callable[[_Scribe], tuple[bytes, bytes]]:
        return lambda scribe: (scribe.start() + scribe.fragment(), make(scribe))

    video = tiny_fragment(1, b"pictures")
    moof, mdat = split_boxes(video)
    yield bad("key_short", "the first proof holds 47 bytes", lambda s: (b"", s.start(payload=bytes(47))))
    yield bad("key_of_another", "it holds another key", lambda s: (b"", s.start(payload=bytes(32) + s.mark)))
    yield bad("number_skipped", "number 3 follows 1", behind(lambda s: s.fragment(video, number=3)))
    yield bad(
        "fragment_payload", "a fragment's proof has a payload", behind(lambda s: s.fragment(video, b"x"))
    )
    yield bad("fragment_reversed", "mdat before moof", behind(lambda s: s.fragment(mdat + moof)))
    yield bad("fragment_of_three", "a box between moof and mdat", behind(
        lambda s: s.fragment(moof + box(b"skip", b"") + mdat)))  # fmt: skip
    yield bad("fragment_empty", "a proof without a fragment", behind(lambda s: s.prove(b"", Kind.FRAGMENT)))
    yield bad(
        "final_over_fragment", "a fragment before the final proof", behind(lambda s: s.final(since=video))
    )
    yield bad("final_over_two", "two free boxes before it", behind(lambda s: s.final(since=FREE + FREE)))
    yield bad("head_without_ftyp", "moov alone", lambda s: (b"", s.start(split_boxes(tiny_head())[1])))
    scaleless = tiny_head().replace(struct.pack(">I", 90_000), bytes(4))
    yield bad("head_without_scale", "a time scale of 0", lambda s: (b"", s.start(scaleless)))
    timeless = video.replace(b"tfdt", b"skip")
    yield bad("fragment_without_time", "no tfdt", behind(lambda s: s.fragment(timeless)))


def _manifests() -> Iterator[Vector]:
    plain = encode_manifest(MANIFEST)
    for name, comment, manifest in (
        ("empty", "no manifest", b" "),
        ("spaced", "a space between two fields", plain.replace(b",", b", ", 1)),
        ("unsorted", "a field at the wrong place", b'{"triggers":["ring","motion"],' + _without(plain)),
        ("fraction", "a number with a fraction", plain.replace(b'"frames":30', b'"frames":30.0')),
        ("truth", "true for a number", plain.replace(b'"filter_version":1', b'"filter_version":true')),
        ("sum", "states that do not sum up to the frames", plain.replace(b'"ok":30', b'"ok":29')),
        ("further", "a field too many", plain.replace(b'"causes"', b'"a":1,"causes"')),
        ("missing", "a field too few", plain.replace(b'"failed_looks":0,', b"")),
        ("schema", "schema 2", plain.replace(b'"schema":1', b'"schema":2')),
        ("capitals", "a commitment in capitals", encode_manifest(replace(MANIFEST, commitment=b"\xab" * 32))
         .replace(b"ab" * 32, b"AB" * 32)),
        ("long", "over 8,192 bytes", plain[:-1] + b" " * 8192 + b"}"),
    ):  # fmt: skip
        scribe = _Scribe()
        proved = scribe.start() + scribe.fragment()
        yield _vector(f"manifest_{name}", comment, "damaged", proved, scribe.final(manifest))


def _without(plain: bytes) -> bytes:
    return plain[1:].replace(b',"triggers":["ring","motion"]', b"")
