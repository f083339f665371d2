"""Where the keys of a settings file stand, for errors that name file, line and key."""

from latchkey.errors import SettingsError, masked

KeyPath = tuple[str, ...]


class Places:
    """The lines of one settings file; `name` stands in errors."""

    def __init__(self, text: str, name: str) -> None:
        self._lines = text.splitlines()
        self._name = name

    def error(self, path: KeyPath, message: str, hint: str | None = None) -> SettingsError:
        """Give the error about the key at `path`; it repeats no secret key."""
        where = f"{self._name}:{self._line(path)}: " if path else f"{self._name}: "
        return SettingsError(masked(where + message), hint=hint)

    def _line(self, path: KeyPath) -> int:
        """Find the line of a key: the parser does not tell, so look for it below its section.

        A key that is left out stands where its section begins.
        """
        start = 0
        for depth, part in enumerate(path):
            header = ".".join(path[: depth + 1])
            for index in range(start, len(self._lines)):
                line = self._lines[index].split("#")[0].strip()
                if line.strip("[]").replace(" ", "") == header and line.startswith("["):
                    start = index
                    break
                bare = line.partition("=")[0].strip().strip("\"'")
                if "=" in line and bare in (part, header):
                    return index + 1
        return start + 1
