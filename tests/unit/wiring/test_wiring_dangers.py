"""What would burn a house or a Pi, or let a program overrule the camera's light, is refused."""

import re
from pathlib import Path

import pytest

from latchkey_pi.wiring.errors import WiringError
from latchkey_pi.wiring.lint import findings
from latchkey_pi.wiring.load import parse

TEXT = (Path(__file__).resolve().parents[3] / "hardware" / "wiring.toml").read_text("utf-8")
BEGIN, CAMERA_BEGIN = "\n[variants.button]", "[modules.camera-switch.parts.socket]"
WEB = "https://en.wikipedia.org/wiki/Relay"

RELAY = """
kind = "board"
label = "relay board"
type = "relay board"
about = "https://en.wikipedia.org/wiki/Relay"
at = [10, 1]
left = ["vcc", "in", "gnd"]
right = ["com", "no"]
contacts = [["com", "no"]]
isolated = [["com", "no"]]
isolation_volts = 2500
volts_max = 30
milliamps_max = 2000
terminals.vcc = { takes = 5.0, milliamps = 80 }
terminals.in = { senses = 2.5, milliamps = 4, floats = "off" }
terminals.gnd = { ground = true }
terminals.com = { label = "COM" }
terminals.no = { label = "NO" }
"""
MOSFET = """
kind = "board"
label = "MOSFET"
type = "MOSFET"
about = "https://en.wikipedia.org/wiki/MOSFET"
at = [10, 1]
left = ["vin", "sig", "gnd"]
right = ["plus", "minus"]
terminals.vin = { takes = 5.0, milliamps = 35 }
terminals.sig = { senses = 2.5, milliamps = 2, floats = "off" }
terminals.gnd = { ground = true }
terminals.plus = { carries = "switched" }
terminals.minus = { carries = "switched" }
"""
CONTACT = """
kind = "KIND"
label = "contact"
type = "contact"
about = "https://en.wikipedia.org/wiki/Switch"
volts_max = 24
milliamps_max = 50
at = [18, 1]
"""


def replaced(*changes: tuple[str, str], text: str = TEXT) -> str:
    """Give the file with texts replaced, each of which stands there once."""
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def board(**terminals: str) -> str:
    """Write a board with terminals, each with its role."""
    roles = ", ".join(f"{name} = {{ {role} }}" for name, role in terminals.items())
    return f"""
kind = "board"
label = "thing"
type = "thing"
about = "{WEB}"
at = [6, 1]
left = {list(terminals)}
terminals = {{ {roles} }}
"""


def within(
    module: str, parts: dict[str, str], wires: tuple[tuple[str, str, str], ...], pins: str = ""
) -> str:
    """Write parts, wires and pins of a module."""
    text = f"\n[modules.{module}.pins]\n{pins}\n" if pins else ""
    text += "".join(f"\n[modules.{module}.parts.{name}]{part}" for name, part in parts.items())
    for start, end, colour in wires:
        text += f'\n[[modules.{module}.wires]]\nfrom = "{start}"\nto = "{end}"\ncolour = "{colour}"\n'
    return text


def beside(parts: dict[str, str], *wires: tuple[str, str, str], pins: str = "") -> str:
    """Give the file with one more module in the variant `button`."""
    head = '\n[modules.z]\ntitle = "z"\nsays = "z"\ncheck = "z"\n' + ("" if parts else "parts = {}\n")
    listed = 'modules = ["power-usb", "bell-button", "status-light"'
    more = head + within("z", parts, wires, pins)
    return replaced((BEGIN, more + BEGIN), (f"{listed}]", f'{listed}, "z"]'))


def at_the_camera(text: str, parts: dict[str, str], *wires: tuple[str, str, str]) -> str:
    """Give a file with more in the camera's module, and GPIO 16 as an output."""
    more = within("camera-switch", parts, (), "36 = { as = 'output' }") + "\n"
    text = replaced((CAMERA_BEGIN, more + CAMERA_BEGIN), text=text)
    return replaced((BEGIN, within("camera-switch", {}, wires) + BEGIN), text=text)


def told(text: str) -> str:
    return "\n".join(finding.text for finding in findings(parse(text)))


RELAY_WIRES = (
    ("pin 36", "relay.in", "blue"),
    ("pin 4", "relay.vcc", "red"),
    ("pin 39", "relay.gnd", "black"),
)
OUT, TWO = "36 = { as = 'output' }", "36 = { as = 'output' }\n37 = { as = 'output' }"
LAMP = board(a="takes = 230.0", b="takes = 230.0")


