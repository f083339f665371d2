"""Bell, chime, light and contacts on the header of the bench."""

import io
import threading
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey.errors import LatchkeyError, SettingsError
from latchkey.pipeline.debounce import HELD_NS, STABLE_NS
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey_pi.bell import BellButton
from latchkey_pi.blink import BLINKS, FLASHES, Blink, blink_of
from latchkey_pi.chime import Chime, relay, sound
from latchkey_pi.contacts import CONTACT_STABLE_NS
from latchkey_pi.light import StatusLight
from latchkey_pi.pins import GpioPins, PinLost
from latchkey_pi.sensors import PiSenses, SenseLine
from latchkey_pi.tone import RATE_HZ, chime_wav
from latchkey_sim.benchpi import Bench, BenchModules, until
from latchkey_sim.clock import VirtualClock
from latchkey_sim.journal import ListJournal

BELL, RELAY, LED = 17, 22, 27


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A board whose libraries are in place of a Pi's."""
    board = Bench(tmp_path / "root")
    with BenchModules(board):
        yield board


class Door:
    """A bell on the bench, in a time that a test moves."""

    def __init__(self, bench: Bench, *, pulses: bool = False) -> None:
        self.pins = bench.pins
        self.clock, self.journal = VirtualClock(0), ListJournal()
        self.rings = 0
        line = GpioPins().input(BELL, pull_up=True)
        self.bell = BellButton(line, self.clock, self.journal, self._ring, pulses=pulses)
        self.told: list[int] = []

    def _ring(self) -> None:
        self.rings += 1

    def later(self, ns: int) -> None:
        """Let time go by."""
        self.clock.wake()
        self.clock.wait_until(0)
        self.clock.wait_until(self.clock.now_ns() + ns)

    def press(self) -> None:
        self.pins.put(BELL, high=False)

    def release(self) -> None:
        self.pins.put(BELL, high=True)

    def wait_for(self, presses: int) -> None:
        """Let time go by until the bell has told so many presses in all."""

        def there() -> bool:
            self.later(5 * NS_PER_MS)
            self.told += self.bell.presses()
            return len(self.told) >= presses

        until(there)


@pytest.fixture
def door_of(bench: Bench) -> Iterator[Callable[..., Door]]:
    doors = []

    def make(*, pulses: bool = False) -> Door:
        doors.append(Door(bench, pulses=pulses))
        return doors[-1]

    yield make
    for door in doors:
        door.bell.close()


def _turns(door: Door) -> None:
    """Let the bell's thread come round; it has nothing to tell."""
    door.pins.come_round()
    assert door.bell.presses() == []


def test_a_press_rings_the_house_and_is_told_once(door_of: Callable[..., Door]) -> None:
    door = door_of()
    door.later(NS_PER_S)
    door.press()
    _turns(door)
    assert door.rings == 0
    door.wait_for(1)
    assert NS_PER_S <= door.told[0] <= door.clock.now_ns() - STABLE_NS
    door.later(NS_PER_S)
    _turns(door)
    assert door.rings == 1


def test_a_press_whose_edges_were_lost_is_noticed_all_the_same(
    door_of: Callable[..., Door], bench: Bench
) -> None:
    door = door_of()
    bench.pins.loses_edges = True
    door.press()
    door.wait_for(1)  # the bell asks for the level by itself


def test_a_spike_on_the_wire_rings_nobody(door_of: Callable[..., Door], bench: Bench) -> None:
    door = door_of()
    for _ in range(5):
        bench.pins.spike(BELL)
        door.later(STABLE_NS)
        _turns(door)
    assert door.rings == 0


def test_a_held_button_is_told_in_the_log_once_and_rings_once(door_of: Callable[..., Door]) -> None:
    door = door_of()
    door.press()
    door.wait_for(1)
    door.later(HELD_NS)
    until(lambda: not door.bell.presses() and bool(door.journal.lines))
    door.later(HELD_NS)
    _turns(door)
    assert len(door.journal.lines) == 1
    assert "held down" in door.journal.lines[0].text
    assert door.rings == 1


