"""onnxruntime, where it is installed: the same networks for half of OpenCV's time (YuNet) or 0.7 of it.

The pinned files fix the size of the picture, and CenterFace's lists its weights as inputs, so that nothing
could be folded into them. `_freed` rewrites that part of a file in memory: one input of any size.

Since 1.29 its wheels report usage to their maker: an id in the user's cache, a database of events, uploads.
All of it is off here before the library loads; it reads the variable then and never again.
"""

import importlib
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latchkey.errors import FinderError

Map = NDArray[np.float32]

GRAPH = 7
GRAPH_INPUT = 11
"""Numbers of fields in `onnx.proto3`: `ModelProto.graph`, `GraphProto.input`;"""

NAME, TYPE, TENSOR, FLOAT, SHAPE = 1, 2, 1, 1, 2
"""`ValueInfoProto.name` and `type`, `TypeProto.tensor_type`, `Tensor.elem_type` (1 = float) and `shape`;"""

DIMENSION, VALUE, PARAMETER = 1, 1, 2
"""`TensorShapeProto.dim`, `Dimension.dim_value` and `dim_param`, a name for a size that is free."""

VARINT, BYTES = 0, 2
"""Wire types of protocol buffers that a model has at these two levels."""

PROBE = (1, 3, 64, 64)
"""Shape of the black picture that a new network is tried with: small, as memory goes with it."""

ERRORS_ONLY = 3
"""Severity from which onnxruntime writes to stderr."""

NO_REPORTS = "ORT_DISABLE_TELEMETRY"
"""Variable that keeps onnxruntime from reporting: no id, no file, no upload (its docs/Privacy.md)."""


class OnnxNetwork:
    """One network in onnxruntime, for pictures of any size. Raises FinderError."""

    def __init__(self, load: Callable[[], bytes], source: str, outputs: Sequence[str], threads: int) -> None:
        """`load` gives the model's verified bytes; `source` is the name of its input."""
        runtime = _silent_runtime()
        self._source, self._outputs = source, list(outputs)
        model = _freed(load(), source.encode())
        try:
            options = runtime.SessionOptions()
            options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
            options.log_severity_level = ERRORS_ONLY
            options.enable_mem_pattern = False  # it would keep a plan of memory for each size
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            self._session = runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # whatever it raises: there is another way
            raise FinderError(f"onnxruntime takes no such network: {_why(error)}") from error
        self.forward(np.zeros(PROBE, np.float32))

    def forward(self, blob: Map) -> list[Map]:
        """Give the outputs for a (1, 3, height, width) picture."""
        try:
            answer: list[Map] = self._session.run(self._outputs, {self._source: blob})
        except Exception as error:  # its errors share no base: the look has failed
            raise FinderError(f"onnxruntime failed: {_why(error)}") from error
        return answer


def _silent_runtime() -> Any:
    """Load onnxruntime silent; where another part of the program loaded it before, end its reports."""
    os.environ[NO_REPORTS] = "1"
    try:
        runtime: Any = importlib.import_module("onnxruntime")
        runtime.disable_telemetry_events()
    except (ImportError, OSError) as error:
        raise FinderError("onnxruntime is not installed, or cannot be loaded") from error
    return runtime


def _why(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:120]


def _freed(model: bytes, source: bytes) -> bytes:
    """Give the model with `source` as its only input, a (1, 3, height, width) of any size."""
    parts = []
    for number, whole, body in _fields(model):
        if number == GRAPH:
            kept = b"".join(field for number, field, _ in _fields(body) if number != GRAPH_INPUT)
            whole = _field(GRAPH, kept + _field(GRAPH_INPUT, _any_picture(source)))
        parts.append(whole)
    return b"".join(parts)


def _any_picture(name: bytes) -> bytes:
    sizes = [_number(VALUE, 1), _number(VALUE, 3), _field(PARAMETER, b"height"), _field(PARAMETER, b"width")]
    shape = b"".join(_field(DIMENSION, size) for size in sizes)
    tensor = _number(FLOAT, 1) + _field(SHAPE, shape)
    return _field(NAME, name) + _field(TYPE, _field(TENSOR, tensor))


def _fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Give the fields of a message: number, all its bytes, and what it holds. Raises FinderError."""
    at = 0
    while at < len(message):
        begin = at
        key, at = _varint(message, at)
        if key & 7 == VARINT:
            _, end = _varint(message, at)
        elif key & 7 == BYTES:
            length, at = _varint(message, at)
            end = at + length
        else:
            raise FinderError("the file is no network that we know")
        if end > len(message):
            raise FinderError("the file of the network is cut short")
        yield key >> 3, message[begin:end], message[at:end]
        at = end


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """Read a number, least significant 7 bits first; give it and where it ends."""
    value = 0
    for shift, byte in zip(range(0, 64, 7), message[at : at + 10], strict=False):
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
    raise FinderError("the file of the network is cut short")


def _field(number: int, body: bytes) -> bytes:
    return _packed(number << 3 | BYTES) + _packed(len(body)) + body


def _number(number: int, value: int) -> bytes:
    return _packed(number << 3 | VARINT) + _packed(value)


def _packed(value: int) -> bytes:
    packed = bytearray()
    while value > 0x7F:
        packed.append(value & 0x7F | 0x80)
        value >>= 7
    packed.append(value)
    return bytes(packed)
