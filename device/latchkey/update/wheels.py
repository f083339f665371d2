"""Taking a wheel apart: its files, and only such as belong where Python looks for packages.

A wheel is a zip file. No code of it runs, and nothing of it is resolved, built or asked for elsewhere.
Names that would lead out of the folder, links, and files that pip would put elsewhere (`.data`) are
refused: none of the packages that Latchkey needs has any.
"""

import stat
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from latchkey.errors import UpdateRefused

FILES_LIMIT = 20_000
FILE_LIMIT_BYTES = 256 << 20
PIECE_BYTES = 1 << 20


def members(name: str, file: BinaryIO) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Give each file of a wheel with its bytes in pieces. Raises UpdateRefused for what is not as it
    should be.
    """
    try:
        with zipfile.ZipFile(file) as wheel:
            infos = [info for info in wheel.infolist() if not info.is_dir()]
            if len(infos) > FILES_LIMIT:
                raise UpdateRefused(f"{name} has more than {FILES_LIMIT} files")
            for info in infos:
                _check(name, info)
                yield info.filename, _pieces(name, wheel, info)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise UpdateRefused(f"{name} is not a wheel: {error}") from error


def _check(name: str, info: zipfile.ZipInfo) -> None:
    parts = info.filename.split("/")
    if any(part in ("", ".", "..") for part in parts) or any(sign in info.filename for sign in "\\\0:"):
        raise UpdateRefused(f"{name} holds a file that would lie elsewhere: {info.filename[:80]!r}")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise UpdateRefused(f"{name} holds a link: {info.filename[:80]!r}")
    if parts[0].endswith((".data", ".pth")) or "__pycache__" in parts:
        raise UpdateRefused(f"{name} puts {info.filename[:80]!r} elsewhere than sources belong")


def _pieces(name: str, wheel: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    left = FILE_LIMIT_BYTES
    with wheel.open(info) as stream:
        while piece := stream.read(PIECE_BYTES):
            left -= len(piece)
            if left < 0:
                raise UpdateRefused(f"{name}: {info.filename[:80]!r} has no end")
            yield piece
