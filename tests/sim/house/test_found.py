"""What seeds have found in the device: each stays found."""

from latchkey.pipeline.ownerfile import OWNER
from latchkey.units import NS_PER_S
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.checkers import all_checkers
from latchkey_sim.house.drawing import draw
from latchkey_sim.house.house import House, Report
from latchkey_sim.house.scenario import Fault
from latchkey_sim.house.tiny import tiny_scenario, tiny_settings


def _run(*faults: Fault, seed: int = 1, **options: object) -> Report:
    return House(tiny_scenario(*faults, **options), seed, []).run()  # type: ignore[arg-type]


def _times(report: Report, kind: str, text: str) -> list[float]:
    return [e.at_ns / NS_PER_S for e in report.trace.entries if e.kind == kind and text in e.text]


def test_a_clip_ends_by_the_clock_where_the_camera_says_that_nothing_more_comes() -> None:
    """It ended only when the camera had something to say again, which may be next morning."""
    report = _run()
    last_frame_s = max(int(e.text.split()[0]) for e in report.trace.entries if e.kind == "frame") / NS_PER_S
    (sealed_s,) = _times(report, "clip", "sealed")
    assert last_frame_s < sealed_s < last_frame_s + 3


def test_movement_is_over_by_the_clock_where_the_camera_says_that_nothing_more_comes() -> None:
    """`motion/state` stayed ON as long as the camera had no picture to give."""
    report = _run()
    (moved_s,) = _times(report, "motion", "something moves")
    (calm_s,) = _times(report, "motion", "all is still")
    assert moved_s < calm_s < 15


def test_a_frame_that_cannot_be_packed_for_want_of_memory_stays_raw_and_the_device_goes_on() -> None:
    """Seed 67 of the first soak: the MemoryError of the packing worker ended the loop, and the process."""
    fault = Fault("low-memory", 5 * NS_PER_S, 10 * NS_PER_S)
    report = _run(fault, settings=tiny_settings(pre_roll_s=1.0), costs_ns={"pack": 1_000_000})
    assert report.faults_met == 1
    assert report.clips == 1
    assert len(_times(report, "clip", "sealed")) == 1


def test_a_ring_tries_a_lost_camera_at_once_instead_of_at_the_end_of_a_pause() -> None:
    """Seed 302: the camera had been back for nine seconds when somebody rang, and nothing was recorded."""
    gone = Fault("camera-unplugged", 2 * NS_PER_S, 15 * NS_PER_S)  # tried at 3, 5, 10, 25, then every 60 s
    report = _run(gone, passages_s=(18.0,), rings_s=(19.0,), span_s=40)
    (begun_s,) = _times(report, "clip", "is being recorded (ring)")
    assert 19 < begun_s < 20.5


def test_a_camera_whose_shutter_is_opened_again_sees_and_records() -> None:
    """It was never asked for a picture again: there was no camera until the next start of the device."""
    closed = Fault("shutter", 3 * NS_PER_S, 10 * NS_PER_S)
    house = House(tiny_scenario(closed, passages_s=(18.0,), rings_s=(19.0,), span_s=40), 1, [])
    report = house.run()
    assert report.clips == 1
    assert len(_times(report, "camera", "gives pictures again")) == 1
    assert [shown for _, shown in house.doors[0].life.lamp.shown][-1] == "idle"  # type: ignore[union-attr]


class OwnerRots(Checker):
    """While the device has no power, a bit of the file flips that says whom it obeys."""

    def on_end_of_life(self, house: House, door: int) -> None:
        files = house.doors[door].vault.files
        rotten = bytearray(files[OWNER])
        rotten[5] ^= 1
        files[OWNER] = rotten


def test_a_flipped_bit_in_the_owners_file_costs_no_recording() -> None:
    """The device refused its real owner, and recorded nothing from then on."""
    cut = Fault("power-cut", 12 * NS_PER_S, value=NS_PER_S)
    scenario = tiny_scenario(cut, passages_s=(6.0, 18.0), rings_s=(7.0, 19.0))
    report = House(scenario, 1, [OwnerRots()]).run()
    assert report.clips == 2
    assert len(_times(report, "owner", "keys/owner.pub was damaged")) == 1


def test_a_detector_that_goes_blind_before_somebody_known_shows_nobody() -> None:
    """Seed 1547: nothing told a blind detector from an empty place, and a known face stayed bare."""
    assert House(draw(1547), 1547, all_checkers()).run().verdicts == []


def test_a_disk_that_is_gone_is_told_of_though_the_camera_gives_no_next_picture() -> None:
    """Seed 502: a clip could not be written; that was noticed with its next pictures, which did not come."""
    gone = Fault("sd-removed", 7_700_000_000, 15 * NS_PER_S)
    stalled = Fault("camera-stall", 7_900_000_000, 12 * NS_PER_S)
    report = _run(gone, stalled)
    (lost_s,) = _times(report, "clip", "could not be kept")
    (told_s, *_) = _times(report, "disk", "the vault takes no files")
    assert 7.7 < lost_s <= told_s < 8.5
