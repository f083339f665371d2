"""What code may not do, checked in the syntax tree of every module.

Import directions are import-linter's (`make check`); here are the calls, attributes and names.
"""

import ast
import importlib
import pkgutil
import subprocess
import sys
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest

from latchkey.adapters.uplink import NoUplink
from latchkey.ports import SealedClip, Uplink

ROOT = Path(__file__).resolve().parents[1]
DEVICE = ROOT / "device" / "latchkey"
SOURCES = sorted([*DEVICE.rglob("*.py"), *(ROOT / "sim").rglob("*.py"), *(ROOT / "hardware").rglob("*.py")])
WORLD = {"adapters", "egress", "boards", "cli"}
"""Packages that may touch the real world: boards and commands only to put adapters together."""

RECOGNITION = {
    "FaceRecognizerSF",
    "FaceRecognizerSF_create",
    "FaceRecognizer",
    "EigenFaceRecognizer_create",
    "FisherFaceRecognizer_create",
    "LBPHFaceRecognizer_create",
    "face_encodings",
    "face_landmarks",
    "alignCrop",
    "embedding",
    "embeddings",
    "DeepFace",
    "insightface",
    "face_recognition",
    "dlib",
}
"""Names of APIs that compute or compare face templates."""


def _trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in SOURCES:
        yield path, ast.parse(path.read_text(), str(path))


def _part(path: Path) -> str:
    """The package below `latchkey` that a file belongs to, or its root package."""
    if DEVICE in path.parents:
        return path.relative_to(DEVICE).parts[0].removesuffix(".py")
    return path.relative_to(ROOT).parts[0]


def _names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr, node.lineno
        elif isinstance(node, ast.Name):
            yield node.id, node.lineno
        elif isinstance(node, ast.alias):
            yield from ((part, node.lineno) for part in node.name.split("."))


def _imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0], node.lineno


