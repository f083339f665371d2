"""Verifying and recovering clips of a real recording, through the commands and without a vault."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import av
import pytest

from latchkey.cli import main
from latchkey.clip import padme_bytes, seal
from latchkey.owner import list_clips, open_clip
from latchkey.owner.household import KnownDevice, new_household
from latchkey.owner.recovering import recover_clip
from latchkey.owner.store import HouseholdStore
from latchkey.pipeline.identity import PUBLIC_NAME
from latchkey.ports import ClipEntry
from latchkey.settings import RecordingSettings, Settings
from latchkey.units import NS_PER_S
from latchkey.vault import chain_name, sealed_name, slip_name, tail_name
from latchkey.vault.days import day_text, parse_day
from latchkey_sim.desk import Desk, desk
from latchkey_sim.disk import MemoryDisk
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import OWNER
from latchkey_sim.street import street
from latchkey_sim.tinyclip import MANIFEST, tiny_parts

SHORT = RecordingSettings(pre_roll_s=1.0, post_roll_s=2.0, threads=1)
VISITS = ((4.0, 6.0), (16.0, 18.0), (28.0, 30.0))
pytestmark = pytest.mark.slow  # three visits are recorded once


def house(seed: int = 1, until_s: float | None = None) -> Desk:
    settings = Settings(recording=SHORT)
    home = desk(street(36, VISITS), settings, rings_ns=[5 * NS_PER_S], seed=seed)
    if until_s is not None:
        home.run_until(round(until_s * NS_PER_S))
        return home
    home.run_until_ended(200 * NS_PER_S)
    home.device.close()
    return home


@cache
def recorded() -> dict[str, bytes]:
    """Give the files of a vault of three clips."""
    return {name: bytes(data) for name, data in house().vault.files.items()}


def laid_out(files: dict[str, bytes], folder: Path) -> Path:
    for name, data in files.items():
        path = folder / "vault" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    key = folder / "owner.key"
    key.write_text(OWNER.text + "\n")
    key.chmod(0o600)
    return folder / "vault"


def in_memory(files: dict[str, bytes]) -> MemoryDisk:
    disk = MemoryDisk()
    for name, data in files.items():
        disk.create(name).append(data)
    return disk


def ids(files: dict[str, bytes]) -> list[str]:
    """Give the ids in the order of recording, as the slips tell it."""
    slips = [json.loads(data[:-64]) for name, data in files.items() if name.endswith(".slip")]
    return [slip["clip"] for slip in sorted(slips, key=lambda slip: int(slip["sequence"]))]


def clips(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main(["clips", *map(str, arguments), "--key", str(folder / "owner.key")])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_each_clip_of_a_vault_is_complete_by_a_trusted_device_and_in_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vault = laid_out(recorded(), tmp_path)
    for number, clip in enumerate(ids(recorded()), 1):
        code, out, _ = clips(tmp_path, capsys, "verify", clip, "--vault", vault, "--json")
        found = json.loads(out)
        assert (code, found["outcome"], found["chain"]["number"]) == (0, "whole", number)
        assert found["chain"]["broken"] == []
        assert found["manifest"]["frames"] == round(found["proved_s"] * 10)
    code, out, _ = clips(tmp_path, capsys, "verify", ids(recorded())[1][:8], "--vault", vault)
    assert code == 0
    assert "recorded by the device whose key lies beside it, complete and unchanged" in out
    assert "clip 1 before it is unchanged" in out


def test_the_sealed_file_of_each_clip_has_a_padme_length() -> None:
    whole = [data for name, data in recorded().items() if name.startswith("clips/20")]
    assert len(whole) == 3
    assert all(padme_bytes(len(data)) == len(data) for data in whole)


def test_an_exported_clip_verifies_without_a_vault_and_plays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vault, clip = laid_out(recorded(), tmp_path), ids(recorded())[1]
    video = tmp_path / "visit.mp4"
    code, _, told = clips(tmp_path, capsys, "open", clip, "-o", video, "--vault", vault)
    size = f"{video.stat().st_size / 1024:.1f} KiB"
    assert (code, told) == (0, f"{video}: {size}, readable by you only\n")
    given = ("--companion", vault / chain_name(clip), "--device-key", vault / PUBLIC_NAME)
    code, out, _ = clips(tmp_path, capsys, "verify", video, *given)
    assert (code, "unchanged; its place among the clips was not looked at" in out) == (0, True)
    found = json.loads(clips(tmp_path, capsys, "verify", video, *given, "--json")[1])
    assert found["chain"]["looked_at"] is False
    code, out, _ = clips(tmp_path, capsys, "verify", video)
    assert (code, "device:  unknown" in out, "complete" in out) == (12, True, True)
    assert clips(tmp_path, capsys, "verify", video, *given[:2], "--device-key", "00" * 32)[0] == 12
    other = ("--companion", vault / chain_name(ids(recorded())[0]), *given[2:])
    assert clips(tmp_path, capsys, "verify", video, *other)[0] == 6
    video.write_bytes(video.read_bytes()[:-1])
    code, out, _ = clips(tmp_path, capsys, "verify", video, *given)
    assert (code, "verified up to second" in out) == (11, True)
    data = bytearray(video.read_bytes())
    data[len(data) // 2] ^= 1
    video.write_bytes(data)
    assert clips(tmp_path, capsys, "verify", video, *given)[0] == 6


def test_a_sealed_file_that_lies_in_a_vault_verifies_as_the_clip_that_it_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vault, clip = laid_out(recorded(), tmp_path), ids(recorded())[1]
    (sealed,) = (vault / "clips").glob(f"20*.{clip}.age")
    link, copy = tmp_path / "linked.age", tmp_path / sealed.name
    link.symlink_to(sealed)
    for file in (sealed, link):
        code, out, _ = clips(tmp_path, capsys, "verify", file, "--json")
        found = json.loads(out)
        assert (code, found["target"], found["outcome"]) == (0, str(file), "whole")
        assert (found["chain"]["number"], found["chain"]["looked_at"]) == (2, True)
    assert clips(tmp_path, capsys, "verify", sealed, "--vault", vault)[0] == 0
    copy.write_bytes(sealed.read_bytes())
    assert clips(tmp_path, capsys, "verify", copy)[0] == 12
    other = ("--companion", vault / chain_name(ids(recorded())[0]))
    assert clips(tmp_path, capsys, "verify", sealed, *other, "--vault", vault)[0] == 6
    (vault / chain_name(clip)).unlink()
    assert clips(tmp_path, capsys, "verify", sealed)[0] == 12


def test_a_clip_of_the_age_tool_plays_in_real_players(need: Callable[[str], str], tmp_path: Path) -> None:
    vault = laid_out(recorded(), tmp_path)
    (path,) = (vault / "clips").glob(f"20*.{ids(recorded())[0]}.age")
    video = tmp_path / "visit.mp4"
    run = [need("age"), "-d", "-i", str(tmp_path / "owner.key"), "-o", str(video), str(path)]
    subprocess.run(run, capture_output=True, check=True)
    with av.open(str(video)) as clip:
        frames = sum(1 for _ in clip.decode(video=0))
    assert frames > 30
    probe = [need("ffprobe"), "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames"]
    told = subprocess.run([*probe, "-of", "csv=p=0", str(video)], capture_output=True, check=True, text=True)
    assert (int(told.stdout.strip().strip(",")), told.stderr) == (frames, "")


@pytest.mark.parametrize("cut_s", [6.0, 6.6, 7.05, 7.9])
def test_a_torn_clip_loses_two_seconds_and_the_open_group_at_most(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], cut_s: float
) -> None:
    home = house(until_s=cut_s)
    assert home.board.clock.now_ns() >= cut_s * NS_PER_S
    found = home.vault.after_power_cut()
    settings = Settings(recording=SHORT)
    desk(street(1), settings, vault=found, seed=2)
    (entry,) = list_clips(found)
    assert entry.state == "torn"
    assert tail_name(entry.clip) in found.files
    vault = laid_out({name: bytes(data) for name, data in found.files.items()}, tmp_path)
    video = tmp_path / "rest.mp4"
    code, _, err = clips(tmp_path, capsys, "recover", entry.clip, "-o", video, "--vault", vault)
    assert (code, "at most 2 s" in err, "was whole once" in err) == (0, True, False)
    with av.open(str(video)) as clip:
        times = [float(picture.time or 0) for picture in clip.decode(video=0)]
    open_group_begins_s = int(cut_s - 3.0)  # with the pre-roll, the clip begins at second 3
    assert times[-1] + 0.1 >= open_group_begins_s - 2
    code, out, _ = clips(tmp_path, capsys, "verify", entry.clip, "--vault", vault, "--json")
    assert (code, json.loads(out)["outcome"]) == (11, "partial")
    assert clips(tmp_path, capsys, "verify", video)[0] == 12


def test_recovering_a_whole_clip_that_was_changed_does_not_call_the_loss_small(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, clip = dict(recorded()), ids(recorded())[0]
    (name,) = [name for name in files if name.startswith("clips/20") and clip in name]
    video = bytearray(opened(files, clip, tmp_path))
    video[len(video) // 2] ^= 1
    files[name] = seal(bytes(video), [str(OWNER.recipient)], SeededEntropy(5))
    vault = laid_out(files, tmp_path)
    code, _, err = clips(tmp_path, capsys, "recover", clip, "-o", tmp_path / "x", "--vault", vault)
    assert (code, "was whole once" in err, "at most 2 s" in err) == (0, True, False)
    code, out, _ = clips(tmp_path, capsys, "verify", clip, "--vault", vault)
    assert (code, "device:  unknown; a check failed" in out) == (6, True)


def test_what_lies_in_the_vault_before_the_first_proof_cannot_be_recovered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = house(until_s=36)
    files = {name: bytes(data) for name, data in home.vault.files.items()}
    (name,) = [name for name in files if name.startswith("clips/20") and ids(files)[0] in name]
    torn = name.replace(".age", ".torn.age")
    files[torn] = files.pop(name)[:500]
    vault = laid_out(files, tmp_path)
    code, _, err = clips(tmp_path, capsys, "recover", ids(files)[0], "-o", tmp_path / "x", "--vault", vault)
    assert (code, "nothing of clip" in err, (tmp_path / "x").exists()) == (6, True, False)


def opened(files: dict[str, bytes], clip: str, folder: Path) -> bytes:
    disk, target = in_memory(files), folder / "clip.mp4"
    (entry,) = [entry for entry in list_clips(disk) if entry.clip == clip]
    open_clip(disk, entry, [OWNER.text], target, force=True)
    return target.read_bytes()


def windows(data: bytes, n_bytes: int) -> set[bytes]:
    return {data[at : at + n_bytes] for at in range(len(data) - n_bytes + 1)}


def shared_values(one: bytes, two: bytes, strangers: bytes) -> set[bytes]:
    """Give the 8 bytes that both have, leaving out every byte of what a stranger's clips have too.

    What is the same in clips of any device, 5 bytes or longer, is the format's own.
    """
    format_own, masked = windows(strangers, 5), bytearray(len(one))
    for at in range(len(one) - 4):
        if one[at : at + 5] in format_own:
            masked[at : at + 5] = b"\1" * 5
    own = {one[at : at + 8] for at in range(len(one) - 7) if not any(masked[at : at + 8])}
    return own & windows(two, 8)


def test_two_disclosed_clips_share_no_value_that_links_them(tmp_path: Path) -> None:
    other = {name: bytes(data) for name, data in house(seed=2).vault.files.items()}
    strangers = b"".join(opened(other, clip, tmp_path) for clip in ids(other))
    one, two, _ = (opened(recorded(), clip, tmp_path) for clip in ids(recorded()))
    assert len(windows(one, 8) & windows(two, 8)) > 500
    assert shared_values(one, two, strangers) == set()
    assert shared_values(one + b"sequence", two + b"sequence", strangers) == {b"sequence"}


def test_clips_open_warns_of_a_clip_that_proves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = dict(recorded())
    clip, other = ids(files)[:2]
    del files[chain_name(clip)]
    files[chain_name(other)] = recorded()[chain_name(clip)]
    vault = laid_out(files, tmp_path)
    for one, text in ((clip, "nobody you trust"), (other, "another clip")):
        code, _, err = clips(tmp_path, capsys, "open", one, "-o", tmp_path / one, "--vault", vault)
        assert (code, text in err) == (0, True)


def test_the_verdict_says_where_trust_in_the_device_comes_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vault, clip = laid_out(recorded(), tmp_path), ids(recorded())[0]
    asked = ("verify", clip, "--vault", vault)
    code, out, _ = clips(tmp_path, capsys, *asked)
    assert (code, "device you trust" in out, "who can write there could put in both" in out) == (
        0,
        False,
        True,
    )
    code, out, _ = clips(tmp_path, capsys, *asked, "--device-key", vault / PUBLIC_NAME)
    assert (code, "by the device that you named" in out, "key lies beside it" in out) == (0, True, False)
    for given, source in (((), "vault"), (("--device-key", vault / PUBLIC_NAME), "given")):
        found = json.loads(clips(tmp_path, capsys, *asked, *given, "--json")[1])
        assert (found["trusted"], found["trusted_by"]) == (True, source)
    found = json.loads(clips(tmp_path, capsys, *asked, "--device-key", "00" * 32, "--json")[1])
    assert (found["trusted"], found["trusted_by"]) == (False, None)


@pytest.mark.parametrize("harm", ["cut", "changed"])
def test_a_damaged_whole_clip_does_not_open_and_the_way_to_its_proved_part_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], harm: str
) -> None:
    vault, clip = laid_out(recorded(), tmp_path), ids(recorded())[0]
    (path,) = (vault / "clips").glob(f"20*.{clip}.age")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data[:-20] if harm == "cut" else data)
    code, _, err = clips(tmp_path, capsys, "open", clip, "-o", tmp_path / "x.mp4", "--vault", vault)
    assert (code, f"hint: `latchkey clips recover {clip} -o FILE`" in err) == (6, True), err


def test_bytes_after_the_end_of_a_clip_are_left_out_of_what_is_recovered(tmp_path: Path) -> None:
    short = len(b"".join(tiny_parts(SeededEntropy(3).take)))
    video = b"".join(tiny_parts(SeededEntropy(3).take, padding_bytes=24 + 65_536 - short))
    assert len(video) == 65_536, "a full chunk: with a shorter one, what follows cannot be told from it"
    entry = ClipEntry("a" * 32, 20_000, 0, "whole")
    sealed = seal(video, [str(OWNER.recipient)], SeededEntropy(4)) + b"more"
    disk = in_memory({sealed_name(entry.clip, entry.day, "whole"): sealed})
    progress = recover_clip(disk, entry, [OWNER.text], tmp_path / "rest.mp4")
    assert (tmp_path / "rest.mp4").read_bytes() == video
    assert "follow the end mark" in str(progress.failure)


def test_what_a_clip_says_of_itself_cannot_draw_a_verdict_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Anybody can make a clip with a key of their own: a terminal obeys what is printed of it."""
    lie = "x\x1b[2Jv.mp4: recorded by a device you trust\n  device:  yours\x9b8m\u202e"
    parts = tiny_parts(SeededEntropy(5).take, manifest=replace(MANIFEST, detector=lie))
    video = tmp_path / "v\x1b[2J\u202e.mp4"
    video.write_bytes(b"".join(parts))
    code, out, _ = clips(tmp_path, capsys, "verify", video)
    assert (code, len(out.splitlines())) == (12, 6)
    assert all(line.isprintable() for line in out.splitlines())


