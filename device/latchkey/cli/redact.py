"""`latchkey redact IN -o OUT.mp4`: hide the faces in any video, with the doorbell's own filter.

    decode ─ frames ─► Redaction (looks in a worker) ─ safe frames ─► film worker: encode, write

The files appear under their names only when they are whole, the covers after the video they tell of; after
any error nothing of them is left.
"""

import json
from argparse import ArgumentParser, Namespace
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from av.audio.stream import AudioStream
from av.packet import Packet

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import disk_errors
from latchkey.adapters.finders import open_finder
from latchkey.adapters.mp4_file import Mp4File
from latchkey.adapters.video_file import VideoFile
from latchkey.adapters.workers import ThreadWorkers
from latchkey.cli.command import Command, Terminal
from latchkey.cli.covers import CoversFile
from latchkey.cli.progress import Progress, speed_text
from latchkey.cli.stop import Stop
from latchkey.errors import EXIT_OK, EXIT_PARTIAL, UsageError
from latchkey.frames import Box, Cover, FilterState, RawFrame, SafeFrame
from latchkey.owner.files import writing_together
from latchkey.pipeline.groups import Groups, Kept
from latchkey.pipeline.redaction import FrameClock, Redaction
from latchkey.pipeline.selfcheck import SelfCheck
from latchkey.ports import ClipSpec, FaceFinder, Ticket, Workers
from latchkey.settings import Settings, load
from latchkey.units import MIB, to_s
from latchkey.vision import hidden_share

FILM_IN_FLIGHT = 3
"""Frames handed to the film worker and not done, as in the recorder."""

SOUND_IN_FLIGHT = 32
"""Jobs, packets of sound among them, when the next packet waits: half of what a lane takes. A file may hold
all of its sound in one piece."""

EARLY_LIMIT_BYTES = 64 * MIB
"""Sound before the first picture, which waits in memory: a quarter of an hour of it uncompressed."""

MUCH_HIDDEN = 0.2
"""More than this share of the picture, in the mean, is seldom faces: the camera moves, or a crowd does."""

MODES = ("faces", "people", "motion", "everything")
DETECTORS = ("auto", "yunet", "centerface", "none")
EVERY_MAX = 8
SUFFIXES = (".mp4", ".m4v", ".mov")
"""What the video may be called: players that go by the name open it as what it is."""


@dataclass(slots=True)
class Summary:
    """What was done, in numbers; `hidden_area` is the mean share of the picture, 0..1."""

    detector: str
    mode: str
    frames: int = 0
    states: dict[str, int] = field(default_factory=lambda: dict.fromkeys(map(str, FilterState), 0))
    hidden_area: float = 0.0
    failed_looks: int = 0
    trouble: str = ""
    times_moved: int = 0
    unrepaired: int = 0
    """Frames that the self-check had covered whole."""

    video_ns: int = 0
    wall_ns: int = 0
    damage: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _first_ns: int | None = None

    @property
    def speed(self) -> float:
        """How many times faster than the video plays."""
        return self.video_ns / max(self.wall_ns, 1)

    @property
    def much_hidden(self) -> bool:
        """Whether so much is hidden, by a filter that looks for faces, that its user should know why."""
        seeks = self.mode in ("faces", "people") and self.detector != "none"
        return seeks and self.hidden_area > MUCH_HIDDEN

    def see(self, frame: Kept, size: tuple[int, int]) -> None:
        """Count one frame of that (width, height)."""
        self.frames += 1
        self.states[frame.state] += 1
        self.unrepaired += frame.repaired and frame.state is FilterState.FALLBACK_FULL
        self.hidden_area += (hidden_area(frame.covers, *size) - self.hidden_area) / self.frames
        self._first_ns = frame.at_ns if self._first_ns is None else self._first_ns
        self.video_ns = frame.at_ns - self._first_ns

    def record(self) -> dict[str, object]:
        """Give what `--json` prints."""
        return {
            "frames": self.frames,
            "states": self.states,
            "hidden_area": round(self.hidden_area, 6),
            "much_hidden": self.much_hidden,
            "detector": self.detector,
            "mode": self.mode,
            "failed_looks": self.failed_looks,
            "times_moved": self.times_moved,
            "seconds_video": round(to_s(self.video_ns), 3),
            "seconds_wall": round(to_s(self.wall_ns), 3),
            "speed": round(self.speed, 3),
            "damage": self.damage,
        }


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("input", type=Path, metavar="IN", help="a video: any file that FFmpeg reads")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="OUT.mp4", help="where to")
    add_filter_options(parser)
    parser.add_argument("--covers", type=Path, metavar="FILE", help="also write what was hidden, as JSON")
    parser.add_argument(
        "--keep-audio", action="store_true", help="copy the sound, which says who is there too"
    )
    parser.add_argument("--json", action="store_true", help="print a summary as JSON")
    parser.add_argument("--force", action="store_true", help="replace files that are there")