def _imported_modules(tree: ast.AST) -> Iterator[str]:
    """Every dotted name that an import could mean, modules named in strings (lazy imports) included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_the_sources_are_found() -> None:
    assert len(SOURCES) > 40


def test_no_recognition_api_is_named_anywhere() -> None:
    found = [(path, line) for path, tree in _trees() for name, line in _names(tree) if name in RECOGNITION]
    assert not found


def test_the_recognition_ban_would_catch_an_attribute() -> None:
    tree = ast.parse("import cv2\ncv2.FaceRecognizerSF.create('m')")
    assert any(name in RECOGNITION for name, _ in _names(tree))


BANNED_IMPORTS = {
    "random", "secrets", "time", "datetime", "socket", "ssl", "subprocess", "threading", "sqlite3",
    "urllib", "http", "asyncio", "multiprocessing", "tempfile", "shutil", "os", "logging", "paho", "av",
}  # fmt: skip


@pytest.mark.parametrize(
    "part",
    [
        "vision",
        "clip",
        "wire",
        "vault",
        "pipeline",
        "update",
        "device",
        "ports",
        "frames.py",
        "events.py",
        "units.py",
    ],
)
def test_pure_parts_import_nothing_of_the_world(part: str) -> None:
    wrong = [
        (str(path), name, line)
        for path, tree in _trees()
        if DEVICE in path.parents and path.relative_to(DEVICE).parts[0] == part
        for name, line in _imports(tree)
        if name in BANNED_IMPORTS
    ]
    assert not wrong


def test_only_the_world_opens_files_or_asks_the_time_or_chance() -> None:
    banned = {
        "open", "os.urandom", "time.time", "time.monotonic", "time.monotonic_ns", "time.time_ns",
        "time.sleep", "nacl.utils.random", "np.random.default_rng", "datetime.now",
    }  # fmt: skip
    wrong = [
        (str(path), name, call.lineno)
        for path, tree in _trees()
        if DEVICE in path.parents and _part(path) not in {*WORLD, "owner", "settings"}
        for name, call in _calls(tree)
        if name in banned
    ]
    assert not wrong


def test_only_egress_opens_connections() -> None:
    wrong = [
        (str(path), name, line)
        for path, tree in _trees()
        if DEVICE in path.parents and _part(path) != "egress"
        for name, line in _imports(tree)
        if name in {"urllib", "http", "asyncio", "requests", "ftplib", "smtplib"}
    ]
    wrong += [
        (str(path), name, call.lineno)
        for path, tree in _trees()
        if DEVICE in path.parents and _part(path) != "egress"
        for name, call in _calls(tree)
        if name in {"socket.socket", "socket.create_connection", "socket.create_server"}
        and not _is_local(path, call)
    ]
    assert not wrong


LOCAL_SOCKETS = {"unix_line.py", "notify.py"}
"""What talks to processes of this machine: the other side, and systemd."""


def _is_local(path: Path, call: ast.Call) -> bool:
    """Whether a socket is made that no packet leaves."""
    return path.name in LOCAL_SOCKETS and bool(call.args) and ast.unparse(call.args[0]) == "socket.AF_UNIX"


@pytest.mark.parametrize(
    ("side", "never"),
    [
        ("link", {"cv2", "av", "latchkey.vision", "latchkey.pipeline.film", "latchkey.pipeline.vaultkeeper"}),
        ("capture", {"paho", "latchkey.egress", "latchkey.pipeline.outbox", "latchkey.adapters.mqtt"}),
    ],
)
def test_a_side_loads_nothing_of_the_other(side: str, never: set[str]) -> None:
    """What a process has not even loaded it cannot be talked into using."""
    code = (
        f"import sys, latchkey.cli.run, latchkey.boards.file, latchkey.boards.webcam\n"
        f"import latchkey.boards.{side}, latchkey.device.{side}_process\n"
        f"print([name for name in {sorted(never)} if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_a_safe_frame_is_made_in_one_place_only() -> None:
    makers = [
        (path.name, call.lineno)
        for path, tree in _trees()
        for name, call in _calls(tree)
        if name.split(".")[-1] == "SafeFrame" or (name == "replace" and "safe" in ast.unparse(call).lower())
    ]
    assert {name for name, _ in makers} == {"redactor.py"}


def test_no_cast_hides_what_a_frame_is() -> None:
    wrong = [
        (str(path), ast.unparse(call))
        for path, tree in _trees()
        for name, call in _calls(tree)
        if name.split(".")[-1] == "cast" and "Frame" in ast.unparse(call)
    ]
    assert not wrong


def test_only_the_recording_path_writes_pictures() -> None:
    """cv2.imwrite and VideoWriter would put pixels on a disk past the vault."""
    wrong = [
        (str(path), name)
        for path, tree in _trees()
        if DEVICE in path.parents
        for name, _ in _names(tree)
        if name in {"imwrite", "VideoWriter", "imwritemulti", "savez", "tofile"}
    ]
    assert not wrong


def _makers(name: str) -> set[str]:
    return {
        path.name
        for path, tree in _trees()
        if DEVICE in path.parents
        for called, _ in _calls(tree)
        if called.split(".")[-1] == name
    }


RAW_PARTS = {"frames.py", "vision", "adapters", "ports"}
RAW_MODULES = {
    "pipeline/frame_queue.py",
    "pipeline/groups.py",
    "pipeline/redaction.py",
    "pipeline/rehearsal.py",
    "pipeline/selfcheck.py",
    "device/capture_side.py",
    "cli/redact.py",
}
"""Where raw pictures may be handled; what seals, stores, sends or opens is not among them."""


def test_raw_pictures_are_known_only_where_they_have_to_be() -> None:
    wrong = {
        str(path.relative_to(DEVICE))
        for path, tree in _trees()
        if DEVICE in path.parents and _part(path) not in {part.removesuffix(".py") for part in RAW_PARTS}
        for name, _ in _names(tree)
        if name == "RawFrame"
    }
    assert wrong <= RAW_MODULES


def test_face_patches_are_made_in_one_place_and_known_to_their_sealer_and_its_carriers_only() -> None:
    assert _makers("FacePatches") == {"patches.py"}
    assert _makers("cut_patches") == {"groups.py"}
    assert _makers("Beneath") == {"film.py"}
    known = {path.name for path, tree in _trees() for name, _ in _names(tree) if name == "FacePatches"}
    assert known <= {
        "__init__.py", "patches.py", "groups.py", "facelayer.py", "facevault.py", "openclip.py",
    }  # fmt: skip


def test_only_the_sealer_of_face_layers_turns_patches_into_bytes() -> None:
    """Of all modules that know patches one compresses; and the pre-roll's packing, which stays in RAM."""
    assert _makers("imencode") == {"packing.py", "facelayer.py"}
    path = DEVICE / "pipeline" / "facelayer.py"
    tree = ast.parse(path.read_text())
    public = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert {node.name for node in public if not node.name.startswith("_")} == {"FaceSealer"}
    for module in (
        "vision/patches.py",
        "pipeline/groups.py",
        "pipeline/facevault.py",
        "pipeline/vaultkeeper.py",
    ):
        names = {name for name, _ in _names(ast.parse((DEVICE / module).read_text()))}
        assert not names & {"tobytes", "memoryview", "tofile", "dumps"}
    gives = [node for node in ast.walk(tree) if isinstance(node, ast.Return) and node.value is not None]
    sealed = {"self._sealer.feed", "self._sealer.close", "b''", "data.tobytes"}
    assert {ast.unparse(node.value).split("(")[0] for node in gives if node.value} == sealed


