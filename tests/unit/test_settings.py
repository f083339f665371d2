"""Settings: private defaults, and errors that say where and what."""

from contextlib import suppress
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey.errors import SettingsError
from latchkey.settings import Settings, load, parse
from latchkey.settings.model import Zone
from latchkey.settings.reference import settings_reference


def test_every_default_is_the_private_one() -> None:
    settings = parse("schema = 1")
    assert settings == Settings()
    assert settings.mqtt.host == ""
    assert settings.vault.days == 0  # as the owner says
    assert settings.privacy.face_layer_hours == 0
    assert settings.owner.book is None
    assert settings.privacy.detector == "auto"
    sections = [section.default for section in fields(Settings) if is_dataclass(section.default)]
    names = {field.name for section in sections for field in fields(section)}
    assert not names & {"upload", "uplink", "audio", "live", "share", "location", "latitude", "account"}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "f.toml:1: the key schema is missing", "schema = 1"),
        ("schema = 2", "f.toml:1: this version reads schema 1, not 2", None),
        (
            "schema = 1\n[privacy]\ndetectr = 'auto'",
            "f.toml:3: unknown key privacy.detectr",
            "did you mean detector?",
        ),
        ("schema = 1\n[privcy]\n", "f.toml:2: unknown key privcy", "did you mean privacy?"),
        ("schema = 1\n\n[vault]\n# days\ndays = 99", "f.toml:5: vault.days must lie in 0..30, not 99", None),
        ("schema = 1\n[vault]\ndays = '1'", "f.toml:3: vault.days must be a whole number, not '1'", None),
        ("schema = 1\n[vault]\ndays = true", "f.toml:3: vault.days must be a whole number, not True", None),
        ("schema = 1\n[mqtt]\nport = 1.5", "f.toml:3: mqtt.port must be a whole number, not 1.5", None),
        (
            "schema = 1\n[privacy]\ndetector='yunt'",
            "one of auto, yunet, centerface, none",
            "did you mean yunet?",
        ),
        ("schema = 1\nvault = 3", "f.toml:2: vault must be a section", None),
        ("schema = 1\n[owner]\nbook = 1", "f.toml:3: owner.book must be text", None),
        ("schema = 1\n[camera", "f.toml:2: expected ']' at the end of a table declaration", None),
        ("schema = 1\n\n[vault]\ndays =\n", "f.toml:4: invalid value", None),
        ("schema = 1\n[vault]\ndays = 2\ndays = 3\n", "f.toml:4: cannot overwrite a value", "once only"),
        ("schema = 1\n[vault]\n[mqtt]\n[vault]\n", "f.toml:4: cannot declare ('vault',) twice", "once only"),
        ("schema = 1\n[motion]\nmin_area = nan", "f.toml:3: motion.min_area must lie in", None),
        (
            "schema = 1\n[[privacy.zones]]\nname = 'a'\npoints = [[0,0],[1,1]]",
            "zone 'a' needs 3 to 64 points",
            None,
        ),
        (
            "schema = 1\n[[privacy.zones]]\nname = 'a'\npoints = [[0,0],[1,1],[0,2]]",
            "zone 'a' has a point that is not [x, y] in 0..1",
            None,
        ),
    ],
)
def test_wrong_settings_name_file_line_and_key(text: str, message: str, hint: str | None) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(text, "f.toml")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    if hint:
        assert caught.value.hint is not None
        assert hint in caught.value.hint


ZONE = "schema = 1\n[[privacy.zones]]\nname = 'a'\npoints = "


@pytest.mark.parametrize(
    "points", ["[[0,0],[0,0],[0,0]]", "[[0,0],[1,1],[0.5,0.5]]", "[[0.2,0.5],[0.9,0.5],[0.2,0.5],[0.4,0.5]]"]
)
def test_a_zone_that_covers_nothing_is_refused(points: str) -> None:
    with pytest.raises(SettingsError, match=r"^f.toml:2: privacy.zones: zone 'a' is a line or a point"):
        parse(ZONE + points, "f.toml")


@pytest.mark.parametrize("points", ["[[0,0],[0.01,0],[0,0.01]]", "[[0,0],[1,1],[1,0],[0,1]]"])
def test_a_small_zone_and_one_that_crosses_itself_are_zones(points: str) -> None:
    assert len(parse(ZONE + points).privacy.zones) == 1


