"""Which Raspberry Pi this is, and what fits it: picture size and rate, encoder, threads, cadence.

A profile only fills in what the settings file does not set itself.
"""

from dataclasses import dataclass, replace

from latchkey.errors import SettingsError
from latchkey.settings import Settings

NO_MODEL = "this is no Raspberry Pi, or its kernel does not say which"
OWN_CHOICE = 'set [pi] profile = "zero2w", "pi3", "pi4" or "pi5", whichever is next to it'


@dataclass(frozen=True, slots=True)
class Profile:
    """What a board is given. `x264_preset` and `threads` are the encoder's, where x264 encodes.

    `look_every` is the cadence: look at every n-th picture; 0 = as often as the board affords.
    """

    name: str
    width: int
    height: int
    fps: float
    detector: str
    detector_threads: int
    look_every: int
    survey: bool
    x264_preset: str
    threads: int


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("zero2w", 1280, 720, 10, "auto", 2, 0, False, "ultrafast", 1),
        Profile("pi3", 1280, 720, 10, "auto", 2, 0, False, "ultrafast", 2),
        Profile("pi4", 1280, 720, 15, "auto", 2, 0, True, "superfast", 2),
        Profile("pi5", 1920, 1080, 15, "auto", 2, 0, True, "superfast", 2),
    )
}

MODELS = (
    ("Raspberry Pi Zero 2", "zero2w"),
    ("Raspberry Pi 3", "pi3"),
    ("Raspberry Pi Compute Module 3", "pi3"),
    ("Raspberry Pi 4", "pi4"),
    ("Raspberry Pi Compute Module 4", "pi4"),
    ("Raspberry Pi 5", "pi5"),
    ("Raspberry Pi Compute Module 5", "pi5"),
)
"""How a name in the device tree begins, behind which stand model and revision. 400 and 500 begin with 4 and
5.
"""


def choose_profile(wanted: str, model: str) -> Profile:
    """Give the profile that the settings name, or that of a board's own name. Raises SettingsError."""
    if wanted != "auto":
        return PROFILES[wanted]
    model = model.rstrip("\0\n ")
    for begin, name in MODELS:
        if model.startswith(begin):
            return PROFILES[name]
    raise SettingsError(f"no profile fits a {model!r}" if model else NO_MODEL, hint=OWN_CHOICE)


def fitted(settings: Settings, profile: Profile) -> Settings:
    """Give the settings with the profile's values wherever the file says nothing."""
    wanted: dict[str, dict[str, object]] = {
        "camera": {"width": profile.width, "height": profile.height, "fps": float(profile.fps)},
        "privacy": {
            "detector": profile.detector,
            "threads": profile.detector_threads,
            "look_every": profile.look_every,
            "survey": profile.survey,
        },
        "recording": {"preset": profile.x264_preset, "threads": profile.threads},
    }
    sections = {}
    for section, values in wanted.items():
        free = {key: value for key, value in values.items() if f"{section}.{key}" not in settings.written}
        sections[section] = replace(getattr(settings, section), **free)
    return replace(settings, **sections)
