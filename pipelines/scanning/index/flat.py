"""The list from end to end: exact at any radius, and as fast as memory."""

import numpy as np

from pipelines.scanning.hasher import U64
from pipelines.scanning.index.compiled import CompiledIndex
from pipelines.scanning.index.contract import IndexKind
from pipelines.scanning.index.shapes import check_list
from pipelines.scanning.native.flat_scan import BLOCK, ready_scan, scan_state
from pipelines.scanning.native.words import aligned_words


class FlatIndex(CompiledIndex):
    """All first words of the list, then all second ones, and so on."""

    def __init__(self, hashes: U64, radius: int) -> None:
        check_list(hashes, radius)
        entries, words = hashes.shape
        self._planes = aligned_words(entries * words).reshape(words, entries)
        self._planes[:] = hashes.T
        self._distances = aligned_words(BLOCK).view(np.int64)
        state = scan_state(self._planes, min(radius, 64 * words), self._distances)
        super().__init__(ready_scan(), state, words=words)

    @property
    def nbytes(self) -> int:
        """Bytes of the hashes."""
        return int(self._planes.nbytes)


FLAT = IndexKind(
    name="flat",
    summary="Compiled linear scan of the whole list.",
    source="Hamming distance by XOR and population count, eight entries per AVX-512 register",
    exact=True,
    build=FlatIndex,
)
