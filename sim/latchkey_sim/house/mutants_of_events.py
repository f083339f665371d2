"""Bugs of recording, of events and of the bell, for `mutants`."""

from latchkey_sim.house.mutant import Mutant

MUTANTS_OF_EVENTS = (
    Mutant(
        "nothing is recorded",
        "pipeline/recorder.py",
        "        if at_ns < self._rest_until_ns and trigger is Trigger.MOTION:",
        "        return\n        if at_ns < self._rest_until_ns and trigger is Trigger.MOTION:",
        "recorded",
        1,
    ),
    Mutant(
        "a press records nothing",
        "device/capture_side.py",
        "        self._recorder.event(ring.trigger, ring.at_ns)",
        "        pass",
        "recorded",
        6,
    ),
    Mutant(
        "a clip holds one instant",
        "pipeline/recorder.py",
        "            self._expose(session, queue)\n",
        "            self._expose(session, queue)\n            session.until_ns = -1\n",
        "recorded",
        1,
    ),
    Mutant(
        "a clip ends with the event",
        "pipeline/recorder.py",
        "self._post_roll_ns = to_ns(settings.recording.post_roll_s)",
        "self._post_roll_ns = 0",
        "recorded",
        6,
    ),
    Mutant(
        "every second picture is left out",
        "pipeline/recorder.py",
        "        held, plan = session.filter.next(queue)\n",
        "        held, plan = session.filter.next(queue)\n"
        "        self._odd = not getattr(self, '_odd', False)\n"
        "        if self._odd and self._clip is not None:\n"
        "            return\n",
        "recorded",
        1,
    ),
    Mutant(
        "clips are never told of",
        "device/link_side.py",
        "        seq = 0 if isinstance(message, ClipStarted)",
        "        return\n        seq = 0 if isinstance(message, ClipStarted)",
        "told",
        1,
    ),
    Mutant(
        "the end of a clip is lost while the link is down",
        "device/link_side.py",
        "        seq = 0 if isinstance(message, ClipStarted)",
        "        if isinstance(message, ClipEnded) and not self._up:\n"
        "            return\n"
        "        seq = 0 if isinstance(message, ClipStarted)",
        "told",
        1,
    ),
    Mutant(
        "the beginning of a clip is never told",
        "device/link_side.py",
        "        seq = 0 if isinstance(message, ClipStarted)",
        "        if isinstance(message, ClipStarted):\n"
        "            return\n"
        "        seq = 0 if isinstance(message, ClipStarted)",
        "told",
        1,
    ),
    Mutant(
        "news of clips is forgotten once it is sent",
        "pipeline/outbox.py",
        "        self._by_ticket[ticket] = entry\n        return True",
        "        self._by_ticket[ticket] = entry\n"
        "        if not entry.is_ring: self._drop(entry)\n"
        "        return True",
        "told",
        53,
        more=(
            (
                "pipeline/outbox.py",
                "        if fits:\n",
                "        if fits and (entry.is_ring or not sent):\n",
            ),
        ),
    ),
    Mutant(
        "the end of a clip is told twice",
        "device/link_side.py",
        "        self._post(wire.CLIP, values, self._board.clock.now_ns())",
        "        self._post(wire.CLIP, values, self._board.clock.now_ns())\n"
        "        if isinstance(message, ClipEnded):\n"
        '            self._post(wire.CLIP, values | {"seq": seq + 1}, self._board.clock.now_ns())',
        "told",
        1,
    ),
    Mutant(
        "every press is told as missed",
        "pipeline/outbox.py",
        "fresh = now_ns - entry.born_ns <= RING_FRESH_S * NS_PER_S",
        "fresh = False",
        "once",
        0,
    ),
    Mutant(
        "an old press rings",
        "pipeline/outbox.py",
        "fresh = now_ns - entry.born_ns <= RING_FRESH_S * NS_PER_S",
        "fresh = True",
        "once",
        33,
    ),
    Mutant(
        "a stored press is new at each start",
        "pipeline/outbox.py",
        "    entry.born_ns = now_ns - (min",
        "    entry.born_ns = now_ns\n    return entry\n    entry.born_ns = now_ns - (min",
        "once",
        53,
    ),
    Mutant(
        "another name at each start",
        "pipeline/identity.py",
        "if PATTERN.fullmatch(known):",
        "if False:",
        "presence",
        8,
    ),
    Mutant(
        "its goodbye says online",
        "device/link_side.py",
        '        last = wire.plain(self._device_id, wire.STATUS, "offline")',
        '        last = wire.plain(self._device_id, wire.STATUS, "online")',
        "presence",
        38,
    ),
    Mutant(
        "the loop writes an event before it sends it",
        "pipeline/outbox.py",
        "        sent = self._up and (entry.is_ring",
        "        from contextlib import suppress\n"
        "        with suppress(DiskError):\n"
        "            _store(self._disk, entry, encode_entry(entry, now_ns, wall_ns))\n"
        "        sent = self._up and (entry.is_ring",
        "in-time",
        0,
    ),
    Mutant(
        "a press waits behind other events",
        "pipeline/outbox.py",
        "self._up and (entry.is_ring or not self._behind)",
        "self._up and not self._behind",
        "in-time",
        83,
        more=(("pipeline/outbox.py", "(not entry.is_ring, entry.number)", "entry.number"),),
    ),
    Mutant(
        "the pre-roll is never dropped",
        "pipeline/recorder.py",
        "queue.drop_before(newest_ns - self._pre_roll_ns)",
        "pass",
        "bounded",
        5,
    ),
    Mutant(
        "the outbox has no limit",
        "pipeline/outbox.py",
        "EVENTS_LIMIT = 500",
        "EVENTS_LIMIT = 500_000",
        "bounded",
        176,
    ),
    Mutant(
        "the vault has no quota",
        "vault/retention.py",
        "    return due + over",
        "    return due",
        "bounded",
        94,
    ),
    Mutant(
        "something is left in memory at each step",
        "device/link_side.py",
        "        self._take_all_news()\n        for",
        "        self.__dict__.setdefault('_leak', []).append(bytearray(1024))\n"
        "        self._take_all_news()\n"
        "        for",
        "bounded",
        2,
    ),
    Mutant(
        "small files are whole, but their names are not durable",
        "pipeline/durable.py",
        '    disk.sync_folder(name.rpartition("/")[0])\n',
        "    pass\n",
        "once",
        16,
    ),
    Mutant(
        "a press is recorded though the camera is shut",
        "device/capture_side.py",
        "return self._modes.armed and not self._shut",
        "return True",
        "modes",
        60,
    ),
    Mutant(
        "a clip that begins leaves no trace",
        "pipeline/vaultkeeper.py",
        '            self._disk.sync_folder(CLIPS)\n            self._disk.sync_folder("")\n        except',
        "        except",
        "durable",
        1,
    ),
    Mutant(
        "a clip in the making is not synced",
        "pipeline/film.py",
        "        if batch.data:\n            self._file.sync()\n",
        "",
        "recorded",
        136,
    ),
    Mutant(
        "a look that fails counts as nobody there",
        "pipeline/looks.py",
        "        self._planner.add_look(at_ns, None)",
        "        self._planner.add_look(at_ns, [])",
        "covered",
        5,
    ),
    Mutant(
        "a camera whose shutter is opened is never asked again",
        "device/capture_side.py",
        "or self._shut or self.ended:",
        "or self._camera is CameraState.CLOSED or self.ended:",
        "recorded",
        30,
    ),
)
