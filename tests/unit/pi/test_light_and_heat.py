"""Day and night, heat and rate: both change slowly, with a margin, and neither swings."""

import itertools
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from latchkey.units import NS_PER_S
from latchkey_pi.daynight import DAY_EXPOSURE_US, NIGHT_EXPOSURE_US, SETTLE_NS, DayNight, Exposure
from latchkey_pi.pace import DOWN_NS, LEAST_FPS, MARGIN_C, UP_NS, Heat, Pace, Throttled
from latchkey_pi.soc import Soc
from latchkey_sim.benchpi import Bench

SUN, DUSK, NIGHT = Exposure(2_000, 1.0), Exposure(33_333, 4.0), Exposure(33_333, 16.0)


def _see(light: DayNight, exposure: Exposure, from_s: int, to_s: int) -> list[bool]:
    return [light.see(exposure, at_s * NS_PER_S) for at_s in range(from_s, to_s)]


def test_night_falls_once_the_camera_has_struggled_for_ten_seconds() -> None:
    light = DayNight()
    said = _see(light, NIGHT, 0, 15)
    assert said.index(True) * NS_PER_S == SETTLE_NS


def test_headlights_make_no_day_and_a_hand_on_the_lens_no_night() -> None:
    light = DayNight()
    assert not any(_see(light, SUN, 0, 20) + _see(light, NIGHT, 20, 25) + _see(light, SUN, 25, 60))
    _see(light, NIGHT, 60, 80)
    assert all(_see(light, SUN, 80, 86) + _see(light, NIGHT, 86, 100))


def test_the_infrared_light_that_night_switches_on_does_not_make_it_day() -> None:
    light = DayNight()
    _see(light, NIGHT, 0, 20)
    helped = Exposure(33_333, 2.0)
    assert all(_see(light, helped, 20, 600))


@given(st.floats(DAY_EXPOSURE_US, NIGHT_EXPOSURE_US), st.booleans())
def test_between_the_thresholds_it_stays_what_it_was(total: float, night: bool) -> None:
    light = DayNight()
    light.is_night = night
    assert set(_see(light, Exposure(1, total), 0, 100)) == {night}


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 1_000_000)), max_size=80))
def test_it_never_changes_oftener_than_every_ten_seconds(steps: list[tuple[int, int]]) -> None:
    light, at_ns, changes = DayNight(), 0, []
    for wait_s, exposure in steps:
        before, at_ns = light.is_night, at_ns + wait_s * NS_PER_S
        if light.see(Exposure(exposure, 1.0), at_ns) is not before:
            changes.append(at_ns)
    assert all(later - earlier >= SETTLE_NS for earlier, later in itertools.pairwise(changes))


def test_a_hot_chip_takes_fewer_pictures_step_by_step_and_all_again_once_it_is_cool() -> None:
    pace = Pace(15, slow_at_c=75)
    rates = []
    for at_s in range(0, 100, 5):
        pace.see(Heat(80.0), at_s * NS_PER_S)
        rates.append(pace.fps)
    assert rates[0] == 11.25
    assert rates[-1] == 5.25
    for at_s in range(100, 600, 5):
        pace.see(Heat(60.0), at_s * NS_PER_S)
    assert pace.fps == 15


def test_a_chip_within_the_margin_stays_at_its_rate() -> None:
    pace = Pace(15, slow_at_c=75)
    pace.see(Heat(76.0), 0)
    for at_s in range(5, 2000, 5):
        assert not pace.see(Heat(75.0 - MARGIN_C + 1), at_s * NS_PER_S)


def test_a_chip_that_its_firmware_slows_counts_as_hot_whatever_its_temperature() -> None:
    for bits in (0b0010, 0b0100, 0b1000):
        assert Pace(15, slow_at_c=75).see(Heat(40.0, Throttled(bits)), 0)
    for past in (0, 0x50000, 0b0001):
        assert not Pace(15, slow_at_c=75).see(Heat(40.0, Throttled(past)), 0)


def test_a_chip_that_tells_nothing_runs_at_full_rate() -> None:
    assert not Pace(15, slow_at_c=75).see(Heat(None), 0)


@given(
    st.floats(1, 60),
    st.lists(st.tuples(st.integers(1, 200), st.floats(20, 110), st.integers(0, 15)), max_size=80),
)
def test_the_rate_stays_within_its_bounds_and_does_not_swing(
    fps: float, steps: list[tuple[int, float, int]]
) -> None:
    pace, at_ns = Pace(fps, slow_at_c=75), 0
    downs: list[int] = []
    ups: list[int] = []
    for wait_s, celsius, bits in steps:
        before, at_ns = pace.fps, at_ns + wait_s * NS_PER_S
        changed = pace.see(Heat(celsius, Throttled(bits)), at_ns)
        assert changed is (pace.fps != before)
        assert min(fps, LEAST_FPS) <= pace.fps <= fps
        if changed:
            (downs if pace.fps < before else ups).append(at_ns)
    assert all(later - earlier >= DOWN_NS for earlier, later in itertools.pairwise(downs))
    assert all(later - earlier >= UP_NS for earlier, later in itertools.pairwise(ups))


def test_the_kernel_is_asked_for_model_heat_and_throttling(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "Raspberry Pi 4 Model B Rev 1.4")
    bench.heat(81.5, throttled=0xE0008)
    soc = Soc(tmp_path)
    assert soc.model == "Raspberry Pi 4 Model B Rev 1.4"
    assert soc.heat() == Heat(81.5, Throttled(0xE0008))
    assert soc.heat().throttled.is_slowed
    assert not soc.heat().throttled.is_weak


def test_a_machine_that_is_no_pi_is_cool_and_nameless(tmp_path: Path) -> None:
    soc = Soc(tmp_path)
    assert (soc.model, soc.heat(), soc.has_chip_encoder) == ("", Heat(None), False)
    Bench(tmp_path).write("sys/class/thermal/thermal_zone0/temp", "hot")
    assert soc.heat().celsius is None


def test_only_the_chips_own_encoder_counts_as_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.write("sys/class/video4linux/video11/name", "bcm2835-codec-encode\n")
    assert Soc(tmp_path).has_chip_encoder
    bench.write("sys/class/video4linux/video11/name", "USB camera\n")
    assert not Soc(tmp_path).has_chip_encoder
