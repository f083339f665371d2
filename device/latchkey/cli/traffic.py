"""The egress ledger in words: to whom connections went, and how many bytes."""

import json
from typing import Any


def traffic_text(line: str) -> tuple[str, str]:
    """Turn a line of the ledger (`LedgerRow.line`) into where it went and how much that was."""
    row: dict[str, Any] = json.loads(line)
    return f"{row['purpose']} to {row['host']}:{row['port']}", _amount(row)


def size(count: int) -> str:
    """Write a number of bytes for a person."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1e6:.1f} MB"


def _amount(row: dict[str, Any]) -> str:
    if row["bytes_out"] is None:
        return f"{row['connections']} connection(s), bytes unknown"
    connections = f"{row['connections']} connection" + ("" if row["connections"] == 1 else "s")
    return f"{size(row['bytes_out'])} out, {size(row['bytes_in'])} in, {connections}"
