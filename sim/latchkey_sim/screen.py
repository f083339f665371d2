"""A terminal that is none, for tests of commands: what they say can be read."""

import io

from latchkey.cli.command import Terminal


class Screen(Terminal):
    """Keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__(io.StringIO(), io.StringIO())

    @property
    def shown(self) -> str:
        """Give what went to standard output."""
        assert isinstance(self.out, io.StringIO)
        return self.out.getvalue()

    @property
    def told(self) -> str:
        """Give what went to standard error."""
        assert isinstance(self.err, io.StringIO)
        return self.err.getvalue()
