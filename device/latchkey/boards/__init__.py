"""Finding a board, and the parts that every board on a Linux machine shares."""

from latchkey.boards.book import check_book
from latchkey.boards.common import linux_board
from latchkey.boards.find import find_board, open_board

__all__ = ["check_book", "find_board", "linux_board", "open_board"]
