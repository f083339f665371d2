"""What commands that use the owner's state share: where it lies, how it opens, and signing a new book."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from functools import cache
from pathlib import Path

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.entropy import OsEntropy
from latchkey.cli.asking import unlocker
from latchkey.cli.command import Terminal
from latchkey.errors import NotOnDisk
from latchkey.owner.depositing import leave_deposit, sign_deposit
from latchkey.owner.household import ClockBehind, Household
from latchkey.owner.lifting import lifted, seen_in
from latchkey.owner.memory import HouseholdMemory
from latchkey.owner.store import HouseholdStore, default_folder
from latchkey.pipeline.durable import write_whole
from latchkey.pipeline.orders import ORDERS
from latchkey.units import utc_day
from latchkey.vault.days import day_text


def add_household_options(parser: ArgumentParser) -> None:
    """Declare where the owner's state lies and how it opens."""
    parser.add_argument(
        "--household", type=Path, metavar="FOLDER", help=f"the owner's state [{default_folder()}]"
    )
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help="its first line is the passphrase of the state; otherwise you are asked",
    )


def owner_store(options: Namespace) -> HouseholdStore:
    """Give the store that the options name: the same one each time, so a passphrase is asked for once."""
    return _store(options.household or default_folder(), options.passphrase_file)


def household_memory(options: Namespace) -> HouseholdMemory | None:
    """Give what the household remembers; None where a command works without one."""
    store = owner_store(options)
    return HouseholdMemory(store.folder) if getattr(options, "key", None) is None and store.exists else None


def revoked_text(options: Namespace, device: bytes | None) -> str:
    """Say from which day on the household does not believe a device; "" where it was not revoked."""
    devices = owner_store(options).load().devices
    day = next((one.revoked_day for one in devices if one.public == device), None)
    return "" if day is None else f"revoked by you from {day_text(day)} on"


def use_household(options: Namespace) -> Household:
    """Read the owner's state; what is older than its days is erased from it first. Raises OwnerKeyError."""
    return owner_store(options).settle(lambda state: state.advance(own_day()))


def own_day() -> int:
    """Give the UTC day by this machine's clock."""
    return utc_day(SystemClock().wall_ns())


def warn_of_clock(state: Household, terminal: Terminal) -> None:
    """Tell where this machine's clock says a day that is past by what a doorbell has signed."""
    newest = state.newest_day
    if newest is not None and own_day() < newest:
        behind = ClockBehind(own_day(), newest, by_doorbell=True)
        terminal.say(f"latchkey: warning: {behind}")
        terminal.say(f"latchkey: hint: {behind.hint}")


def change_and_sign(store: HouseholdStore, act: Callable[[Household], Household]) -> tuple[Household, bytes]:
    """Change the state, and sign a new book for it; give both. Raises as `HouseholdStore.change`."""

    def signed(state: Household) -> tuple[Household, bytes]:
        advanced = act(state.advance(own_day()))
        return advanced.with_holding_keys(OsEntropy().take).book(own_day())

    return store.sign(signed)


def say_deliver(store: HouseholdStore, terminal: Terminal) -> None:
    """Tell how a new book gets to the devices: until then nothing has changed for them."""
    terminal.say(f"the new key book is {store.book_path}")
    terminal.say(
        "nothing changes at a doorbell before the book is there: `latchkey owner book --vault DIR` hands"
    )
    terminal.say(
        "it over; where this machine does not see the vault, copy the book into its folder `orders/`"
    )


def open_vault(folder: Path) -> FolderDisk:
    """Give the vault of a doorbell. Raises NotOnDisk for a folder that is none: nothing there is taken."""
    if not any((folder / part).is_dir() for part in ("keys", "clips")):
        raise NotOnDisk(
            f"there is no vault at {folder}",
            hint="it is the folder that [vault] path of a doorbell names, with `clips` and `keys` in it",
        )
    return FolderDisk(folder)


def lift(state: Household, vault: FolderDisk, terminal: Terminal) -> Household:
    """Give the state whose next order the doorbell of a vault takes, and say so where it is an older one.

    Raises OwnerKeyError, DiskError.
    """
    after = lifted(state, seen_in(vault, state.signing_key.public))
    if after != state:
        terminal.say(
            f"latchkey: warning: the doorbell has seen order {after.number} of your household already,"
        )
        terminal.say(
            f"and the last one here is {state.number}: this household was put back from a backup, or"
        )
        terminal.say("another machine has it too. It goes on above that; it does not know what was added or")
        terminal.say("revoked since, and two machines with one household undo what the other did")
    return after


def hand_over(vault: Path, name: str, order: bytes, terminal: Terminal) -> None:
    """Put an order where the doorbell of a vault finds it. Raises DiskError."""
    write_whole(open_vault(vault), f"{ORDERS}/{name}", order)
    terminal.say(f"{vault / ORDERS / name} is there; the doorbell takes it within ten minutes")


def hand_over_copy(store: HouseholdStore, vault: Path, terminal: Terminal) -> None:
    """Leave a sealed copy of the state with the doorbell of a vault, in place of the one that it has.

    Without a recovery phrase there is none, and that is said. Raises DiskError, OwnerKeyError.
    """
    disk, signed = open_vault(vault), b""

    def sign(state: Household) -> Household:
        nonlocal signed
        after, signed = sign_deposit(lift(state.advance(own_day()), disk, terminal), OsEntropy().take)
        return after

    if store.load().custody.recovery is None:
        terminal.say("no copy of the state is left with the doorbell: there is no recovery phrase")
        return
    state = store.change(sign)
    name = leave_deposit(disk, state.number, signed)
    terminal.say(f"{vault / name} is a copy of the state, which the recovery phrase opens; it replaces the")
    terminal.say(
        "doorbell's older copy within ten minutes. An image of that disk made before, with the phrase,"
    )
    terminal.say("opens what it opened then, for ever; and flash may keep what was replaced")


@cache
def _store(folder: Path, passphrase_file: Path | None) -> HouseholdStore:
    return HouseholdStore(folder, unlocker(passphrase_file))