@pytest.mark.parametrize("neutral", ["ground = true", "gives = 230.0"])
def test_mains_that_the_pi_would_switch_are_refused(neutral: str) -> None:
    text = beside(
        {"plug": board(live="gives = 230.0", neutral=neutral), "lamp": LAMP, "relay": RELAY},
        *RELAY_WIRES,
        ("plug.live", "relay.com", "brown"),
        ("relay.no", "lamp.a", "brown"),
        ("plug.neutral", "lamp.b", "blue"),
        pins=OUT,
    )
    assert "plug.live takes or gives 230 V; boards here have 5.25 V at most" in told(text)
    assert "lamp.a takes or gives 230 V" in told(text)


def test_a_pole_of_mains_at_the_pis_ground_is_refused_though_it_has_no_voltage_of_its_own() -> None:
    parts = {"plug": board(live="gives = 230.0", neutral="carries = 'switched'")}
    text = beside(parts, ("plug.neutral", "pin 20", "black"), ("plug.live", "plug.live", "brown"))
    assert "joins what has more than 5.25 V with the Pi's side: plug" in told(text)


@pytest.mark.parametrize(
    ("role", "says"),
    [
        ("label = 'L'", "plug.live has no role"),
        ("carries = 'network'", "plug.live to pin 20 \\(GND\\) joins what a board carries with something"),
        ("ground = true, carries = 'sound'", "plug.live has several roles"),
    ],
)
def test_a_terminal_of_which_nothing_is_known_never_meets_a_pin(role: str, says: str) -> None:
    text = beside({"plug": board(live=role)}, ("plug.live", "pin 20", "black"))
    assert re.search(says, told(text))


def test_two_terminals_of_a_board_that_carry_something_are_not_joined() -> None:
    text = beside({"box": board(a="carries = 'sound'", b="carries = 'sound'")}, ("box.a", "box.b", "blue"))
    assert "box.a to box.b joins what a board carries" in told(text)


def test_what_a_board_may_carry_is_a_closed_list() -> None:
    with pytest.raises(WiringError, match="unknown thing to carry mains"):
        parse(replaced(('label = "PoE", carries = "network" } }', 'carries = "mains" } }')))


def test_a_relay_holds_as_much_as_an_optocoupler_or_is_no_barrier() -> None:
    assert "relay holds 1000 V only" in told(replaced(("isolation_volts = 2500", "isolation_volts = 1000")))


@pytest.mark.parametrize("key", ["isolation_volts = 2500", "volts_max = 30", "milliamps_max = 2000"])
def test_a_relay_that_does_not_say_what_it_stands_is_no_relay(key: str) -> None:
    head, relay, tail = TEXT.partition("[modules.chime-relay.parts.relay]")
    with pytest.raises(WiringError, match=f"the key {key.split()[0]} is missing"):
        parse(head + relay + tail.replace(f"{key}\n", "", 1))


def test_a_contact_does_not_isolate_its_own_ends() -> None:
    text = replaced(('isolated = [["com", "no"]]', 'isolated = [["com"], ["no"]]'))
    assert "relay isolates com from no, which its contact joins" in told(text)


def test_the_two_poles_of_a_switch_are_no_barrier() -> None:
    head, chime, tail = TEXT.partition("[modules.bell-ac]")
    for old, new in (
        ('kind = "button"', 'kind = "switch"'),
        ('to = "button.a"', 'to = "button.a1"'),
        ('from = "button.b"', 'from = "button.b1"'),
        ('to = "optocoupler.emitter"', 'to = "button.a2"'),
    ):
        tail = tail.replace(old, new, 1)
    assert "pin 9 (GND) to button.a2 joins the chime's side with the Pi's" in told(head + chime + tail)


def test_two_supplies_are_refused() -> None:
    text = replaced(('["power-usb", "bell-ac"', '["power-usb", "power-poe", "bell-ac"'))
    assert "variant chime has a supply already, power-usb.supply" in told(text)


@pytest.mark.parametrize(
    ("parts", "wires", "pins"),
    [
        ({}, [("pin 36", "pin 17", "orange")], OUT),
        ({}, [("pin 36", "pin 37", "blue")], TWO),
        (
            {"button": CONTACT.replace("KIND", "button")},
            [("pin 36", "button.a", "blue"), ("pin 17", "button.b", "orange")],
            OUT,
        ),
        ({"box": board(out="gives = 3.3")}, [("pin 36", "box.out", "blue")], OUT),
        (
            {"box": board(out="gives = 3.3"), "other": board(out="gives = 3.3")},
            [("box.out", "other.out", "blue")],
            "",
        ),
    ],
    ids=["3V3", "output", "button", "board", "boards"],
)
def test_a_wire_that_two_things_drive_is_refused(
    parts: dict[str, str], wires: list[tuple[str, str, str]], pins: str
) -> None:
    assert "drive the same wire" in told(beside(parts, *wires, pins=pins))


def test_a_sensors_output_is_not_driven_by_the_pi_as_well() -> None:
    text = replaced(('16 = { as = "input", pull = "none"', '16 = { as = "output"'))
    assert "pin 16 and sensor.out drive the same wire" in told(text)