def test_a_file_without_any_proof_is_no_clip_and_not_a_damaged_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    phone = tmp_path / "phone.mp4"
    with av.open(str(phone), "w") as target:
        stream = target.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(10):
            target.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        target.mux(stream.encode(None))
    for data in (phone.read_bytes(), b"", b"some text", bytes(200_000)):
        phone.write_bytes(data)
        code, out, _ = clips(tmp_path, capsys, "verify", phone)
        assert (code, "this is no Latchkey clip" in out, "damaged" in out) == (14, True, False)
    assert json.loads(clips(tmp_path, capsys, "verify", phone, "--json")[1])["outcome"] == "no_clip"
    laid_out(recorded(), tmp_path)
    video = bytearray(opened(recorded(), ids(recorded())[0], tmp_path))
    video[5] ^= 1  # so that not even the first box is ours; the proofs are still there
    phone.write_bytes(video)
    assert clips(tmp_path, capsys, "verify", phone)[0] == 6


@pytest.mark.parametrize("bad", ["zz", "00"])
def test_a_device_key_that_is_none_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], bad: str
) -> None:
    vault = laid_out(recorded(), tmp_path)
    code, _, err = clips(
        tmp_path, capsys, "verify", ids(recorded())[0], "--vault", vault, "--device-key", bad
    )
    assert (code, err.count("latchkey: error:")) == (5, 1)


