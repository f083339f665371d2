"""The sections of the settings file, with the private default of every value.

A field's metadata holds its bounds (`low`, `high`, inclusive), its `choices` and its `help`;
`docs/settings.md` is generated from them.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from latchkey.units import MIB

SCHEMA = 1
"""Version of the settings file; raised when a key changes its meaning."""


CREDENTIALS = "$CREDENTIALS_DIRECTORY"
"""What a path begins with that systemd hands to a service (LoadCredential=): looked up when it is read."""


def option(
    default: Any,
    help: str,  # noqa: A002 -- the word every option library uses
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """Declare a setting: its default, what it means, and which values are legal."""
    return field(default=default, metadata={"help": help, "low": low, "high": high, "choices": choices})


@dataclass(frozen=True, slots=True)
class Zone:
    """A named polygon; points are (x, y) in 0..1 of the picture's width and height."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """Who this doorbell is, to its owner."""

    name: str = option("Front door", "what Home Assistant calls the doorbell")
    state: Path = option(Path("latchkey-state"), "folder for device id, modes, outbox and ledger")


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """Where pictures come from."""

    board: str = option("webcam", "which board runs: sim, file, webcam, pi, or one that a package adds")
    source: str = option(
        "0",
        "video file, relative to where you start it; number or path of the V4L2 device; for `pi` 0, 1, ...",
    )
    width: int = option(1280, "pixels across", low=64, high=4096)
    height: int = option(720, "pixels down", low=64, high=4096)
    fps: float = option(15.0, "pictures a second", low=1, high=60)


@dataclass(frozen=True, slots=True)
class MotionSettings:
    """What counts as movement."""

    threshold: int = option(
        30,
        "change of brightness, 0..255, that counts as change by day; at dusk down to 0.4 of it does",
        low=5,
        high=200,
    )
    min_area: float = option(0.002, "share of the picture that must change", low=0.0001, high=0.5)
    hold_s: float = option(2.0, "how long after the last change it still counts as moving", low=0.2, high=30)
    zones: tuple[Zone, ...] = option((), "only movement inside these polygons counts; none = everywhere")


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """How long clips are, and how they are encoded."""

    pre_roll_s: float = option(5.0, "seconds kept from before the event", low=0, high=30)
    post_roll_s: float = option(8.0, "seconds recorded after the last event", low=1, high=60)
    longest_clip_s: float = option(
        60.0, "a longer visit goes on in a new clip without a gap", low=10, high=600
    )
    crf: int = option(26, "x264 quality, lower is finer", low=10, high=45)
    preset: str = option(
        "superfast", "x264 speed", choices=("ultrafast", "superfast", "veryfast", "faster", "fast", "medium")
    )
    threads: int = option(2, "threads for the encoder", low=1, high=16)


@dataclass(frozen=True, slots=True)
class PrivacySettings:
    """What is hidden, and what is done when faces cannot be found."""

    mode: str = option(
        "faces",
        "faces = faces, and heads of people whose face is not found; people = whole people; motion = all"
        " that has moved, and above it; everything = the whole picture. The last two run no detector",
        choices=("faces", "people", "motion", "everything"),
    )
    detector: str = option(
        "auto",
        "auto = yunet where installed, else centerface; none, or none installed = cover all that moves",
        choices=("auto", "yunet", "centerface", "none"),
    )
    threshold: float = option(
        0.15, "lowest score that counts as a face; lower hides more", low=0.02, high=0.5
    )
    dilation: float = option(1.6, "how much larger than the face the cover is", low=1.3, high=4)
    union_s: float = option(0.25, "a cover also hides this long before and after", low=0.2, high=2)
    look_every: int = option(
        0,
        "look at every n-th picture; 0 = as often as the machine affords; in no case rarer than 0.135 s",
        low=0,
        high=8,
    )
    look_deadline_s: float = option(1.0, "a look that takes longer counts as failed", low=0.2, high=5)
    threads: int = option(2, "threads for the detector", low=1, high=16)
    survey: bool = option(
        True,
        "search every part of the picture closely when a recording begins; false saves power on small boards",
    )
    self_check: bool = option(
        True,
        "search what was encoded for faces once more before it is sealed; false saves power on small boards",
    )
    face_layer_hours: int = option(
        0,
        "keep what lies under the covers of faces and people, sealed apart, so long at most; 0 = never; "
        "only you can open it",
        low=0,
        high=720,
    )
    zones: tuple[Zone, ...] = option((), "polygons that are blacked out before anything sees them")

    @property
    def finds_faces(self) -> bool:
        """Whether the mode needs a face detector; the others hide more without one."""
        return self.mode in ("faces", "people")


