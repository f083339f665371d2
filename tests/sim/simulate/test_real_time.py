"""Real time: the same house at the speed of life, and a permanent doorbell on a real broker."""

import gc
import json
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from latchkey.cli.stop import Interrupted, Stop
from latchkey.errors import EXIT_OK, UsageError
from latchkey.ports import Still
from latchkey.units import NS_PER_S
from latchkey_sim.brokers import Delivery, Listener, mosquitto_broker
from latchkey_sim.clock import VirtualClock
from latchkey_sim.house.footage import Passage, TinyFootage
from latchkey_sim.screen import Screen, run_on_screen
from latchkey_sim.simulate import COMMAND
from latchkey_sim.simulate.chosen import choose
from latchkey_sim.simulate.endless import EndlessBell, EndlessCamera
from latchkey_sim.simulate.permanent import read_broker
from latchkey_sim.simulate.playing import play
from latchkey_sim.simulate.reallife import LifeClock, come_alive


def sim(*words: object, screen: Screen | None = None) -> tuple[int, Screen]:
    """Run `latchkey sim`."""
    return run_on_screen(COMMAND, *words, screen=screen)


@pytest.mark.slow
def test_at_the_speed_of_life_the_trace_is_the_same_and_is_told_as_it_comes(quick: Path) -> None:
    chosen, screen = choose(str(quick), 3, (), "none"), Screen()
    virtual = play(chosen, 60)
    began_s = time.monotonic()
    house = come_alive(chosen.house(LifeClock(Stop(), pace=4)), screen)
    lively = play(chosen, 60, house)
    assert time.monotonic() - began_s >= virtual.virtual_s / 4
    assert lively.house.trace.sha256 == virtual.house.trace.sha256
    assert (virtual.trouble, lively.trouble) == ([], [])
    assert "00:04.0  door0   press" in screen.told
    assert '/event/doorbell {"' in screen.told


@pytest.mark.slow
def test_ctrl_c_ends_a_house_in_real_time_and_what_happened_so_far_is_written(
    quick: Path, tmp_path: Path
) -> None:
    screen = Screen()
    timer = threading.Timer(1.5, lambda: screen.stop.ask(signal.SIGINT))
    timer.start()
    with pytest.raises(Interrupted):
        sim("run", quick, "--detector", "none", "--real-time", "--out", tmp_path / "out", screen=screen)
    timer.join()
    assert "interrupted at " in screen.told
    assert "online" not in (tmp_path / "out" / "trace.txt").read_text()
    assert len((tmp_path / "out" / "trace.txt").read_text().splitlines()) > 5


def tiny() -> TinyFootage:
    """Somebody passes from second 2 to 3 of a scene of 10 s."""
    return TinyFootage(1, [Passage(2 * NS_PER_S, 3 * NS_PER_S, 20, 100)])


def test_an_endless_camera_gives_the_scene_again_and_again_at_its_times() -> None:
    clock, times = VirtualClock(0, 5 * NS_PER_S), []
    camera = EndlessCamera(tiny(), 10 * NS_PER_S, clock)
    while clock.now_ns() < 36 * NS_PER_S:
        seen = camera.read()
        if isinstance(seen, Still):
            clock.wait_until(seen.until_ns)
        elif seen is not None:
            assert seen.at_ns == clock.now_ns()
            times.append((seen.at_ns - 5 * NS_PER_S) / NS_PER_S)
    first = [at_s for at_s in times if at_s < 10]
    assert first[0] == 1.0
    assert first[-1] == 3.8
    assert times == pytest.approx([n * 10 + at_s for n in range(3) for at_s in first])


def test_an_endless_camera_skips_what_is_late_and_what_came_while_it_was_closed() -> None:
    clock = VirtualClock(0)
    camera = EndlessCamera(tiny(), 10 * NS_PER_S, clock)
    clock.wait_until(3 * NS_PER_S)
    seen = camera.read()
    assert seen is not None
    assert not isinstance(seen, Still)
    assert seen.at_ns == 2 * NS_PER_S
    camera.close()
    clock.wait_until(13 * NS_PER_S)
    camera.restart()
    seen = camera.read()
    assert seen is not None
    assert not isinstance(seen, Still)
    assert seen.at_ns == 13 * NS_PER_S


