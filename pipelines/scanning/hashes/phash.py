"""pHash as ImageHash computes it, on the luma plane."""

from typing import Any

import numpy as np

from pipelines.media import U8
from pipelines.scanning.hasher import Fingerprint
from pipelines.scanning.hashes.resized import resizing
from pipelines.scanning.native.cosine32 import POINTS, factors
from pipelines.scanning.native.small_hashes import KEPT, make_phash_ready, phash_plane


class Phash:
    """pHash (N. Krawetz, "Looks Like It", 2011): 8 x 8 frequencies of 32 x 32 against the median.

    Bit i is element i, row by row, of `imagehash.phash(picture).hash` of the plane as a picture
    of mode L (`native.resample` says where Pillow's version matters). The zero frequency is
    among them. Pictures without
    content are not told apart: the quality is always 100. Matches are taken up to 10 bits, as is
    usual for 64.
    """

    name = "phash"
    bits = 64
    radius = 10
    min_quality = 0

    def __init__(self) -> None:
        make_phash_ready()
        self._shape: tuple[int, ...] = ()
        self._arguments: tuple[Any, ...] = ()
        self._words = np.zeros(1, dtype=np.uint64)
        self._memory = (
            factors(),
            np.zeros((KEPT, POINTS)),
            np.zeros(POINTS),
            np.zeros(POINTS),
            np.zeros((KEPT, KEPT)),
            self._words,
        )

    def hash(self, luma: U8) -> Fingerprint:
        """Keep `Hasher.hash`. Raises ValueError for a side of more than 65,536 pixels."""
        if luma.shape != self._shape:
            self._arguments = (*resizing(luma, columns=POINTS, rows=POINTS), *self._memory)
            self._shape = luma.shape
        phash_plane(luma, *self._arguments)
        return Fingerprint(words=self._words, quality=100)
