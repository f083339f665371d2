"""Making signed releases: for whoever publishes Latchkey for others, never on a device.

`python -m latchkey_release --help`, with `hardware/release` on PYTHONPATH, or `make release ARGS=...`;
docs/updates.md tells the whole way.
"""
