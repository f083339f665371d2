"""`python -m latchkey_pi.wiring FILE [--into FOLDER]`: judge a wiring; draw it if nothing is wrong."""

import sys
from argparse import ArgumentParser
from pathlib import Path

from latchkey.errors import EXIT_FAILED, EXIT_OK, EXIT_SETTINGS
from latchkey_pi.wiring.diagram import diagram
from latchkey_pi.wiring.errors import WiringError
from latchkey_pi.wiring.lint import findings
from latchkey_pi.wiring.load import load
from latchkey_pi.wiring.model import Wiring
from latchkey_pi.wiring.page import page, picture_name


def main(arguments: list[str]) -> int:
    """Run the program; give its exit code."""
    parser = ArgumentParser(prog="python -m latchkey_pi.wiring", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--into", type=Path, metavar="FOLDER", help="write WIRING.md and pictures/*.svg there"
    )
    options = parser.parse_args(arguments)
    try:
        wiring = load(options.file)
    except WiringError as error:
        _complain(str(error), error.hint)
        return EXIT_SETTINGS
    found = findings(wiring)
    for finding in found:
        _complain(f"{options.file}:{finding.line}: error: {finding.text}", finding.hint)
    if found:
        return EXIT_FAILED
    if options.into:
        for name, text in drawn(wiring).items():
            path = options.into / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    sys.stdout.write(f"{options.file}: good, {len(wiring.variants)} variants\n")
    return EXIT_OK


def drawn(wiring: Wiring) -> dict[str, str]:
    """Give the files that are made of a wiring, by their names."""
    pictures = {
        f"pictures/{picture_name(variant)}": diagram(variant).svg for variant in wiring.variants.values()
    }
    return {"WIRING.md": page(wiring), **pictures}


def _complain(text: str, hint: str | None) -> None:
    sys.stderr.write(f"latchkey: {text}\n" + (f"latchkey: hint: {hint}\n" if hint else ""))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
