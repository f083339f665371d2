"""`latchkey owner pair`: the owner's side of pairing with a doorbell."""

from argparse import ArgumentParser, Namespace, _SubParsersAction

from latchkey.adapters.entropy import OsEntropy
from latchkey.cli.asking import need_terminal, says_yes
from latchkey.cli.command import Terminal
from latchkey.cli.household import add_household_options, change_and_sign, own_day, owner_store
from latchkey.cli.meeting import Channel, SharedFolder, Typed, say_code
from latchkey.cli.pair import add_via_options
from latchkey.errors import EXIT_KEY, EXIT_OK
from latchkey.owner.members import with_device
from latchkey.owner.pairing import ANSWER, NONCE_BYTES, OFFER, REVEAL, OwnerPairing
from latchkey.vault.days import day_text


def configure(actions: "_SubParsersAction[ArgumentParser]") -> None:
    """Declare the action."""
    pair = actions.add_parser("pair", help="pair with a doorbell; begin there, with `latchkey pair`")
    pair.add_argument("--name", default="doorbell", help="what you call it [doorbell]")
    add_via_options(pair)
    add_household_options(pair)
    pair.set_defaults(act=run)


def run(options: Namespace, terminal: Terminal) -> int:
    """Pair."""
    need_terminal("pairing", "somebody has to compare the codes, on both sides")
    store = owner_store(options)
    state = store.load()
    channel: Channel = (
        Typed(terminal, shows_code=False)
        if options.via is None
        else SharedFolder(options.via, options.wait_s, terminal)
    )
    offer = channel.receive(OFFER)
    pairing = OwnerPairing(state.signing_key.public, OsEntropy().take("pair/nonce", NONCE_BYTES), offer)
    channel.send(ANSWER, pairing.answer())
    device, code = pairing.take_reveal(channel.receive(REVEAL))
    with_device(state, options.name, device)  # raises before anybody is asked
    say_code(code, terminal)
    if not says_yes(terminal, "does the doorbell show the same?"):
        terminal.complain(
            "not paired on this side: the codes differ",
            "answer no at the doorbell too, else its next pairing needs `latchkey pair --replace`; then begin"
            " again, and if they differ again, use another way",
        )
        return EXIT_KEY
    state, book = change_and_sign(store, lambda now: with_device(now, options.name, device))
    terminal.say(f"paired: {options.name} is a device of this household")
    viewers = f"{1 + len(state.others)} viewer(s)"
    terminal.say(f"its key book is number {state.number}, signed on {day_text(own_day())}, for {viewers}")
    if channel.send_book(book):
        terminal.say("the key book is on its way; remove nothing before the doorbell has it")
    else:
        terminal.say(
            f"one thing is left: copy {store.book_path} to the doorbell, to where its [owner] book says"
        )
    return EXIT_OK
