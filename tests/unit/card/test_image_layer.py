"""The layer for rpi-image-gen: as far as it can be judged without building an image."""

import re
from email import message_from_string
from pathlib import Path

from latchkey_pi.firstboot.install import PACKAGES

ROOT = Path(__file__).resolve().parents[3]
IMAGE = ROOT / "hardware/image/rpi-image-gen"
LAYER = (IMAGE / "layer/latchkey.yaml").read_text()
SHARED = IMAGE / "layer/latchkey.rootfs-overlay/etc/rpi-image-gen/slot-shared.d/latchkey.conf"


def shared() -> list[str]:
    """Read it as rpi-image-gen's generator does: version, then paths; lines that begin with # are skipped."""
    pairs = [
        line.split("=", 1) for line in SHARED.read_text().splitlines() if line and not line.startswith("#")
    ]
    assert pairs[0] == ["Version", "1"]
    return ["/" + path.lstrip("/") for key, path in pairs if key == "Path"]


def test_keys_vault_and_settings_are_shared_by_both_slots() -> None:
    paths = shared()
    for needed in ("/etc/latchkey/mqtt-password", "/var/lib/latchkey/vault/keys", "/var/lib/latchkey/state"):
        assert any(needed.startswith(f"{path}/") for path in paths), needed


def test_the_program_is_no_part_of_what_is_shared() -> None:
    """What lies in a shared folder of the image is written over it at each boot: links would go back."""
    assert not [path for path in shared() if "/opt/latchkey".startswith(path)]


def test_the_image_puts_nothing_into_a_shared_folder() -> None:
    overlay = IMAGE / "layer/latchkey.rootfs-overlay"
    for path in shared():
        assert not (overlay / path.lstrip("/")).exists()
    lines = [line for line in LAYER.splitlines() if re.search(r'"\$1/(etc|var/lib)/latchkey', line)]
    assert [line.strip().split()[:2] for line in lines] == [["install", "-d"]]


def test_the_layer_says_about_itself_what_the_tool_asks_for() -> None:
    head = LAYER.split("# METABEGIN\n")[1].split("# METAEND\n")[0]
    fields = message_from_string("\n".join(line[2:] for line in head.splitlines() if line != "#"))
    assert fields["X-Env-Layer-Name"] == "latchkey"
    assert re.fullmatch(r"\d+\.\d+\.\d+", str(fields["X-Env-Layer-Version"]))
    assert fields["X-Env-VarPrefix"] == "latchkey"
    assert "layer:\n  app: latchkey\n" in (IMAGE / "config/latchkey-ab.yaml").read_text()


def test_the_layer_installs_the_packages_of_the_first_boot() -> None:
    block = LAYER.split("  packages:\n")[1].split("  customize-hooks:")[0]
    assert tuple(line.strip(" -") for line in block.splitlines()) == PACKAGES
