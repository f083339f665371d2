"""Bytes of anybody's choice raise only our errors, in bounded memory and time.

hypothesis makes them up by rule; atheris, where it is installed, by what code they reach.
"""

import importlib.util
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchkey.clip import decrypt
from latchkey.clip.header import Stanza, read_header, write_header
from latchkey.errors import ClipError
from latchkey_sim.fuzzing import TARGETS, attack_age
from latchkey_sim.vectors import make_vectors, read_vector
from latchkey_sim.vectors.draft import READER

SCRIPT = Path(__file__).resolve().parents[2] / "fuzz" / "fuzz.py"
RUNS = 20_000
SEEDS = [
    read_vector(name, text).file
    for name, text in make_vectors().items()
    if name.startswith("age/") and not name.startswith("age/limit")
]
WORD = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=20)
STANZA = st.builds(Stanza, st.lists(WORD, min_size=1, max_size=4).map(tuple), st.binary(max_size=200))


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=400))
def test_noise_through_every_door_raises_nothing_else(noise: bytes) -> None:
    for door in range(8):
        attack_age(bytes([door]) + noise)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SEEDS), st.integers(0, 400), st.integers(0, 40), st.binary(max_size=40))
def test_vectors_with_a_part_replaced_raise_nothing_else(
    file: bytes, at: int, n_bytes: int, part: bytes
) -> None:
    attack_age(b"\0" + file[:at] + part + file[at + n_bytes :])


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.lists(STANZA, min_size=1, max_size=6), st.binary(min_size=16, max_size=16))
def test_any_header_that_is_written_is_read_back(stanzas: list[Stanza], file_key: bytes) -> None:
    sound = len(stanzas) == 1 or all(stanza.kind != "scrypt" for stanza in stanzas)
    header = write_header(stanzas, file_key)
    if sound:
        read = read_header(io.BytesIO(header))
        assert (list(read.stanzas), read.raw) == (stanzas, header)
        read.verify(file_key)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(SEEDS), st.integers(1, 64))
def test_a_source_that_gives_little_at_a_time_makes_no_difference(file: bytes, most_bytes: int) -> None:
    class Trickle(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(most_bytes * 1000, -1 if size is None else size))

    def outcome(source: io.BytesIO) -> str:
        try:
            return str(sum(map(len, decrypt(source, [READER]))))
        except ClipError as error:
            return str(error)

    assert outcome(Trickle(file)) == outcome(io.BytesIO(file))


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_a_bounded_run_of_atheris_finds_nothing(
    absent: Callable[[str, str], None], tmp_path: Path, target: str
) -> None:
    if importlib.util.find_spec("atheris") is None:
        absent("atheris", "atheris is not installed: it has wheels for x86-64 Linux only")
    # Linux counts the memory of whoever starts a program towards its peak: a small shell starts it.
    shell = ["sh", "-c", '"$@"; exit "$?"', "sh"]
    limits = [f"-runs={RUNS}", "-seed=1", "-max_len=600", "-timeout=10", "-rss_limit_mb=600"]
    limits.append(f"-artifact_prefix={tmp_path}/")
    run = subprocess.run(
        [
            *shell,
            sys.executable,
            SCRIPT,
            target,
            *limits,
            f"-artifact_prefix={tmp_path}/",
            make_corpus(tmp_path),
        ],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-4000:]
    assert f"Done {RUNS} runs" in run.stderr


def make_corpus(folder: Path) -> Path:
    """Begin with the vectors, so that it need not find out what a header is."""
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, file in enumerate(SEEDS):
        if len(file) < 600:
            (corpus / str(number)).write_bytes(b"\0" + file)
            (corpus / f"{number}-header").write_bytes(b"\3" + file)
    return corpus
