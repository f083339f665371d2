"""Test vectors of our own: sealed files and proved videos, one failure each, and what a reader must say.

`tests/vectors/make.py` writes them; device/CLIP.md describes their form. Each module has a table of
small makers: a further kind of vector adds a module and a line in `_MAKERS`.
"""

from latchkey_sim.vectors.headers import header_vectors
from latchkey_sim.vectors.payloads import payload_vectors
from latchkey_sim.vectors.proofs import proof_vectors
from latchkey_sim.vectors.spelling import Vector, read_vector, write_vector
from latchkey_sim.vectors.stanzas import stanza_vectors

_MAKERS = {"age": (header_vectors, stanza_vectors, payload_vectors), "proof": (proof_vectors,)}
"""Folder below `tests/vectors`, and what makes its files."""


def make_vectors() -> dict[str, bytes]:
    """Give all files: path below `tests/vectors`, and content; the same in each run."""
    return {
        f"{folder}/{vector.name}": write_vector(vector)
        for folder, makers in _MAKERS.items()
        for maker in makers
        for vector in maker()
    }


__all__ = ["Vector", "make_vectors", "read_vector"]
