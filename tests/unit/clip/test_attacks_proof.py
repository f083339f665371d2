"""Attacks on proof and chain. Each test is one attack, by somebody who holds the clip's plaintext unless it
says so.

An insider here is a reader of the clip: the owner's own key opens it, so sealing does not stop them from
changing the video and sealing it again. The clip's key, which signed it, no longer exists.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256

from latchkey.clip import (
    ProofDamaged,
    SignatureWrong,
    SigningKey,
    check_proof,
    encode_manifest,
    verify,
)
from latchkey.clip.boxes import box
from latchkey.clip.proof import CHAIN_START, CONTEXT, Kind, Proof, decode_proof, link
from latchkey.units import MIB
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.tinyclip import MANIFEST, split_boxes, tiny_fragment, tiny_head, tiny_parts


def parts(seed: int = 1) -> list[bytes]:
    """Give a clip as head, three fragments and end."""
    return tiny_parts(SeededEntropy(seed).take)


def refused(*pieces: bytes) -> str:
    """Make sure that a clip is not accepted, and give the check that failed."""
    found = check_proof(pieces)
    assert not found.is_complete
    assert isinstance(found.failure, ProofDamaged), found
    return found.failure.check


def test_a_fragment_dropped() -> None:
    head, first, _, third, end = parts()
    assert "stands where number 2 belongs" in refused(head, first, third, end)


def test_fragments_swapped() -> None:
    head, first, second, third, end = parts()
    assert "stands where number 1 belongs" in refused(head, second, first, third, end)


def test_fragments_swapped_under_their_proofs() -> None:
    boxes = split_boxes(b"".join(parts()))
    boxes[3:5], boxes[6:8] = boxes[6:8], boxes[3:5]
    assert "changed, moved or left out" in refused(*boxes)


def test_a_fragment_replayed_from_another_clip_of_the_same_device() -> None:
    (head, first, _, third, end), other = parts(), parts(seed=2)
    assert "changed, moved or left out" in refused(head, first, other[2], third, end)


def test_two_clips_spliced() -> None:
    one, two = parts(), parts(seed=2)
    assert "changed, moved or left out" in refused(*one[:3], *two[3:])
    assert "stands where number 3 belongs" in refused(*one[:3], *two)


def test_a_fragment_twice() -> None:
    head, first, *rest = parts()
    assert "stands where number 2 belongs" in refused(head, first, first, *rest)


def test_a_proof_left_out() -> None:
    boxes = split_boxes(b"".join(parts()))
    del boxes[5]
    assert "a fragment has no proof" in refused(*boxes)


def test_a_box_after_the_final_proof() -> None:
    for extra in (box(b"free", b""), tiny_fragment(3, b"x"), b"x", parts()[-1]):
        assert "follows the final proof" in refused(*parts(), extra)


def test_a_box_that_is_not_ours_between_fragments() -> None:
    head, first, *rest = parts()
    moof, mdat, proof = split_boxes(first)
    for odd in (moof + box(b"skip", b"") + proof, box(b"udta", b"") + proof, mdat + moof + proof):
        refused(head, odd, *rest)
    assert "where a proof belongs" in refused(head, moof + mdat + box(b"uuid", bytes(200)), *rest)


Signed = Callable[[Proof, bytes], bytes]
"""What the signature of a proof covers, in a clip with this mark."""


def only_the_bytes_before(proof: Proof, _mark: bytes) -> bytes:
    """The control: chain_i is the hash of all bytes before the box, and nothing else is signed."""
    return proof.chain


def what_we_sign(proof: Proof, mark: bytes) -> bytes:
    return mark + struct.pack(">IB", proof.number, proof.kind) + proof.chain + sha256(proof.payload).digest()


def written(signed: Signed, manifest: bytes) -> tuple[list[bytes], bytes]:
    """Write a clip of three fragments, each followed by its proof, the last by the final one. Give its
    boxes and its public key; the key itself is forgotten.
    """
    key, mark, chain, boxes = SigningKey(b"c" * 32), b"m" * 16, CHAIN_START, list[bytes]()
    for number in range(4):
        video = tiny_fragment(number, bytes(48)) if number else tiny_head()
        kind = (Kind.START, Kind.FRAGMENT, Kind.FRAGMENT, Kind.FINAL)[number]
        payload = {Kind.START: key.public + mark, Kind.FINAL: manifest}.get(kind, b"")
        chain = link(chain, sha256(video).digest())
        proof = Proof(kind, number, chain, b"", payload)
        proof = replace(proof, signature=key.sign(CONTEXT, signed(proof, mark)))
        boxes += [*split_boxes(video), proof.encode()]
    return boxes, key.public


def accepted(boxes: Sequence[bytes], public: bytes, signed: Signed) -> bytes | None:
    """Read such a clip: give its manifest if it is complete and every check holds."""
    chain, since, mark, number = CHAIN_START, sha256(), b"", 0
    for at, one in enumerate(boxes, 1):
        if one[4:8] != b"uuid":
            since.update(one)
            continue
        proof = decode_proof(one[8:])
        chain, since, mark = link(chain, since.digest()), sha256(), mark or proof.payload[32:]
        try:
            verify(public, CONTEXT, signed(proof, mark), proof.signature)
        except SignatureWrong:
            return None
        if (proof.chain, proof.number) != (chain, number):
            return None
        if proof.kind is Kind.FINAL:
            return proof.payload if at == len(boxes) else None
        number += 1
    return None


def test_a_forged_final_manifest_on_a_truncated_clip_with_the_control_that_accepts_it() -> None:
    """Formats that differ in nothing but what is signed. Nobody has the key any more: the forger cuts the
    clip behind its second fragment, and writes the signature there under a final proof with a manifest of
    their own.
    """
    honest, forgers = encode_manifest(MANIFEST), encode_manifest(replace(MANIFEST, frames=20))
    for signed, gets_through in ((only_the_bytes_before, forgers), (what_we_sign, None)):
        boxes, public = written(signed, honest)
        *cut, last = boxes[: -len(split_boxes(tiny_fragment(3, b""))) - 1]
        forged = replace(decode_proof(last[8:]), kind=Kind.FINAL, payload=forgers)
        assert accepted(boxes, public, signed) == honest
        assert accepted([*cut, last], public, signed) is None
        changed = [*boxes[:4], boxes[4][:-1] + b"x", *boxes[5:]]
        assert accepted(changed, public, signed) is None
        assert accepted([*cut, forged.encode()], public, signed) == gets_through


def test_a_forged_final_manifest_on_a_truncated_clip_of_ours() -> None:
    """What the control shows is what clips have: the signature is over the same bytes."""
    head, first, *_ = parts()
    moof, mdat, proof = split_boxes(first)
    public, mark = _start_of(head)
    real = decode_proof(proof[8:])
    verify(public, CONTEXT, what_we_sign(real, mark), real.signature)
    forged = replace(real, kind=Kind.FINAL, payload=encode_manifest(replace(MANIFEST, frames=10)))
    assert refuses_signature(forged, public, mark)
    assert "other boxes than ours" in refused(head, moof, mdat, forged.encode())
    assert "stands where number 2 belongs" in refused(head, first, forged.encode())
    behind = replace(forged, number=2, chain=link(real.chain, sha256(b"").digest()))
    assert "not the clip's" in refused(head, first, behind.encode())


def _start_of(head: bytes) -> tuple[bytes, bytes]:
    payload = decode_proof(split_boxes(head)[2][8:]).payload
    return payload[:32], payload[32:]


def refuses_signature(proof: Proof, public: bytes, mark: bytes) -> bool:
    try:
        proof.verify(public, mark)
    except Exception as error:  # noqa: BLE001 -- the class is asserted
        return type(error).__name__ == "SignatureWrong"
    return False


def test_a_forged_final_proof_behind_the_real_fragments() -> None:
    """It has the right chain and number; only the clip's key is missing."""
    head, first, *_ = parts()
    real = decode_proof(split_boxes(first)[2][8:])
    key, (_, mark) = SigningKey(b"i" * 32), _start_of(head)
    payload = encode_manifest(MANIFEST)
    chain = link(real.chain, sha256(b"").digest())
    message = mark + struct.pack(">IB", 2, Kind.FINAL) + chain + sha256(payload).digest()
    forged = Proof(Kind.FINAL, 2, chain, key.sign(CONTEXT, message), payload)
    assert "not the clip's" in refused(head, first, forged.encode())