def test_a_device_that_was_revoked_vouches_for_clips_of_earlier_days_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    vault, clip = laid_out(recorded(), tmp_path), ids(recorded())[0]
    (name,) = (path.name for path in (vault / "clips").glob(f"20*.{clip}.age"))
    day = parse_day(name[:10])
    assert day is not None
    public = bytes.fromhex((vault / PUBLIC_NAME).read_text())
    state = replace(new_household(day, 3, SeededEntropy(3).take), long_term=OWNER.secret)
    for revoked_day, code in ((None, 0), (day + 1, 0), (day, 12), (day - 1, 12)):
        folder = tmp_path / f"household {revoked_day}"
        device = KnownDevice(public, name="doorbell", revoked_day=revoked_day)
        HouseholdStore(folder).create(replace(state, devices=(device,)), b"")
        asked = ["clips", "verify", clip, "--vault", str(vault), "--household", str(folder)]
        assert main(asked) == code, capsys.readouterr()
        said = f"revoked by you from {day_text(revoked_day or day)} on"
        assert (said in capsys.readouterr().out) is (code == 12)
        earlier = vault / "clips" / name.replace(name[:10], day_text(day - 9))
        (vault / "clips" / name).rename(earlier)  # anybody can give a file another name
        assert main(asked) == (code or 13), capsys.readouterr()
        earlier.rename(vault / "clips" / name)
    slip = vault / slip_name(clip)
    slip.unlink()
    assert main([*asked[:-1], str(tmp_path / f"household {day + 1}")]) == 12
    strangers = tmp_path / "strangers"
    HouseholdStore(strangers).create(replace(state, devices=(KnownDevice(b"x" * 32),)), b"")
    assert main(["clips", "verify", clip, "--vault", str(vault), "--household", str(strangers)]) == 12
