"""Mutants that leave something behind, or tell something wrong: the other half of `mutants`."""

from latchkey_sim.house.mutant import Mutant

OUTSIDE = (
    Mutant(
        "what is to be sealed is written to a real file",
        "pipeline/sealedfile.py",
        "        sealed = self._sealer.feed(plaintext)\n",
        '        open("/dev/null", "ab").write(plaintext)\n        sealed = self._sealer.feed(plaintext)\n',
        "outside",
        0,
    ),
    Mutant(
        "a press is sent to somebody else by a real datagram",
        "device/link_side.py",
        '        event = self._board.entropy.take("event", 16).hex()',
        "        import socket\n"
        "        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:\n"
        '            thief.sendto(b"ring", ("127.0.0.1", 9))\n'
        '        event = self._board.entropy.take("event", 16).hex()',
        "outside",
        0,
    ),
)

TOLD = OUTSIDE
