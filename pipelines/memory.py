"""Memory for results that grows to the largest unit and is then used again."""

import numpy as np

from pipelines.media import U8


class GrowOnlyMemory:
    """One flat buffer; what it lends is valid until the next call of `lend`."""

    def __init__(self) -> None:
        self._flat: U8 = np.empty(0, dtype=np.uint8)

    def lend(self, size: int) -> U8:
        """Return `size` bytes of undefined content, as uint8 of shape (size,)."""
        if size > len(self._flat):
            # Twice as much, so that slowly growing units do not allocate each time.
            self._flat = np.empty(max(size, 2 * len(self._flat)), dtype=np.uint8)
        return self._flat[:size]

    def holds(self, data: U8) -> bool:
        """Return whether `data` lies where the next results go."""
        base: object = data.base
        if base is self._flat or data is self._flat:
            return True
        if base is None or (type(base) is np.ndarray and base.base is None):
            return False
        # A view of something else than an array that owns its memory: a search, which takes time.
        return np.may_share_memory(data, self._flat)
