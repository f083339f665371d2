"""Write paths of small files of the state folder: modes and the device's id."""

from collections.abc import Iterator

from latchkey.adapters.encoder import H264Encoder
from latchkey.adapters.uplink import NoUplink
from latchkey.device.link_modes import FILE, LinkModes
from latchkey.errors import DiskError
from latchkey.pipeline.identity import NAME, device_id
from latchkey.ports import Board
from latchkey.settings import BaselineSettings, RecordingSettings
from latchkey.wire import ARMED_SET, SHUTTER_SET, SNOOZE_SET, Command
from latchkey_sim.bell import ScriptedBell
from latchkey_sim.journal import ListJournal
from latchkey_sim.lamp import RecordingLamp
from latchkey_sim.outage.home import Home, Problem, Promises
from latchkey_sim.strip import StripCamera

COMMANDS = (
    Command(ARMED_SET, "OFF"),
    Command(ARMED_SET, "ON"),
    Command(SHUTTER_SET, "ON"),
    Command(SHUTTER_SET, "OFF"),
    Command(SNOOZE_SET, 30),
    Command(SNOOZE_SET, 0),
)


class Modes:
    """What the broker asked for: disarmed, shutter closed, snoozed."""

    name = "modes"

    def run(self, home: Home) -> None:
        """Obey some commands."""
        modes = self._modes(home)
        modes.load()
        may_be: tuple[object, ...] = (modes.now,)
        home.promises.small[FILE] = may_be
        home.fail_sometime("state")
        for _ in range(home.chance.randint(3, 6)):
            modes.obey(home.chance.choice(COMMANDS))
            home.promises.small[FILE] = may_be = (*may_be, modes.now)
            if not modes.store() and not modes.store():  # handed over; then its result
                home.promises.small[FILE] = may_be = (modes.now,)

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:
        """Take the modes up."""
        modes = self._modes(home)
        trouble = modes.load()
        if trouble and home.rotten != FILE:
            yield Problem("half-written", trouble)
        may_be = promises.small.get(FILE, (modes.now,))
        if modes.now not in may_be and not trouble:
            yield Problem("acknowledged lost", f"the modes are {modes.now}, not one of {may_be}")

    @staticmethod
    def _modes(home: Home) -> LinkModes:
        clock = home.clock
        board = Board(
            name="outage", clock=clock, entropy=home.entropy, camera=StripCamera(clock, ()),
            bell=ScriptedBell(clock, ()), lamp=RecordingLamp(clock), vault=home.vault, state=home.state,
            index=home.index, link=home.link, uplink=NoUplink(), finder=None,
            encoder=H264Encoder(RecordingSettings()), workers=home.workers, journal=ListJournal(),
            traffic=list,
        )  # fmt: skip
        return LinkModes(board, BaselineSettings(), lambda _modes: None)


class DeviceId:
    """The device's id, made at the first start."""

    name = "device-id"

    def run(self, home: Home) -> None:
        """Make it, perhaps at the second attempt."""
        home.fail_sometime("state")
        for _ in range(2):
            try:
                home.promises.small[NAME] = (device_id(home.state, home.entropy),)
            except DiskError:
                continue  # the device ends and says so; it is started again

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:
        """Ask for it."""
        found = device_id(home.state, home.entropy)
        promised = promises.small.get(NAME)
        if promised and found not in promised and home.rotten != NAME:
            yield Problem("acknowledged lost", "the device has another id")