def test_a_line_that_is_lost_ends_the_program_rather_than_the_bell(
    door_of: Callable[..., Door], bench: Bench
) -> None:
    door = door_of()
    bench.pins.read_error = OSError("bad file descriptor")
    bench.pins.spike(BELL)

    def lost() -> bool:
        try:
            door.bell.presses()
        except PinLost as error:
            return "GPIO17 cannot be read" in str(error)
        return False

    until(lost)


def test_a_chime_that_breaks_the_bells_thread_ends_the_program_rather_than_the_bell(
    door_of: Callable[..., Door],
) -> None:
    door = door_of()

    def broken() -> None:
        raise RuntimeError("no thread can be started")

    door.bell._rung = broken
    door.later(NS_PER_S)
    door.press()

    def lost() -> bool:
        door.later(STABLE_NS)
        try:
            door.bell.presses()
        except RuntimeError as error:
            return "no thread" in str(error)
        return False

    until(lost)


def test_a_relay_closes_for_its_time_and_opens_again(bench: Bench) -> None:
    journal = ListJournal()
    chime = Chime(relay(GpioPins().output(RELAY), 0.05), VirtualClock(0), journal)
    chime.ring()
    until(lambda: bench.pins.history[RELAY] == [False, True, False])
    chime.close()
    assert not journal.lines


def test_a_chime_that_is_rung_while_it_plays_plays_once_more_and_no_oftener() -> None:
    began, go, played = threading.Event(), threading.Event(), []

    def play(_stopped: threading.Event) -> str:
        began.set()
        go.wait(10)
        played.append(1)
        return ""

    chime = Chime(play, VirtualClock(0), ListJournal())
    chime.ring()
    assert began.wait(10)
    for _ in range(5):
        chime.ring()
    go.set()
    until(lambda: len(played) == 2)
    chime.close()
    assert len(played) == 2


def test_a_chime_that_fails_is_told_once_until_it_succeeds() -> None:
    journal, answers = ListJournal(), ["no card", "no card", "", "no card"]
    left = list(answers)
    chime = Chime(lambda _: left.pop(0), VirtualClock(0), journal)
    for number in range(len(answers)):
        chime.ring()
        until(lambda number=number: len(left) == len(answers) - number - 1)  # type: ignore[misc]
    chime.close()
    assert [line.text for line in journal.lines] == ["did not ring: no card"] * 2


def _program(folder: Path, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "aplay").write_text(f"#!/bin/sh\n{text}\n")
    (folder / "aplay").chmod(0o755)


def test_a_sound_is_handed_to_aplay_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tmp_path / "bin", f'echo "$@" > {tmp_path}/said; cat > {tmp_path}/heard.wav')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert sound("plughw:1")(threading.Event()) == ""
    assert (tmp_path / "said").read_text() == "-q -D plughw:1\n"
    assert (tmp_path / "heard.wav").read_bytes() == chime_wav()


def test_what_aplay_complains_of_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tmp_path / "bin", "echo 'aplay: main: audio open error: No such device' >&2; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert sound("nowhere")(threading.Event()) == "aplay: main: audio open error: No such device"


def test_without_aplay_its_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SettingsError, match="aplay") as caught:
        sound("default")
    assert caught.value.hint == "apt install alsa-utils"


def test_the_sound_is_two_tones_that_begin_and_end_in_silence_and_do_not_clip() -> None:
    with wave.open(io.BytesIO(chime_wav())) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (1, RATE_HZ, 2)
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(int)
    assert 1.0 < len(pcm) / RATE_HZ < 3.0
    assert abs(pcm[0]) < 300
    assert abs(pcm[-1]) < 300
    assert 20_000 < np.abs(pcm).max() < 32_000


