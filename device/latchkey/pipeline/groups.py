"""A clip's pictures on their way from covered frames to MP4 bytes, one closed group at a time.

    feed -> encode -> keyframe out -> self-check -> passed -> next group begins -> mux
                         ^                |
                         +-- cover more --+ a face shows: cover it in the whole group, encode that again

Nothing of a group is muxed before its keyframe has passed. Frames are held from the beginning of a
group until then: as many as the encoder runs behind, not the whole group. Where a face layer is kept,
so are the raw pictures; then what the final covers hide is cut out of them, and they are let go.

A keyframe that is covered whole cannot be searched: the first frame behind it that is not begins a
group of its own.
"""

from collections import deque
from dataclasses import dataclass, field, replace

from latchkey.frames import Cover, FilterState, SafeFrame
from latchkey.pipeline.selfcheck import SelfCheck
from latchkey.ports import ClipEncoder, Coded
from latchkey.units import NS_PER_S
from latchkey.vision import Beneath, FacePatches, cover_more, cut_patches

GROUP_NS = NS_PER_S
"""Longest group of pictures: a torn clip loses no more than the open one."""

REPAIRS = 2
"""Repairs of one group; if a face shows after these it is covered whole."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of one frame: how it was covered in the bytes that are kept."""

    at_ns: int
    state: FilterState
    covers: tuple[Cover, ...]
    repaired: bool
    """Whether the self-check made its group hide more."""
    patches: FacePatches | None = None


@dataclass(slots=True)
class Batch:
    """MP4 bytes that are final, and the frames in them."""

    data: bytes = b""
    frames: list[Kept] = field(default_factory=list)


@dataclass(slots=True)
class _Group:
    """One closed group. `held` are its frames while it may have to be encoded again; `uncut` the raw
    pictures of the last so many of `kept`, until their patches are cut. `extra` is what the self-check covers
    besides, `found` those of it that hide faces.
    """

    passed: bool
    held: list[tuple[SafeFrame, Beneath | None]] = field(default_factory=list)
    uncut: list[Beneath] = field(default_factory=list)
    coded: list[Coded] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    extra: tuple[Cover, ...] = ()
    found: tuple[Cover, ...] = ()
    repairs: int = 0


class Groups:
    """Encodes, checks, repairs and muxes one clip. Without a check every group passes."""

    def __init__(self, encoder: ClipEncoder, check: SelfCheck | None) -> None:
        self._encoder = encoder
        self._check = check
        self._open: deque[_Group] = deque()
        self._coding = -1
        """Index of the open group whose pictures the encoder gives now; -1 before its keyframe."""

        self._failed: _Group | None = None
        self._next_key_ns: int | None = None
        self._key_state = FilterState.OK
        self.checked = 0
        """Groups whose keyframe was searched as it was encoded."""

        self.repaired = 0
        """Groups that were encoded again because a face showed, or because nobody could look."""

    @property
    def held_frames(self) -> int:
        """Frames that are held because their group has not passed yet."""
        return sum(len(group.held) for group in self._open)

    def feed(self, frame: SafeFrame, beneath: Beneath | None = None) -> Batch:
        """Take the next frame; give what is final now. Raises EncoderError.

        With `beneath`, what its covers hide is given too, as far as it is kept.
        """
        due = self._next_key_ns is None or frame.at_ns >= self._next_key_ns
        key = due or self._is_bared(frame)
        if key:
            self._next_key_ns, self._key_state = frame.at_ns + GROUP_NS, frame.state
            self._open.append(_Group(passed=self._check is None))
        group = self._open[-1]
        if not group.passed:
            group.held.append((frame, beneath))
        if not self._encode(group, frame, beneath, key=key):
            self._encode_again()
        self._cut()
        return self._mux(leave=len(self._open) - self._coding)

    def close(self) -> Batch:
        """Give all that remains; nothing can be fed any more. Raises EncoderError."""
        while not self._take(self._encoder.flush()):
            self._encode_again()
        self._cut()
        last = self._mux(leave=0)
        last.data += self._encoder.close()
        return last

    def _is_bared(self, frame: SafeFrame) -> bool:
        """Whether it shows something while its group's keyframe shows nothing that could be searched."""
        whole = FilterState.FALLBACK_FULL
        return self._check is not None and self._key_state is whole and frame.state is not whole

    def _encode(self, group: _Group, frame: SafeFrame, beneath: Beneath | None, *, key: bool) -> bool:
        """Encode a frame of a group; False if a keyframe that came out shows a face."""
        shown = cover_more(frame, group.extra) if group.extra else frame
        group.kept.append(Kept(shown.at_ns, shown.state, shown.covers, bool(group.extra)))
        if beneath is not None:
            group.uncut.append(beneath)
        return self._take(self._encoder.feed(shown, key=key))

    def _take(self, coded: list[Coded]) -> bool:
        for one in coded:
            self._coding += one.is_key
            group = self._open[self._coding]
            group.coded.append(one)
            if one.is_key and not group.passed and not self._passes(group, one):
                self._failed = group
                return False
        return True

    def _passes(self, group: _Group, key: Coded) -> bool:
        """Judge a group by its keyframe; if it fails, decide what to hide besides.

        A keyframe that is covered whole shows nothing to search.
        """
        if self._check is None or group.kept[0].state is FilterState.FALLBACK_FULL:
            group.passed = True
            group.held.clear()
            return True
        picture = self._encoder.decode(key)
        verdict = self._check.judge(picture, group.kept[0].covers)
        self.checked += not group.repairs
        if verdict.passed and not verdict.missing:
            group.passed = True
            group.held.clear()
            return True
        self.repaired += not group.repairs
        group.repairs += 1
        if verdict.passed and group.repairs <= REPAIRS:
            group.extra += verdict.missing
            group.found += verdict.missing
        else:
            group.extra = (Cover(0, 0, picture.width, picture.height),)
            group.passed = True
        return False

    def _encode_again(self) -> None:
        """Encode the failed group, and what follows it, from the frames held, until all passes."""
        while (failed := self._failed) is not None:
            self._failed = None
            self._encoder.renew()
            self._coding = self._open.index(failed) - 1
            again = list(self._open)[self._coding + 1 :]
            for group in again:
                group.coded.clear()
                group.kept.clear()
                group.uncut.clear()
            if all(
                self._encode(group, frame, beneath, key=not number)
                for group in again
                for number, (frame, beneath) in enumerate(group.held)
            ):
                for group in again:
                    if group.passed:
                        group.held.clear()

    def _cut(self) -> None:
        """Cut the patches of all frames whose covers are final: of groups that have passed."""
        for group in self._open:
            if not group.passed:
                continue
            first = len(group.kept) - len(group.uncut)
            for number, beneath in enumerate(group.uncut, first):
                kept = group.kept[number]
                found = beneath.found if beneath.is_whole else (*beneath.found, *group.found)
                patches = cut_patches(beneath.raw, kept.state, kept.covers, found)
                group.kept[number] = replace(kept, patches=patches)
            group.uncut.clear()

    def _mux(self, leave: int) -> Batch:
        """Mux the groups that are complete: all but the newest `leave`."""
        batch = Batch()
        while len(self._open) > leave:
            group = self._open.popleft()
            self._coding -= 1
            batch.data += self._encoder.mux(group.coded)
            batch.frames += group.kept
        return batch
