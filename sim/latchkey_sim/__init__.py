"""The simulator: the same device on another board, in virtual time, with known truth."""
