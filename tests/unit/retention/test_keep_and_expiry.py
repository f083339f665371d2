"""A clip is kept at the instant at which its days end: it is kept with all that belongs to it, or gone."""

import pytest

from latchkey_sim.meeting import DAY, OPERATIONS, MeetingHome


@pytest.mark.parametrize("operation", range(1, OPERATIONS))
def test_days_that_end_while_a_clip_is_kept_take_nothing_of_it(operation: int) -> None:
    home = MeetingHome(DAY)
    home.disk.left, home.disk.other = operation, home.pass_days
    home.keep()
    home.pass_days()
    assert home.is_in_order()


@pytest.mark.parametrize("operation", range(1, OPERATIONS))
def test_a_clip_that_is_kept_while_it_is_deleted_is_kept_whole_or_gone(operation: int) -> None:
    home = MeetingHome(DAY)
    home.keep_during(operation, home.pass_days)
    home.pass_days()
    assert home.is_in_order()
