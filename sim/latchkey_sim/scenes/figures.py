"""People of a scene: head and body of `latchkey_sim.scene`, in the faces, clothes and poses of actors."""

from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from latchkey.frames import Box
from latchkey_sim.faces.actors import worn
from latchkey_sim.faces.people import HATS, SCARVES, Looks
from latchkey_sim.faces.walks import HEAD_SIZES, grown
from latchkey_sim.scene.body import CHIN_M, Body, squeezed
from latchkey_sim.scene.head import PX_PER_M, Head
from latchkey_sim.scene.planar import Canvas, Drawing
from latchkey_sim.scene.porch import Lens
from latchkey_sim.scene.render import ground_shadow
from latchkey_sim.scenes.drawn import drawn_face, hair_of
from latchkey_sim.scenes.model import COATS, Actor
from latchkey_sim.scenes.props import parcel
from latchkey_sim.scenes.way import Stance

TALL_M = 1.7
"""Height of the drawn body with its head."""

COAT_M = ((0.11, 0.03, 0.97), (0.22, 0.06, 0.66), (0.27, 0.2, 0.66), (0.24, 0.4, 1.0))
"""Boxes that a coat fills: half breadth, from and to how far below the chin, in metres."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A person in the picture: where ground and chin are, and how large."""

    ground_px: tuple[float, float]
    chin_px: tuple[float, float]
    px_per_m: float
    stance: Stance

    @property
    def scale(self) -> float:
        """Pixels of the picture per pixel of the head's sprite."""
        return self.px_per_m / PX_PER_M

    def hiding(self, face: Box) -> tuple[Box, ...]:
        """Give what hides those behind: head (round `face`) and coat, as upright boxes."""
        breadth = squeezed(self.stance.body_deg)
        x, y, per_m = self.ground_px[0], self.chin_px[1], self.px_per_m
        coat = [
            Box(x - half * breadth * per_m, y + top * per_m, x + half * breadth * per_m, y + low * per_m)
            for half, top, low in COAT_M
        ]
        return grown(face, HEAD_SIZES), *coat


def placed(stance: Stance, tall_m: float, lens: Lens) -> Placed:
    """Put a person into the picture; the lean of the head moves the chin."""
    size = tall_m / TALL_M
    lean_m = 0.06 * size * float(np.sin(np.deg2rad(stance.roll_deg)))
    ground = lens.see((stance.x_m, stance.bob_m, stance.z_m))
    chin = lens.see((stance.x_m + lean_m, CHIN_M * size + stance.bob_m, stance.z_m))
    return Placed(ground, chin, lens.focal_px / stance.z_m * size, stance)


class Figure:
    """Somebody who can be drawn."""

    def __init__(self, actor: Actor, number: int) -> None:
        self._head, self._body = _head(actor.face, actor.tone, actor.wear, number), _body(actor.coat, number)

    def draw(self, target: Canvas, here: Placed, *, parcel_in_hand: bool = False) -> None:
        """Draw them, from feet to head."""
        stance, per_m = here.stance, here.px_per_m
        ground_shadow(target, here.ground_px, per_m)
        facing = bool(abs(stance.body_deg) < 100)
        if parcel_in_hand and not facing:
            self._carry(target, here)
        self._body.draw(target, here.ground_px, per_m, stance.body_deg, stance.step)
        if parcel_in_hand and facing:
            self._carry(target, here)
        self._head.draw(target, here.chin_px, per_m, stance.head_deg, stance.roll_deg)
        if stance.reach > 0:
            self._ring(target, here)

    def _carry(self, target: Canvas, here: Placed) -> None:
        """Hold the parcel before the chest, to the side that the body is turned to."""
        aside = 0.16 * float(np.sin(np.deg2rad(here.stance.body_deg)))
        x = here.ground_px[0] + aside * here.px_per_m
        parcel().draw(target, (x, here.chin_px[1] + 0.56 * here.px_per_m), here.px_per_m)

    def _ring(self, target: Canvas, here: Placed) -> None:
        width, height = target.size
        shoulder = (here.chin_px[0] - 0.2 * here.px_per_m, here.chin_px[1] + 0.1 * here.px_per_m)
        rest = (shoulder[0] - 0.04 * here.px_per_m, shoulder[1] + 0.62 * here.px_per_m)
        bell = (width * 0.49, height * 1.02)
        reach = here.stance.reach
        hand = (rest[0] + (bell[0] - rest[0]) * reach, rest[1] + (bell[1] - rest[1]) * reach)
        self._body.draw_arm(target, shoulder, hand, here.px_per_m)


@lru_cache(maxsize=32)
def _head(face: str, tone: str, wear: str, number: int) -> Head:
    looks = Looks(tone, "" if wear == "nothing" else wear, number)
    hat = HATS[number % len(HATS)] if wear == "hat" else None
    rng = np.random.default_rng([number, 31])
    if face == "photo":
        return Head(hat, rng, partial(worn, looks=looks))
    return Head(hat, rng, partial(_drawn, looks=looks), hair_of(number))


def _drawn(_photo: Drawing, looks: Looks) -> Drawing:
    """Draw a face instead of the photo; a tone is given once, by the drawing."""
    return worn(drawn_face(looks.tone, looks.number), Looks("light", looks.wear, looks.number))


@lru_cache(maxsize=32)
def _body(coat: str, number: int) -> Body:
    return Body(COATS[coat], SCARVES[number % len(SCARVES)], np.random.default_rng([number, 37]))
