"""Latchkey: a doorbell camera whose footage stays with whoever lives there."""

__version__ = "0.1.0"
