"""A state at rest: it opens with the passphrase, or with the recovery phrase, and with nothing else."""

import pytest

from latchkey.errors import OwnerKeyError
from latchkey.owner import sealing
from latchkey.owner.sealing import (
    StateDamaged,
    WordsWrong,
    is_sealed,
    open_state,
    passphrase_identity,
    recovery_identity,
    salt_of,
    seal_state,
)
from latchkey_sim.entropy import SeededEntropy

STATE = b'{"state": 1}\n' * 40
SALT = b"s" * 16
PHRASE = recovery_identity(b"p" * 16)
PASSPHRASE = passphrase_identity("correct horse", SALT)
TAKE = SeededEntropy(1).take
BOTH = seal_state(STATE, [str(PASSPHRASE.recipient), str(PHRASE.recipient)], SALT, TAKE)


def test_either_secret_opens_it_and_no_other_does() -> None:
    assert open_state(BOTH, PASSPHRASE) == open_state(BOTH, PHRASE) == STATE
    for stranger in (recovery_identity(b"q" * 16), passphrase_identity("Correct horse", SALT)):
        with pytest.raises(WordsWrong):
            open_state(BOTH, stranger)


def test_the_salt_stands_before_it_and_nothing_of_the_state_does() -> None:
    assert is_sealed(BOTH)
    assert salt_of(BOTH) == SALT
    assert salt_of(seal_state(STATE, [str(PHRASE.recipient)], None, TAKE)) is None
    assert b"state" not in BOTH.partition(b"\n")[2]
    assert not is_sealed(STATE)


def test_no_public_half_stands_in_it_so_nobody_else_can_seal_a_state_to_the_owner() -> None:
    for identity in (PASSPHRASE, PHRASE):
        assert identity.recipient.point not in BOTH
        assert str(identity.recipient).encode() not in BOTH


def test_a_state_that_is_cut_anywhere_is_refused() -> None:
    for length in range(len(BOTH)):
        with pytest.raises((StateDamaged, WordsWrong)):
            open_state(BOTH[:length], PHRASE)


def test_a_state_that_is_changed_anywhere_is_refused_or_is_still_the_same() -> None:
    """Only the salt may be changed unnoticed by the phrase: it does not need it."""
    for place in range(len(BOTH)):
        changed = BOTH[:place] + bytes([BOTH[place] ^ 1]) + BOTH[place + 1 :]
        try:
            assert open_state(changed, PHRASE) == STATE
        except (StateDamaged, WordsWrong):
            continue
        assert place < BOTH.index(b"\n")


def test_a_passphrase_takes_64_mib_so_that_guessing_costs() -> None:
    assert sealing.MEMORY_BYTES == 64 << 20
    assert sealing.ROUNDS == 2
    assert passphrase_identity("correct horse", b"t" * 16) != PASSPHRASE


def test_one_letter_in_two_spellings_is_one_letter() -> None:
    assert passphrase_identity("caf\u00e9 key", SALT) == passphrase_identity("cafe\u0301 key", SALT)


@pytest.mark.parametrize("passphrase", ["", "x" * 1025])
def test_no_passphrase_and_an_endless_one_are_refused(passphrase: str) -> None:
    with pytest.raises(OwnerKeyError, match="1 to 1024 characters"):
        passphrase_identity(passphrase, SALT)


def test_a_state_of_absurd_size_is_refused_in_bounded_memory() -> None:
    huge = seal_state(bytes(sealing.STATE_LIMIT_BYTES + 1), [str(PHRASE.recipient)], None, TAKE)
    with pytest.raises(StateDamaged, match="larger than"):
        open_state(huge, PHRASE)