def test_an_endless_bell_is_pressed_once_at_each_of_its_times() -> None:
    clock = VirtualClock(0, 7)
    bell = EndlessBell((NS_PER_S, 9 * NS_PER_S), 10 * NS_PER_S, clock)
    pressed = []
    for second in range(0, 30, 2):
        clock.wait_until(second * NS_PER_S)
        pressed += bell.presses()
    assert pressed == [at_s * NS_PER_S + 7 for at_s in (1, 9, 11, 19, 21)]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("mqtt://broker.home", ("broker.home", 1883, "", False, "")),
        ("mqtt://me:s%40cret@10.0.0.7:2883", ("10.0.0.7", 2883, "me", False, "s@cret")),
        ("mqtts://me@broker.home/", ("broker.home", 8883, "me", True, "")),
        ("mqtt://[::1]:1884", ("::1", 1884, "", False, "")),
    ],
)
def test_a_brokers_url_is_read(url: str, found: tuple[str, int, str, bool, str]) -> None:
    mqtt, password = read_broker(url)
    assert (mqtt.host, mqtt.port, mqtt.username, mqtt.tls, password) == found


@pytest.mark.parametrize(
    "url",
    [
        "", "broker.home", "http://broker.home", "mqtt://", "mqtt://u:geheim@", "mqtt://u:geheim@h:x",
        "mqtt://u:geheim@h:99999", "mqtt://u:geheim@h:0", "mqtt://u:geheim@h/topic", "mqtt://u:geheim%0A@h",
        "mqtt://u:geheim@[::1",
    ],
)  # fmt: skip
def test_what_is_no_brokers_url_is_refused_without_telling_a_password(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_broker(url)
    assert "geheim" not in f"{caught.value} {caught.value.hint} {caught.value.__cause__}"


def rings(got: list[Delivery]) -> list[Delivery]:
    """Give the presses that were told."""
    return [one for one in got if one.topic.endswith("/event/doorbell")]


def stop_after_rings(count: int, listener: Listener, stop: Stop) -> None:
    """Press Ctrl-C once so many presses were told."""
    listener.wait_for(lambda got: len(rings(got)) >= count, 30)
    stop.ask(signal.SIGINT)


@pytest.mark.slow
def test_a_permanent_doorbell_rings_round_after_round_under_one_name_until_ctrl_c(
    quick: Path, tmp_path: Path, need: Callable[[str], str]
) -> None:
    need("mosquitto")
    text = quick.read_text().replace("seconds = 8", "seconds = 4").replace("rings = [4]", "rings = [2]")
    for old, new in (
        ("at = 7", "at = 3.9"),
        ("at = 4,", "at = 2,"),
        ("at = 3,", "at = 1,"),
        ("at = 1,", "at = 0,"),
    ):
        text = text.replace(old, new, 1)
    quick.write_text(text.partition("[[expect]]")[0])
    names, out = set(), tmp_path / "out"
    with mosquitto_broker() as broker:
        words = ["run", quick, "--detector", "none", "--out", out]
        words += ["--broker", f"mqtt://{broker.host}:{broker.port}"]
        for _ in range(2):
            screen = Screen()
            with Listener(broker) as listener:
                worker = threading.Thread(target=stop_after_rings, args=(2, listener, screen.stop))
                worker.start()
                code, _ = sim(*words, screen=screen)
                worker.join()
                assert listener.wait_for(lambda got: got[-1].payload == "offline", 5)
            gc.collect()  # a folder's lock goes with those who hold it
            rung = rings(listener.deliveries)
            assert code == EXIT_OK
            assert len({json.loads(one.payload)["id"] for one in rung}) >= 2
            names |= {one.topic.split("/")[1] for one in rung}
            assert "stopped" in screen.told
    assert len(names) == 1
    assert list((out / "vault" / "clips").glob("*.age"))
    assert (out / "owner.key").read_text().startswith("AGE-SECRET-KEY-")
