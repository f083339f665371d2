"""Wheels of a few hundred bytes: a Latchkey that only says its version, and packages it needs."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping

_STAMP = (2026, 1, 1, 0, 0, 0)


def make_wheel(name: str, version: str, files: Mapping[str, str], needs: tuple[str, ...] = ()) -> bytes:
    """Give a wheel with these files. Same arguments, same bytes."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {need}\n" for need in needs)
    inside = {
        **files,
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},{_digest(text)},{len(text.encode())}\n" for path, text in inside.items())
    inside[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in inside.items():
            archive.writestr(zipfile.ZipInfo(path, _STAMP), text)
    return out.getvalue()


def tiny_latchkey(version: str, *, check_says: str = "", needs: tuple[str, ...] = ()) -> bytes:
    """Give the wheel of a Latchkey whose `check` finds all well, or says what it is told to and fails."""
    program = (
        "import sys\n\n\ndef main():\n"
        f"    if sys.argv[1:2] == ['check'] and {check_says!r}:\n"
        f"        print('latchkey: error: ' + {check_says!r}, file=sys.stderr)\n        return 3\n"
        f"    print('latchkey {version}')\n    return 0\n"
    )
    files = {"latchkey/__init__.py": f"__version__ = {version!r}\n", "latchkey/cli.py": program}
    return make_wheel("latchkey", version, files, needs)


def _digest(text: str) -> str:
    raw = hashlib.sha256(text.encode()).digest()
    return f"sha256={base64.urlsafe_b64encode(raw).decode().rstrip('=')}"
