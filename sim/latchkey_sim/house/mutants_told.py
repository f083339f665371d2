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

_APPEND = "        sealed = self._sealer.feed(plaintext)\n"

LEFT = (
    Mutant(
        "a clip's pictures lie beside it in plain form for a moment",
        "pipeline/sealedfile.py",
        _APPEND,
        "        write_whole(self._disk, tail_name(self._clip), plaintext)\n"
        "        self._disk.remove(tail_name(self._clip))\n" + _APPEND,
        "plaintext",
        0,
    ),
    Mutant(
        "raw pictures lie in the vault, packed",
        "pipeline/film.py",
        "        self._last_ns = safe.at_ns\n",
        "        self._last_ns = safe.at_ns\n"
        "        import zlib\n"
        "        from latchkey.pipeline.durable import write_whole\n"
        '        write_whole(self._keeper._disk, "clips/cache", zlib.compress(picture.y.tobytes()))\n',
        "files",
        0,
    ),
    Mutant(
        "a clip's pictures take the place of its tail, packed",
        "pipeline/sealedfile.py",
        _APPEND,
        "        import zlib\n"
        "        write_whole(self._disk, tail_name(self._clip), zlib.compress(plaintext))\n" + _APPEND,
        "files",
        0,
    ),
    Mutant(
        "clips are sealed to a stranger too",
        "pipeline/sealedfile.py",
        "self._recipients = tuple(recipients)",
        "recipients = [*recipients, 'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj']\n"
        "        self._recipients = tuple(recipients)",
        "files",
        0,
    ),
    Mutant(
        "clips are named as if their owner kept them",
        "pipeline/openclip.py",
        'entry = self._take_name("whole")',
        'entry = self._take_name("kept")',
        "files",
        0,
    ),
    Mutant(
        "the file of a clip that is due stays",
        "pipeline/removing.py",
        '        sealed_name(entry.clip, entry.day, "whole"),  # beside a kept one,'
        " where keeping was cut off\n"
        "        sealed_name(entry.clip, entry.day, entry.state),\n",
        "",
        "files",
        6,
    ),
    Mutant(
        "what lies beside a clip stays when it goes",
        "pipeline/removing.py",
        "        meta_name(entry.clip),\n        chain_name(entry.clip),\n"
        "        tail_name(entry.clip),\n        slip_name(entry.clip),\n",
        "",
        "files",
        6,
    ),
    Mutant(
        "the file of an event that was told stays",
        "pipeline/outbox.py",
        "        try:\n            disk.remove(name)\n        except NotOnDisk:\n            continue",
        "        pass",
        "files",
        1,
    ),
    Mutant(
        "the tail of a whole clip stays",
        "pipeline/sealedfile.py",
        "                self._disk.remove(tail_name(self._clip))\n",
        "                pass\n",
        "files",
        0,
    ),
    Mutant(
        "the probe of a disk stays",
        "pipeline/durable.py",
        "        file.close()\n    disk.remove(PROBE)",
        "        file.close()",
        "files",
        0,
    ),
)

_STAMP = '"ts": wire.stamp(self._wall_s(at_ns)'

WORDS = (
    Mutant(
        "a device listens to everything",
        "wire/messages.py",
        "COMMANDS), BIRTH_TOPIC)",
        'COMMANDS), BIRTH_TOPIC, "#")',
        "topics",
        0,
    ),
    Mutant(
        "a device tells its serial number",
        "wire/discovery.py",
        '            "sw_version": version,\n        },',
        '            "sw_version": version,\n            "serial_number": "10000000deadbeef",\n        },',
        "topics",
        0,
    ),
    Mutant(
        "a device may introduce itself in vain",
        "wire/discovery.py",
        "payload, qos=1, retain=True)",
        "payload, qos=0, retain=True)",
        "topics",
        0,
    ),
    Mutant(
        "a press never expires",
        "wire/table.py",
        '("ring", {}, RING_FRESH_S)',
        '("ring", {}, None)',
        "topics",
        0,
    ),
    Mutant(
        "the last will expires",
        "wire/messages.py",
        '    return plain(device_id, STATUS, "offline")',
        "    from dataclasses import replace\n"
        '    return replace(plain(device_id, STATUS, "offline"), expires_s=1)',
        "topics",
        0,
    ),
    Mutant(
        "a press is told to have been an hour later",
        "device/link_side.py",
        _STAMP,
        _STAMP + " + 3600",
        "times",
        1,
    ),
    Mutant(
        "a clip is told to stay for twenty days more",
        "pipeline/recorder.py",
        "self._keeper.expires_day(entry), clip.next_seq()",
        "self._keeper.expires_day(entry) + 20, clip.next_seq()",
        "times",
        1,
    ),
    Mutant(
        "no clip has a day, so none ever goes",
        "pipeline/readers.py",
        "return day if known else UNDATED",
        "return UNDATED",
        "times",
        1,
    ),
    Mutant(
        "the head of the clips is not signed",
        "device/link_states.py",
        '"signature": head.signature',
        '"signature": "0" * 128',
        "head",
        0,
    ),
    Mutant(
        "the ledger counts no connections",
        "egress/ledger.py",
        "self._accounts.setdefault(key, _Account()).connections += 1",
        "self._accounts.setdefault(key, _Account())",
        "ledger",
        0,
    ),
    Mutant(
        "the log tells the names in the settings",
        "device/link_side.py",
        "        self._complain(self._modes.load())\n",
        "        self._complain(self._modes.load())\n"
        '        self._note("link", f"{self._settings.mqtt}, {self._settings.privacy.zones}")\n',
        "plaintext",
        0,
    ),
)

STATES = (
    Mutant(
        "the filter is always said to be well",
        "device/capture_side.py",
        "filter=self._recorder.filter_state",
        "filter=type(self._recorder.filter_state).OK",
        "states",
        14,
    ),
    Mutant(
        "the camera is said to be lost for ever",
        "device/capture_side.py",
        "camera=self._camera,\n            filter=",
        "camera=CameraState.LOST,\n            filter=",
        "states",
        0,
    ),
    Mutant(
        "the camera is always said to be well",
        "device/capture_side.py",
        "camera=self._camera,\n            filter=",
        "camera=CameraState.OK,\n            filter=",
        "states",
        82,
    ),
    Mutant(
        "a disk that fails is not told of",
        "device/disk_watch.py",
        "            self.state = DiskState.FAILED\n",
        "            self.state = DiskState.OK\n",
        "states",
        17,
    ),
    Mutant(
        "movement never ends",
        "device/capture_side.py",
        "        if moving is not self._moving:",
        "        if moving and not self._moving:",
        "states",
        1,
    ),
    Mutant(
        "states are not told when the link is back",
        "device/link_side.py",
        "        self._outbox.pump(self._board.clock.now_ns())\n        self._publish_states()",
        "        self._outbox.pump(self._board.clock.now_ns())",
        "states",
        0,
    ),
)

TOLD = OUTSIDE + LEFT + WORDS + STATES
