"""The `pi` board in two halves. Each loads what it needs when it is opened, and nothing of the other's.

The capture half has camera, encoder, status light, shutter contact, motion sensor and infrared light. The
link half has the bell and its chime, so that they work whatever becomes of the other. Pin 0 is not wired.
"""

import atexit
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from latchkey.errors import SettingsError
from latchkey.ports import CaptureBoard, Ground, JournalLine, Lamp, LinkBoard, Senses, Severity
from latchkey.settings import PiSettings, Settings

if TYPE_CHECKING:
    from latchkey_pi.pins import Output
    from latchkey_pi.soc import Soc

BOTH = ("capture", "link")
NO_BELL = "a doorbell without a bell: bell_pin is 0"


def fit(settings: Settings, say: Callable[[Severity, str], None], soc: "Soc | None" = None) -> Settings:
    """Give the settings as this board can run them: its profile, and what its memory allows.

    Raises SettingsError. For the process with the camera; the other one reads nothing that it changes.
    """
    from latchkey_pi.memory import fit_memory
    from latchkey_pi.profiles import choose_profile, fitted
    from latchkey_pi.soc import Soc

    soc = soc or Soc()
    profile = choose_profile(settings.pi.profile, soc.model)
    wanted = fitted(settings, profile)
    camera = wanted.camera
    say("info", f"profile {profile.name}: {camera.width}x{camera.height}, {camera.fps:g} pictures a second")
    by_chip = soc.has_chip_encoder and settings.pi.encoder != "x264"
    got, taken_back = fit_memory(wanted, soc.memory(), by_chip=by_chip)
    if taken_back:
        say("warning", f"memory: {taken_back}")
    return got


def check(settings: Settings, sides: Sequence[str] = BOTH) -> None:
    """Look at what no board can have: two things at one pin, no bell, a camera without a number.

    The link half is asked for its own pins only: whatever is wrong with the others, it rings.

    Raises SettingsError.
    """
    pi = settings.pi
    wired = {"bell_pin": pi.bell_pin, "chime_pin": pi.chime_pin if pi.chime == "relay" else 0}
    if "link" in sides and not pi.bell_pin:
        raise SettingsError(
            NO_BELL, hint="[pi] bell_pin is the BCM number of the pin its contact is wired to"
        )
    if "capture" in sides:
        camera_number(settings.camera.source)
        names = ("led_pin", "pir_pin", "shutter_pin", "infrared_pin")
        wired |= {name: getattr(pi, name) for name in names}
    users: dict[int, str] = {}
    for name, pin in wired.items():
        if pin and pin in users:
            hint = "give one of them another pin, or 0 if it is not there"
            raise SettingsError(f"pi.{users[pin]} and pi.{name} are both {pin}", hint=hint)
        users[pin] = name


def open_capture(settings: Settings, ground: Ground, soc: "Soc | None" = None) -> CaptureBoard:
    """Open the half with the camera; a camera that is missing is told by `read`. Raises SettingsError."""
    from latchkey.boards.capture import linux_capture
    from latchkey.frames import Colour
    from latchkey.ports import ClipSpec
    from latchkey_pi.camera import PiCamera
    from latchkey_pi.encoder import choose_encoder
    from latchkey_pi.libraries import load_library
    from latchkey_pi.memory import needed_bytes
    from latchkey_pi.session import Wish
    from latchkey_pi.soc import Soc

    pi, wanted, soc = settings.pi, settings.camera, soc or Soc()
    check(settings, ("capture",))
    load_library("picamera2")  # here, where its absence ends the program with one line
    wish = Wish(
        camera_number(wanted.source), wanted.width & ~1, wanted.height & ~1, wanted.fps, pi.upside_down
    )
    encoder, by_chip = choose_encoder(
        pi.encoder,
        ClipSpec(wish.width, wish.height, wish.fps, Colour()),
        settings.recording,
        pi.bitrate_kbit,
        is_there=soc.has_chip_encoder,
        say=lambda text: _note(ground, "film", text),
    )
    if soc.has_chip_encoder and not by_chip and needed_bytes(settings, by_chip=False) > soc.memory().room:
        _note(ground, "board", "memory is short for x264: a smaller [camera] width and height", "warning")
    parts = _capture_parts(pi, ground)
    camera = PiCamera(wish, pi, ground.clock, ground.journal, soc.heat, parts.infrared)
    atexit.register(camera.close)
    return linux_capture(settings, ground, camera, lamp=parts.lamp, encoder=encoder, senses=parts.senses)


def open_link(settings: Settings, ground: Ground) -> LinkBoard:
    """Open the half with the bell. Raises SettingsError."""
    from latchkey.boards.link import linux_link
    from latchkey_pi.bell import BellButton
    from latchkey_pi.chime import Chime, relay, sound
    from latchkey_pi.pins import GpioPins

    check(settings, ("link",))
    pi, pins = settings.pi, GpioPins()
    ring: Callable[[], None] = _silence
    if pi.chime != "none":
        play = relay(pins.output(pi.chime_pin), pi.chime_s) if pi.chime == "relay" else sound(pi.sound_device)
        chime = Chime(play, ground.clock, ground.journal)
        atexit.register(chime.close)
        ring = chime.ring
    line = pins.input(pi.bell_pin, pull_up=True)
    bell = BellButton(line, ground.clock, ground.journal, ring, pulses=pi.bell == "ac")
    atexit.register(bell.close)
    return linux_link(settings, ground, bell)


def camera_number(source: str) -> int:
    """Read which camera is meant. Raises SettingsError for what is no number of one or two digits."""
    if not (source.isascii() and source.isdecimal() and len(source) <= 2):
        hint = "0 is the first that `rpicam-hello --list-cameras` shows"
        raise SettingsError(f"camera.source {source!r} is no number of a camera", hint=hint)
    return int(source)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What is wired to the capture half; None = the journal tells, or nothing does."""

    lamp: Lamp | None
    senses: Senses | None
    infrared: Callable[[bool], None]


def _capture_parts(pi: PiSettings, ground: Ground) -> _Parts:
    """Claim the pins of the capture half; without any of them gpiozero need not be there."""
    if not (pi.led_pin or pi.shutter_pin or pi.pir_pin or pi.infrared_pin):
        return _Parts(None, None, _ignore)
    from latchkey_pi.light import StatusLight
    from latchkey_pi.pins import GpioPins
    from latchkey_pi.sensors import PiSenses, SenseLine

    pins, lamp = GpioPins(), None
    infrared: Callable[[bool], None] = _ignore
    if pi.led_pin:
        lamp = StatusLight(pins.output(pi.led_pin), ground.clock, ground.journal)
        atexit.register(lamp.close)
    if pi.infrared_pin:
        infrared = _switch(pins.output(pi.infrared_pin))
    lines = [
        SenseLine(pins.input(pin, pull_up=pull_up), ground.clock) if pin else None
        for pin, pull_up in ((pi.shutter_pin, True), (pi.pir_pin, False))
    ]
    senses = PiSenses(*lines) if any(lines) else None
    return _Parts(lamp, senses, infrared)


def _switch(output: "Output") -> Callable[[bool], None]:
    def switch(on: bool) -> None:
        output.drive(high=on)

    return switch


def _note(ground: Ground, part: str, text: str, severity: Severity = "info") -> None:
    ground.journal.note(JournalLine(ground.clock.now_ns(), part, text, severity))


def _silence() -> None:
    """Nothing rings in the house."""


def _ignore(_on: bool) -> None:
    """There is no infrared light."""
