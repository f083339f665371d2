"""Compiled modules, made while a slot is: durable like the rest of it, and never made anew.

Python would write them when a module is first used, and not make them durable: what a power cut leaves of
such a file can stop the module from being loaded at all. And who runs the doorbell may not write there,
so each start would compile everything again. These are never compared with their source (PEP 552,
unchecked): the slot never changes.
"""

import marshal
import sys
import warnings
from importlib.util import MAGIC_NUMBER, source_hash

SOURCE_LIMIT_BYTES = 4 << 20
_UNCHECKED = (1).to_bytes(4, "little")


def compiled_name(name: str) -> str | None:
    """Give where the compiled form of a module belongs; None for what is no module."""
    folder, slash, base = name.rpartition("/")
    if not base.endswith(".py"):
        return None
    return f"{folder}{slash}__pycache__/{base.removesuffix('.py')}.{sys.implementation.cache_tag}.pyc"


def compiled(source: bytes, path: str) -> bytes | None:
    """Compile a module that will lie at `path`; None for what this Python does not understand. Runs
    nothing.
    """
    if len(source) > SOURCE_LIMIT_BYTES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(source, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return MAGIC_NUMBER + _UNCHECKED + source_hash(source) + marshal.dumps(code)
