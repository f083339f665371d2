"""Small scenarios of one door, for tests: tiny pictures, short clips, short rests."""

from collections.abc import Mapping, Sequence
from random import Random

from latchkey.ports import Lane
from latchkey.settings import (
    DeviceSettings,
    MotionSettings,
    MqttSettings,
    PrivacySettings,
    RecordingSettings,
    Settings,
    VaultSettings,
    Zone,
)
from latchkey.units import NS_PER_S
from latchkey_sim.house.footage import TinyFootage
from latchkey_sim.house.scenario import Door, Fault, Scenario

DEVICE_NAME, HOST_NAME, USER_NAME, ZONE_NAME = (
    "Canary Lane 7",
    "canary-broker.home",
    "canary-user",
    "canary-bed",
)
CORNER = Zone(ZONE_NAME, ((0.0, 0.9), (0.05, 0.9), (0.05, 1.0), (0.0, 1.0)))
"""A privacy zone in a corner where nobody walks."""


def tiny_settings(
    *,
    pre_roll_s: float = 1.0,
    post_roll_s: float = 2.0,
    longest_clip_s: float = 60.0,
    self_check: bool = True,
    vault: VaultSettings = VaultSettings(),  # noqa: B008 -- frozen
) -> Settings:
    """Give settings of a door with short clips; every name in them is a canary."""
    recording = RecordingSettings(
        pre_roll_s=pre_roll_s, post_roll_s=post_roll_s, longest_clip_s=longest_clip_s, threads=1
    )
    return Settings(
        device=DeviceSettings(name=DEVICE_NAME),
        motion=MotionSettings(),
        recording=recording,
        privacy=PrivacySettings(self_check=self_check, zones=(CORNER,)),
        vault=vault,
        mqtt=MqttSettings(host=HOST_NAME, username=USER_NAME),
    )


def tiny_scenario(
    *faults: Fault,
    passages_s: Sequence[float] = (6.0,),
    rings_s: Sequence[float] = (8.0,),
    span_s: float = 30.0,
    costs_ns: Mapping[Lane, int] | None = None,
    settings: Settings | None = None,
    seed: int = 1,
) -> Scenario:
    """Somebody passes, three to five seconds long, at each of `passages_s`; somebody rings at `rings_s`."""
    footage = TinyFootage.drawn(Random(seed), [_ns(at_s) for at_s in passages_s], (3, 5))  # noqa: S311 -- a scene
    rings_ns = tuple(_ns(at_s) for at_s in rings_s)
    door = Door(footage, settings or tiny_settings(), rings_ns, dict(costs_ns or {}))
    return Scenario("tiny", _ns(span_s), (door,), faults)


def _ns(seconds: float) -> int:
    return round(seconds * NS_PER_S)
