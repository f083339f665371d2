"""What is wrong with a wiring, and where."""

from latchkey.errors import LatchkeyError


class WiringError(LatchkeyError):
    """A wiring that must not be built, or a file that cannot be read: `wiring.toml:12: error: …`."""

    def __init__(self, name: str, line: int | None, text: str, *, hint: str | None = None) -> None:
        where = name if line is None else f"{name}:{line}"
        super().__init__(f"{where}: error: {text}", hint=hint)
        self.line = line
        self.text = text
