"""Which version of MQTT the next connection tries: 5, or 3.1.1 where the broker speaks no other.

Some brokers refuse MQTT 5, some never answer it. Until one version has worked, silence may mean either, and
the other is tried. Later it hardly does: captive portals, dead routers and brokers that hang are silent too,
and whoever fell back then would stay without expiry of messages for as long as the connection lasts.
"""

from paho.mqtt.enums import MQTTProtocolVersion

from latchkey.adapters.mqtt_session import End, Ending

PATIENCE = 8
"""Silent connections in a row before the other version is tried after all: another broker may stand there
now. With the longest pauses that is eight minutes."""

_V5, _V311 = MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311


class Versions:
    """Learns from how connections end; `now` is what the next one tries."""

    def __init__(self) -> None:
        self.now = _V5
        self._worked: MQTTProtocolVersion | None = None
        self._silent = 0

    def learn(self, ending: Ending) -> bool:
        """Take in how a connection in version `now` ended; tell whether the next one tries another."""
        before = self.now
        if ending.up_s > 0:
            self._worked, self._silent = before, 0
        elif ending.end is End.VERSION:
            self._worked, self.now = None, _other(before)
        elif self._worked not in (None, before):
            self.now = _other(before)
        elif ending.end is End.SILENT:
            self._silent += 1
            if self._worked is None or self._silent % PATIENCE == 0:
                self.now = _other(before)
        return self.now is not before


def _other(version: MQTTProtocolVersion) -> MQTTProtocolVersion:
    return _V311 if version is _V5 else _V5
