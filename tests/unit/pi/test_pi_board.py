"""The `pi` board on the bench: what is claimed, what is loaded where, and a whole visit through it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.boards import find_board
from latchkey.boards.ground import linux_ground
from latchkey.cli.usable import load_usable
from latchkey.device.device import Device
from latchkey.errors import CameraLost, SettingsError
from latchkey.frames import Plane
from latchkey.pipeline.identity import device_id
from latchkey.ports import Board, Camera, join
from latchkey.settings import Settings, parse
from latchkey.units import MIB, NS_PER_MS, NS_PER_S, utc_day
from latchkey_pi import board as pi_board
from latchkey_pi.soc import Soc
from latchkey_sim.benchpi import Bench, BenchModules, until
from latchkey_sim.household import one_key_book
from latchkey_sim.journal import ListJournal

TEXT = """schema = 1
[camera]
board = "pi"
width = 200
height = 120
fps = 20
[recording]
pre_roll_s = 0.3
post_roll_s = 1.0
[privacy]
detector = "none"
[owner]
book = "book.json"
[pi]
chime = "relay"
shutter_pin = 5
"""
BELL, RELAY, LED, SHUTTER = 17, 22, 27, 5


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A board whose libraries are in place of a Pi's."""
    board = Bench(tmp_path / "root")
    board.pins.high[SHUTTER] = True
    with BenchModules(board):
        yield board


def _settings(folder: Path, text: str = TEXT) -> Settings:
    (folder / "book.json").write_bytes(one_key_book(utc_day(SystemClock().wall_ns())))
    return parse(text, folder=folder)


def _open(settings: Settings, bench: Bench, journal: ListJournal) -> Board:
    ground = linux_ground("pi", journal)
    capture = pi_board.open_capture(settings, ground, Soc(bench.root))
    return join(capture, pi_board.open_link(settings, ground))


def _is_lost(camera: Camera) -> bool:
    try:
        camera.read()
    except CameraLost as error:
        return "no camera is found" in str(error)
    return False


def _planes(number: int) -> tuple[Plane, Plane, Plane]:
    noise = np.random.default_rng(number).integers(0, 3, (120, 200), dtype=np.uint8)
    y: Plane = ((np.add.outer(np.arange(120), np.arange(200)) // 2 + 40).astype(np.uint8) + noise).astype(
        np.uint8
    )
    half: Plane = np.full((60, 100), 128, np.uint8)
    return y, half, half


def _run(device: Device, board: Board, bench: Bench, seconds: float, first: int) -> int:
    """Run the device in real time, while the sensor gives twenty pictures a second."""
    clock, number = board.clock, first
    end_ns = due_ns = clock.now_ns()
    end_ns += round(seconds * NS_PER_S)
    while clock.now_ns() < end_ns:
        if clock.now_ns() >= due_ns:
            metadata = {"SensorTimestamp": due_ns, "ExposureTime": 8000, "AnalogueGain": 1.0}
            bench.sensor.shoot(planes=_planes(number), metadata=metadata)
            number, due_ns = number + 1, due_ns + 50 * NS_PER_MS
        clock.wait_until(min(device.step(), due_ns, clock.now_ns() + 20 * NS_PER_MS))
    return number


@pytest.mark.slow
def test_a_press_rings_the_relay_lights_the_lamp_and_becomes_a_clip(tmp_path: Path, bench: Bench) -> None:
    journal = ListJournal()
    settings = pi_board.fit(_settings(tmp_path), lambda *_: None, Soc(bench.root))
    board = _open(settings, bench, journal)
    device = Device(board, settings, device_id(board.state, board.entropy))
    device.start()
    try:
        number = _run(device, board, bench, 0.6, 0)
        bench.pins.put(BELL, high=False)
        number = _run(device, board, bench, 0.3, number)
        bench.pins.put(BELL, high=True)
        assert bench.pins.history[RELAY][:2] == [False, True]
        number = _run(device, board, bench, 2.5, number)
        assert [entry.state for entry in board.index.entries()] == ["whole"]
        bench.pins.put(SHUTTER, high=False)
        _run(device, board, bench, 0.4, number)
        assert not bench.sensor.is_open
    finally:
        device.close()
    assert bench.pins.history[RELAY][-1] is False
    assert True in bench.pins.history[LED]
    said = [f"{line.part}: {line.text}" for line in journal.lines]
    assert "film: x264 encodes: this board's chip has no encoder" in said
    assert "camera: its shutter was closed by hand" in said


def test_without_a_camera_the_board_opens_and_the_camera_is_told_lost(tmp_path: Path, bench: Bench) -> None:
    bench.sensor.models = []
    board = _open(_settings(tmp_path), bench, ListJournal())
    until(lambda: _is_lost(board.camera))
    board.workers.close()


def test_without_picamera2_the_board_does_not_open_and_says_what_to_install(
    tmp_path: Path, bench: Bench
) -> None:
    with BenchModules(bench, without=("picamera2",)), pytest.raises(SettingsError) as caught:
        pi_board.open_capture(_settings(tmp_path), linux_ground("pi", ListJournal()), Soc(bench.root))
    assert (caught.value.hint or "").startswith("apt install python3-picamera2")


def test_a_half_claims_its_own_pins_and_none_of_the_others(tmp_path: Path, bench: Bench) -> None:
    settings = _settings(tmp_path)
    pi_board.open_link(settings, linux_ground("pi", ListJournal()))
    assert set(bench.pins.claimed) == {BELL, RELAY}
    bench.pins.claimed.clear()
    pi_board.open_capture(settings, linux_ground("pi", ListJournal()), Soc(bench.root)).camera.close()
    assert set(bench.pins.claimed) == {LED, SHUTTER}


def test_a_board_with_nothing_wired_beside_the_camera_needs_no_gpio_library_for_it(
    tmp_path: Path, bench: Bench
) -> None:
    text = TEXT.replace("shutter_pin = 5", "led_pin = 0")
    with BenchModules(bench, without=("gpiozero", "lgpio")):
        board = pi_board.open_capture(
            _settings(tmp_path, text), linux_ground("pi", ListJournal()), Soc(bench.root)
        )
        board.camera.close()


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("led_pin = 17", "pi.bell_pin and pi.led_pin are both 17"),
        ('chime = "relay"\nchime_pin = 5\nshutter_pin = 5', "pi.chime_pin and pi.shutter_pin are both 5"),
        ("bell_pin = 0", "a doorbell without a bell"),
    ],
)
def test_wiring_that_cannot_be_is_found_by_the_check_with_its_line(
    tmp_path: Path, keys: str, message: str
) -> None:
    (tmp_path / "book.json").write_bytes(one_key_book(utc_day(SystemClock().wall_ns())))
    path = tmp_path / "door.toml"
    path.write_text(f'schema = 1\n[camera]\nboard = "pi"\n[owner]\nbook = "book.json"\n[pi]\n{keys}\n')
    with pytest.raises(SettingsError) as caught:
        load_usable(path)
    assert message in str(caught.value)
    assert "door.toml:" in str(caught.value)


