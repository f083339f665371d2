"""What FFmpeg complains of while it reads a file: errors that it writes to its log and then conceals.

Many decoders give a guessed picture for damaged data, with no other sign. PyAV keeps the log back by default;
while this is open, errors in it are counted. They come from FFmpeg's own threads, in which PyAV
takes the GIL: whoever closes this must first have let all of them finish (see `VideoFile.close`).
"""

from collections.abc import Collection

from av import logging

TEXT_LIMIT = 80
"""Characters of a message that are told: it may quote what is in the file."""


class Complaints:
    """Counts errors in FFmpeg's log, of the whole process, until it is closed."""

    def __init__(self) -> None:
        self.count = 0
        self.first = ""
        """The first one, as FFmpeg words it."""
        self._level = logging.get_level()
        self._capture = logging.Capture(local=False)
        self._logs = self._capture.__enter__()
        self._skips = logging.get_skip_repeated()
        logging.set_skip_repeated(False)  # it counts an equal message of another file as the same
        logging.set_level(logging.ERROR)

    def note(self, names: Collection[str]) -> None:
        """Count what has come from these parts of FFmpeg (formats, decoders); forget the rest."""
        told = [message for _, name, message in self._logs if name in names]
        self._logs.clear()
        self.count += len(told)
        if told and not self.first:
            self.first = "".join(filter(str.isprintable, told[0]))[:TEXT_LIMIT].strip()

    def close(self) -> None:
        """Let the log be as it was."""
        logging.set_level(self._level)
        logging.set_skip_repeated(self._skips)
        self._capture.__exit__(None, None, None)
