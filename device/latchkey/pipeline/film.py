"""One clip on its way from held frames to a durable sealed file. Runs in the film worker only.

    expose:  unpack -> redact -> encode, check (`Groups`) -> prove -> seal -> append, sync
    finish:  flush, pad, prove the manifest, seal the record, make the file durable, enter it in the index

What is written is synced with each fragment, once a second: then a power cut takes the second that waits
for the muxer and the open group. It costs a few ms of this worker, and flash some wear.

Only after `finish` has returned may anybody be told that the clip exists.
"""

from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields

from latchkey.clip import BoxDamaged, Manifest, encode_manifest
from latchkey.errors import DiskError, EncoderError
from latchkey.events import Trigger
from latchkey.frames import Cause, FilterState
from latchkey.pipeline.frame_queue import Held
from latchkey.pipeline.groups import Batch, Groups
from latchkey.pipeline.openclip import OpenClip
from latchkey.pipeline.selfcheck import SelfCheck
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.ports import ClipEntry, ClipSpec, Encoder
from latchkey.vault import UNDATED, ClipMeta
from latchkey.vision import FILTER_VERSION, Beneath, CoverPlan, redact


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What the loop knows of a clip when it ends."""

    trigger: Trigger
    triggers: tuple[Trigger, ...]
    start_wall_ns: int
    detector: str
    failed_looks: int
    """Whether anything vouched for the wall clock at the start."""


_TYING = ("clip", "start_at_ns")


class Film:
    """A clip being made. Created by the loop, then touched by the film worker alone."""

    def __init__(
        self,
        clip_id: str,
        fps: float,
        keeper: VaultKeeper,
        encoder: Encoder,
        check: SelfCheck | None,
    ) -> None:
        self.clip_id = clip_id
        self._fps = fps
        self._keeper = keeper
        self._encoder = encoder
        self._check = check
        self._groups: Groups | None = None
        self._file: OpenClip | None = None
        self._first_ns = 0
        self._last_ns = 0
        self._broken = False
        self._frames_with_covers = 0
        self._states = dict.fromkeys(FilterState, 0)
        self._causes: Counter[Cause] = Counter()
        self._planned: deque[Cause | None] = deque()

    @property
    def worst(self) -> FilterState:
        """The most covering state of any frame that is kept. Only while the film worker is done with it."""
        met = [state for state in FilterState if self._states[state]]
        return max(met, key=lambda state: state.severity, default=FilterState.OK)

    def expose(self, held: Held, plan: CoverPlan) -> None:
        """Cover, encode and seal one frame. Raises DiskError, EncoderError; then only `abandon` is left."""
        self._check_whole()
        self._broken = True  # until all of this frame has gone well
        picture = held.picture()
        safe = redact(picture, plan)
        if self._groups is None or self._file is None:
            self._keeper.tidy()
            self._first_ns = safe.at_ns
            spec = ClipSpec(safe.width, safe.height, self._fps, safe.colour)
            self._groups = Groups(self._encoder.start(spec), self._check)
            self._file = self._keeper.begin(self.clip_id)
            self._file.begin_faces(spec, safe.at_ns)
        self._last_ns = safe.at_ns
        self._planned.append(plan.cause)
        is_whole = plan.state is FilterState.FALLBACK_FULL
        beneath = Beneath(picture, plan.found, is_whole) if self._keeper.keeps_faces else None
        batch = self._groups.feed(safe, beneath)
        self._keep(self._file, batch)
        if batch.data:
            self._file.sync()
        self._broken = False

    def finish(self, facts: ClipFacts) -> ClipEntry | None:
        """Make the clip whole and durable; None if it never had a frame."""
        if self._groups is None or self._file is None:
            return None
        self._check_whole()
        self._keep(self._file, self._groups.close())
        meta = self._meta(facts, self._groups)
        trusted = self._file.day != UNDATED
        manifest = encode_manifest(_manifest(meta, self._file.commitment, clock_trusted=trusted))
        with _encoder_to_blame():
            self._file.append(self._file.proof.close(manifest, self._file.padding_bytes))
        return self._file.finish(meta)

    def _meta(self, facts: ClipFacts, groups: Groups) -> ClipMeta:
        return ClipMeta(
            clip=self.clip_id,
            trigger=facts.trigger,
            triggers=facts.triggers,
            start_wall_ns=facts.start_wall_ns,
            start_at_ns=self._first_ns,
            span_ns=self._last_ns - self._first_ns,
            frames=sum(self._states.values()),
            frames_with_covers=self._frames_with_covers,
            states={state.value: count for state, count in self._states.items()},
            causes={cause.value: count for cause, count in sorted(self._causes.items())},
            detector=facts.detector,
            failed_looks=facts.failed_looks,
            filter_version=FILTER_VERSION,
            self_check=self._check is not None,
            checked_groups=groups.checked,
            repaired_groups=groups.repaired,
        )

    def _keep(self, file: OpenClip, batch: Batch) -> None:
        for frame in batch.frames:
            self._states[frame.state] += 1
            self._frames_with_covers += bool(frame.covers)
            planned = self._planned.popleft()
            if (cause := Cause.SELF_CHECK if frame.repaired else planned) is not None:
                self._causes[cause] += 1
            file.add_faces(frame.at_ns, frame.patches)
        if batch.data:
            with _encoder_to_blame():
                file.append(file.proof.feed(batch.data))

    def abandon(self) -> None:
        """Give the clip up after an error; what is on disk stays as a torn clip or goes."""
        if self._file is not None:
            self._file.abandon()

    def _check_whole(self) -> None:
        """Nothing follows a frame that failed: a clip with a hole is never taken for a whole one."""
        if self._broken:
            raise DiskError(f"clip {self.clip_id} broke off at an earlier frame")


def _manifest(meta: ClipMeta, commitment: bytes, *, clock_trusted: bool) -> Manifest:
    """Give what the clip says of itself: the record without id and device time, which would tie clips
    together.
    """
    shared = {spec.name: getattr(meta, spec.name) for spec in fields(meta) if spec.name not in _TYING}
    return Manifest(**shared, clock_trusted=clock_trusted, commitment=commitment)


@contextmanager
def _encoder_to_blame() -> Iterator[None]:
    """Turn what the proof says of bytes that are no clip into an error of whoever made them."""
    try:
        yield
    except BoxDamaged as error:
        raise EncoderError(f"the encoder wrote something else than a clip: {error.reason}") from error
