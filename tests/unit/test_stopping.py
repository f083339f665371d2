"""Told to stop: what is held is kept whole and announced, nothing more is taken from the camera."""

from dataclasses import replace

import pytest

from latchkey.device.capture_side import CLOSE_LIMIT_NS
from latchkey.frames import Bgr, Box
from latchkey.ports import Board, Lane
from latchkey.settings import RecordingSettings, Settings
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey_sim.desk import Desk, desk
from latchkey_sim.household import OWNER
from latchkey_sim.street import heard, kept_clips, street
from latchkey_sim.strip import StripCamera

SHORT = RecordingSettings(pre_roll_s=2.0, post_roll_s=3.0, longest_clip_s=12.0, threads=1)
STOP_NS = 10 * NS_PER_S


class Sees:
    """A finder that always sees one face."""

    name = "sees"
    long_side_px = 128

    def find(self, bgr: Bgr) -> list[Box]:
        return [Box(40, 30, 60, 50, 0.9)]


class CountingCamera(StripCamera):
    """Counts how often it is read."""

    reads = 0

    def read(self) -> object:  # type: ignore[override]
        self.reads += 1
        return super().read()


def _home(costs_ns: dict[Lane, int], *, moving_until_s: float = 80, rings_ns: tuple[int, ...] = ()) -> Desk:
    settings = Settings(recording=SHORT)

    def prepare(board: Board) -> Board:
        frames = street(90, ((6, moving_until_s),))
        return replace(board, camera=CountingCamera(board.clock, frames))  # type: ignore[arg-type]

    return desk([], settings, finder=Sees(), rings_ns=rings_ns, costs_ns=costs_ns, prepare=prepare)


def _kinds(home: Desk) -> list[str]:
    return [str(event["event_type"]) for event in heard(home, "event/clip")]


def test_once_told_to_stop_no_frame_is_read_and_the_clip_in_hand_is_kept_and_announced() -> None:
    """Somebody moves all the time, and the film is slower than the camera."""
    home = _home({"film": 150 * NS_PER_MS}, rings_ns=(STOP_NS + 100 * NS_PER_MS,))
    home.run_until(STOP_NS)
    camera = home.board.camera
    assert isinstance(camera, CountingCamera)
    before = camera.reads
    home.device.close()
    assert camera.reads == before
    assert home.clock.now_ns() < STOP_NS + CLOSE_LIMIT_NS
    (clip,) = kept_clips(home, OWNER.text)
    assert clip.frames[-1].at_ns == pytest.approx(STOP_NS, abs=NS_PER_S // 5)
    assert _kinds(home) == ["start", "end"]
    assert not [name for name in home.vault.files if name.endswith(".part")]


def test_a_ring_while_it_stops_is_published_and_extends_nothing() -> None:
    home = _home({"film": 150 * NS_PER_MS}, moving_until_s=7, rings_ns=(STOP_NS + 100 * NS_PER_MS,))
    home.run_until(STOP_NS)
    home.device.close()
    assert [ring["event_type"] for ring in heard(home, "event/doorbell")] == ["ring"]
    assert home.said("bell")[-1] == "nothing more is recorded: the device is told to stop"
    assert _kinds(home) == ["start", "end"]


def test_a_clip_that_cannot_be_sealed_in_time_is_told_as_torn() -> None:
    home = _home({})
    home.run_until(STOP_NS)
    home.workers.hang("film")
    home.device.close()
    (start,) = heard(home, "event/clip")
    clip = str(start["id"])[:8]
    assert f"{clip} is not sealed after 20 s: what is written of it is left torn" in home.said("clip")
    assert home.clock.now_ns() == pytest.approx(STOP_NS + CLOSE_LIMIT_NS, abs=NS_PER_S)


def test_that_the_filter_is_too_slow_is_told_once() -> None:
    home = _home({"look": 400 * NS_PER_MS, "film": 150 * NS_PER_MS})
    home.run_until(80 * NS_PER_S)
    assert sum("too slow for the camera" in text for text in home.said("filter")) == 1
    home.device.close()
