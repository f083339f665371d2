"""Every rule finds the mistake that it is for, where it was made, in the file that people build from."""

import re
from pathlib import Path

import pytest

from latchkey_pi.wiring.lint import Finding, findings
from latchkey_pi.wiring.load import load, parse

FILE = Path(__file__).resolve().parents[3] / "hardware" / "wiring.toml"
TEXT = FILE.read_text("utf-8")


def changed(*changes: tuple[str, str], within: str) -> str:
    """Give the file with text replaced, once each, from where `within` first stands."""
    begin = TEXT.index(within)
    text = TEXT
    for old, new in changes:
        assert old in text[begin:], f"{old} does not stand after {within}"
        text = text[:begin] + text[begin:].replace(old, new, 1)
    return text


def found(text: str) -> list[Finding]:
    return findings(parse(text))


def test_nothing_is_wrong_with_what_we_tell_people_to_build() -> None:
    assert findings(load(FILE)) == []


BELL, AC, LIGHT = "[modules.bell-button]", "[modules.bell-ac]", "[modules.status-light]"
RELAY, SOUND, PIR = "[modules.chime-relay]", "[modules.chime-sound]", "[modules.motion-sensor]"
IR, REED, CAMERA = "[modules.infrared-light]", "[modules.shutter-contact]", "[modules.camera-switch]"

