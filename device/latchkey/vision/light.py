"""How much contrast the light leaves: at dusk differences shrink to a third of their levels."""

BLACK_LEVEL = 16
"""Luma of black in limited range."""

DAY_LEVEL = 90
"""Mean luma from which a picture counts as bright."""

LEAST_CONTRAST = 0.4
"""Below this the noise of a small sensor would count as change."""


def contrast(mean_level: float) -> float:
    """Give by how much less a difference counts in a picture of that mean luma, LEAST_CONTRAST..1."""
    return min(max((mean_level - BLACK_LEVEL) / (DAY_LEVEL - BLACK_LEVEL), LEAST_CONTRAST), 1.0)