def test_wrong_pins_beside_the_camera_do_not_silence_the_bell() -> None:
    wrong = parse("schema = 1\n[pi]\nled_pin = 17\nshutter_pin = 5\npir_pin = 5\n")
    pi_board.check(wrong, ("link",))
    with pytest.raises(SettingsError, match=r"pi\.bell_pin and pi\.led_pin are both 17"):
        pi_board.check(wrong, ("capture",))


def test_pins_that_nothing_uses_may_share_a_number() -> None:
    pi_board.check(parse('schema = 1\n[pi]\nchime = "sound"\nled_pin = 22\n'))


def test_a_camera_is_named_by_a_number() -> None:
    with pytest.raises(SettingsError, match="no number of a camera"):
        pi_board.check(parse('schema = 1\n[camera]\nsource = "/dev/video0"\n'))


def test_settings_are_fitted_to_the_board_and_that_is_said(tmp_path: Path, bench: Bench) -> None:
    said: list[tuple[str, str]] = []
    got = pi_board.fit(parse("schema = 1"), lambda *line: said.append(line), Soc(bench.root))
    assert (got.camera.width, got.camera.fps) == (1280, 10)
    assert said == [("info", "profile zero2w: 1280x720, 10 pictures a second")]


def test_what_memory_takes_back_is_said(bench: Bench) -> None:
    said: list[tuple[str, str]] = []
    bench.memory(total_mib=416, available_mib=200)
    settings = parse("schema = 1\n[recording]\npre_roll_s = 30")
    got = pi_board.fit(settings, lambda *line: said.append(line), Soc(bench.root))
    assert got.recording.pre_roll_s < 30
    assert said[1][0] == "warning"
    assert said[1][1].startswith("memory: ")
    bench.memory(total_mib=416, available_mib=60)
    with pytest.raises(SettingsError, match="memory: 1280x720 needs"):
        pi_board.fit(settings, lambda *_: None, Soc(bench.root))


def test_the_entry_point_names_the_board() -> None:
    assert find_board("pi").module == "latchkey_pi.board"


@pytest.mark.parametrize("module", ["latchkey_pi.board", "latchkey_pi"])
def test_naming_the_board_loads_no_library(module: str) -> None:
    heavy = ("cv2", "av", "paho", "picamera2", "libcamera", "gpiozero", "lgpio")
    code = f"import sys, json, {module}; print(json.dumps([name for name in {heavy} if name in sys.modules]))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout) == []


def test_the_half_with_the_bell_loads_no_camera_and_no_codec(tmp_path: Path) -> None:
    """In a process of its own, with the bench's pins, as the link runs on a board."""
    (tmp_path / "book.json").write_bytes(one_key_book(utc_day(SystemClock().wall_ns())))
    code = f"""
import sys
from pathlib import Path
from latchkey_sim.benchpi.pins import BenchPins, pin_modules
sys.modules.update(pin_modules(BenchPins()))
from latchkey.boards.ground import linux_ground
from latchkey.settings import parse
from latchkey_sim.journal import ListJournal
from latchkey_pi.board import open_link
board = open_link(parse({TEXT!r}, folder=Path({str(tmp_path)!r})), linux_ground("pi", ListJournal()))
banned = ("av", "cv2", "picamera2", "libcamera", "latchkey_pi.camera", "latchkey_pi.encoder")
print([name for name in banned if name in sys.modules])
board.workers.close()
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_a_fixed_size_of_the_file_is_left_alone(bench: Bench) -> None:
    settings = parse("schema = 1\n[camera]\nwidth = 640\nheight = 360\n")
    got = pi_board.fit(settings, lambda *_: None, Soc(bench.root))
    assert (got.camera.width, got.camera.height) == (640, 360)
    assert got.camera.width * got.camera.height < 1 * MIB
    assert replace(got, camera=settings.camera).pi == settings.pi
