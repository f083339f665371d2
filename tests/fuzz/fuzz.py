"""Fuzz one part, guided by coverage: `python tests/fuzz/fuzz.py TARGET [libFuzzer's options]`.

Targets are those of `latchkey_sim.fuzzing`. Without `-runs=N` or `-max_total_time=S` it goes on until
it finds something, then it prints the bytes and names the file that holds them.
"""

import sys

import atheris

with atheris.instrument_imports(include=["latchkey.clip"]):
    from latchkey_sim.fuzzing import TARGETS


def main() -> None:
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
