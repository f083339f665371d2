"""What may be offered to an uplink: whole clips. A face layer cannot be, whatever a caller tries."""

import pytest

from latchkey.adapters.uplink import NoUplink
from latchkey.errors import ClipError
from latchkey.ports import ClipEntry
from latchkey.vault import faces_name, sealed_clip

ID = "a" * 32
DAY = 20_781


def test_a_whole_clip_is_offered_by_its_own_name() -> None:
    clip = sealed_clip(ClipEntry(ID, DAY, 5, "whole"))
    assert (clip.clip, clip.name, clip.size_bytes) == (ID, f"clips/2026-11-24.{ID}.age", 5)


def test_a_torn_clip_is_not_offered() -> None:
    with pytest.raises(ClipError, match="only whole clips"):
        sealed_clip(ClipEntry(ID, DAY, 5, "torn"))


@pytest.mark.parametrize("trick", [f"{ID}.faces", f"../{ID}", ID.upper(), faces_name(ID, DAY), ""])
def test_no_entry_can_spell_the_name_of_another_file(trick: str) -> None:
    with pytest.raises(ClipError):
        sealed_clip(ClipEntry(trick, DAY, 5, "whole"))


@pytest.mark.parametrize("other", [faces_name(ID, DAY), ClipEntry(ID, DAY, 1, "whole"), b"bytes", None])
def test_an_uplink_refuses_everything_else_at_run_time(other: object) -> None:
    with pytest.raises(TypeError, match="only SealedClip"):
        NoUplink().offer(other)  # type: ignore[arg-type]
