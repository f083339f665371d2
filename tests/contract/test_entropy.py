"""What every Entropy does, real or seeded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey.adapters.entropy import OsEntropy
from latchkey.ports import Entropy
from latchkey_sim.entropy import SeededEntropy


@pytest.fixture(params=["os", "seeded"])
def entropy(request: pytest.FixtureRequest) -> Entropy:
    return OsEntropy() if request.param == "os" else SeededEntropy(7)


@pytest.mark.parametrize("n_bytes", [0, 1, 16, 64, 65, 1000])
def test_as_many_bytes_come_as_were_asked_for(entropy: Entropy, n_bytes: int) -> None:
    assert len(entropy.take("a", n_bytes)) == n_bytes


def test_a_stream_never_gives_the_same_twice(entropy: Entropy) -> None:
    assert len({entropy.take("a", 16) for _ in range(500)}) == 500


def test_streams_differ(entropy: Entropy) -> None:
    assert entropy.take("a", 32) != entropy.take("b", 32)


def test_a_negative_number_is_refused(entropy: Entropy) -> None:
    with pytest.raises(ValueError, match="negative"):
        entropy.take("a", -1)


@given(st.lists(st.integers(0, 200), max_size=10), st.lists(st.integers(0, 200), max_size=10))
def test_a_seeded_stream_depends_on_neither_pieces_nor_other_streams(
    pieces: list[int], other: list[int]
) -> None:
    drawn = SeededEntropy(1)
    given = b""
    for n_bytes, n_other in zip(pieces, [*other, *[1] * len(pieces)], strict=False):
        given += drawn.take("a", n_bytes)
        drawn.take("b", n_other)
    assert given == SeededEntropy(1).take("a", sum(pieces))


def test_seeds_differ_and_repeat() -> None:
    assert SeededEntropy(1).take("a", 32) != SeededEntropy(2).take("a", 32)
    assert SeededEntropy(1).take("a", 32) == SeededEntropy(1).take("a", 32)
