"""A terminal that is none, for tests of commands: what they say can be read."""

import io
from argparse import ArgumentParser

from latchkey.cli.command import Command, Terminal


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


def run_on_screen(command: Command, *words: object, screen: Screen | None = None) -> tuple[int, Screen]:
    """Run a command as the program does; give its exit code, and the screen it wrote on.

    Raises what the program would print.
    """
    screen, parser = screen or Screen(), ArgumentParser()
    command.configure(parser)
    return command.run(parser.parse_args([str(word) for word in words]), screen), screen
