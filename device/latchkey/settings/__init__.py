"""Settings: one TOML file becomes frozen dataclasses once; parts get their own section only.

`load` reads a file; an unknown key, a wrong type or a value out of range is an error that names
file, line, key and, where one is close, the key that was probably meant.
"""

from latchkey.settings.load import load, load_with_places, parse
from latchkey.settings.model import (
    CREDENTIALS,
    SCHEMA,
    BaselineSettings,
    CameraSettings,
    DeviceSettings,
    MotionSettings,
    MqttSettings,
    OwnerSettings,
    PiSettings,
    PrivacySettings,
    RecordingSettings,
    Settings,
    UpdateSettings,
    VaultSettings,
    Zone,
)
from latchkey.settings.places import Places

__all__ = [
    "CREDENTIALS",
    "SCHEMA",
    "BaselineSettings",
    "CameraSettings",
    "DeviceSettings",
    "MotionSettings",
    "MqttSettings",
    "OwnerSettings",
    "PiSettings",
    "Places",
    "PrivacySettings",
    "RecordingSettings",
    "Settings",
    "UpdateSettings",
    "VaultSettings",
    "Zone",
    "load",
    "load_with_places",
    "parse",
]
