"""dHash as ImageHash computes it, on the luma plane."""

from typing import Any

import numpy as np

from pipelines.media import U8
from pipelines.scanning.hasher import Fingerprint
from pipelines.scanning.hashes.resized import resizing
from pipelines.scanning.native.small_hashes import KEPT, dhash_plane, make_dhash_ready


class Dhash:
    """dHash (N. Krawetz, "Kind of Like That", 2013): whether brightness rises, in 9 x 8 points.

    Bit i is element i, row by row, of `imagehash.dhash(picture).hash` of the plane as a picture
    of mode L (`native.resample` says where Pillow's version matters). Pictures without
    content are not told apart: the quality is always 100. Matches are taken up to 10 bits, as is
    usual for 64.
    """

    name = "dhash"
    bits = 64
    radius = 10
    min_quality = 0

    def __init__(self) -> None:
        make_dhash_ready()
        self._shape: tuple[int, ...] = ()
        self._arguments: tuple[Any, ...] = ()
        self._words = np.zeros(1, dtype=np.uint64)

    def hash(self, luma: U8) -> Fingerprint:
        """Keep `Hasher.hash`. Raises ValueError for a side of more than 65,536 pixels."""
        if luma.shape != self._shape:
            self._arguments = (*resizing(luma, columns=KEPT + 1, rows=KEPT), self._words)
            self._shape = luma.shape
        dhash_plane(luma, *self._arguments)
        return Fingerprint(words=self._words, quality=100)