def test_pictures_that_are_not_safe_are_encoded_on_the_owners_side_only() -> None:
    made = _makers("VideoFrame") | _makers("from_numpy_buffer") | _makers("from_ndarray")
    assert made == {"h264.py", "composing.py"}
    users = {
        path.name
        for path, tree in _trees()
        if DEVICE in path.parents and "latchkey.owner.composing" in set(_imported_modules(tree))
    }
    assert users == {"faces.py"}


def test_what_may_be_uploaded_is_made_in_one_place_from_whole_clips() -> None:
    assert _makers("SealedClip") == {"offering.py"}
    assert not [
        path
        for path, tree in _trees()
        for name, call in _calls(tree)
        if name.split(".")[-1] in {"cast", "replace"} and "SealedClip" in ast.unparse(call)
    ]


@pytest.mark.parametrize("uplink", [Uplink, NoUplink])
def test_an_uplink_takes_a_sealed_clip_and_nothing_else(uplink: type) -> None:
    hints = typing.get_type_hints(uplink.offer)  # type: ignore[attr-defined]
    assert hints == {"clip": SealedClip, "return": bool}


def test_the_device_never_imports_the_simulator() -> None:
    wrong = [
        str(path)
        for path, tree in _trees()
        if DEVICE in path.parents
        for name, _ in _imports(tree)
        if name in {"latchkey_sim", "latchkey_pi"}
    ]
    assert not wrong


def test_no_file_has_grown_beyond_400_lines() -> None:
    tests = sorted((ROOT / "tests").rglob("*.py"))
    assert not [
        (path.name, lines)
        for path in [*SOURCES, *tests]
        if (lines := len(path.read_text().splitlines())) > 400
    ]


def test_every_module_says_what_it_is_for() -> None:
    assert not [str(path) for path, tree in _trees() if path.stat().st_size and not ast.get_docstring(tree)]


def test_every_module_is_imported_by_something() -> None:
    """Dead files fail here: each module is imported by another, or is an entry point."""
    entries = {"latchkey.boards.file", "latchkey.boards.webcam", "latchkey_sim.board", "latchkey_pi.board"}
    tests = sorted((ROOT / "tests").rglob("*.py"))
    imported = {
        name for path in [*SOURCES, *tests] for name in _imported_modules(ast.parse(path.read_text()))
    }
    dead = [
        module.name
        for package in ("latchkey", "latchkey_sim", "latchkey_pi")
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}.")
        if not module.ispkg and not module.name.endswith("__main__") and module.name not in entries | imported
    ]
    assert not dead


def test_starting_the_program_loads_no_heavy_library() -> None:
    heavy = ("cv2", "av", "numpy", "paho", "matplotlib")
    code = f"import sys, latchkey.cli; print([name for name in {heavy} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
