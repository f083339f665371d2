"""Whether a recording fits into a board's memory, reckoned before it begins.

The parts were set so that their sum is what `latchkey run` takes at most at 720p15 with x264 and CenterFace
(`make bench`, peak memory: 200 to 206 MB). On a board they were not measured.
"""

from dataclasses import dataclass, replace

from latchkey.errors import SettingsError
from latchkey.pipeline.frame_queue import RAW_NS, TOTAL_LIMIT_BYTES
from latchkey.settings import Settings
from latchkey.units import KIB, MIB, to_s

RUNTIME_BYTES = 72 * MIB
"""Python with OpenCV, NumPy, PyAV, PyNaCl and paho loaded."""

DETECTOR_BYTES = 68 * MIB
"""A network with its working memory; the smaller one takes less."""

X264_FRAMES = 16
"""Pictures' worth of memory that x264 takes without B frames: references, look-ahead, threads."""

CHIP_FRAMES = 3
FLIGHT_FRAMES = 6
"""Being covered, encoded, packed, decoded again for the self-check."""

CAMERA_BUFFERS = 6
"""Pictures that picamera2 keeps for the sensor; the kernel's, but out of the same memory."""

PACKED_SHARE = 0.15
"""Bytes of a packed picture per byte of a raw one: 0.2 MB at 720p."""

RESERVE_BYTES = 32 * MIB
"""Left for the system: without it the kernel throws out programs' pages and reads them from the card
again.
"""

STEPS_S = (5.0, 3.0, 2.0, 1.0)
"""Pre-rolls to try where the one that is set does not fit."""

LEAST_FPS = 5.0


@dataclass(frozen=True, slots=True)
class Memory:
    """What /proc/meminfo says, in bytes, and what this process takes of it already."""

    total: int
    available: int
    own: int = 0

    @property
    def room(self) -> int:
        """What this process may take in all."""
        return self.available + self.own - RESERVE_BYTES


def read_meminfo(text: str) -> Memory:
    """Read /proc/meminfo. Raises SettingsError where it says nothing of memory."""
    found = {}
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        number = rest.split()[:1]
        if number and number[0].isdecimal():
            found[name] = int(number[0]) * KIB
    try:
        return Memory(found["MemTotal"], found["MemAvailable"])
    except KeyError as error:
        raise SettingsError("the kernel does not say how much memory there is") from error


def needed_bytes(settings: Settings, *, by_chip: bool) -> int:
    """Reckon what the process with the camera takes at most. `by_chip` = x264 does not run."""
    camera, recording = settings.camera, settings.recording
    frame = camera.width * camera.height * 3 // 2
    raw = round(min(recording.pre_roll_s, to_s(RAW_NS)) * camera.fps) + 1
    packed = max(recording.pre_roll_s - to_s(RAW_NS), 0) * camera.fps * PACKED_SHARE
    queue = min(round((raw + packed) * frame), TOTAL_LIMIT_BYTES)
    encoder = (CHIP_FRAMES if by_chip else X264_FRAMES) * frame
    detector = DETECTOR_BYTES if settings.privacy.finds_faces and settings.privacy.detector != "none" else 0
    return RUNTIME_BYTES + detector + encoder + queue + (FLIGHT_FRAMES + CAMERA_BUFFERS) * frame


def fit_memory(settings: Settings, memory: Memory, *, by_chip: bool) -> tuple[Settings, str]:
    """Give settings that fit, and what was taken back for that, or "". Raises SettingsError where none do.

    First the pre-roll becomes shorter, then pictures rarer; never another size, which zones and wishes of
    the owner may hang on.
    """
    wanted = needed_bytes(settings, by_chip=by_chip)
    if wanted <= memory.room:
        return settings, ""
    for tried in _steps(settings):
        if needed_bytes(tried, by_chip=by_chip) <= memory.room:
            what = f"a pre-roll of {tried.recording.pre_roll_s:g} s at {tried.camera.fps:g} pictures a second"
            return tried, f"{_mib(wanted)} are needed, {_mib(memory.room)} are free: {what} is what fits"
    least = needed_bytes(_smallest(settings), by_chip=by_chip)
    raise SettingsError(
        f"memory: {settings.camera.width}x{settings.camera.height} needs {_mib(least)} at least, and of"
        f" {_mib(memory.total)} only {_mib(max(memory.room, 0))} are free",
        hint="set a smaller [camera] width and height, like 640 and 360, or end what else runs on this board",
    )


def _steps(settings: Settings) -> list[Settings]:
    rolls = [roll for roll in STEPS_S if roll < settings.recording.pre_roll_s]
    shorter = [_with(settings, roll, settings.camera.fps) for roll in rolls]
    return [*shorter, _smallest(settings)]


def _smallest(settings: Settings) -> Settings:
    roll = min(settings.recording.pre_roll_s, STEPS_S[-1])
    return _with(settings, roll, min(settings.camera.fps, LEAST_FPS))


def _with(settings: Settings, pre_roll_s: float, fps: float) -> Settings:
    recording = replace(settings.recording, pre_roll_s=pre_roll_s)
    return replace(settings, recording=recording, camera=replace(settings.camera, fps=fps))


def _mib(n_bytes: int) -> str:
    return f"{-(-n_bytes // MIB)} MiB"
