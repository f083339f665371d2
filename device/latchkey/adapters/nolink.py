"""The link of a device that has no broker: it never comes up, and nothing leaves."""

from latchkey.errors import LinkDown
from latchkey.ports import LinkNews, Publication


class NoLink:
    """`ports.Link` without a connection."""

    def open(self, will: Publication, subscriptions: tuple[str, ...]) -> None:
        """Do nothing."""

    def publish(self, publication: Publication) -> int:  # noqa: ARG002 -- there is nowhere to send it
        """Raise LinkDown, always."""
        raise LinkDown("no broker is set up", hint="set host in the [mqtt] section")

    def news(self) -> list[LinkNews]:
        """Give nothing."""
        return []

    def close(self, last: Publication | None) -> None:
        """Do nothing."""
