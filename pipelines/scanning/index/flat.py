"""The list from end to end: exact at any radius, and as fast as memory."""

import numpy as np

from pipelines.scanning.hasher import U64
from pipelines.scanning.index.compiled import CompiledIndex
from pipelines.scanning.index.contract import IndexKind
from pipelines.scanning.index.shapes import check_list
from pipelines.scanning.native.flat_scan import BLOCK, in_blocks, ready_scan, scan_state
from pipelines.scanning.native.words import aligned_words


class FlatIndex(CompiledIndex):
    """The list in blocks, within which all first words stand together, then all second ones."""

    def __init__(self, hashes: U64, radius: int) -> None:
        check_list(hashes, radius)
        entries, words = hashes.shape
        self._blocks = in_blocks(hashes)
        self._distances = aligned_words(BLOCK).view(np.int64)
        state = scan_state(self._blocks, entries, min(radius, 64 * words), self._distances)
        super().__init__(ready_scan(), state, words=words)

    @property
    def nbytes(self) -> int:
        """Bytes of the hashes, filled up to whole blocks."""
        return int(self._blocks.nbytes)


FLAT = IndexKind(
    name="flat",
    summary="Compiled linear scan of the whole list.",
    source="Hamming distance by XOR and population count, eight entries per AVX-512 register",
    exact=True,
    build=FlatIndex,
)
