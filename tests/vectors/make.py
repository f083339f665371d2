"""Write our test vectors into the folder of this script: `python tests/vectors/make.py`."""

import shutil
from pathlib import Path

from latchkey_sim.vectors import make_vectors

FOLDER = Path(__file__).resolve().parent


def main() -> None:
    files = make_vectors()
    for folder in {name.split("/")[0] for name in files}:
        shutil.rmtree(FOLDER / folder, ignore_errors=True)
        (FOLDER / folder).mkdir()
    for name, content in files.items():
        (FOLDER / name).write_bytes(content)
    print(f"{len(files)} files, {sum(map(len, files.values()))} bytes")


if __name__ == "__main__":
    main()
