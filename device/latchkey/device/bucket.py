"""How often something may happen: so many times at once, and then as often as it refills. Pure."""

from dataclasses import dataclass


@dataclass(slots=True)
class Bucket:
    """Holds `limit` of something, and gets one more every `refill_ns`."""

    limit: int
    refill_ns: int
    _empty_at_ns: int | None = None

    def take(self, now_ns: int) -> bool:
        """Take one, if there is one."""
        least_ns = now_ns - self.limit * self.refill_ns
        at_ns = least_ns if self._empty_at_ns is None else max(self._empty_at_ns, least_ns)
        if at_ns + self.refill_ns > now_ns:
            return False
        self._empty_at_ns = at_ns + self.refill_ns
        return True