WRONG = [
    (BELL, [('"pin 9"', '"pin 14"')], "pin 14 has a wire in variant button already"),
    (BELL, [("11 = {", "13 = {"), ('"pin 11"', '"pin 13"')], "pin 13 is used twice"),
    (BELL, [('"pin 11"', '"pin 15"')], "pin 15 is a GPIO, and nothing says what it does"),
    (BELL, [('"pin 11"', '"pin 15"')], "pin 11 has a use, but no wire"),
    (
        BELL,
        [
            ("11 = {", "28 = {"),
            ('"pin 11"', '"pin 28"'),
            ("bell_pin = 17", "bell_pin = 1"),
        ],
        "I2C ID EEPROM",
    ),
    (
        BELL,
        [
            ("bell_pin = 17", "bell_pin = 14"),
            ("11 = {", "8 = {"),
            ('"pin 11"', '"pin 8"'),
        ],
        "boot messages",
    ),
    (
        BELL,
        [
            ("bell_pin = 17", "bell_pin = 20"),
            ("11 = {", "38 = {"),
            ('"pin 11"', '"pin 38"'),
        ],
        "sound driver",
    ),
    (SOUND, [("12 = {", "16 = {"), ('"pin 12"', '"pin 16"')], "pin 16 cannot carry sound"),
    (
        RELAY,
        [
            ("chime_pin = 22", "chime_pin = 5"),
            ("15 = {", "29 = {"),
            ('"pin 15"', '"pin 29"'),
        ],
        "high while",
    ),
    (BELL, [("bell_pin = 17", "bell_pin = 18")], "pin 11 is GPIO 17, but settings say bell_pin = 18"),
    (BELL, [("{ bell =", "{ led_pin = 4, bell =")], "settings name led_pin, but no pin does"),
    (BELL, [('colour = "black"', 'colour = "green"')], "is ground, but green"),
    (BELL, [('colour = "yellow"', 'colour = "red"')], "is red, but not 5 V"),
    (BELL, [('colour = "yellow"', 'colour = "orange"')], "is orange, but not 3.3 V"),
    (PIR, [('"pin 4"', '"pin 1"')], "takes 5 V, but gets 3.3 V"),
    (PIR, [('"pin 20"', '"pin 4"')], "joins two different voltages"),
    (PIR, [("gives = 3.3", "gives = 5.0")], "5 V of sensor.out reach pin 16, which stands 3.3 V"),
    (
        BELL,
        [
            ('"pin 9"', '"pin 2"'),
            ('colour = "black"', 'colour = "red"'),
        ],
        "5 V of the 5V pin reach pin 11",
    ),
    (BELL, [('pull = "up"', 'pull = "none"')], "pin 11 has no pull-up"),
    (BELL, [('"pin 9"', '"pin 1"')], "has no pull-down"),
    (REED, [('pull = "up"', 'pull = "down"')], "pin 18 has no pull-up"),
    (PIR, [(", gives = 3.3", "")], "pin 16 leads nowhere"),
    (BELL, [("ohms = 1000", "ohms = 22000")], "pin 11 falls to 1\\.0 V only"),
    (RELAY, [("senses = 2.5", "senses = 4.0")], "needs 4 V to switch; a GPIO gives 3.3"),
    (RELAY, [(', floats = "off"', "")], "what relay does is unknown while nothing drives relay.in"),
    (RELAY, [("senses = 2.5", "takes = 3.3")], "relay.in is fed by a GPIO"),
    (LIGHT, [("ohms = 330", "ohms = 33")], "led would carry 36\\.4 mA; it stands 20"),
    (LIGHT, [("ohms = 330", "ohms = 33")], "pin 13 would drive 36 mA; it may drive 16"),
    (LIGHT, [("ohms = 330", "ohms = 4700")], "led gets 0\\.3 mA; it needs 2"),
    (
        LIGHT,
        [
            ('"led.anode"', '"led.cathode"'),
            ('"led.cathode"\ncolour = "black"', '"led.anode"\ncolour = "black"'),
        ],
        "led gets 0\\.0 mA; it needs 2",
    ),
    (LIGHT, [('to = "resistor.a"', 'to = "led.anode"')], "nothing limits the current of pin 13 through led"),
    (LIGHT, [("watts = 0.25", "watts = 0.005")], "into heat"),
    (RELAY, [("milliamps = 4,", "milliamps = 40,")], "pin 15 would drive 40 mA; it may drive 16"),
    (AC, [("ohms = 3300", "ohms = 330"), ("watts = 0.5", "watts = 0.25")], "resistor turns 1.1"),
    (AC, [("ohms = 3300", "ohms = 47000")], "at the least voltage, and needs 0.5"),
    (AC, [("ratio = 0.4", "ratio = 0.01")], "optocoupler passes 0.02 mA at the least voltage"),
    (AC, [("volts_reverse = 1000", "volts_reverse = 30")], "diode would get 41 V backwards; it stands 30"),
    (
        AC,
        [
            ("flip = true\n", ""),
            ('"diode.anode"', '"diode.x"'),
            ('"diode.cathode"', '"diode.anode"'),
            ('"diode.x"', '"diode.cathode"'),
        ],
        "no current ever flows through optocoupler",
    ),
    (AC, [('to = "diode.cathode"', 'to = "chime.b"')], "optocoupler would get 41 V backwards; it stands 6"),
    (AC, [("hertz_least = 50", "hertz_least = 16")], "look like many presses"),
    (
        AC,
        [
            ('"chime.b"\ncolour = "violet"\nvia = [[32, 7.5]]', '"chime.a"\ncolour = "violet"'),
        ],
        "would short transformer",
    ),
    (AC, [("volts_most = 29", "volts_most = 253")], "gives 253 V: that is not a bell transformer's low side"),
    (AC, [("isolation_volts = 5000", "isolation_volts = 60")], "holds 60 V only"),
    (
        AC,
        [
            ('to = "optocoupler.emitter"', 'to = "optocoupler.cathode"'),
        ],
        "joins the chime's side with the Pi's",
    ),
    (
        AC,
        [
            ('from = "pin 9"\nto = "optocoupler.emitter"', 'from = "pin 9"\nto = "chime.b"'),
        ],
        "joins the chime's side",
    ),
    (
        AC,
        [
            ('from = "optocoupler.cathode"', 'from = "optocoupler.emitter"'),
        ],
        "joins the chime's side with the Pi's",
    ),
    (RELAY, [('isolated = [["com", "no"]]\n', "")], "joins the chime's side with the Pi's: .*relay"),
    (
        RELAY,
        [
            ('from = "pin 6"\nto = "relay.gnd"', 'from = "pin 6"\nto = "relay.com"'),
        ],
        "joins the chime's side",
    ),
    (
        CAMERA,
        [
            ('from = "switch.b1"\nto = "resistor.a"', 'from = "socket.v33"\nto = "resistor.a"'),
        ],
        "led could be dark",
    ),
    (
        CAMERA,
        [
            ('from = "switch.b1"\nto = "resistor.a"', 'from = "switch.b2"\nto = "resistor.a"'),
        ],
        "led could be dark",
    ),
    (
        CAMERA,
        [
            (
                'from = "switch.b1"\nto = "resistor.a"\ncolour = "orange"',
                'from = "pin 36"\nto = "resistor.a"\ncolour = "blue"',
            ),
            (
                "[modules.camera-switch.parts.socket]",
                '[modules.camera-switch.pins]\n36 = { as = "output" }\n[modules.camera-switch.parts.socket]',
            ),
        ],
        "a GPIO lights led",
    ),
    (
        CAMERA,
        [
            ('from = "switch.b2"\nto = "camera.enable"', 'from = "socket.enable"\nto = "camera.enable"'),
        ],
        "socket.enable reaches camera.enable past switch",
    ),
    (CAMERA, [('shows = "camera"', 'shows = "socket"')], "shows socket, which takes no power here"),
    (
        CAMERA,
        [
            ('from = "socket.data"\nto = "camera.data"', 'from = "socket.data"\nto = "socket.data"'),
        ],
        "data has no wire",
    ),
    (
        IR,
        [
            ("milliamps = 350", "milliamps = 3500"),
        ],
        "variant night draws up to 4705 mA at 5 V; its supply gives 3000",
    ),
]