@dataclass(frozen=True, slots=True)
class VaultSettings:
    """Where sealed clips lie, and for how long."""

    path: Path = option(Path("latchkey-vault"), "folder of the sealed clips")
    days: int = option(
        0,
        "a clip is deleted once this many whole UTC days have passed since its own; 0 = as many as the"
        " owner's key book says; more than those has no effect",
        low=0,
        high=30,
    )
    max_mib: int = option(4096, "the oldest clips are deleted above this", low=16, high=1 << 24)
    spare_mib: int = option(64, "room on the disk that clips leave free", low=8, high=1 << 20)

    @property
    def max_bytes(self) -> int:
        """`max_mib` in bytes."""
        return self.max_mib * MIB

    @property
    def spare_bytes(self) -> int:
        """`spare_mib` in bytes."""
        return self.spare_mib * MIB


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """The broker. Without a host nothing leaves the device at all."""

    host: str = option("", "broker to publish metadata to; empty = none")
    port: int = option(1883, "its TCP port", low=1, high=65535)
    username: str = option("", "user name, if the broker wants one")
    password_file: Path | None = option(
        None,
        "file whose first line is the password; $CREDENTIALS_DIRECTORY/NAME = what systemd hands over",
    )
    tls: bool = option(False, "encrypt the connection; on when ca_file is set")
    ca_file: Path | None = option(None, "certificate authority to trust instead of the system's")


@dataclass(frozen=True, slots=True)
class OwnerSettings:
    """Who can open clips."""

    book: Path | None = option(None, "file of the owner's key book: who can open clips, and how long")


@dataclass(frozen=True, slots=True)
class BaselineSettings:
    """How private the camera is at least; the broker can only ask for more."""

    armed: bool = option(True, "record events; false = only rings are announced")


@dataclass(frozen=True, slots=True)
class UpdateSettings:
    """Signed releases. Without a url nothing is ever looked for; see updates.md."""

    url: str = option("", "address of the repository of releases, https (or http); empty = none")
    root: Path | None = option(
        None, "file that says whose signatures count: the root.json of that repository"
    )
    folder: Path = option(
        Path("/opt/latchkey"), "folder of the releases; `current` in it is the one that runs"
    )
    units: str = option(
        "", "systemd units that are restarted and watched, with spaces between; empty = none is"
    )
    watch_s: int = option(120, "how long a new release must run well before it is kept", low=5, high=3600)


@dataclass(frozen=True, slots=True)
class PiSettings:
    """What the `pi` board reads besides: camera and pins of a Raspberry Pi (BCM numbers; 0 = nothing)."""

    profile: str = option(
        "auto",
        "what fits which board: picture size and rate, encoder, threads, for all of these that this file does"
        " not set; auto = by the board's own name",
        choices=("auto", "zero2w", "pi3", "pi4", "pi5"),
    )
    upside_down: bool = option(False, "the camera is mounted on its head")
    day_tuning: str = option("", "libcamera tuning file by day, like imx219.json; empty = libcamera's choice")
    night_tuning: str = option(
        "", "the same by night, like imx219_noir.json; where it differs, dusk and dawn restart the camera"
    )
    encoder: str = option(
        "auto",
        "auto = the chip's H.264 encoder where a trial at the start shows that it works, else x264",
        choices=("auto", "hardware", "x264"),
    )
    bitrate_kbit: int = option(
        0,
        "of the chip's encoder, thousands of bits a second; 0 = by picture size and rate",
        low=0,
        high=20_000,
    )
    bell: str = option(
        "button",
        "button = a contact from bell_pin to ground; ac = a transformer's chime behind an optocoupler, which"
        " pulses while the button is down",
        choices=("button", "ac"),
    )
    bell_pin: int = option(17, "the bell's contact, to ground", low=0, high=27)
    chime: str = option(
        "none",
        "what rings in the house, without any network: relay = chime_pin for chime_s, sound = two tones on"
        " sound_device",
        choices=("none", "relay", "sound"),
    )
    chime_pin: int = option(22, "the chime's relay", low=0, high=27)
    chime_s: float = option(0.4, "how long the relay closes", low=0.05, high=5)
    sound_device: str = option("default", "ALSA device of the sound, as `aplay -L` lists them")
    led_pin: int = option(27, "the status light, with its resistor to ground", low=0, high=27)
    pir_pin: int = option(0, "a motion sensor whose output is high while somebody moves", low=0, high=27)
    shutter_pin: int = option(
        0,
        "the lens shutter's contact, to ground while it is closed: then nothing is recorded",
        low=0,
        high=27,
    )
    infrared_pin: int = option(0, "switches an infrared light on by night", low=0, high=27)
    slow_at_c: float = option(
        75.0,
        "from this temperature of the chip on fewer pictures are taken, down to 5 a second",
        low=50,
        high=85,
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole file. `written` names the keys that the file sets itself, like `camera.width`."""

    schema: int = SCHEMA
    device: DeviceSettings = DeviceSettings()
    camera: CameraSettings = CameraSettings()
    motion: MotionSettings = MotionSettings()
    recording: RecordingSettings = RecordingSettings()
    privacy: PrivacySettings = PrivacySettings()
    vault: VaultSettings = VaultSettings()
    mqtt: MqttSettings = MqttSettings()
    owner: OwnerSettings = OwnerSettings()
    baseline: BaselineSettings = BaselineSettings()
    update: UpdateSettings = UpdateSettings()
    pi: PiSettings = PiSettings()
    written: frozenset[str] = field(default=frozenset(), metadata={"internal": True}, compare=False)
