"""The description of a release: one spelling, nothing left over, nothing impossible."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey.errors import LatchkeyError, UpdateRefused
from latchkey.update import Release, Wheel, decode_release, encode_release

WHEEL = Wheel("latchkey-0.2.0-py3-none-any.whl", "ab" * 32, 1000)
NUMPY = Wheel("numpy-2.4.6-cp313-cp313-manylinux_2_28_aarch64.whl", "cd" * 32, 16_000_000)
RELEASE = Release("0.2.0", 7, 1_795_000_000, {"cp313-aarch64": (WHEEL, NUMPY)})
WRITTEN: dict[str, Any] = json.loads(encode_release(RELEASE))


def rewritten(**changes: Any) -> bytes:
    return json.dumps({**WRITTEN, **changes}, sort_keys=True, separators=(",", ":")).encode()


def build(*wheels: list[Any]) -> bytes:
    return rewritten(builds={"cp313-aarch64": list(wheels)})


OURS = [WHEEL.name, WHEEL.sha256, 1000]


def test_what_was_written_is_read_back() -> None:
    assert decode_release(encode_release(RELEASE)) == RELEASE
    assert decode_release(rewritten()) == RELEASE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b" " + rewritten(),
        rewritten(more=1),
        rewritten(schema=2),
        rewritten(number=0),
        rewritten(number=1 << 40),
        rewritten(number=True),
        rewritten(number="7"),
        rewritten(made=-1),
        rewritten(version="../7"),
        rewritten(version=""),
        rewritten(builds={}),
        rewritten(builds=[]),
        rewritten(builds={"../x": [OURS]}),
        rewritten(builds={f"cp313-m{n}": [OURS] for n in range(17)}),
        build(),
        build(["numpy-2.0-py3-none-any.whl", "ab" * 32, 1]),
        build(["latchkey-0.3.0-py3-none-any.whl", "ab" * 32, 1]),
        build(OURS, OURS),
        build(OURS, ["Latch.Key-1-py3-none-any.whl", "ab" * 32]),
        build(OURS, ["a-1-py3-none-any.whl", "AB" * 32, 1]),
        build(OURS, ["a-1-py3-none-any.whl", "ab" * 31, 1]),
        build(OURS, ["a-1-py3-none-any.whl", "ab" * 32, 0]),
        build(OURS, ["a-1-py3-none-any.whl", "ab" * 32, 1 << 40]),
        build(OURS, ["../a-1-py3-none-any.whl", "ab" * 32, 1]),
        build(OURS, ["a/b-1-py3-none-any.whl", "ab" * 32, 1]),
        build(OURS, ["a-1.tar.gz", "ab" * 32, 1]),
        build(OURS, ["a_b-1-py3-none-any.whl", "ab" * 32, 1], ["a.b-2-py3-none-any.whl", "cd" * 32, 1]),
        b"x" * (65 << 10),
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(UpdateRefused):
        decode_release(data)


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_no_bytes_raise_anything_but_our_own_error(data: bytes) -> None:
    with pytest.raises(LatchkeyError):
        decode_release(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(WRITTEN)), JSON)
def test_any_value_in_any_place_is_the_one_that_was_meant_or_refused(place: str, value: Any) -> None:
    try:
        found = decode_release(rewritten(**{place: value}))
    except UpdateRefused:
        return
    assert json.loads(encode_release(found)) == {**WRITTEN, place: value}


def test_a_machine_that_is_not_listed_gets_nothing() -> None:
    assert RELEASE.wheels_for("cp313-aarch64") == (WHEEL, NUMPY)
    with pytest.raises(UpdateRefused, match="not made for this machine"):
        RELEASE.wheels_for("cp311-aarch64")