@pytest.mark.parametrize(
    ("within", "changes", "text"), WRONG, ids=[f"{n}-{w[2][:30]}" for n, w in enumerate(WRONG)]
)
def test_the_mistake_is_found(within: str, changes: list[tuple[str, str]], text: str) -> None:
    all_found = found(changed(*changes, within=within))
    assert any(re.search(text, finding.text) for finding in all_found), all_found
    assert all(finding.hint for finding in all_found)


@pytest.mark.parametrize(
    ("within", "old", "new", "text", "stands_there"),
    [
        (
            BELL,
            'from = "pin 9"',
            'from = "pin 14"',
            "pin 14 has a wire",
            'from = "pin 14"\nto = "led.cathode"',
        ),
        (
            AC,
            '"optocoupler.emitter"',
            '"optocoupler.cathode"',
            "joins the chime's",
            'to = "optocoupler.cathode"',
        ),
        (BELL, 'pull = "up"', 'pull = "none"', "no pull-up", '11 = { as = "input", pull = "none"'),
        (LIGHT, "ohms = 330", "ohms = 33", "36.4 mA", "[modules.status-light.parts.led]"),
    ],
)
def test_a_finding_stands_where_to_look(
    within: str, old: str, new: str, text: str, stands_there: str
) -> None:
    wrong = changed((old, new), within=within)
    lines = [finding.line for finding in found(wrong) if text in finding.text]
    assert lines
    for line in lines:
        assert stands_there in "\n".join(wrong.split("\n")[line - 1 : line + 3])


def test_gpios_that_drive_too_much_together_are_found() -> None:
    """Four lights of 14 mA each: every pin may, all together may not."""
    text = changed(("ohms = 330", "ohms = 85"), within=LIGHT)
    more = ""
    for name, pin, bcm in (("two", 29, 5), ("three", 31, 6), ("four", 33, 13), ("five", 37, 26)):
        module = text[text.index(LIGHT) : text.index("# ---", text.index(LIGHT))]
        more += (
            module.replace("status-light", name).replace("pin 13", f"pin {pin}").replace("13 =", f"{pin} =")
        )
        more = more.replace("led_pin = 27", f"led_pin = {bcm}")
    text = text.replace(LIGHT, more + LIGHT, 1).replace(
        '"bell-button", "status-light"]', '"bell-button", "status-light", "two", "three", "four", "five"]', 1
    )
    assert any("all GPIOs together would drive 71 mA" in finding.text for finding in found(text))


def test_what_several_variants_share_is_told_once() -> None:
    text = changed(("ohms = 330", "ohms = 33"), within=LIGHT)
    assert len([finding for finding in found(text) if "36 mA" in finding.text]) == 1