SECRET = "AGE-SECRET-KEY-17GFS9JY2W3X7SDLKQWEPRTYUZXCVBNMQWERTYUIOPASDFGHJKLZ"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"[owner]\n{SECRET} = 1", "f.toml:3: unknown key owner.AGE-SECRET-KEY-..."),
        (f"{SECRET} = 1", "f.toml:2: unknown key AGE-SECRET-KEY-..."),
        (
            f"[vault]\ndays = '{SECRET}'",
            "f.toml:3: vault.days must be a whole number, not 'AGE-SECRET-KEY-...",
        ),
        (f"[privacy]\nmode = '{SECRET.lower()}'", "f.toml:3: privacy.mode must be one of"),
        (f"[owner]\nbook = '{SECRET}'", "f.toml:3: owner.book holds a secret key"),
        (f"[mqtt]\nhost = 'x{SECRET}'", "f.toml:3: mqtt.host holds a secret key"),
    ],
)
def test_a_secret_key_pasted_anywhere_is_never_repeated(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(f"schema = 1\n{text}", "f.toml")
    assert message in str(caught.value)
    assert "17gfs" not in f"{caught.value} {caught.value.hint}".lower()


DIGITS = "9" * 4000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"schema = {DIGITS}{DIGITS}", "f.toml:1: a line of more than 4096 characters"),
        (f"schema = 1\n[vault]\ndays = {DIGITS}", "f.toml:3: vault.days must lie in 0..30"),
        (f"schema = 0x{DIGITS}", "f.toml:1: this version reads schema 1"),
        (f"schema = 1\n[camera]\nfps = 0x{DIGITS}", "f.toml:3: camera.fps must be a number"),
        (f"schema = 1\n[camera]\nsource = [0x{DIGITS}]", "f.toml:3: camera.source must be text"),
        ("schema = 1\na = " + "[" * 3000, "f.toml: nested too deeply"),
        ("schema = 1\na = " + "[\n" * 50_000, "f.toml: nested too deeply"),
        ("schema = 1\nmqtt.host." + "a." * 1900 + "a = 1", "mqtt.host must be text in quotes"),
        ("schema = 1\n" + "a." * 2100 + "a = 1", "f.toml:2: a line of more than 4096 characters"),
        ("schema = 1\n" + "a" * 3000 + " = 1", "f.toml:2: unknown key aaa"),
        ('schema = 1\n[vault]\npath = "a\\u0000b"', "f.toml:3: vault.path holds a control character"),
        ('schema = 1\n[mqtt]\nhost = "a\\nb"', "f.toml:3: mqtt.host holds a control character"),
        ('schema = 1\n[owner]\nbook = "\\u0000"', "f.toml:3: owner.book holds a control"),
        (
            'schema = 1\n[[motion.zones]]\nname = "\\u0007"\npoints = [[0,0],[1,1],[0,1]]',
            "motion.zones holds a control character",
        ),
        ('schema = 1\n[vault]\npath = ""', "f.toml:3: vault.path is empty"),
        ('schema = 1\n[vault]\npath = "~nobody-here/x"', "f.toml:3: vault.path: there is no home folder"),
        ('schema = 1\n[device]\nname = "' + "x" * 2000 + '"', "f.toml:3: device.name has more than 1024"),
    ],
)  # fmt: skip
def test_hostile_settings_are_one_short_error(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(text, "f.toml")
    assert message in str(caught.value)
    assert len(str(caught.value)) < 200
    assert str(caught.value).isprintable()


def test_zones_are_named_polygons() -> None:
    text = "schema = 1\n[[motion.zones]]\nname = 'porch'\npoints = [[0, 0], [1, 0], [0.5, 1]]"
    assert parse(text).motion.zones == (Zone("porch", ((0.0, 0.0), (1.0, 0.0), (0.5, 1.0))),)


def test_paths_are_relative_to_the_settings_file(tmp_path: Path) -> None:
    file = tmp_path / "door.toml"
    file.write_text("schema = 1\n[vault]\npath = 'clips'")
    assert load(file).vault.path == tmp_path / "clips"
    assert load(file).device.state == tmp_path / "latchkey-state"
    file.write_text("schema = 1")
    assert load(file).vault.path == tmp_path / "latchkey-vault"


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        load(tmp_path / "none.toml")


@given(st.text(max_size=200))
def test_any_text_is_settings_or_a_settings_error(text: str) -> None:
    with suppress(SettingsError):
        assert isinstance(parse(text), Settings)


def test_the_settings_page_is_up_to_date() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "settings.md"
    assert page.read_text() == settings_reference(), "remake it"
