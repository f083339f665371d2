"""PADMÉ sizes: their rules as properties, and the published counts and worst cases."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey.clip.padme import FREE_BOX_MIN_BYTES, bare_padme_bytes, padme_bytes
from latchkey.units import KIB, MIB

LENGTH = st.one_of(
    st.integers(0, 5000),
    st.integers(0, 1 << 63),
    st.builds(int.__add__, st.integers(4, 62).map((1).__lshift__), st.integers(-9, 9)),
)


@given(LENGTH, LENGTH)
def test_bare_sizes_rise_with_the_length(one: int, other: int) -> None:
    short, long = sorted((one, other))
    assert bare_padme_bytes(short) <= bare_padme_bytes(long)


@given(LENGTH)
def test_a_size_is_its_own_size_and_never_less_than_the_length(n_bytes: int) -> None:
    for rule in (bare_padme_bytes, padme_bytes):
        size_bytes = rule(n_bytes)
        assert size_bytes >= n_bytes
        assert rule(size_bytes) == size_bytes


@given(LENGTH)
def test_the_gap_is_nothing_or_takes_a_free_box(n_bytes: int) -> None:
    size_bytes = padme_bytes(n_bytes)
    assert size_bytes == n_bytes or size_bytes - n_bytes >= FREE_BOX_MIN_BYTES
    assert size_bytes == bare_padme_bytes(size_bytes)
    assert size_bytes <= bare_padme_bytes(n_bytes + FREE_BOX_MIN_BYTES)


@given(LENGTH, LENGTH)
def test_sizes_with_a_box_rise_with_lengths_a_box_apart(one: int, other: int) -> None:
    short, long = sorted((one, other))
    assert padme_bytes(short) <= padme_bytes(long + FREE_BOX_MIN_BYTES)


@given(st.integers(2, 1 << 63))
def test_the_overhead_is_less_than_one_part_in_twice_the_logarithm(n_bytes: int) -> None:
    exponent = n_bytes.bit_length() - 1
    assert bare_padme_bytes(n_bytes) - n_bytes < n_bytes / 2 ** math.floor(math.log2(exponent) + 1) + 1


def test_the_worst_case_of_all_is_129_bytes() -> None:
    worst = max(range(1, 100_000), key=lambda n: bare_padme_bytes(n) / n)
    assert (worst, bare_padme_bytes(worst)) == (129, 144)
    assert bare_padme_bytes(9) == 10
    assert bare_padme_bytes(1025) / 1025 == pytest.approx(1.0615, abs=1e-4)
    assert bare_padme_bytes(MIB + 1) / MIB == pytest.approx(1.03125, abs=1e-4)


@pytest.mark.parametrize("rule", [bare_padme_bytes, padme_bytes])
def test_from_two_kilobytes_on_it_costs_less_than_seven_percent(rule: Callable[[int], int]) -> None:
    assert max(rule(n) / n for n in range(2 * KIB, 64 * KIB)) < 1.07


@pytest.mark.parametrize(
    ("limit_bytes", "count"), [(MIB, 300), (32 * MIB, 460), (KIB * MIB, 620), (MIB * MIB, 1196)]
)
def test_there_are_as_few_sizes_as_published(limit_bytes: int, count: int) -> None:
    sizes, n_bytes = 0, 1
    while (n_bytes := bare_padme_bytes(n_bytes)) <= limit_bytes:
        sizes += 1
        n_bytes += 1
    assert sizes == count


def test_a_negative_length_is_refused() -> None:
    with pytest.raises(ValueError, match="not negative"):
        padme_bytes(-1)
