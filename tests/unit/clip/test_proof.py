"""Proof boxes: a whole clip verifies, a part of one up to its last proof; notes are closed; sizes are
padded.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey.canonical import decode_record, encode_record
from latchkey.clip import (
    BoxDamaged,
    Companion,
    Link,
    NoteDamaged,
    ProofReader,
    ProofWriter,
    Sealer,
    SigningKey,
    Tail,
    X25519Identity,
    check_proof,
    commitment,
    decode_companion,
    decode_manifest,
    decode_tail,
    encode_companion,
    encode_manifest,
    encode_tail,
    padding_bytes,
    padme_bytes,
)
from latchkey.clip.boxes import BoxWalker, end_ticks, parts, ticks_per_s
from latchkey.errors import ClipError
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.tinyclip import MANIFEST, split_boxes, tiny_fragment, tiny_head, tiny_parts

DEVICE = SigningKey(b"d" * 32)
COMPANION = Companion("ab" * 16, b"k" * 32, DEVICE.public, 7, Link(5, b"p" * 32), b"s" * 32)


def whole(seed: int = 1, fragments: int = 3) -> bytes:
    return b"".join(tiny_parts(SeededEntropy(seed).take, fragments))


def test_a_whole_clip_is_complete_and_gives_its_manifest() -> None:
    found = check_proof([whole()])
    assert found.is_complete
    assert found.manifest == MANIFEST
    assert (found.fragments, found.proved_s, found.proved_bytes) == (3, 3.0, len(whole()))


@pytest.mark.parametrize("step", [1, 7, 64, 1000])
def test_the_pieces_in_which_it_comes_do_not_matter(step: int) -> None:
    clip = whole()
    assert check_proof([clip[at : at + step] for at in range(0, len(clip), step)]).is_complete
    writer, other = (ProofWriter(SeededEntropy(1).take) for _ in range(2))
    video = tiny_head() + tiny_fragment(0, b"x" * 90)
    pieces = [other.feed(video[at : at + step]) for at in range(0, len(video), step)]
    assert b"".join(pieces) == writer.feed(video)


def test_boxes_stand_in_the_order_that_the_format_gives() -> None:
    kinds = [one[4:8] for one in split_boxes(whole(fragments=2))]
    fragment = [b"moof", b"mdat", b"uuid"]
    assert kinds == [b"ftyp", b"moov", b"uuid", *fragment, *fragment, b"free", b"uuid"]


def test_a_clip_without_padding_verifies_too() -> None:
    assert check_proof(tiny_parts(SeededEntropy(1).take, padding_bytes=0)).is_complete


def test_a_clip_that_breaks_off_is_proved_to_its_last_proof_and_no_failure() -> None:
    pieces = tiny_parts(SeededEntropy(1).take)
    found = check_proof([*pieces[:3], pieces[3][:-1]])
    assert (found.is_complete, found.failure, found.proved_s) == (False, None, 2.0)
    assert found.proved_bytes == sum(map(len, pieces[:3]))


def test_a_video_that_is_no_clip_cannot_be_proved_to_its_end() -> None:
    for video in (b"", tiny_head()[:-1], tiny_head() + tiny_fragment(0, b"x")[:-1], b"footage " * 9):
        writer = ProofWriter(SeededEntropy(1).take)
        writer.feed(video)
        with pytest.raises(BoxDamaged, match="whole fragment"):
            writer.close(b"", lambda _: 0)
    with pytest.raises(BoxDamaged, match="impossible size"):
        ProofWriter(SeededEntropy(1).take).feed(bytes(8))


def test_nothing_is_proved_after_the_end() -> None:
    writer = ProofWriter(SeededEntropy(1).take)
    writer.feed(tiny_head() + tiny_fragment(0, b"x"))
    writer.close(encode_manifest(MANIFEST), lambda _: 0)
    with pytest.raises(BoxDamaged):
        writer.feed(b"x")
    with pytest.raises(BoxDamaged):
        writer.close(b"", lambda _: 0)


def test_every_proof_takes_125_bytes_and_the_reader_holds_little() -> None:
    proofs = [one for one in split_boxes(whole()) if one[4:8] == b"uuid"]
    assert [len(one) for one in proofs[1:-1]] == [125, 125, 125]


def test_fragments_with_a_length_for_each_picture_are_timed() -> None:
    def moof(tfhd: bytes, tfdt: bytes, trun: bytes) -> bytes:
        inside = b"".join(
            (len(data) + 8).to_bytes(4, "big") + kind + data
            for kind, data in ((b"tfhd", tfhd), (b"tfdt", tfdt), (b"trun", trun))
        )
        return (len(inside) + 8).to_bytes(4, "big") + b"traf" + inside

    plain = bytes(4) + bytes(4)
    each = bytes.fromhex("00000305 00000002 00000000 00000000") + bytes.fromhex("0000000a 00000001" * 2)
    assert end_ticks(moof(plain, bytes(4) + (5).to_bytes(4, "big"), each)) == 25
    with pytest.raises(BoxDamaged, match="more or fewer"):
        end_ticks(moof(plain, bytes(4) + (5).to_bytes(4, "big"), each[:-1]))


@given(st.binary(max_size=400))
def test_no_bytes_make_the_box_readers_raise_anything_but_ours(data: bytes) -> None:
    for read in (
        ticks_per_s,
        end_ticks,
        lambda some: list(parts(some)),
        lambda some: list(BoxWalker().feed(some)),
        lambda some: ProofReader().feed(some),
        decode_companion,
        decode_manifest,
        lambda some: decode_tail(some, "ab" * 16),
    ):
        try:
            read(data)
        except ClipError:
            continue


@given(st.integers(0, 700), st.binary(min_size=1, max_size=8))
def test_no_change_makes_the_reader_raise_anything_but_ours_or_accept(at: int, change: bytes) -> None:
    clip = whole()
    changed = clip[:at] + change + clip[at + len(change) :]
    assert changed == clip or not check_proof([changed]).is_complete


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.sampled_from(sorted(decode_record(encode_manifest(MANIFEST), {*MANIFEST.__slots__, "schema"}, 9999))),
    JSON,
)
def test_a_manifest_with_any_value_in_any_field_is_read_as_it_is_or_refused(name: str, value: object) -> None:
    record = decode_record(encode_manifest(MANIFEST), {*MANIFEST.__slots__, "schema"}, 9999)
    try:
        data = encode_record(record | {name: value})
    except ValueError:
        return
    try:
        read = decode_manifest(data)
    except NoteDamaged:
        return
    assert encode_manifest(read) == data


@pytest.mark.parametrize(
    "change",
    [
        (b'"schema":1', b'"schema":2'),
        (b'"frames":30', b'"frames":30.0'),
        (b'"frames":30', b'"frames": 30'),
        (b'"frames":30', b'"frames":31'),
        (b'"frames":30', b'"frames":true'),
        (b'"clock_trusted":true', b'"clock_trusted":1'),
        (b'"commitment":"0', b'"commitment":"A'),
        (b'{"causes"', b'{"a":1,"causes"'),
        (b'{"causes":{},', b"{"),
        (b'"ring"', b'"rung"'),
    ],
)
def test_a_manifest_spelled_otherwise_is_refused(change: tuple[bytes, bytes]) -> None:
    data = encode_manifest(MANIFEST).replace(*change)
    assert data != encode_manifest(MANIFEST)
    with pytest.raises(NoteDamaged):
        decode_manifest(data)


def test_a_companion_is_read_as_it_was_written_and_only_if_its_device_signed_it() -> None:
    for companion in (COMPANION, replace(COMPANION, previous=None)):
        data = encode_companion(companion, DEVICE)
        assert decode_companion(data) == companion
        for at in range(0, len(data), 7):
            with pytest.raises(NoteDamaged):
                decode_companion(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    with pytest.raises(NoteDamaged):
        decode_companion(encode_companion(COMPANION, SigningKey(b"e" * 32)))


def test_a_commitment_says_nothing_without_the_salt() -> None:
    data = [encode_companion(replace(COMPANION, salt=salt * 32), DEVICE) for salt in (b"a", b"b")]
    assert commitment(data[0]) != commitment(data[1])


def test_a_tail_of_another_clip_is_refused() -> None:
    tail = Tail("ab" * 16, 65536, b"rest")
    assert decode_tail(encode_tail(tail), tail.clip) == tail
    for bad in (encode_tail(replace(tail, at=5)), encode_tail(tail)[:20], encode_tail(tail) + bytes(65536)):
        with pytest.raises(NoteDamaged):
            decode_tail(bad, tail.clip)
    with pytest.raises(NoteDamaged, match="another clip"):
        decode_tail(encode_tail(tail), "cd" * 16)


@given(st.integers(0, 400_000), st.integers(1, 3))
def test_with_its_padding_the_sealed_file_has_a_padme_length(n_bytes: int, recipients: int) -> None:
    sealer = Sealer([str(X25519Identity(b"o" * 32).recipient)] * recipients, SeededEntropy(1))
    start = sealer.feed(b"")
    gap = padding_bytes(len(start), n_bytes)
    sealed = start + sealer.feed(bytes(n_bytes + gap)) + sealer.close()
    assert gap == 0 or gap >= 8
    assert padme_bytes(len(sealed)) == len(sealed)
    assert len(sealed) <= 1.13 * (len(start) + n_bytes + 16 * (1 + n_bytes // 65536) + 40)
