"""What systemd hands to the link side: the broker's password and certificate, named in the settings."""

from pathlib import Path

import pytest

from latchkey.adapters.mqtt import read_password, tls_context
from latchkey.cli.usable import load_usable
from latchkey.errors import SettingsError
from latchkey.settings import Settings, parse

TEXT = """schema = 1
[camera]
board = "sim"
[mqtt]
host = "broker.home"
password_file = "$CREDENTIALS_DIRECTORY/mqtt-password"
ca_file = "$CREDENTIALS_DIRECTORY/mqtt-ca.pem"
"""


@pytest.fixture
def settings() -> Settings:
    return parse(TEXT)


def test_a_password_is_read_from_where_systemd_puts_it(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "mqtt-password").write_text("open sesame\n")
    assert read_password(settings.mqtt) == "open sesame"


def test_a_credential_that_is_missing_is_named(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(SettingsError, match="mqtt-password: No such file"):
        read_password(settings.mqtt)
    with pytest.raises(SettingsError, match=r"mqtt-ca\.pem: No such file"):
        tls_context(settings.mqtt)


def test_outside_of_its_service_it_cannot_be_read_and_says_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(SettingsError, match="only the service"):
        read_password(settings.mqtt)


def test_settings_with_credentials_can_be_checked_outside_of_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    (tmp_path / "latchkey.toml").write_text(TEXT)
    assert load_usable(tmp_path / "latchkey.toml", ("link",)).mqtt.host == "broker.home"


def test_the_link_side_needs_no_key_book_and_the_capture_side_does(tmp_path: Path) -> None:
    (tmp_path / "latchkey.toml").write_text(TEXT)
    load_usable(tmp_path / "latchkey.toml", ("link",))
    with pytest.raises(SettingsError, match=r"owner\.book"):
        load_usable(tmp_path / "latchkey.toml", ("capture",))
