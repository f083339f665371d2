"""All kinds of findings, of camera, card and services. Their ids are API: they never change their meaning."""

from latchkey_pi.doctor.kinds import HOUSE_KINDS
from latchkey_pi.doctor.model import AREAS, Area, Finding, Kind

RESTART = "`sudo systemctl restart latchkey-link latchkey-capture`"
SEAT = (
    "switch the board off (`sudo poweroff`, then the plug), push both ends of the ribbon cable in again, its"
    " contacts towards those of the socket (a Zero 2 W and a Pi 5 need the narrow cable), and switch it on"
)
RINGS = "The bell rings and is told; clips that are there stay. Recording begins by itself once it is mended."
COPY = "Clips stay sealed where they are: copy the folder away first if the card looks ill."

DOOR_KINDS = (
    Kind(
        "settings-missing",
        "settings",
        "error",
        "there are no settings: {place} cannot be found",
        "name the file, `latchkey doctor --config FILE`; before the first boot has put it there: look at"
        " `first-boot`",
        "Nothing runs yet, so nothing is lost.",
        "dark",
        "offline",
    ),
    Kind(
        "settings-wrong",
        "settings",
        "error",
        "the settings cannot be used: {what}",
        "{hint}; `latchkey check {file}` tries them; then restart the doorbell",
        "A doorbell that runs goes on with the settings that it has read. Clips and keys are not touched.",
        "dark",
        "offline",
    ),
    Kind(
        "first-boot-waiting",
        "first-boot",
        "error",
        "the first boot waits at {step}: {what}",
        "{hint}; it tries again by itself",
        "Steps that are done stay done, also over a power cut. Files on the card are erased only at the"
        " very end.",
        "setup",
        "offline",
    ),
    Kind(
        "first-boot-working",
        "first-boot",
        "note",
        "the first boot is at work: {step}",
        "wait; it takes up to half an hour",
        "Power may go at any moment: it goes on at the step where it was.",
        "setup",
        "offline",
    ),
    Kind(
        "not-running",
        "services",
        "error",
        "no doorbell runs on this vault",
        "`latchkey run --config {file}`",
        "Clips stay sealed where they are.",
        "dark",
        "offline",
    ),
    Kind(
        "capture-down",
        "services",
        "error",
        "latchkey-capture, which has the camera, is {how}: nothing is recorded",
        "`sudo systemctl restart latchkey-capture`; if it ends again, `journalctl -u latchkey-capture -n"
        " 30` says why",
        "The bell goes on ringing and telling. Clips are sealed as they are recorded: a torn one is kept"
        " up to its last 2 s.",
        "dark",
        "camera = lost",
    ),
    Kind(
        "link-down",
        "services",
        "error",
        "latchkey-link, which has the bell, is {how}: no press is heard",
        "`sudo systemctl restart latchkey-link`; if it ends again, `journalctl -u latchkey-link -n 30`"
        " says why",
        "Recording goes on by itself. What waits to be told lies on the disk, and is told later.",
        "same",
        "offline",
    ),
    Kind(
        "service-restarting",
        "services",
        "warning",
        "{service} was started {count} times, and again a short while ago",
        "`journalctl -u {service} -n 60` says why it ended",
        "It is started again for ever. Each start keeps what was sealed and what waits to be told.",
    ),
    Kind(
        "shutter-closed",
        "camera",
        "note",
        "the privacy shutter is closed: nothing is recorded",
        "open the shutter: the slide before the lens, or *Privacy shutter* in Home Assistant",
        "Somebody wished it so. The bell rings.",
        "closed",
        "camera = closed",
    ),
    Kind(
        "disarmed",
        "services",
        "note",
        "the doorbell is disarmed: nothing is recorded",
        "switch *Armed* on in Home Assistant, or set [baseline] armed = true and restart",
        "Somebody wished it so. The bell rings.",
    ),
    Kind(
        "camera-none",
        "camera",
        "error",
        "no camera is found",
        SEAT + "; `rpicam-hello --list-cameras` names it then",
        RINGS,
        "camera",
        "camera = lost",
    ),
    Kind(
        "camera-silent",
        "camera",
        "error",
        "the system expects a camera {sensor}, which does not answer",
        SEAT + "; a `dtoverlay` in {config} has to name the camera that is there",
        RINGS,
        "camera",
        "camera = lost",
    ),
    Kind(
        "camera-not-enabled",
        "camera",
        "error",
        "the system does not look for a camera",
        "write `camera_auto_detect=1` into {config}, then `sudo reboot`",
        RINGS,
        "camera",
        "camera = lost",
    ),
    Kind(
        "camera-number",
        "camera",
        "error",
        "the settings name camera {number}; {count} is there",
        'set [camera] source = "0" in the settings, then ' + RESTART,
        RINGS,
        "camera",
        "camera = lost",
    ),
    Kind(
        "camera-lost",
        "camera",
        "error",
        "the camera is there, and the doorbell gets no pictures from it",
        "`journalctl -u latchkey-capture -n 30` says why; if nothing else helps: " + SEAT,
        RINGS,
        "camera",
        "camera = lost",
    ),
    Kind(
        "camera-frozen",
        "camera",
        "error",
        "the camera repeats one picture",
        "wait a minute, it is started again by itself; then: " + SEAT,
        RINGS,
        "camera",
        "camera = frozen",
    ),
    Kind(
        "webcam-none",
        "camera",
        "error",
        "there is no webcam {source}",
        "plug it in; `ls /dev/video*` shows what [camera] source may name",
        RINGS,
        "camera",
        "camera = lost",
    ),
    Kind(
        "video-none",
        "camera",
        "error",
        "the video {source} cannot be read: {what}",
        "let [camera] source name a video that is there",
        "Nothing is lost: a video is no camera.",
        "dark",
        "offline",
    ),
    Kind(
        "library-camera",
        "libraries",
        "error",
        "{names} cannot be found by this Python: the camera cannot be opened",
        "`sudo apt install {packages}`; a virtual environment sees them only if it was made with"
        " --system-site-packages",
        "The bell is a service of its own, and runs on. Nothing is deleted.",
        "dark",
        "camera = lost",
    ),
    Kind(
        "library-gpio",
        "libraries",
        "error",
        "{names} cannot be found by this Python: neither bell nor light can be used",
        "`sudo apt install {packages}`; a virtual environment sees them only if it was made with"
        " --system-site-packages",
        "Nothing is deleted. Both services try to start for ever, and do so once it is there.",
        "dark",
        "offline",
    ),
    Kind(
        "camera-denied",
        "devices",
        "error",
        "{user} may not open {device}, so not the camera",
        "`sudo usermod -aG {group} {user}`, then " + RESTART,
        RINGS,
        "camera",
        "camera = lost",
    ),
    Kind(
        "pins-denied",
        "devices",
        "error",
        "{user} may not open {device}, so not the pins",
        "`sudo usermod -aG {group} {user}`, then " + RESTART,
        "Nothing is deleted. The service tries to start for ever, and does so once it may.",
        "dark",
        "offline",
    ),
    Kind(
        "sound-denied",
        "devices",
        "warning",
        "{user} may not open {device}: the chime is silent",
        "`sudo usermod -aG {group} {user}`, then " + RESTART,
        "A press is told on the broker, and recorded.",
    ),
    Kind(
        "folder-full",
        "vault",
        "error",
        "{what} {folder} is full: {free} MiB are free, and {spare} have to be",
        "make room: `sudo apt clean`, `sudo journalctl --vacuum-size=50M`; or lower [vault] max_mib, then "
        + RESTART,
        "The oldest clips that nobody kept make room; once none is left no clip is begun. Kept clips stay."
        " The bell rings and is told.",
        "disk_full",
        "disk = full",
    ),
    Kind(
        "folder-low",
        "vault",
        "warning",
        "{what} {folder} is nearly full: {free} MiB are free",
        "make room: `sudo apt clean`, `sudo journalctl --vacuum-size=50M`; or lower [vault] max_mib, then "
        + RESTART,
        "New clips push out the oldest that nobody kept. Kept clips stay.",
        "same",
        "disk = low",
    ),
    Kind(
        "folder-read-only",
        "vault",
        "error",
        "{what} {folder} lies on a file system that can only be read",
        "`sudo mount -o remount,rw {mount}`; if that fails the card is broken: `sudo poweroff`, put the"
        " card into another"
        " computer and copy what is on it, flash a new one",
        "A system that stops writing protects what is there: clips can be copied, and open with your keys."
        " The bell rings.",
        "disk_failed",
        "disk = failed",
    ),
    Kind(
        "folder-denied",
        "vault",
        "error",
        "{user} may not write into {what} {folder}",
        "`sudo mkdir -p {folder} && sudo chown -R {user}: {folder}`, then " + RESTART,
        "Nothing is deleted. The bell rings.",
        "disk_failed",
        "disk = failed",
    ),
    Kind(
        "folder-no-folder",
        "vault",
        "error",
        "{what} {folder} is no folder",
        "move away what is there, `sudo mv {folder} {folder}.old`, then " + RESTART,
        "Nothing is deleted. The bell rings.",
        "disk_failed",
        "disk = failed",
    ),
    Kind(
        "folder-failed",
        "vault",
        "error",
        "the doorbell says that it cannot write its clips or its state",
        "`journalctl -u latchkey-capture -u latchkey-link -n 60` says which folder and why",
        "It tries again every 15 s. The bell rings; clips that are there stay.",
        "disk_failed",
        "disk = failed",
    ),
    Kind(
        "card-gone",
        "card",
        "error",
        "{what} cannot be reached: {device} is gone or broken",
        "pull the plug, push the card in until it clicks, switch on; if it stays, flash a new card",
        COPY
        + " What was sealed opens with your keys, also from another computer. The bell rings while memory"
        " serves.",
        "disk_failed",
        "disk = failed",
    ),
    Kind(
        "card-errors",
        "card",
        "error",
        "the file system on {device} has noted {count} errors",
        "copy the clips away, then `sudo touch /forcefsck && sudo reboot`; if it counts on, replace the card",
        COPY,
    ),
)

KINDS: dict[str, Kind] = {kind.id: kind for kind in (*DOOR_KINDS, *HOUSE_KINDS)}
assert len(KINDS) == len(DOOR_KINDS) + len(HOUSE_KINDS), "an id stands for one kind"
assert {kind.area for kind in KINDS.values()} <= set(AREAS)


def finding(kind_id: str, area: Area | None = None, /, **words: object) -> Finding:
    """Give a finding of that kind, in another area than the kind's where one is named."""
    return KINDS[kind_id].with_words(words, area)
