"""Pictures of PyAV as planes: arrays over their memory, without a copy where that is possible."""

from fractions import Fraction

import numpy as np
from av.error import FFmpegError
from av.filter import Graph
from av.sidedata.sidedata import SideData
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane

from latchkey.frames import Colour, Plane, RawFrame

PLANAR = {"yuv420p": False, "yuvj420p": True}
"""Formats whose planes are used as they are, and whether they are full range."""

BLACK_YUV = (16, 128, 128)

EXIF = 31  # AV_FRAME_DATA_EXIF, which PyAV 18 has no name for

FULL_RANGE = 2  # AVCOL_RANGE_JPEG, H.273 VideoFullRangeFlag = 1


def rows_of(plane: VideoPlane) -> Plane:
    """Give a plane's memory as (height, line size); the line may be longer than the picture is wide."""
    pixels: Plane = np.frombuffer(plane, np.uint8)  # type: ignore[call-overload]  # a plane is a buffer
    return pixels.reshape(plane.height, plane.line_size)


Turn = tuple[int, bool]
"""How a picture is to be shown: quarter turns anticlockwise, then whether upside down."""

UPRIGHT: Turn = (0, False)

SQUARE = Fraction(1)
"""The usual width of a pixel as it is shown, over its height."""


def raw_frame(
    picture: VideoFrame,
    at_ns: int,
    turn: Turn = UPRIGHT,
    size: tuple[int, int] | None = None,
    pixel_aspect: Fraction = SQUARE,
) -> RawFrame:
    """Turn a decoded picture into planes, by reference where it is 8-bit 4:2:0 already.

    10-bit, 4:2:2, RGB and palette pictures become 8-bit 4:2:0 first, and so do those stored from the bottom
    up, beyond whose planes lies memory that is none of theirs; alpha is dropped; one that is not of `size`
    is fitted into it, with black at its sides if it has another shape, its pixels being `pixel_aspect` times
    as wide as high; `turn` is applied; an odd last row or column is cut off.
    """
    width, height = size or (picture.width, picture.height)
    if (picture.width, picture.height) != (width, height) or pixel_aspect != SQUARE:
        picture = _fitted(picture, width, height, pixel_aspect)
    if any(plane.line_size < 0 for plane in picture.planes):  # a format of its own, so that FFmpeg copies
        picture = picture.reformat(format="yuv444p")
    if picture.format.name not in PLANAR:
        picture = picture.reformat(format="yuv420p")
    full_range = PLANAR[picture.format.name] or int(picture.color_range) == FULL_RANGE
    sides = ((width, height), *[((width + 1) // 2, (height + 1) // 2)] * 2)
    planes = [
        _turned(_centred(_plane(picture, index), *sides[index], BLACK_YUV[index]), *turn)
        for index in range(3)
    ]
    height, width = (side & ~1 for side in planes[0].shape)
    y = planes[0][:height, :width]
    u, v = (plane[: height // 2, : width // 2] for plane in planes[1:])
    return RawFrame(y, u, v, at_ns, Colour(int(picture.colorspace), full_range))


def turn_of(picture: VideoFrame) -> Turn:
    """Give how the pictures of a stream are to be shown, from its first one.

    Once the side data of a picture has been touched, PyAV keeps the picture in a cycle of references until
    the garbage collector comes by: done for each, that is 300 MB at 720p. A stream's matrix does not change.

    Read from the display matrix, row by row (a b u, c d v, x y w), in 16.16: a point (p, q) is shown
    at (a p + c q, b p + d q). Other angles are rounded to the nearest quarter.
    """
    try:
        data = _display_matrix(picture)
    except (ValueError, FFmpegError):  # there is more that PyAV does not know, or no such filter
        return round(picture.rotation / 90) % 4, False
    if not isinstance(data, SideData):
        return UPRIGHT
    a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].astype(float)
    mirrored = a * d - b * c < 0
    angle = np.degrees(np.arctan2(-b, a))
    return round(angle / 90) % 4, bool(mirrored)


def _display_matrix(picture: VideoFrame) -> object:
    """Give a picture's display matrix, if it has one. Exif is an error to PyAV; a filter leaves it out.

    Raises ValueError where there is more that PyAV does not know, FFmpegError where it has no such filter.
    """
    try:
        return picture.side_data.get("DISPLAYMATRIX")
    except ValueError:
        graph = Graph()
        graph.link_nodes(
            graph.add_buffer(
                width=picture.width, height=picture.height, format=picture.format, time_base=Fraction(1, 1000)
            ),
            graph.add("sidedata", f"mode=delete:type={EXIF}"),
            graph.add("buffersink"),
        ).configure()
        graph.push(picture)
        return graph.vpull().side_data.get("DISPLAYMATRIX")


def _fitted(picture: VideoFrame, width: int, height: int, pixel_aspect: Fraction) -> VideoFrame:
    """Scale a picture to the largest that these sides hold: its proportions are kept.

    Stretched, as FFmpeg does, faces of a telephone that was turned are three times too wide to be found.
    """
    shown_width = picture.width * float(pixel_aspect)
    scale = min(width / shown_width, height / picture.height)
    across = min(max(round(shown_width * scale / 2) * 2, 2), width)
    down = min(max(round(picture.height * scale / 2) * 2, 2), height)
    if across >= width - 1 and down >= height - 1:
        across, down = width, height
    return picture.reformat(width=across, height=down, format="yuv420p")


def _centred(plane: Plane, width: int, height: int, black: int) -> Plane:
    if plane.shape == (height, width):
        return plane
    whole: Plane = np.full((height, width), black, np.uint8)
    down, across = plane.shape
    top, left = (height - down) // 2, (width - across) // 2
    whole[top : top + down, left : left + across] = plane
    return whole


def _turned(plane: Plane, quarters: int, mirrored: bool) -> Plane:
    plane = np.flipud(plane) if mirrored else plane
    return np.rot90(plane, quarters) if quarters else plane


def _plane(picture: VideoFrame, index: int) -> Plane:
    plane = picture.planes[index]
    return rows_of(plane)[:, : plane.width]
