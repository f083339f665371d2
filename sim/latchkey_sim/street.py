"""A tiny street for tests of the whole device: noise, now and then a bright block that walks through.

And the owner's look at what a device on the desk kept of it.
"""

import io
import json
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from av.error import InvalidDataError

from latchkey.adapters.planes import raw_frame
from latchkey.clip import decrypt
from latchkey.frames import Plane, RawFrame
from latchkey.units import NS_PER_S
from latchkey.vault import ClipMeta, decode_meta, meta_name, sealed_name
from latchkey_sim.desk import DEVICE_ID, Desk

FPS = 10
SIZE = (128, 96)


def street(
    seconds: float,
    moving: tuple[tuple[float, float], ...] = (),
    *,
    size: tuple[int, int] = SIZE,
    begin_s: float = 0.0,
) -> Iterator[RawFrame]:
    """Draw frames of `size` (width, height), the first at `begin_s`; during `moving` (from, to) seconds
    a block walks through.
    """
    noise = np.random.default_rng(7)
    width, height = size
    ground: Plane = (np.add.outer(np.arange(height), np.arange(width)) // 2 + 40).astype(np.uint8)
    first = round(begin_s * FPS)
    for number in range(first, first + int(seconds * FPS)):
        y = ground + noise.integers(0, 3, ground.shape, dtype=np.uint8)
        second = number / FPS
        if any(begin <= second < end for begin, end in moving):
            left = 8 + (number * 5) % (width - 40)
            y[20:80, left : left + 24] = 235
        chroma = np.full((height // 2, width // 2), 128, np.uint8)
        yield RawFrame(y, chroma, chroma, number * NS_PER_S // FPS)


@dataclass(frozen=True, slots=True)
class Kept:
    """A clip as its owner has it: the sealed record, and the decoded frames with their device times."""

    record: ClipMeta
    frames: list[RawFrame]


def kept_clips(home: Desk, identity: str) -> list[Kept]:
    """Open all whole clips in the order of their beginning."""
    opened = []
    for entry in home.index.entries():
        if entry.state == "whole":
            record = decode_meta(b"".join(decrypt(home.vault.reader(meta_name(entry.clip)), [identity])))
            sealed = home.vault.reader(sealed_name(entry.clip, entry.day, "whole"))
            frames = decoded_video(b"".join(decrypt(sealed, [identity])), record.start_at_ns)
            opened.append(Kept(record, frames))
    return sorted(opened, key=lambda clip: clip.record.start_at_ns)


def decoded_video(video: bytes, start_ns: int = 0, *, torn: bool = False) -> list[RawFrame]:
    """Decode MP4 bytes; frames are stamped from `start_ns` on. What is `torn` may break off in a frame."""
    frames = []
    with suppress(InvalidDataError) if torn else nullcontext(), av.open(io.BytesIO(video), "r") as container:
        container.streams.video[0].codec_context.thread_count = 1  # threads cost more than they save here
        for picture in container.decode(video=0):
            frames.append(raw_frame(picture, start_ns + round((picture.time or 0) * NS_PER_S)))
    return frames


def heard(home: Desk, suffix: str) -> list[dict[str, Any]]:
    """Give the JSON messages that the broker heard on a topic of the device."""
    topic = f"latchkey/{DEVICE_ID}/{suffix}"
    found = [one.publication for one in home.broker.heard if one.publication.topic == topic]
    return [json.loads(publication.payload) for publication in found]
