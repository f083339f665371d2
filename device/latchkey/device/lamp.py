"""What the lamp shows, from what the capture side knows: pure."""

from latchkey.events import CameraState, DiskState
from latchkey.ports import LampState, Trouble
from latchkey.units import NS_PER_S

RINGING_NS = 2 * NS_PER_S
"""How long the lamp answers a press: whoever rings should see that it was heard."""

DISK_TROUBLE: dict[DiskState, Trouble] = {
    DiskState.FULL: "disk_full",
    DiskState.FAILED: "disk_failed",
    DiskState.NO_KEYS: "no_keys",
}


def lamp_of(
    *, shut: bool, camera: CameraState, disk: DiskState, ringing: bool, recording: bool
) -> tuple[LampState, Trouble]:
    """Give what to show, and what is wrong. That nothing is recorded goes before all else."""
    if shut:
        return "closed", ""
    if camera is not CameraState.OK:
        return "trouble", "camera"
    if disk in DISK_TROUBLE:
        return "trouble", DISK_TROUBLE[disk]
    if ringing:
        return "ringing", ""
    return "recording" if recording else "idle", ""
