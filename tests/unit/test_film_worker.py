"""A film worker that fails, hangs or is full: no step raises, no announced clip is lost or a lie."""

import pytest

from latchkey.adapters.encoder import H264Encoder
from latchkey.errors import DiskError, DiskFull
from latchkey.events import Trigger
from latchkey.frames import Cover, FilterState
from latchkey.pipeline.film import ClipFacts, Film
from latchkey.pipeline.frame_queue import Held
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.settings import RecordingSettings, Settings, VaultSettings
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey.vision import CoverPlan, Motion
from latchkey_sim.desk import Desk, desk
from latchkey_sim.disk import MemoryDisk, MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import OWNER, FixedReaders
from latchkey_sim.street import heard, kept_clips, street

SHORT = RecordingSettings(pre_roll_s=1.0, post_roll_s=1.0, longest_clip_s=2.0, threads=1)
STILL = Motion(moving=False, share=0.0, boxes=(), zones=())


def _home(seconds: float, moving: tuple[tuple[float, float], ...], **options: object) -> Desk:
    settings = Settings(recording=SHORT)
    return desk(street(seconds, moving), settings, **options)  # type: ignore[arg-type]


def _ids(home: Desk, kind: str) -> set[str]:
    return {str(event["id"]) for event in heard(home, "event/clip") if event["event_type"] == kind}


def test_a_hanging_film_worker_stops_no_step_and_the_bell_rings() -> None:
    """Visit upon visit: its queue must never be filled by clips that cannot be sealed."""
    visits = tuple((5.0 + 6 * number, 7.0 + 6 * number) for number in range(30))
    rings_ns = [round((6.0 + 6 * number) * NS_PER_S) for number in range(30)]
    home = _home(200, visits, rings_ns=rings_ns)
    home.workers.hang("film")
    home.run_until(199 * NS_PER_S)
    assert len(heard(home, "event/doorbell")) == len(rings_ns)
    assert _ids(home, "end") == set()


def test_a_full_film_worker_takes_the_end_of_a_clip_later() -> None:
    """The lane hangs and its queue is full of other things when the clip ends."""
    home = _home(60, ((5.0, 6.0), (40.0, 41.0)))
    home.run_until(6 * NS_PER_S)
    home.workers.hang("film")
    for _ in range(64):
        home.workers.submit("film", lambda: None)
    home.run_until(30 * NS_PER_S)
    home.workers.hang("film", hanging=False)
    home.run_until_ended(200 * NS_PER_S)
    home.device.close()
    kept = {clip.record.clip for clip in kept_clips(home, OWNER.text)}
    assert _ids(home, "end") == kept
    assert len(kept) >= 1


def test_a_lost_clip_whose_abandoning_finds_the_worker_full_is_abandoned_later() -> None:
    home = _home(60, ((5.0, 12.0), (40.0, 41.0)), costs_ns={"film": 30 * NS_PER_MS})
    home.run_until(6 * NS_PER_S)
    home.vault.fail_next("append", DiskFull("no room"))
    while home.vault.has_faults:
        home.run_until(home.clock.now_ns() + 10 * NS_PER_MS)
    home.workers.hang("film")
    for _ in range(64):
        home.workers.submit("film", lambda: None)
    home.run_until(20 * NS_PER_S)
    assert any("could not be kept" in text for text in home.said("clip"))
    home.workers.hang("film", hanging=False)
    home.run_until_ended(200 * NS_PER_S)
    home.device.close()
    assert not [name for name in home.vault.files if name.endswith(".part")]
    assert _ids(home, "end") == {clip.record.clip for clip in kept_clips(home, OWNER.text)}


def test_a_clip_with_a_frame_that_failed_is_never_sealed_as_whole() -> None:
    """Frames behind the failed one are under way already, and so may the end of the clip be."""
    disk, index = MemoryDisk(), MemoryIndex()
    keeper = VaultKeeper(disk, index, FixedReaders(), SeededEntropy(1).take, VaultSettings())
    film = Film("c" * 32, 10, keeper, H264Encoder(SHORT), None)
    plan = CoverPlan(FilterState.FALLBACK_FULL, (Cover(0, 0, 128, 96),))
    frames = [Held(frame, STILL) for frame in street(4)]
    _expose_all(film, frames[:15], plan)
    disk.fail_next("sync", DiskError("cannot sync: Input/output error"))
    with pytest.raises(DiskError, match="cannot sync"):
        _expose_all(film, frames[15:25], plan)
    with pytest.raises(DiskError, match="broke off"):
        film.expose(frames[25], plan)
    facts = ClipFacts(Trigger.RING, (Trigger.RING,), 0, "none", 0)
    with pytest.raises(DiskError, match="broke off"):
        film.finish(facts)
    film.abandon()
    assert [entry.state for entry in index.entries()] == ["torn"]


def _expose_all(film: Film, frames: list[Held], plan: CoverPlan) -> None:
    for held in frames:
        film.expose(held, plan)
