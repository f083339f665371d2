"""The contact sheet: the right size, the right pictures in the right places."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from latchkey.frames import Plane
from latchkey_sim.sheet import SHEET_WIDTH_PX, Panel, draw_sheet, sheet_png


def flat(colour: tuple[int, int, int], width: int = 320, height: int = 180) -> Plane:
    return np.full((height, width, 3), colour, np.uint8)


RED, GREEN = flat((10, 20, 220)), flat((30, 200, 40))


def share(sheet: Plane, picture: Plane) -> float:
    return float((np.abs(sheet.astype(int) - picture[0, 0]).max(axis=2) < 3).mean())


def test_a_simulated_visit_shows_each_moment_twice() -> None:
    panels = [Panel(f"00:0{n}.0", "waits", RED, GREEN) for n in range(6)]
    sheet = draw_sheet("title", "subtitle", panels)
    assert sheet.shape[1] == SHEET_WIDTH_PX
    assert share(sheet, RED) == pytest.approx(share(sheet, GREEN), abs=0.001)
    assert share(sheet, RED) > 0.35


def test_real_input_shows_recorded_frames_alone() -> None:
    pair = draw_sheet("t", "s", [Panel("00:01.0", "", RED, GREEN)])
    alone = draw_sheet("t", "s", [Panel("00:01.0", "", None, GREEN)])
    assert share(alone, RED) == 0
    assert alone.shape[0] < pair.shape[0]


def test_what_was_drawn_is_above_what_was_recorded() -> None:
    sheet = draw_sheet("t", "s", [Panel("00:01.0", "", RED, GREEN)])
    rows = [
        np.nonzero((np.abs(sheet.astype(int) - p[0, 0]).max(axis=2) < 3).any(axis=1))[0] for p in (RED, GREEN)
    ]
    assert rows[0].max() < rows[1].min()


def test_a_moment_that_no_clip_holds_is_left_blank() -> None:
    sheet = draw_sheet("t", "s", [Panel("00:01.0", "", RED, None)])
    assert share(sheet, GREEN) == 0
    assert share(sheet, RED) > 0.05


@pytest.mark.parametrize("size", [(90, 300), (400, 100), (17, 16)])
def test_pictures_of_any_shape_fit(size: tuple[int, int]) -> None:
    sheet = draw_sheet("t", "s", [Panel("00:01.0", "", None, flat((30, 200, 40), *size))])
    assert sheet.shape[0] < 1500
    assert share(sheet, GREEN) > 0.01


def test_a_sheet_without_moments_still_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "visit.png").write_bytes(sheet_png("title", "nothing was recorded", []))
    image = cv2.imread(str(tmp_path / "visit.png"))
    assert image is not None
    assert image.shape[1] == SHEET_WIDTH_PX
