"""The world as the runtime sees it: one small protocol per piece, and the Board that holds them.

Real implementations live in `latchkey.adapters` and `latchkey_pi`, simulated ones in
`latchkey_sim`; both pass the same tests in `tests/contract`. Nothing above this line asks
which it got.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from latchkey.frames import Bgr, Box, Colour, RawFrame, SafeFrame

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Clock(Protocol):
    """Time. `now_ns` is monotonic and the only time that logic may use."""

    def now_ns(self) -> int:
        """Nanoseconds since some moment; never goes back."""
        ...

    def wall_ns(self) -> int:
        """Nanoseconds since 1970 in UTC, for metadata; may jump either way."""
        ...

    def wait_until(self, at_ns: int) -> None:
        """Return once `now_ns() >= at_ns`, or earlier if somebody calls `wake`."""
        ...

    def wake(self) -> None:
        """End a `wait_until` early, now or the next one. May be called from any thread."""
        ...


class Entropy(Protocol):
    """Chance, in named streams: a stream's bytes do not depend on what other streams gave."""

    def take(self, stream: str, n_bytes: int) -> bytes:
        """Give the next `n_bytes` of `stream`, fit for keys where the board is real."""
        ...


@dataclass(frozen=True, slots=True)
class Still:
    """No new picture comes before monotonic `until_ns`: the scene stands still, or it is early."""

    until_ns: int


class Camera(Protocol):
    """Pictures in time order."""

    @property
    def fps(self) -> float:
        """Nominal pictures a second, > 0."""
        ...

    def read(self) -> RawFrame | Still | None:
        """Give the next picture if one is due; None = ask again at the next wake. Never blocks.

        Raises CameraLost once the sensor is gone, FootageEnded at the end of a recording.
        """
        ...

    def restart(self) -> None:
        """Try to bring a lost camera back. Raises CameraLost if it is still gone."""
        ...

    def close(self) -> None:
        """Let go of the sensor; `read` raises CameraLost until `restart`."""
        ...


class Bell(Protocol):
    """The button."""

    def presses(self) -> list[int]:
        """Monotonic times of the presses since the last call, debounced. Never blocks."""
        ...


LampState = Literal["idle", "recording", "ringing", "closed", "trouble"]


class Lamp(Protocol):
    """The light that tells people at the door what the camera does."""

    def show(self, state: LampState) -> None:
        """Show `state` until told otherwise."""
        ...


class DiskFile(Protocol):
    """A new file that only grows."""

    def append(self, data: bytes) -> None:
        """Write at the end. Raises DiskFull, DiskError."""
        ...

    def sync(self) -> None:
        """Return once all appended bytes are durable. Raises DiskFull, DiskError."""
        ...

    def close(self) -> None:
        """Let go of the file, durable or not. May be called twice."""
        ...


class Disk(Protocol):
    """One folder tree of the device. Names are relative, like `clips/ID.age`.

    Bytes are durable after `DiskFile.sync`; a name (created, renamed, removed) is durable after
    `sync_folder` of its folder. Operations raise DiskFull, NotOnDisk or DiskError.
    """

    def create(self, name: str) -> DiskFile:
        """Make an empty file, its folders too; raises DiskError where the name is taken."""
        ...

    def read(self, name: str) -> bytes:
        """Give a whole file; for small files. Raises NotOnDisk."""
        ...

    def rename(self, name: str, new_name: str) -> None:
        """Move a file within the tree, atomically replacing what has the new name."""
        ...

    def remove(self, name: str) -> None:
        """Delete a file. Raises NotOnDisk."""
        ...

    def sync_folder(self, folder: str) -> None:
        """Make the names in `folder` ("" = the root) durable."""
        ...

    def names(self, folder: str) -> list[str]:
        """Sorted names of the files right below `folder`, without the folder; [] if it is missing."""
        ...

    def size_bytes(self, name: str) -> int:
        """Length of a file. Raises NotOnDisk."""
        ...

    def free_bytes(self) -> int:
        """Room left for new files."""
        ...


ClipState = Literal["whole", "torn"]


@dataclass(frozen=True, slots=True)
class ClipEntry:
    """All that the device itself knows of a clip in plain form: id, UTC day, bytes, state."""

    clip: str
    day: int
    size_bytes: int
    state: ClipState


class ClipIndex(Protocol):
    """The list of clips. A cache of what the files say; it can be rebuilt from them."""

    def put(self, entry: ClipEntry) -> None:
        """Add or replace an entry, durably."""
        ...

    def drop(self, clip: str) -> None:
        """Forget a clip; unknown ones are fine."""
        ...

    def rebuild(self, entries: Sequence[ClipEntry]) -> None:
        """Hold exactly these, in this order, durably and in one step."""
        ...

    def entries(self) -> list[ClipEntry]:
        """All entries, in the order in which their clips were first put: the order of recording.

        Days come from the wall clock, which may jump; what is oldest is told by this order.
        """
        ...


