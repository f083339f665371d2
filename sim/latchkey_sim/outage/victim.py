"""Processes that are killed: real files, a real index, no simulated disk.

`python -m latchkey_sim.outage.victim` reads names of empty folders, one a line. For each it forks a process
and says its number; at the next line that one begins to work in the folder, and its end is said. Forking is
twenty times as fast as starting, and lets a tracer attach before anything happens.
"""

import json
import os
import sys
from pathlib import Path
from random import Random

from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.index import SqliteIndex
from latchkey.pipeline.identity import NAME, device_id
from latchkey.vault import INDEX_NAME
from latchkey.wire import CLIP, DOORBELL, stamp
from latchkey_sim.crashdisk import Files, Power
from latchkey_sim.outage.clips import keeper_of, keeps_layer, look_after, record
from latchkey_sim.outage.events import Post, clip_end, clip_event
from latchkey_sim.outage.home import DAY, Found, Home, Promises

PROMISES = "promises"
"""File in the folder: a line of JSON with all that is promised from then on."""

FACE_HOURS = 24


def home_in(folder: Path, seed: int) -> Home:
    """Give a home whose disks and index are real."""
    home = Home(Random(seed), Power())  # noqa: S311 -- footage, not keys
    home.vault, home.state = FolderDisk(folder / "vault"), FolderDisk(folder / "state")
    home.index = SqliteIndex(folder / "vault" / INDEX_NAME)
    return home


def work(folder: Path) -> None:
    """Start, record, announce, forget, in a folder."""
    home = home_in(folder, seed=4)
    told = os.open(folder / PROMISES, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def promise() -> None:
        what = home.promises
        line = {name: sorted(getattr(what, name)) for name in ("whole", "leaving", "layers", "stored")}
        os.write(told, json.dumps({**line, "small": what.small}).encode() + b"\n")

    keeper = keeper_of(home, face_hours=FACE_HOURS)
    keeper.start()
    home.promises.small[NAME] = (device_id(home.state, home.entropy),)
    post = Post(home)
    promise()
    for day in (DAY - 40, DAY):
        clip = home.new_id()
        post.send(DOORBELL, {"event_type": "ring", "id": home.new_id(), "ts": stamp(1_790_000_000)})
        post.send(CLIP, clip_event("start", clip, 0))
        entry = record(home, keeper, clip, day)
        if entry is not None:
            if day == DAY and keeps_layer(home, entry):  # a layer of that old a day is due at once
                home.promises.layers.add(clip)
            post.send(CLIP, clip_end(entry))
        promise()
    home.promises.leaving |= {entry.clip for entry in home.index.entries() if entry.day != DAY}
    promise()
    look_after(keeper)
    post.connect()
    for _ in range(4):
        post.step()  # the broker takes everything: nothing is promised of events any more
        home.promises.stored.clear()
        promise()


def found_in(folder: Path) -> Found:
    """Give what a killed process left."""
    index = SqliteIndex(folder / "vault" / INDEX_NAME)
    return Found(_files(folder / "vault"), _files(folder / "state"), index.entries(), ())


def promised_in(folder: Path) -> Promises:
    """Give what a process had promised when it was killed."""
    path = folder / PROMISES
    lines = path.read_text().splitlines() if path.exists() else []
    if not lines:
        return Promises()
    what = json.loads(lines[-1])
    return Promises(
        whole=set(what["whole"]),
        leaving=set(what["leaving"]),
        layers=set(what["layers"]),
        stored={(key[0], key[1]) for key in what["stored"]},
        small={name: tuple(values) for name, values in what["small"].items()},
    )


def _files(root: Path) -> Files:
    paths = [path for path in root.rglob("*") if path.is_file() and not path.name.startswith(INDEX_NAME)]
    return {str(path.relative_to(root)): path.read_bytes() for path in paths}


def serve() -> None:
    """Fork a worker for each folder that is named on standard input."""
    for line in sys.stdin:
        ready, go = os.pipe()
        child = os.fork()
        if not child:
            os.read(ready, 1)
            work(Path(line.strip()))
            os._exit(0)
        print(child, flush=True)  # noqa: T201 -- to whoever started this
        sys.stdin.readline()
        os.write(go, b"!")
        _, status = os.waitpid(child, 0)
        os.close(ready)
        os.close(go)
        print(status, flush=True)  # noqa: T201 -- read by who plays the outage


if __name__ == "__main__":
    serve()
