"""The table of `bench-faces --without`: what the filter misses, hides and costs without each part."""

from collections.abc import Iterable, Sequence

from latchkey_sim.faces.ablation import VARIANTS, WHOLE, Variant
from latchkey_sim.faces.score import ClipScore
from latchkey_sim.faces.tally import SetTally


def contributions(scores: Sequence[ClipScore], detectors: Sequence[str], without: Sequence[str]) -> str:
    """Give the table in Markdown, over all clips that were measured, a column per detector."""
    tally = _total(scores, WHOLE.name(detectors[0])).tally
    heads = [f"{detector}: faces, frames missed, hidden, asked" for detector in detectors]
    rows = [
        ["without", *heads],
        ["---"] * (len(detectors) + 1),
        *(_row(scores, detectors, variant) for variant in (WHOLE, *(VARIANTS[part] for part in without))),
    ]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([f"Of {tally.faces} faces in {tally.frames} frames:", "", *lines])


def _row(scores: Sequence[ClipScore], detectors: Iterable[str], variant: Variant) -> list[str]:
    totals = (_total(scores, variant.name(detector)) for detector in detectors)
    return [f"`{variant.without}`" if variant.without else "nothing", *map(_cell, totals)]


def _cell(total: SetTally) -> str:
    tally = total.tally
    missed = f"{tally.missed}, {tally.frames - tally.whole}"
    return f"{missed}, {total.hidden:.1%}, {total.asked_px / 1000:.0f}"


def _total(scores: Iterable[ClipScore], policy: str) -> SetTally:
    total = SetTally()
    for clip in scores:
        if clip.policy == policy:
            total.add(clip)
    return total