HEATER = board(vcc="takes = 5.0, milliamps = 9000", gnd="ground = true")
SWITCHED = (
    ("pin 4", "sw.a1", "red"),
    ("sw.b1", "heater.vcc", "yellow"),
    ("pin 20", "heater.gnd", "black"),
    ("sw.a2", "sw.b2", "yellow"),
)


def test_what_lies_behind_a_switch_counts_for_the_switch_and_for_the_supply() -> None:
    text = told(beside({"sw": CONTACT.replace("KIND", "switch"), "heater": HEATER}, *SWITCHED))
    assert "sw would switch 9000 mA; it stands 50" in text
    assert "variant button draws up to 10200 mA at 5 V; its supply gives 3000" in text


def test_a_board_that_does_not_say_what_it_draws_is_refused() -> None:
    quiet = HEATER.replace(", milliamps = 9000", "")
    text = told(beside({"sw": CONTACT.replace("KIND", "switch"), "heater": quiet}, *SWITCHED))
    assert "heater takes power from the Pi, and does not say how much" in text


def test_a_board_gives_no_more_than_it_can() -> None:
    assert "socket.v33 would give 600 mA; it can give 500" in told(
        replaced(
            ('label = "3V3", takes = 3.3, milliamps = 300', 'label = "3V3", takes = 3.3, milliamps = 600')
        )
    )


def test_contacts_stand_what_they_switch() -> None:
    assert "button would switch 29 V; it stands 5" in told(
        replaced(("volts_max = 30\nmilliamps_max = 2000\nat", "volts_max = 5\nmilliamps_max = 2000\nat"))
    )
    reed = told(replaced(("volts_max = 24\nmilliamps_max = 100", "volts_max = 0.1\nmilliamps_max = 0.01")))
    assert "reed would switch 3.3 V; it stands 0.1" in reed
    assert "reed would switch 0.066 mA; it stands 0.01" in reed
    relay = told(
        replaced(("volts_max = 30\nmilliamps_max = 2000\n[", "volts_max = 12\nmilliamps_max = 500\n["))
    )
    assert "relay would switch 29 V; it stands 12" in relay
    assert "relay would carry 1933.3 mA; it stands 500" in relay


def test_a_dark_light_is_not_hidden_by_a_bright_one_of_the_same_name() -> None:
    head, camera, tail = TEXT.partition("[modules.camera-switch]")
    text = told(head + camera + tail.replace("ohms = 330", "ohms = 33000", 1))
    assert "led gets 0.0 mA; it needs 2" in text


CATHODE = 'from = "led.cathode"\nto = "camera.gnd"\ncolour = "black"'


def test_the_cameras_light_does_not_hang_on_a_board_that_a_program_switches() -> None:
    text = at_the_camera(
        replaced((CATHODE, 'from = "led.cathode"\nto = "mos.minus"\ncolour = "blue"')),
        {"mos": MOSFET},
        ("pin 36", "mos.sig", "blue"),
        ("pin 4", "mos.vin", "red"),
        ("pin 39", "mos.gnd", "black"),
        ("led.anode", "mos.plus", "orange"),
    )
    assert "led could be dark while camera has power" in told(text)
    assert "led.cathode to mos.minus joins what a board carries" in told(text)


def test_nothing_lies_beside_the_cameras_light() -> None:
    text = at_the_camera(
        TEXT, {"relay": RELAY}, *RELAY_WIRES,
        ("led.anode", "relay.com", "orange"),
        ("led.cathode", "relay.no", "black"),
    )  # fmt: skip
    assert "relay lies beside led: it could put it out while camera has power" in told(text)


@pytest.mark.parametrize("use", ["output", "input"])
def test_no_gpio_touches_the_cameras_light_whatever_it_is_used_for(use: str) -> None:
    text = at_the_camera(TEXT, {}, ("pin 36", "led.anode", "orange")).replace("'output'", f"'{use}'")
    assert "pin 36 reaches led past what feeds camera" in told(text)


def test_what_cuts_the_camera_is_a_switch_that_a_hand_moves() -> None:
    text = replaced(
        ('cut_by = "switch"', 'cut_by = "relay"'),
        ('to = "switch.a1"', 'to = "relay.com"'),
        ('from = "switch.b1"\nto = "camera.v33"', 'from = "relay.no"\nto = "camera.v33"'),
        ('from = "switch.b1"\nto = "resistor.a"', 'from = "relay.no"\nto = "resistor.a"'),
    )
    text = at_the_camera(text, {"relay": RELAY}, *RELAY_WIRES, ("switch.a1", "switch.b1", "yellow"))
    assert "relay cuts camera, and is no switch that a hand moves" in told(text)


def test_a_camera_that_is_wired_has_a_switch_and_a_light() -> None:
    assert "no switch cuts camera" in told(replaced(('cut_by = "switch"\n', "")))
    assert "no light shows that camera has power" in told(replaced(('shows = "camera"\n', "")))
