"""The owner's key book, from the file that the settings name."""

from latchkey.errors import OwnerKeyError, SettingsError
from latchkey.reading import read_small
from latchkey.settings import OwnerSettings
from latchkey.vault.book import BOOK_LIMIT_BYTES, KeyBook, decode_book

HINT = "`latchkey owner init` makes a household, and prints what belongs here; `latchkey pair` fetches a book"


def read_book(settings: OwnerSettings) -> bytes:
    """Give the bytes of the book, b"" where none is named. Raises SettingsError."""
    if settings.book is None:
        return b""
    try:
        return read_small(settings.book, BOOK_LIMIT_BYTES)
    except OSError as error:
        raise SettingsError(f"{settings.book}: {error.strerror}", hint=HINT) from error


def check_book(settings: OwnerSettings) -> KeyBook:
    """Give the book. Raises SettingsError where none is named or it cannot be used."""
    if settings.book is None:
        raise SettingsError("it is not set: nobody could open a clip", hint=HINT)
    try:
        return decode_book(read_book(settings))
    except OwnerKeyError as error:
        raise SettingsError(f"{settings.book} is no key book: {error}", hint=HINT) from error