def test_a_proof_moved_to_another_kind_or_number() -> None:
    head, first, *_ = parts()
    public, mark = _start_of(head)
    real = decode_proof(split_boxes(first)[2][8:])
    real.verify(public, mark)
    for forged in (replace(real, kind=Kind.FINAL), replace(real, number=2), replace(real, payload=b"x")):
        assert refuses_signature(forged, public, mark)
    assert refuses_signature(real, public, bytes(16))


def test_a_changed_bit_anywhere_of_a_small_clip() -> None:
    clip = b"".join(parts())
    for at in range(len(clip)):
        changed = bytearray(clip)
        changed[at] ^= 1 << (at % 8)
        assert not check_proof([bytes(changed)]).is_complete, at


def test_truncated_at_every_byte() -> None:
    """Never complete, never a failure that is not there, and proved exactly to the last whole proof."""
    pieces = parts()
    clip = b"".join(pieces)
    ends = [sum(map(len, pieces[:count])) for count in range(len(pieces))]
    for n_bytes in range(len(clip)):
        found = check_proof([clip[:n_bytes]])
        whole = [end for end in ends if end <= n_bytes]
        assert (found.is_complete, found.failure) == (False, None)
        assert (found.proved_bytes, found.fragments) == (whole[-1], max(0, len(whole) - 2))


def test_absurd_box_sizes_and_a_million_boxes_take_bounded_memory() -> None:
    """2^63 bytes, zero, endless; and so many boxes that a list of them would show."""
    head, first, *_ = parts()
    wide = struct.pack(">I4sQ", 1, b"mdat", 1 << 63)
    for absurd in (wide, struct.pack(">I4s", 0, b"mdat"), struct.pack(">I4s", 7, b"moof")):
        found = check_proof([head, first, absurd])
        assert "impossible size" in str(found.failure)
    endless = struct.pack(">I4s", 0xFFFFFFFF, b"moof")
    read = 0

    def flood(start: bytes, piece: bytes) -> Iterator[bytes]:
        nonlocal read
        yield start
        for _ in range(10_000):
            read += len(piece)
            yield piece

    for kind in (b"moof", b"moov", b"uuid"):
        read = 0
        found = check_proof(flood(endless.replace(b"moof", kind), bytes(1 << 16)))
        assert "is over" in str(found.failure)
        assert read < 5 * MIB
    read = 0
    check_proof(flood(head, box(b"free", b"") * 100))
    assert read <= 800
    proofs = Proof(Kind.FRAGMENT, 1, CHAIN_START, bytes(64), b"").encode() * 100
    read = 0
    assert "other boxes" in str(check_proof(flood(head, proofs)).failure)
    assert read <= len(proofs)
    many = box(b"trak", b"") * 1_000_000
    assert "too many" in str(check_proof([box(b"moov", many[: 3 * MIB])]).failure)
