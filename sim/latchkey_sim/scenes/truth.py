"""What is really in a picture of a scene: who, how they are turned, and where their face is."""

from dataclasses import dataclass
from enum import StrEnum

from latchkey.frames import Box
from latchkey_sim.scene.truth import LOST_DEG

PROFILE_DEG = 60.0
"""A head that is turned further shows one eye only."""


class Visibility(StrEnum):
    """How much of somebody's face a picture shows."""

    FACING = "facing"
    PROFILE = "profile"
    AWAY = "away"
    """The back of the head: there is no face to hide."""
    HIDDEN = "hidden"
    """Behind somebody or something, or under a hand on the lens."""
    OUTSIDE = "outside"
    """Outside of the picture, but for a quarter of the face at most."""
    PRINTED = "printed"
    """A picture of a face: it harms nobody if it shows, nor if it is covered."""

    @property
    def shows(self) -> bool:
        """Whether a living face is to be seen, which must be covered."""
        return self in (Visibility.FACING, Visibility.PROFILE)


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody in one picture. `box`: what shows of the face, in pixels, clipped; None where nothing does."""

    who: str
    visibility: Visibility
    box: Box | None
    share: float = 1.0
    """How much of the face shows, 0..1."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The truth about the picture at `at_ns`; `events` are those that should come of this moment."""

    at_ns: int
    seen: tuple[Seen, ...]
    events: tuple[str, ...] = ()

    @property
    def faces(self) -> tuple[Box, ...]:
        """The living faces that show."""
        return tuple(one.box for one in self.seen if one.visibility.shows and one.box is not None)


def turned(yaw_deg: float) -> Visibility:
    """Give what a head shows that is turned so far."""
    away = abs((yaw_deg + 180) % 360 - 180)
    if away > LOST_DEG:
        return Visibility.AWAY
    return Visibility.PROFILE if away > PROFILE_DEG else Visibility.FACING
