"""The layer's format against whoever can seal to the owner: nothing absurd is believed or decoded."""

import struct
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey.clip import ClipDamaged, seal
from latchkey.errors import LatchkeyError
from latchkey.frames import Colour, Cover, FilterState, RawFrame
from latchkey.owner.composing import FaceLayer, jpeg_shape
from latchkey.owner.opening import FacesGone
from latchkey.pipeline.facelayer import FaceSealer
from latchkey.ports import ClipEntry
from latchkey.vault import (
    LayerDamaged,
    LayerEnd,
    LayerHead,
    LayerReader,
    encode_end,
    encode_head,
    encode_record,
    faces_name,
)
from latchkey.vision import COVER_YUV, cut_patches
from latchkey_sim.disk import MemoryDisk
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import OWNER

CLIP = "ab" * 16
HEAD = LayerHead(CLIP, 64, 48, Colour(1, False))
COVER = Cover(8, 4, 24, 20)
JPEG = cv2.imencode(".jpg", np.zeros((24, 16), np.uint8))[1].tobytes()
GOOD = (
    encode_head(HEAD)
    + encode_record(0, [COVER], [(COVER, JPEG)])
    + encode_record(9, [COVER], [(COVER, JPEG)])
    + encode_end(LayerEnd(1, 2, 3))
)


def read(data: bytes, piece: int = 7) -> list[int]:
    reader = LayerReader(data[at : at + piece] for at in range(0, len(data), piece))
    return [record.ticks for record in reader.records()]


