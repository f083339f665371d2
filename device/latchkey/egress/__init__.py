"""Egress: the one package that opens connections, and the ledger of what went through them."""

from latchkey.egress.gate import Destination, Egress
from latchkey.egress.ledger import SYSTEM_DNS, SYSTEM_UPDATE, Ledger, LedgerRow

__all__ = ["SYSTEM_DNS", "SYSTEM_UPDATE", "Destination", "Egress", "Ledger", "LedgerRow"]
