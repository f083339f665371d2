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
            "no identity matched: it was sealed to other keys", hint="give the right key file with --key FILE"
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