@dataclass(frozen=True, slots=True)
class Publication:
    """One MQTT message. `expires_s` is the MQTT 5 expiry, None = never."""

    topic: str
    payload: bytes
    qos: Literal[0, 1] = 1
    retain: bool = False
    expires_s: int | None = None


@dataclass(frozen=True, slots=True)
class LinkUp:
    """The broker accepted us: states and queued events can go out now. `note` is for the log."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class LinkLost:
    """No connection (any more). `reason` is for the log; the link tries again by itself."""

    reason: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """The broker acknowledged the publication with this ticket."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The broker will not take the publication with this ticket, say by its access list."""

    ticket: int
    reason: str


@dataclass(frozen=True, slots=True)
class Received:
    """A message came in on a topic we subscribed to."""

    topic: str
    payload: bytes
    retained: bool


LinkNews = LinkUp | LinkLost | Delivered | Refused | Received


class Link(Protocol):
    """The way to the broker. It connects and reconnects by itself and never blocks."""

    def open(self, will: Publication, subscriptions: tuple[str, ...]) -> None:
        """Begin connecting; `will` is published by the broker if we vanish."""
        ...

    def publish(self, publication: Publication) -> int:
        """Hand over a message; the ticket comes back in `Delivered`. Raises LinkDown."""
        ...

    def news(self) -> list[LinkNews]:
        """What happened since the last call, in order. Never blocks."""
        ...

    def close(self, last: Publication | None) -> None:
        """Publish `last` if connected, then disconnect cleanly. May take a moment, at most 2 s."""
        ...


class Uplink(Protocol):
    """Where sealed clips may go. Off by default."""

    def offer(self, name: str, size_bytes: int) -> bool:
        """Tell that a sealed clip is there; True if it will be sent."""
        ...


class FaceFinder(Protocol):
    """A face detector. Boxes and scores leave it, nothing else: no landmarks, no features."""

    @property
    def name(self) -> str:
        """What to call it in logs and manifests, like `centerface`."""
        ...

    @property
    def long_side_px(self) -> int:
        """The longer side of the picture it wants."""
        ...

    def find(self, bgr: Bgr) -> list[Box]:
        """Find faces in a (height, width, 3) uint8 picture; boxes in its pixels. Raises FinderError."""
        ...


@dataclass(frozen=True, slots=True)
class ClipSpec:
    """What an encoder must know before the first frame. Sizes in pixels, even."""

    width: int
    height: int
    fps: float
    colour: Colour


class ClipEncoder(Protocol):
    """One clip being encoded to H.264 in fragmented MP4. It takes only `SafeFrame`s."""

    def feed(self, frame: SafeFrame) -> bytes:
        """Take the next frame; give the MP4 bytes that are final now (whole closed GOPs), or b"".

        Raises EncoderError.
        """
        ...

    def close(self) -> bytes:
        """Give the remaining bytes. The encoder is of no use afterwards. Raises EncoderError."""
        ...


class Encoder(Protocol):
    """Opens clip encoders."""

    def start(self, spec: ClipSpec) -> ClipEncoder:
        """Begin a clip. Raises EncoderError."""
        ...


Lane = Literal["look", "film", "pack", "disk"]


class Ticket(Protocol[T_co]):
    """A job handed to a worker."""

    def done(self) -> bool:
        """Whether `result` would answer at once. Never blocks on a real board; where time is
        virtual, work takes none of it: `done` waits for the job and says True.
        """
        ...

    def result(self) -> T_co:
        """What the job returned; raises what it raised. Only after `done`."""
        ...

    def cost_ns(self) -> int:
        """How long the job ran by the board's clock. Only after `done`."""
        ...


class Workers(Protocol):
    """Where slow work happens: one worker per lane, jobs of a lane in order."""

    def submit(self, lane: Lane, job: Callable[[], T]) -> Ticket[T]:
        """Queue a job. Raises WorkerBusy where the lane's bounded queue is full."""
        ...

    def close(self) -> None:
        """Finish what is queued, then stop."""
        ...


Severity = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One line of the log. `part` is a word like camera, bell, motion, clip, filter, link, vault.

    Never holds pixels, keys, or what a clip shows.
    """

    at_ns: int
    part: str
    text: str
    severity: Severity = "info"


class Journal(Protocol):
    """Where log lines go."""

    def note(self, line: JournalLine) -> None:
        """Take a line; never raises, never blocks for long."""
        ...


@dataclass(frozen=True, slots=True)
class Board:
    """The whole world of one device. Frozen: what runs on it cannot swap a piece.

    `vault` and `index` belong to the capture side, `state` (outbox, modes) to the link side.
    """

    name: str
    clock: Clock
    entropy: Entropy
    camera: Camera
    bell: Bell
    lamp: Lamp
    vault: Disk
    state: Disk
    index: ClipIndex
    link: Link
    uplink: Uplink
    finder: FaceFinder | None
    encoder: Encoder
    workers: Workers
    journal: Journal
    traffic: Callable[[], list[str]]
    """The egress ledger: a line of JSON per destination and purpose."""
