"""The system's randomness."""

import os


class OsEntropy:
    """Bytes from the kernel's generator, fit for keys; every stream is equally unpredictable."""

    def take(self, stream: str, n_bytes: int) -> bytes:  # noqa: ARG002 -- only simulated streams differ
        """Give `n_bytes` fresh bytes. Raises ValueError for a negative number."""
        return os.urandom(n_bytes)
