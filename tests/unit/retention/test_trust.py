"""When a day is believed."""

import pytest

from latchkey.clip.signing import SigningKey
from latchkey.errors import OwnerKeyError
from latchkey.units import NS_PER_S, S_PER_DAY
from latchkey.vault.signed import OrderWrong
from latchkey.vault.trust import UNDATED, ClockTrust, TimeOrder, decode_time, encode_time

DAY, DAY_NS = 20_781, S_PER_DAY * NS_PER_S
TRUST = ClockTrust.from_day(DAY, 5 * DAY_NS)
OWNER = SigningKey(b"o" * 32)


@pytest.mark.parametrize(
    ("ahead", "believed"),
    [(0, True), (1, True), (2, True), (3, False), (399, False), (3650, False), (-1, False), (-14, False)],
)
def test_a_day_is_believed_from_the_floor_to_two_days_ahead(ahead: int, believed: bool) -> None:
    assert TRUST.believes(DAY + ahead, 5 * DAY_NS) is believed
    assert TRUST.today(DAY + ahead, 5 * DAY_NS) == (DAY + ahead if believed else DAY)


def test_1970_and_the_end_of_days_are_not_believed() -> None:
    assert not TRUST.believes(0, 5 * DAY_NS)
    assert not ClockTrust.from_day(UNDATED - 1, 0).believes(UNDATED, 9 * DAY_NS)


def test_the_day_may_move_with_the_monotonic_clock() -> None:
    assert TRUST.believes(DAY + 32, 35 * DAY_NS)
    assert not TRUST.believes(DAY + 33, 35 * DAY_NS)


def test_small_lies_do_not_add_up_while_the_device_runs() -> None:
    trust = TRUST
    for lie in range(1, 400):
        trust = trust.saw(DAY + lie, 5 * DAY_NS)
    assert trust.floor == DAY + 2


def test_the_floor_never_falls_by_a_clock() -> None:
    trust = TRUST.saw(DAY + 2, 5 * DAY_NS)
    assert trust.saw(DAY, 5 * DAY_NS) == trust
    assert not trust.believes(DAY + 1, 5 * DAY_NS)


def test_an_order_of_time_is_read_as_it_was_signed_and_by_nobody_else() -> None:
    order = TimeOrder(7, OWNER.public, DAY)
    data = encode_time(order, OWNER)
    assert decode_time(data) == order
    with pytest.raises(OwnerKeyError):
        encode_time(order, SigningKey(b"x" * 32))
    for at in range(len(data)):
        with pytest.raises(OrderWrong):
            decode_time(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