def add_filter_options(parser: ArgumentParser) -> None:
    """Declare what decides how the filter works."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="settings: [privacy], [motion], [recording]"
    )
    parser.add_argument("--mode", choices=MODES, help="what is hidden, instead of what the settings say")
    parser.add_argument("--detector", choices=DETECTORS, help="instead of the settings' one")
    parser.add_argument(
        "--every",
        type=int,
        choices=range(1, EVERY_MAX + 1),
        metavar="K",
        help="look for faces in every K-th frame, 1 to 8, and at least every 0.135 s (default: that alone)",
    )


def filter_settings(options: Namespace) -> Settings:
    """Give the settings that the options ask for. Raises SettingsError."""
    settings = load(options.config) if options.config else Settings()
    privacy = settings.privacy
    if options.mode:
        privacy = replace(privacy, mode=options.mode)
    if options.detector:
        privacy = replace(privacy, detector=options.detector)
    if options.every:
        privacy = replace(privacy, look_every=options.every)
    return replace(settings, privacy=privacy)


def run(options: Namespace, terminal: Terminal) -> int:
    """Redact a video."""
    settings = filter_settings(options)
    _check_names(options)
    found = open_finder(settings.privacy)
    if found.failure and options.detector not in (None, "auto"):
        raise found.failure  # it was asked for by name: nothing else will do
    if found.finder is None and not found.chosen:
        terminal.say(f"latchkey: warning: {found.note}")
    summary = _redact(options, settings, found.finder, terminal)
    for line in [*summary.damage, *summary.notes]:
        terminal.say(f"latchkey: warning: {options.input}: {line}")
    _report(summary, options, terminal)
    return EXIT_PARTIAL if summary.damage else EXIT_OK


def until_stopped(frames: Iterable[RawFrame], stop: Stop) -> Iterator[RawFrame]:
    """Give the frames on. Raises Interrupted between two of them once the program is told to stop."""
    for frame in frames:
        stop.check()
        yield frame


def hidden_area(covers: Sequence[Cover], width: int, height: int) -> float:
    """Give the share of a frame that its covers fill, 0..1; what two of them fill counts once."""
    return hidden_share(Box(0, 0, width, height), covers, width, height)


def check_outputs(source: Path, outputs: Sequence[Path]) -> None:
    """Refuse outputs that would destroy the input or each other, or that no file can replace.

    Raises UsageError, DiskError.
    """
    for path in outputs:
        with disk_errors(f"write {path}"):
            path.exists()  # raises for a name that no file can have
    if Path("-") in outputs:
        raise UsageError("outputs are files, not standard output", hint="give each of them a name")
    names = [source.resolve(), *(path.resolve() for path in outputs)]
    linked = any(path.exists() and source.exists() and path.samefile(source) for path in outputs)
    if linked or len(set(names)) < len(names):
        raise UsageError("input and outputs must be different files")
    for path in outputs:
        if path.is_dir():
            raise UsageError(f"{path} is a folder", hint=f"{path}/NAME would be a file in it")
        if (path.exists() or path.is_symlink()) and not path.is_file():
            raise UsageError(f"{path} is not an ordinary file")


def _check_names(options: Namespace) -> None:
    check_outputs(options.input, [options.out, *([options.covers] if options.covers else [])])
    if options.out.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{options.out} becomes an MP4, and is not called so", hint="-o NAME.mp4")


def _redact(options: Namespace, settings: Settings, finder: FaceFinder | None, terminal: Terminal) -> Summary:
    summary, clock = Summary(finder.name if finder else "none", settings.privacy.mode), SystemClock()
    began_ns = clock.now_ns()
    with ExitStack() as stack:
        source = stack.enter_context(VideoFile(options.input, with_audio=options.keep_audio))
        workers = ThreadWorkers(FrameClock(), lockstep=True)
        stack.callback(workers.close)
        film = _Film(source, options.out, settings, workers, _check(finder, settings, workers))
        stack.callback(film.abandon)
        outputs = [options.out, *([options.covers] if options.covers else [])]
        video, *lists = stack.enter_context(writing_together(outputs, force=options.force))
        film.path = video.name
        covers = CoversFile(lists[0], str(options.covers)) if lists else None
        progress = Progress(terminal.err, source.length_ns, "video")
        stack.callback(progress.finish)
        redaction = Redaction(finder, settings, workers)
        for frame in film.kept(redaction.frames(until_stopped(source.frames(film.hear), terminal.stop))):
            summary.see(frame, film.size)
            if covers:
                covers.add(frame, source.ticks.popleft())
            progress.show(summary.video_ns, clock.now_ns() - began_ns)
        if covers and source.look:
            covers.finish(film.size, source.timeline.scale, source.look.rotation)
    summary.failed_looks, summary.trouble = redaction.failed_looks, redaction.trouble
    summary.times_moved = source.timeline.moved
    summary.damage, summary.notes = source.damage, source.notes
    if film.lost_audio:
        lost = _count(film.lost_audio, "packet")
        summary.damage.append(f"left out of its sound: {lost} whose times do not rise")
    if film.foreign_audio:
        foreign = _count(film.foreign_audio, "packet")
        summary.damage.append(f"left out of its sound: {foreign} of something else")
    summary.wall_ns = clock.now_ns() - began_ns
    return summary


def _check(finder: FaceFinder | None, settings: Settings, workers: Workers) -> SelfCheck | None:
    wanted = finder is not None and settings.privacy.self_check
    return SelfCheck(finder, settings.privacy, workers) if finder is not None and wanted else None


class _Film:
    """The MP4 on its way: frames, and the sound between them, through the film worker in order.

    `path` is set before the first frame comes; the file is opened with that.
    """

    def __init__(
        self,
        source: VideoFile,
        target: Path,
        settings: Settings,
        workers: Workers,
        check: SelfCheck | None,
    ) -> None:
        self.path = ""
        self.size = (0, 0)
        self.lost_audio = 0
        self.foreign_audio = 0
        self._source = source
        self._target = target
        self._settings = settings.recording
        self._workers = workers
        self._check = check
        self._mp4: Mp4File | None = None
        self._groups: Groups | None = None
        self._early: list[Packet[AudioStream]] = []
        self._early_bytes = 0
        self._flight: deque[Ticket[list[Kept]]] = deque()
        self._settled: deque[Kept] = deque()

    def hear(self, packet: "Packet[AudioStream]") -> None:
        """Take a packet of sound; the first ones wait until the picture's times are known.

        Raises UsageError where these are too many, and what the film worker raised.
        """
        if self._mp4 is None:
            self._early.append(packet)
            self._early_bytes += packet.size
            if self._early_bytes > EARLY_LIMIT_BYTES:
                raise UsageError("too much sound comes before the picture", hint="leave --keep-audio out")
            return
        copy = partial(_copy, self._mp4, packet, self._source.timeline.shift)
        self._flight.append(self._workers.submit("film", copy))
        while len(self._flight) > SOUND_IN_FLIGHT:
            self._settled += self._flight.popleft().result()

    def kept(self, frames: Iterable[SafeFrame]) -> Iterator[Kept]:
        """Write all frames; give each as it is in the file, once that is settled.

        Raises EncoderError, DiskError, and what `frames` raises.
        """
        for frame in frames:
            groups = self._groups or self._open(frame)
            self._flight.append(self._workers.submit("film", partial(_feed, groups, frame)))
            yield from self._landed(FILM_IN_FLIGHT)
        if self._groups is not None:
            groups = self._groups
            self._flight.append(self._workers.submit("film", lambda: groups.close().frames))
            yield from self._landed(0)
            if self._mp4 is not None:
                self.lost_audio, self.foreign_audio = self._mp4.lost_audio, self._mp4.foreign_audio
            self._mp4 = None

    def abandon(self) -> None:
        """Let go of the file unless it is finished: after an error, and after its name is gone."""
        for ticket in self._flight:
            ticket.done()
        if self._mp4 is not None:
            self._mp4.abandon()
            self._mp4 = None

    def _open(self, frame: SafeFrame) -> Groups:
        source, look = self._source, self._source.look
        assert look is not None
        self.size = (frame.width, frame.height)
        spec = ClipSpec(frame.width, frame.height, source.fps, frame.colour)
        scale = source.timeline.scale
        self._mp4 = Mp4File(self.path, self._target, spec, look, scale, self._settings, source.audio)
        self._groups = Groups(self._mp4, self._check)
        for packet in self._early:
            self.hear(packet)
        self._early.clear()
        return self._groups

    def _landed(self, limit: int) -> Iterator[Kept]:
        """Wait until no more than `limit` jobs are under way; give what they settled."""
        while len(self._flight) > limit:
            self._settled += self._flight.popleft().result()
        while self._settled:
            yield self._settled.popleft()


def _feed(groups: Groups, frame: SafeFrame) -> list[Kept]:
    return groups.feed(frame).frames


def _copy(mp4: Mp4File, packet: "Packet[AudioStream]", shift: int) -> list[Kept]:
    mp4.add_audio(packet, shift)
    return []


def _report(summary: Summary, options: Namespace, terminal: Terminal) -> None:
    """Tell what was done: a line for a person, or JSON for a script."""
    unseen = summary.states[FilterState.FALLBACK_FULL] - summary.unrepaired
    checked = "a face still showed when what was encoded was searched, or it could not be searched"
    for count, reason in ((unseen, summary.trouble), (summary.unrepaired, checked)):
        if count:
            of = f"{count} of {_count(summary.frames, 'frame')}"
            terminal.say(f"latchkey: warning: covered whole, {of}: {reason}")
    if summary.much_hidden:
        much = f"{summary.hidden_area:.0%} of the picture is hidden on average"
        reason = "where the camera moves, what moves counts as people (docs/redact.md)"
        terminal.say(f"latchkey: warning: {options.input}: {much}: {reason}")
    if options.json:
        terminal.put(json.dumps(summary.record(), indent=1))
        return
    speed = f", {speed_text(summary.speed)}x real time" if summary.video_ns else ""
    terminal.say(
        f"{options.out}: {_count(summary.frames, 'frame')}, {summary.hidden_area:.1%} hidden, "
        f"detector {summary.detector}{speed}; readable by you only"
    )


def _count(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


COMMAND = Command("redact", "hide the faces in any video", configure, run, minds_stop=True)
