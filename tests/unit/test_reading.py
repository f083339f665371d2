"""Small files that a person names: pipes, devices, folders and huge ones end at once."""

import os
from pathlib import Path

import pytest

from latchkey.adapters.cameras import VideoCamera, v4l2_device
from latchkey.adapters.clock import SystemClock
from latchkey.adapters.models import CENTERFACE, install
from latchkey.adapters.mqtt import PahoLink
from latchkey.egress import Egress, Ledger
from latchkey.errors import CameraLost, FinderError, OwnerKeyError, SettingsError
from latchkey.owner import load_identities
from latchkey.reading import read_small
from latchkey.settings import MqttSettings, load


@pytest.fixture(params=["fifo", "/dev/zero", "folder", "nothing", "nul\0", "x" * 5000])
def no_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Give a path at which no ordinary file is."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    name: str = request.param
    return tmp_path / name


def test_only_an_ordinary_file_is_read(no_file: Path) -> None:
    with pytest.raises(OSError, match=r".") as caught:
        read_small(no_file, 10)
    assert caught.value.strerror


def test_a_file_is_read_up_to_its_limit_and_no_longer_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    assert read_small(path, 10) == b"0123456789"
    with pytest.raises(OSError, match="larger than 9 bytes"):
        read_small(path, 9)


def test_no_part_waits_for_a_pipe_or_reads_a_device(no_file: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        load(no_file)
    with pytest.raises(OwnerKeyError):
        load_identities(no_file)
    with pytest.raises(CameraLost):
        VideoCamera(no_file, SystemClock())
    with pytest.raises(FinderError):
        install(CENTERFACE, no_file, tmp_path)
    for settings in (MqttSettings("broker", password_file=no_file), MqttSettings("broker", ca_file=no_file)):
        with pytest.raises(SettingsError):
            PahoLink(settings, "id", Egress(Ledger(), []), SystemClock())


@pytest.mark.parametrize("name", ["http:", "pipe:0", "concat:a|b"])
def test_a_video_is_a_file_and_never_an_address(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(b"no video")
    with pytest.raises(CameraLost, match="no video"):
        VideoCamera(Path(name), SystemClock())


def test_a_camera_number_that_none_has_is_refused() -> None:
    assert v4l2_device("2") == 2
    assert v4l2_device("/dev/video0") == "/dev/video0"
    assert v4l2_device("²") == "²"
    with pytest.raises(CameraLost, match="no camera number"):
        v4l2_device("9" * 5000)
