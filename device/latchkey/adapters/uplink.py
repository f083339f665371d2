"""The uplink of a device that keeps its clips at home: it takes none."""


class NoUplink:
    """`ports.Uplink` that is off, as it is unless the owner switches one on."""

    def offer(self, name: str, size_bytes: int) -> bool:  # noqa: ARG002 -- nothing is looked at
        """Decline."""
        return False