def test_every_state_of_the_light_can_be_told_from_every_other() -> None:
    shown = [blink_of("trouble", trouble) for trouble in FLASHES] + [blink_of(state, "") for state in BLINKS]
    assert len({blink.times_ms for blink in shown}) == len(shown)


def test_trouble_is_counted_in_flashes() -> None:
    for trouble, count in FLASHES.items():
        blink = blink_of("trouble", trouble)
        lit = [blink.level(ms * NS_PER_MS)[0] for ms in range(sum(blink.times_ms))]
        assert sum(now and not before for before, now in zip([False, *lit], lit, strict=False)) == count


@given(
    st.lists(st.integers(1, 2000), min_size=2, max_size=8).filter(lambda times: len(times) % 2 == 0),
    st.integers(0, 10**12),
)
def test_a_rhythm_is_asked_again_just_when_it_changes(times: list[int], since_ns: int) -> None:
    blink = Blink(tuple(times))
    lit, left_ns = blink.level(since_ns)
    assert 0 < left_ns <= max(times) * NS_PER_MS
    assert blink.level(since_ns + left_ns - 1)[0] is lit
    assert blink.level(since_ns + left_ns)[0] is not lit


def test_the_light_shows_what_it_is_told(bench: Bench) -> None:
    light = StatusLight(GpioPins().output(LED), VirtualClock(0), ListJournal())
    light.show("recording")
    until(lambda: bench.pins.high[LED])
    light.show("closed")
    light.close()
    assert bench.pins.high[LED] is False
    assert LED not in bench.pins.claimed


def test_the_shutter_is_at_once_what_it_is_and_later_what_it_has_been_for_a_while(bench: Bench) -> None:
    clock = VirtualClock(0)
    bench.pins.high[5] = False
    senses = PiSenses(SenseLine(GpioPins().input(5, pull_up=True), clock), None)
    assert senses.shutter_closed()
    assert not senses.somebody()
    bench.pins.put(5, high=True)
    assert senses.shutter_closed()
    clock.wait_until(clock.now_ns())  # the edge woke the loop
    clock.wait_until(CONTACT_STABLE_NS)
    assert not senses.shutter_closed()


def test_a_motion_sensor_is_active_while_its_output_is_high(bench: Bench) -> None:
    clock = VirtualClock(0)
    senses = PiSenses(None, SenseLine(GpioPins().input(6, pull_up=False), clock))
    assert not senses.somebody()
    bench.pins.put(6, high=True)
    senses.somebody()
    clock.wait_until(clock.now_ns())
    clock.wait_until(CONTACT_STABLE_NS)
    assert senses.somebody()
    assert not senses.shutter_closed()


@pytest.mark.parametrize("library", ["gpiozero", "lgpio"])
def test_a_missing_library_is_one_line_with_its_package(bench: Bench, library: str) -> None:
    with BenchModules(bench, without=(library,)), pytest.raises(SettingsError) as caught:
        GpioPins()
    assert str(caught.value) == f"the pi board needs {library}, which is missing"
    assert (caught.value.hint or "").startswith(f"apt install python3-{library}")


def test_a_header_that_may_not_be_used_names_the_group(bench: Bench) -> None:
    bench.pins.factory_error = PermissionError("can not open gpiochip")
    with pytest.raises(SettingsError, match="can not open gpiochip") as caught:
        GpioPins()
    assert "group gpio" in (caught.value.hint or "")


def test_a_pin_that_somebody_else_has_is_named(bench: Bench) -> None:
    bench.pins.taken = {BELL}
    with pytest.raises(SettingsError, match="GPIO 17 cannot be used: GPIO busy"):
        GpioPins().input(BELL, pull_up=True)


def test_a_line_that_cannot_be_set_any_more_is_one_error(bench: Bench) -> None:
    output = GpioPins().output(RELAY)
    bench.pins.write_error = OSError("gone")
    with pytest.raises(LatchkeyError, match="GPIO22 cannot be set: gone"):
        output.drive(high=True)
    output.close()
