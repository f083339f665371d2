"""The owner's state in its file: open, under a passphrase, and as a copy for the recovery phrase."""

from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.clip import X25519Identity
from latchkey.errors import LatchkeyError, OwnerKeyError
from latchkey.owner.custody import Custody, draw_phrase, identity_of
from latchkey.owner.household import Household, KnownDevice, new_household
from latchkey.owner.phrase import PhraseWrong
from latchkey.owner.sealing import StateDamaged, WordsWrong, passphrase_identity, seal_state
from latchkey.owner.store import HouseholdStore, Unlock, encode_household, open_copy, sealed_copy
from latchkey_sim.entropy import SeededEntropy

DAY, T = 20_000, 3
DEVICE = b"d" * 32
TAKE = SeededEntropy(1).take
PHRASE = draw_phrase(TAKE)
CUSTODY = Custody().with_passphrase("correct horse", TAKE).with_phrase(PHRASE)
HOUSE = replace(new_household(DAY, T, TAKE), custody=CUSTODY, devices=(KnownDevice(DEVICE),))


def typing(passphrase: str, asked: list[bytes] | None = None) -> Unlock:
    def unlock(salt: bytes) -> X25519Identity:
        if asked is not None:
            asked.append(salt)
        return passphrase_identity(passphrase, salt)

    return unlock


def stored(folder: Path, state: Household = HOUSE) -> HouseholdStore:
    store = HouseholdStore(folder / "owner", typing("correct horse"))
    store.create(state, b"book")
    return store


def test_a_passphrase_is_asked_for_once_and_opens_the_state(tmp_path: Path) -> None:
    folder = stored(tmp_path).folder
    asked: list[bytes] = []
    store = HouseholdStore(folder, typing("correct horse", asked))
    assert store.load() == HOUSE
    assert (
        store.change(lambda state: state.heard(DEVICE, DAY))
        == HouseholdStore(folder, typing("correct horse")).load()
    )
    assert len(asked) == 1


def test_a_wrong_passphrase_and_none_open_nothing(tmp_path: Path) -> None:
    folder = stored(tmp_path).folder
    with pytest.raises(WordsWrong):
        HouseholdStore(folder, typing("correct house")).load()
    with pytest.raises(OwnerKeyError, match="has a passphrase") as caught:
        HouseholdStore(folder).load()
    assert "--passphrase-file" in (caught.value.hint or "")


def test_nothing_secret_lies_in_the_files_of_a_state_with_a_passphrase(tmp_path: Path) -> None:
    folder = stored(tmp_path).folder
    everything = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b'"seed"' not in everything
    assert HOUSE.seed not in everything
    assert HOUSE.ratchet.secret not in everything


def test_the_recovery_phrase_opens_the_copy_and_the_copy_follows_every_change(tmp_path: Path) -> None:
    store = stored(tmp_path)
    key = identity_of(" ".join(PHRASE))
    assert open_copy(store.copy_path.read_bytes(), key) == HOUSE
    after = store.change(lambda state: state.heard(DEVICE, DAY + 9).advance(DAY + 9))
    assert after.ratchet.day == DAY + 9 - T
    assert open_copy(store.copy_path.read_bytes(), key) == after


def test_the_phrase_makes_no_day_key_so_a_copy_opens_no_day_that_was_erased_when_it_was_made(
    tmp_path: Path,
) -> None:
    store = stored(tmp_path)
    store.change(lambda state: state.heard(DEVICE, DAY + 9).advance(DAY + 9))
    copy = open_copy(store.copy_path.read_bytes(), identity_of(" ".join(PHRASE)))
    for day in range(DAY, DAY + 20):
        key = HOUSE.ratchet.day_identity(day).text
        assert (key in copy.identities(day)) is (day >= DAY + 9 - T)


def test_a_copy_of_an_earlier_day_opens_from_t_days_before_it_on_for_ever(tmp_path: Path) -> None:
    """The limit that is printed where copies are made."""
    store = stored(tmp_path)
    early = store.copy_path.read_bytes()
    store.change(lambda state: state.heard(DEVICE, DAY + 300).advance(DAY + 300))
    copy = open_copy(early, identity_of(" ".join(PHRASE)))
    assert HOUSE.ratchet.day_identity(DAY).text in copy.identities(DAY)


def test_a_wrong_phrase_opens_nothing(tmp_path: Path) -> None:
    data = stored(tmp_path).copy_path.read_bytes()
    with pytest.raises(WordsWrong):
        open_copy(data, identity_of(" ".join(draw_phrase(SeededEntropy(2).take))))
    with pytest.raises(PhraseWrong):
        identity_of(" ".join([*PHRASE[:-1], PHRASE[0]]))


def test_a_copy_that_names_another_phrase_than_the_one_that_opens_it_is_refused() -> None:
    key = identity_of(" ".join(PHRASE))
    other = replace(HOUSE, custody=Custody().with_phrase(draw_phrase(SeededEntropy(9).take)))
    forged = seal_state(encode_household(other), [str(key.recipient)], None, TAKE)
    with pytest.raises(StateDamaged, match="not made for this recovery phrase"):
        open_copy(forged, key)


def test_without_a_phrase_there_is_no_copy() -> None:
    with pytest.raises(OwnerKeyError, match="no recovery phrase"):
        sealed_copy(replace(HOUSE, custody=Custody()), TAKE)


def test_the_copy_is_not_taken_for_the_state(tmp_path: Path) -> None:
    store = stored(tmp_path)
    (store.folder / "state.json").write_bytes(store.copy_path.read_bytes())
    with pytest.raises(StateDamaged, match="copy for the recovery phrase") as caught:
        store.load()
    assert "owner recover" in (caught.value.hint or "")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_torn_state_is_refused_and_nothing_is_written_over_it(tmp_path: Path, share: float) -> None:
    store = stored(tmp_path)
    path = store.folder / "state.json"
    torn = path.read_bytes()[: int(path.stat().st_size * share)]
    path.write_bytes(torn)
    with pytest.raises(OwnerKeyError):
        store.change(lambda state: state.heard(DEVICE, DAY))
    assert path.read_bytes() == torn


def test_a_change_that_cannot_be_written_leaves_the_state_as_it_was(tmp_path: Path) -> None:
    store = stored(tmp_path)
    store.copy_path.unlink()
    store.copy_path.mkdir()
    with pytest.raises(LatchkeyError):
        store.change(lambda state: state.heard(DEVICE, DAY + 9))
    assert HouseholdStore(store.folder, typing("correct horse")).load() == HOUSE
    assert {path.name for path in store.folder.iterdir()} == {
        "state.json",
        "book.json",
        "lock",
        "recovery.state",
    }


def test_passphrase_and_phrase_can_be_changed_and_taken_away(tmp_path: Path) -> None:
    store = stored(tmp_path)
    store.change(lambda state: replace(state, custody=state.custody.with_passphrase("new", TAKE)))
    with pytest.raises(WordsWrong):
        HouseholdStore(store.folder, typing("correct horse")).load()
    newer = HouseholdStore(store.folder, typing("new"))
    assert newer.load().custody.recovery == CUSTODY.recovery
    newer.change(lambda state: replace(state, custody=Custody()))
    assert HouseholdStore(store.folder).load() == replace(HOUSE, custody=Custody())
    assert not store.copy_path.exists()
