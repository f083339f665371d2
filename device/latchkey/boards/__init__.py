"""Finding a board and opening it, whole or one half; the halves that boards on a Linux machine share.

A half imports what it needs when it is opened: the process with the network loads no camera, no detector,
no encoder. So `capture` and `link` are imported by their names, and not from here.
"""

from latchkey.boards.book import check_book
from latchkey.boards.find import (
    check_settings,
    find_board,
    fit_settings,
    open_board,
    open_capture,
    open_link,
)

__all__ = [
    "check_book",
    "check_settings",
    "find_board",
    "fit_settings",
    "open_board",
    "open_capture",
    "open_link",
]
