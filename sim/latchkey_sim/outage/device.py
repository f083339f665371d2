"""The whole device under power cuts: real filter, encoder, recorder and link side, tiny pictures."""

from collections.abc import Iterator
from dataclasses import replace

from latchkey.frames import RawFrame
from latchkey.ports import Board
from latchkey.settings import RecordingSettings, Settings
from latchkey.units import NS_PER_S
from latchkey.vault import sealed_name
from latchkey_sim.desk import Desk, desk
from latchkey_sim.outage.clips import keeper_of, opened
from latchkey_sim.outage.events import check_announced, check_events
from latchkey_sim.outage.home import Home, Problem, Promises
from latchkey_sim.street import street

RECORDING = RecordingSettings(pre_roll_s=1.0, post_roll_s=1.0, threads=1)
LIMIT_NS = 60 * NS_PER_S
WHOLE_SHARE = 1 / 25
"""Images on which the whole device is started; on the others what it starts first: vault and outbox."""


class WholeDevice:
    """Somebody comes, rings, goes: recorded and announced by the device itself."""

    name = "device"

    def run(self, home: Home) -> None:
        """Play one visit to its end, or until the disks fail for good."""
        second = home.chance.uniform(1.5, 3)
        frames = street(5, ((second - 0.5, second + 1),))
        living = self._live(home, frames, rings_ns=[round(second * NS_PER_S)])
        home.fail_sometime("state")
        living.run_until_ended(LIMIT_NS)
        living.device.close()

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:
        """Start it, and hold the vault against what the broker has heard."""
        if home.chance.random() < WHOLE_SHARE:
            living = self._live(home, street(0.5))
            living.run_until(NS_PER_S)
            for line in living.journal.lines:
                if line.severity == "error" and not home.rotten:
                    yield Problem("did not start", line.text)
            living.device.close()
        report = keeper_of(home).start()
        if report.failures or report.strangers:
            yield Problem("did not start", f"{report.failures} failures, {report.strangers} strangers")
        for entry in home.index.entries():
            name = sealed_name(entry.clip, entry.day, entry.state)
            is_whole = opened(home.vault.read(name))[1]
            if entry.state == "whole" and not is_whole and entry.clip not in home.rotten:
                yield Problem("torn visible", f"clip {entry.clip} is called whole")
        yield from check_events(home, promises)
        yield from check_announced(home)

    @staticmethod
    def _live(home: Home, frames: Iterator[RawFrame], rings_ns: list[int] | None = None) -> Desk:
        """Put the device on the desk, with the disks, the index and the chance of this home."""

        def at_home(board: Board) -> Board:
            return replace(board, index=home.index, entropy=home.entropy)

        settings = Settings(recording=RECORDING)
        vault, state = home.disks
        living = desk(frames, settings, rings_ns=rings_ns or (), vault=vault, state=state, prepare=at_home)
        home.brokers.append(living.broker)
        return living
