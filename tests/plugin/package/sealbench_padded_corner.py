"""A scanner of a third party: 64 pixels of the top left corner against their mean."""

import numpy as np

from pipelines.media import U8
from pipelines.scanning.hasher import Fingerprint
from pipelines.scanning.index.multi_index import MULTI_INDEX
from pipelines.scanning.scanner import Scanner


class CornerHash:
    """Which pixels of the top left corner are brighter than its mean."""

    name = "corner"
    bits = 64
    radius = 6
    min_quality = 0

    def hash(self, luma: U8) -> Fingerprint:
        """Return one bit for each of 64 pixels; a smaller picture is repeated."""
        corner = np.resize(luma[:8, :8], 64)
        words = np.packbits(corner > corner.mean(), bitorder="little").view(np.uint64)
        return Fingerprint(words=words, quality=100)


CORNER = Scanner(
    name="corner",
    summary="An example: the top left corner, looked up exactly within 6 bits.",
    source="an example",
    new_hasher=CornerHash,
    index=MULTI_INDEX,
    labels=("example",),
)
