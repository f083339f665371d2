"""What is wrong with a scene, and where."""

from typing import ClassVar

from latchkey.errors import EXIT_SCENE, LatchkeyError


class SceneError(LatchkeyError):
    """A scene that cannot be played: `visit.toml:12: unknown key colour`.

    `name` is the file, or the scene where it was built in Python; `line` is None there.
    """

    exit_code: ClassVar[int] = EXIT_SCENE

    def __init__(self, name: str, line: int | None, text: str, *, hint: str | None = None) -> None:
        where = name if line is None else f"{name}:{line}"
        super().__init__(f"{where}: {text}", hint=hint)
        self.name = name
        self.line = line
        self.text = text
