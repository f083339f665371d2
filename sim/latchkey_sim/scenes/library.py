"""The scenes that come with the package, by name: files in `shipped/`."""

from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from latchkey_sim.scenes.errors import SceneError
from latchkey_sim.scenes.load import load, parse
from latchkey_sim.scenes.model import Scene

ENDING = ".toml"


@lru_cache(maxsize=1)
def shipped_names() -> tuple[str, ...]:
    """Give the names of the shipped scenes, in order."""
    folder = files("latchkey_sim.scenes").joinpath("shipped")
    return tuple(
        sorted(one.name.removesuffix(ENDING) for one in folder.iterdir() if one.name.endswith(ENDING))
    )


def shipped_text(name: str) -> str:
    """Give the text of a shipped scene. Raises SceneError."""
    if name not in shipped_names():
        near = get_close_matches(name, shipped_names(), n=1)
        hint = f"did you mean {near[0]}?" if near else f"shipped are: {', '.join(shipped_names())}"
        raise SceneError(name, None, "there is no such scene", hint=hint)
    return files("latchkey_sim.scenes").joinpath("shipped", f"{name}{ENDING}").read_text("utf-8")


def find_scene(name: str) -> Scene:
    """Give the scene of a file (what has a / or ends in .toml), else a shipped one. Raises SceneError."""
    if name.endswith(ENDING) or "/" in name:
        return load(Path(name))
    return parse(shipped_text(name), f"{name}{ENDING}")
