"""The checker of files is content with a sound device, and sees what is strange, plain, or left over."""

from collections.abc import Callable

import pytest

from latchkey.pipeline.openclip import OpenClip
from latchkey.pipeline.sealedfile import SealedFile
from latchkey_sim.house.checkers import Files, Plaintext
from latchkey_sim.house.checkers.kinds import kind_of, wrong_header
from latchkey_sim.house.disks import Which
from latchkey_sim.house.house import House
from latchkey_sim.house.tiny import tiny_scenario

ID = "0123456789abcdef" * 2
SEALED = b"age-encryption.org/v1\n-> X25519 point\nbody\n--- code\n"


def _found(checker: Files | Plaintext) -> list[str]:
    return [verdict.text for verdict in House(tiny_scenario(), 1, [checker]).run().verdicts]


def _beside(monkeypatch: pytest.MonkeyPatch, do: Callable[[OpenClip], None]) -> None:
    finish = OpenClip.finish

    def finish_and_more(self: OpenClip, meta: object) -> object:
        do(self)
        return finish(self, meta)  # type: ignore[arg-type]

    monkeypatch.setattr(OpenClip, "finish", finish_and_more)


def _write(name: str, data: bytes) -> Callable[[OpenClip], None]:
    return lambda clip: clip._disk.create(name).append(data)


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("clips/cache", b"pixels", "is of no known kind"),
        (f"clips/2026-09-21.{ID}.kept.age", SEALED, "is of no known kind"),
        (f"clips/{ID}.meta.age", b"pixels", "does not begin as a sealed file does"),
        (f"clips/{ID}.meta.age", SEALED[:40] + bytes(3000), "has no end of its header"),
        (f"clips/{ID}.meta.age", SEALED.replace(b"body\n", b"body\n-> X25519 b\nc\n"), "is sealed to 2 keys"),
        (f"clips/{ID}.slip", bytes(3000), "holds 3000 bytes, at most 1024"),
        (f"clips/{ID}.slip", b"{}", "is left of a clip that is gone"),
        ("keys/book.json.part", b"{}", "is left"),
    ],
)
def test_a_file_that_should_not_be(
    monkeypatch: pytest.MonkeyPatch, name: str, data: bytes, text: str
) -> None:
    _beside(monkeypatch, _write(name, data))
    assert any(text in found for found in _found(Files()))


def test_a_file_that_is_gone_within_the_same_job(monkeypatch: pytest.MonkeyPatch) -> None:
    def write_and_remove(clip: OpenClip) -> None:
        for name, data in (("clips/cache", b"pixels"), (f"clips/{ID}.slip", b"....ftypisom")):
            _write(name, data)(clip)
            clip._disk.remove(name)

    _beside(monkeypatch, write_and_remove)
    assert "clips/cache is of no known kind" in _found(Files())[0]
    assert "b'ftypis' is on the vault disk" in _found(Plaintext())[0]


def test_a_clip_without_what_belongs_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SealedFile, "drop_tail", lambda self: self._disk.remove(f"clips/{self._clip}.slip"))
    assert "there are ['chain', 'clip', 'meta', 'tail']" in _found(Files())[0]


@pytest.mark.parametrize(
    ("which", "name"),
    [
        ("state", f"clips/{ID}.slip"),
        ("vault", "device-id"),
        ("vault", f"clips/{ID}.slip.tmp"),
        ("vault", f"clips/{ID[:-1]}.slip"),
        ("state", f"outbox/1-{ID}.json"),
    ],
)
def test_names_that_no_file_has(which: Which, name: str) -> None:
    assert kind_of(which, name) is None


def test_a_header_that_is_not_all_there_yet_is_not_judged() -> None:
    assert {wrong_header(bytearray(SEALED[:size]), 1) for size in range(len(SEALED) - 6)} == {None}
    assert wrong_header(bytearray(SEALED), 1) == ""
