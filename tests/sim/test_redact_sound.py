"""`latchkey redact --keep-audio` copies sound, and nothing that hides in its header or among its packets."""

import base64
import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

from latchkey.adapters.sound import is_sound, sound_header
from latchkey.cli import main
from latchkey.errors import EXIT_OK, EXIT_PARTIAL, EXIT_USAGE, UsageError

CANARY = b"SomebodyLivesHere"
MADE_BY = {"opus": "libopus", "mp3": "libmp3lame"}
LAYOUTS = {"vorbis": "stereo"}
CODECS = ["aac", "opus", "vorbis", "flac", "alac", "mp3", "mp2", "ac3", "eac3", "pcm_s16le"]


def redact(*words: object) -> int:
    return main(["redact", *map(str, words), "--mode", "everything", "--keep-audio"])


def loud(path: Path, codec: str, *, names: bool = False) -> None:
    """Write a second of video and of sound in a codec; `names` gives the streams titles."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("mpeg4", rate=25)
        assert isinstance(video, VideoStream)
        video.width, video.height = 64, 48
        sound = _voice(out, codec)
        if names:
            for tags in (out.metadata, video.metadata, sound.metadata):
                tags.update(title=CANARY.decode(), artist=CANARY.decode())
            tags = {"title": CANARY.decode()}
            out.set_chapters(
                [{"id": 1, "start": 0, "end": 9, "time_base": Fraction(1, 25), "metadata": tags}]
            )
        for _ in range(25):
            out.mux(video.encode(av.VideoFrame(64, 48, "yuv420p")))
        for first in range(0, 48000, 960):
            wave = np.sin(np.arange(first, first + 960) / 20) * 9000
            frame = av.AudioFrame.from_ndarray(wave.astype(np.int16)[None], "s16", "mono")
            frame.sample_rate, frame.pts = 48000, first
            for fitted in av.AudioResampler(sound.codec_context.format, sound.layout, 48000).resample(frame):
                out.mux(sound.encode(fitted))
        out.mux([*sound.encode(None), *video.encode(None)])


def _voice(out: OutputContainer, codec: str) -> AudioStream:
    options = {"strict": "experimental"}  # FFmpeg's own Vorbis, which knows stereo only
    stream = out.add_stream(MADE_BY.get(codec, codec), rate=48000, options=options)
    assert isinstance(stream, AudioStream)
    stream.layout = LAYOUTS.get(codec, "mono")
    return stream


def spoilt(source: Path, target: Path, header: bytes | None, extra: Sequence[bytes] = ()) -> None:
    """Copy a file with another header of the sound, and `extra` packets among it."""
    with av.open(str(source)) as before, av.open(str(target), "w") as after:
        video, sound = before.streams.video[0], before.streams.audio[0]
        pairs = {one.index: after.add_stream_from_template(one) for one in (video, sound)}
        if header is not None:
            pairs[sound.index].codec_context.extradata = header
        for packet in before.demux():
            if packet.dts is None:
                continue
            stream = pairs[packet.stream_index]
            packet.stream = stream
            if stream.type == "audio" and extra:
                other, extra = av.Packet(extra[0]), extra[1:]
                other.pts, other.dts, other.time_base = packet.pts, packet.dts, packet.time_base
                other.stream = stream
                after.mux(other)
            else:
                after.mux(packet)


def header_of(path: Path) -> bytes:
    with av.open(str(path)) as file:
        return bytes(file.streams.audio[0].codec_context.extradata or b"")


def copied(path: Path) -> list[bytes]:
    with av.open(str(path)) as file:
        return [bytes(packet) for packet in file.demux(audio=0) if packet.size]


def decoded_s(path: Path) -> float:
    """Give how many seconds of the sound can be decoded."""
    with av.open(str(path)) as file:
        return sum(frame.samples for frame in file.decode(audio=0)) / 48000


@pytest.mark.parametrize("codec", CODECS)
def test_the_sound_is_copied_and_nothing_behind_its_header(tmp_path: Path, codec: str) -> None:
    ending = {"alac": "mov", "eac3": "mkv"}.get(codec, "nut")  # the others keep headers as they are
    plain, source, out = tmp_path / f"plain.{ending}", tmp_path / f"in.{ending}", tmp_path / "out.mp4"
    loud(plain, codec)
    spoilt(plain, source, header_of(plain) if codec == "vorbis" else header_of(plain) + CANARY)
    assert redact(source, "-o", out) == EXIT_OK
    assert CANARY not in out.read_bytes()
    assert b"".join(copied(source)).startswith(
        b"".join(copied(out))
    )  # a reader may hide the end of a last one
    assert decoded_s(out) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("codec", CODECS)
def test_titles_and_chapters_of_a_file_with_sound_stay_behind(tmp_path: Path, codec: str) -> None:
    source, out = tmp_path / "in.mkv", tmp_path / "out.mp4"
    loud(source, codec, names=True)
    assert CANARY in source.read_bytes()
    assert redact(source, "-o", out) == EXIT_OK
    assert CANARY not in out.read_bytes()


def test_titles_and_a_picture_in_the_header_of_vorbis_stay_behind(tmp_path: Path) -> None:
    plain, source, out = tmp_path / "plain.mkv", tmp_path / "in.mkv", tmp_path / "out.mp4"
    loud(plain, "vorbis")
    first, _, setup = _laced(header_of(plain))
    picture = b"METADATA_BLOCK_PICTURE=" + base64.b64encode(CANARY * 20)
    tags = [b"TITLE=" + CANARY, picture]
    listed = b"".join(struct.pack("<I", len(tag)) + tag for tag in tags)
    comment = b"\x03vorbis" + struct.pack("<I", 5) + b"maker" + struct.pack("<I", 2) + listed + b"\x01"
    lengths = b"".join(b"\xff" * (len(part) // 255) + bytes([len(part) % 255]) for part in (first, comment))
    spoilt(plain, source, b"\x02" + lengths + first + comment + setup)
    assert picture in source.read_bytes()
    assert redact(source, "-o", out) == EXIT_OK
    written = out.read_bytes()
    assert not any(trace in written for trace in (CANARY, b"METADATA_BLOCK", b"maker", b"Xiph", b"Lavf"))
    assert copied(out) == copied(source)
    assert decoded_s(out) == pytest.approx(1, abs=0.1)


def _laced(header: bytes) -> tuple[bytes, bytes, bytes]:
    at, sizes = 1, []
    for _ in range(2):
        end = next(place for place in range(at, len(header)) if header[place] < 255)
        sizes.append(255 * (end - at) + header[end])
        at = end + 1
    return header[at : at + sizes[0]], header[at + sizes[0] : at + sum(sizes)], header[at + sum(sizes) :]


@pytest.mark.parametrize(
    ("codec", "alien"),
    [
        ("mp3", b"ID3\x04\0\0\0\0\0\x20TIT2" + CANARY),
        ("mp2", b"TAG" + CANARY),
        ("flac", b"\x84\0\0\x40" + CANARY),
        ("opus", b"OpusTags" + CANARY),
        ("vorbis", b"\x03vorbis" + CANARY),
        ("ac3", CANARY),
    ],
)
def test_tags_among_the_packets_are_left_out_and_counted(
    tmp_path: Path, codec: str, alien: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, source, out = tmp_path / "plain.nut", tmp_path / "in.nut", tmp_path / "out.mp4"
    loud(plain, codec)
    spoilt(plain, source, None, [alien])
    assert CANARY in source.read_bytes()
    assert redact(source, "-o", out) == EXIT_PARTIAL
    assert "left out of its sound: 1 packet of something else" in capsys.readouterr().err
    assert CANARY not in out.read_bytes()


def test_a_header_of_an_unknown_shape_is_refused_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, source, out = tmp_path / "plain.nut", tmp_path / "in.nut", tmp_path / "out.mp4"
    loud(plain, "opus")
    spoilt(plain, source, CANARY * 3)
    assert redact(source, "-o", out) == EXIT_USAGE
    told = capsys.readouterr().err
    assert "error: the sound's header is not one of opus that is known" in told
    assert "hint: convert the sound to AAC first, or leave --keep-audio out" in told
    assert {path.name for path in tmp_path.iterdir()} == {"plain.nut", "in.nut"}


@pytest.mark.parametrize(
    ("codec", "header"),
    [
        ("aac", b"\x11\x80"),  # channels by a table of their own, in which a comment fits
        ("aac", b"\xf8\xe8"),  # an extended type
        ("aac", b"\x11\x89"),  # an extension
        ("aac", b"\x11"),
        ("alac", b""),
        ("flac", b"fLaC" + CANARY * 3),
        ("flac", b"short"),
        ("flac", b"fLaC"),
        ("opus", b"OpusHead\1\2"),
        ("opus", CANARY * 2),
        ("vorbis", b"\2\xff\xff"),
        ("vorbis", b"\2\x1e\1" + CANARY * 4),
        ("als", b""),
        ("dca", b""),
        ("truehd", b""),
    ],
)
def test_what_is_not_known_is_no_header(codec: str, header: bytes) -> None:
    with pytest.raises(UsageError):
        sound_header(codec, header)


@pytest.mark.parametrize("header", ["1190", "119056e500", "131056e59d4880", "2b920800", "eb098800"])
def test_headers_of_every_aac_keep_their_bits_and_lose_what_follows(header: str) -> None:
    """LC, LC as FFmpeg writes it, HE v2 told behind the rest, HE and HE v2 told first."""
    data = bytes.fromhex(header)
    kept = sound_header("aac", data + CANARY)
    assert kept.rstrip(b"\0") == data.rstrip(b"\0")


def test_flac_keeps_the_block_about_its_stream_only() -> None:
    info = bytes(range(34))
    picture = b"\x86" + len(CANARY).to_bytes(3, "big") + CANARY
    assert sound_header("flac", b"fLaC\0\0\0\x22" + info + picture) == info
    assert sound_header("flac", info + picture) == info


def test_opus_of_many_channels_keeps_their_order() -> None:
    head = b"OpusHead\1\6" + bytes(8) + b"\1" + b"\4\2" + bytes(range(6))
    assert sound_header("opus", head + CANARY) == head


@pytest.mark.parametrize("codec", ["aac", "alac", "flac", "mp3float", "opus", "vorbis", "pcm_s16le"])
def test_a_packet_with_nothing_in_it_is_no_sound(codec: str) -> None:
    assert not is_sound(codec, b"")


def test_a_channel_table_in_a_broadcast_packet_is_not_copied() -> None:
    assert is_sound("aac", bytes.fromhex("fff14c4003fffc") + b"\x21\x10")
    assert not is_sound("aac", bytes.fromhex("fff14c0003fffc") + CANARY)