def raw(width: int = 64, height: int = 48, seed: int = 3) -> RawFrame:
    draw = np.random.default_rng(seed)
    sizes = ((height, width), (height // 2, width // 2), (height // 2, width // 2))
    y, u, v = (draw.integers(0, 256, size, dtype=np.uint8) for size in sizes)
    return RawFrame(y, u, v, 0)


@given(st.integers(1, 200))
def test_a_layer_is_read_in_pieces_of_any_size(piece: int) -> None:
    assert read(GOOD, piece) == [0, 9]


def test_a_layer_cut_at_any_byte_is_damaged_unless_between_records() -> None:
    head, record = len(encode_head(HEAD)), len(encode_record(0, [COVER], [(COVER, JPEG)]))
    ends = {head, head + record, head + 2 * record}
    for cut in range(len(GOOD)):
        if cut in ends:
            read(GOOD[:cut])
        else:
            with pytest.raises(LayerDamaged):
                read(GOOD[:cut])


@given(st.binary(max_size=200))
def test_nonsense_behind_the_head_is_an_error_of_ours_or_read(data: bytes) -> None:
    try:
        read(encode_head(HEAD) + data)
    except LayerDamaged:
        return


def record(**changes: int) -> bytes:
    """A record with one lie in it."""
    truth = {"size": 8 + 12 + 4, "ticks": 1, "covers": 1, "patches": 1, "length": 4}
    sides = {"x0": 8, "y0": 4, "x1": 24, "y1": 20}
    lies = truth | sides | changes
    box = [lies[side] for side in sides]
    cover = [lies.get(f"c{side}", lies[side]) for side in sides]
    head = struct.pack(">IQHH", lies["size"], lies["ticks"], lies["covers"], lies["patches"])
    return (
        head
        + struct.pack(">HHHH", *cover)
        + struct.pack(">HHHHI", *box, lies["length"])
        + b"\xff\xd8\xff\xd9"
    )


@pytest.mark.parametrize(
    "lie",
    [
        {"size": 2**32 - 1}, {"size": 0}, {"size": 23}, {"covers": 0}, {"patches": 0}, {"covers": 65_535},
        {"patches": 2}, {"length": 2**32 - 1}, {"length": 5}, {"length": 3}, {"x1": 66}, {"y1": 50},
        {"x0": 24}, {"x1": 23}, {"y0": 20}, {"cx0": 6}, {"cy1": 22},
    ],
)  # fmt: skip
def test_a_record_that_lies_is_refused(lie: dict[str, int]) -> None:
    assert read(encode_head(HEAD) + record()) == [1]
    with pytest.raises(LayerDamaged):
        read(encode_head(HEAD) + record(**lie))


def test_records_out_of_order_or_twice_are_refused() -> None:
    for ticks in (0, 1):
        with pytest.raises(LayerDamaged, match="order"):
            read(encode_head(HEAD) + record(ticks=1) + record(ticks=ticks))


def test_the_end_says_how_much_stays_covered_and_nothing_may_follow_it() -> None:
    reader = LayerReader(iter([GOOD]))
    assert reader.end is None
    assert len(list(reader.records())) == 2
    assert reader.end == LayerEnd(1, 2, 3)
    for more in (b"x", encode_record(10, [COVER], [(COVER, JPEG)]), encode_end(LayerEnd())):
        with pytest.raises(LayerDamaged, match="follows"):
            read(GOOD + more)


def test_patches_larger_than_the_picture_are_refused_before_they_are_decoded() -> None:
    whole = Cover(0, 0, 64, 48)
    with pytest.raises(LayerDamaged, match="larger"):
        read(encode_head(HEAD) + encode_record(0, [whole, whole], [(whole, JPEG), (whole, JPEG)]))


@pytest.mark.parametrize("at", range(33))
def test_a_head_that_lies_is_refused(at: int) -> None:
    for value in (0x00, 0xFF):
        damaged = bytearray(GOOD)
        damaged[at] = value
        try:
            reader = LayerReader(iter([bytes(damaged)]))
        except LayerDamaged:
            continue
        assert at >= 8  # the magic has no second spelling
        assert reader.head.width % 2 == reader.head.height % 2 == 0


def put(disk: MemoryDisk, plain: bytes, clip: str = CLIP) -> ClipEntry:
    entry = ClipEntry(clip, 20_781, 1, "whole")
    sealed = seal(plain, [str(OWNER.recipient)], SeededEntropy(1))
    disk.files[faces_name(clip, entry.day)] = bytearray(sealed)
    return entry


def test_the_layer_of_another_clip_is_refused() -> None:
    disk = MemoryDisk()
    entry = put(disk, GOOD, "cd" * 16)
    with pytest.raises(LayerDamaged, match="another clip"):
        FaceLayer(disk, entry, [OWNER.text])


def test_patches_for_pictures_that_are_not_there_are_refused() -> None:
    disk = MemoryDisk()
    entry = put(disk, GOOD)
    with FaceLayer(disk, entry, [OWNER.text]) as layer:
        assert layer.at(0)
        with pytest.raises(LayerDamaged, match="other pictures"):
            layer.at(10)
    with FaceLayer(disk, entry, [OWNER.text]) as layer:
        layer.at(0)
        with pytest.raises(LayerDamaged, match="does not have"):
            layer.end()


def test_a_missing_layer_says_so() -> None:
    with pytest.raises(FacesGone) as caught:
        FaceLayer(MemoryDisk(), ClipEntry(CLIP, 20_781, 1, "whole"), [OWNER.text])
    assert caught.value.exit_code == 7
    assert "without --with-faces" in str(caught.value.hint)


def test_a_bit_flipped_at_any_byte_of_a_small_layer_is_noticed() -> None:
    disk = MemoryDisk()
    entry = put(disk, GOOD)
    name = faces_name(CLIP, entry.day)
    whole = bytes(disk.files[name])
    for at in range(len(whole)):
        disk.files[name] = bytearray(whole)
        disk.files[name][at] ^= 4
        with pytest.raises(LatchkeyError) as caught:
            FaceLayer(disk, entry, [OWNER.text])
        assert caught.value.exit_code in (5, 6)
    assert isinstance(caught.value.__cause__, ClipDamaged)


def _images() -> Iterator[bytes]:
    grey = np.zeros((24, 16), np.uint8)
    yield cv2.imencode(".png", grey)[1].tobytes()
    yield cv2.imencode(".jpg", np.zeros((24, 16, 3), np.uint8))[1].tobytes()
    yield cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    yield JPEG.replace(b"\x00\x18\x00\x10", b"\xff\xff\xff\xff")
    yield b"\xff\xd8\xff\xc0"
    yield b"\xff\xd8" + b"\xff\xe0\x00\x00" * 10
    yield b""


@pytest.mark.parametrize("image", list(_images()))
def test_an_image_of_another_kind_or_size_is_not_decoded(image: bytes) -> None:
    assert jpeg_shape(JPEG) == (24, 16)
    assert jpeg_shape(image) != (24, 16)


@given(st.integers(0, 2**32))
def test_only_pixels_under_covers_are_cut_out(seed: int) -> None:
    """The same pixels under the covers, others around them: the same patches."""
    covers = (Cover(8, 4, 24, 20), Cover(20, 12, 40, 30), Cover(48, 40, 50, 42))
    first, other = raw(), raw(seed=seed)
    for x0, y0, x1, y1 in covers:
        for mine, theirs, scale in ((first.y, other.y, 1), (first.u, other.u, 2), (first.v, other.v, 2)):
            place = slice(y0 // scale, y1 // scale), slice(x0 // scale, x1 // scale)
            theirs[place] = mine[place]
    cuts = [cut_patches(frame, FilterState.OK, covers) for frame in (first, other)]
    assert cuts[0] is not None
    assert cuts[1] is not None
    assert [place for place, _ in cuts[0].patches] == [Cover(8, 4, 40, 30), Cover(48, 40, 50, 42)]
    for (_, mine), (_, theirs) in zip(cuts[0].patches, cuts[1].patches, strict=True):
        assert np.array_equal(mine, theirs)
    assert cuts[0].patches[0][1][0, 31] == COVER_YUV[0]


def test_the_sealer_takes_nothing_but_patches() -> None:
    sealer = FaceSealer([str(OWNER.recipient)], SeededEntropy(1).take, HEAD, 0, 1000)
    sealer.begin()
    with pytest.raises(TypeError, match="only FacePatches"):
        sealer.add(0, raw())  # type: ignore[arg-type]


def test_all_of_a_picture_takes_no_more_room_than_half_of_it() -> None:
    """A smooth picture with the noise of a sensor, as cameras give them."""
    draw = np.random.default_rng(5)
    height, width = 480, 640
    smooth = np.add.outer(np.arange(height), np.arange(width)) / 6 + 30
    y = (smooth + draw.normal(0, 2.5, smooth.shape)).astype(np.uint8)
    u, v = (np.full((height // 2, width // 2), 128, np.uint8) for _ in range(2))
    sizes = []
    for share in (2, 1):
        face = Cover(0, 0, width, height // share)
        cut = cut_patches(RawFrame(y, u, v, 0), FilterState.OK, (face,), (face,))
        head = LayerHead(CLIP, width, height, Colour())
        sealer = FaceSealer([str(OWNER.recipient)], SeededEntropy(1).take, head, 0, 1 << 20)
        sizes.append(len(sealer.begin() + sealer.add(0, cut) + sealer.close()))
    assert sizes[1] <= sizes[0]
