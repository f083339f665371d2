"""What can be wrong with a sealed file, one class per kind of trouble."""

from typing import ClassVar

from latchkey.errors import EXIT_KEY, ClipError


class SealerClosed(ClipError):
    """Something was to be sealed after the end of the file was sealed."""

    def __init__(self) -> None:
        super().__init__("this clip is sealed: nothing can be added")


class HeaderDamaged(ClipError):
    """The header breaks the format, or was changed after it was sealed."""

    def __init__(self, reason: str, *, hint: str | None = None) -> None:
        super().__init__(f"damaged header: {reason}", hint=hint)
        self.reason = reason


class ClipArmored(ClipError):
    """A text ("armored") age file; clips are always binary."""

    def __init__(self) -> None:
        super().__init__("this is an armored age file, not a clip", hint="`age -d` reads armored files")


class NoIdentityMatched(ClipError):
    """None of the keys opens this file. `stanza_count` recipients are named in its header."""

    exit_code: ClassVar[int] = EXIT_KEY

    def __init__(self, stanza_count: int) -> None:
        super().__init__(
            "no identity matched: it was sealed to other keys",
            hint="the key of its day is erased, it never was for you, or somebody keeps it for themselves;"
            " `latchkey clips open --key FILE` tries other keys",
        )
        self.stanza_count = stanza_count


class ClipTruncated(ClipError):
    """The file stops at the edge of a chunk. `chunk` is the number of chunks that verify."""

    def __init__(self, chunk: int) -> None:
        super().__init__(f"clip ends after chunk {chunk} without an end mark")
        self.chunk = chunk


class ClipDamaged(ClipError):
    """A chunk was changed, moved or cut short. `chunk` counts from 0."""

    def __init__(self, chunk: int) -> None:
        super().__init__(f"chunk {chunk} does not verify: it was changed or cut short")
        self.chunk = chunk


class TrailingBytes(ClipError):
    """Something follows the end mark. `chunk` is the one that carries the mark."""

    def __init__(self, chunk: int) -> None:
        super().__init__(f"bytes follow the end mark in chunk {chunk}")
        self.chunk = chunk


class SignatureWrong(ClipError):
    """What should be signed was changed, was signed by another key, or for another purpose."""

    def __init__(self) -> None:
        super().__init__("a signature does not verify: it was changed, or is another's")


class BoxDamaged(ClipError):
    """The video inside a clip is not cut into boxes as ours are."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the video is damaged: {reason}")
        self.reason = reason


class ProofDamaged(ClipError):
    """A check of the proof inside a clip failed. `check` says in words which one."""

    def __init__(self, check: str) -> None:
        super().__init__(f"the proof fails: {check}")
        self.check = check


class NoteDamaged(ClipError):
    """A manifest, companion, slip or head is not one that this version writes. `what` names which."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"the {what} cannot be used: {reason}")
        self.what = what
        self.reason = reason
