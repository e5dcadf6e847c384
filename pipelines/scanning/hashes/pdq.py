"""PDQ, Meta's hash of pictures, on the luma plane as the decoder hands it over."""

from dataclasses import fields
from typing import Any

import numpy as np

from pipelines.media import U8
from pipelines.scanning.hasher import U64, Fingerprint
from pipelines.scanning.native.cosine import COEFFICIENTS, FREQUENCIES, VARIANTS, cosines
from pipelines.scanning.native.pdq import (
    IN_DOUBT,
    hash_plane,
    hash_plane_as_reference,
    hash_variants,
    make_ready,
)
from pipelines.scanning.native.tent import SIDE, Shrinking, tents

_WORDS = COEFFICIENTS // 64

_SMALLEST = 5
"""A picture with a side shorter than this has no hash: the reference returns zeros."""


class Pdq:
    """PDQ (Meta, ThreatExchange, 2019): 16 x 16 frequencies of the blurred luma against the median.

    Bit i is element i of the vector that `pdqhash.compute` returns for the plane as a grey
    picture, and the quality is its quality, rounding errors included: see `native.pdq`. It takes
    pictures of any size as they are, without shrinking large ones first, and so does this.
    Limited-range luma is hashed as it is: a hash looks at which coefficients are larger, so the
    smaller range moves only the quality (its gradients are 219/255 of full-range ones).
    """

    name = "pdq"
    bits = COEFFICIENTS
    radius = 31
    min_quality = 50

    def __init__(self) -> None:
        make_ready()
        self._shape: tuple[int, ...] = ()
        self._is_choice = False
        self._tables: tuple[Any, ...] = ()
        self._slow_tables: tuple[Any, ...] = ()
        basis = cosines()
        spectrum = np.zeros((FREQUENCIES, FREQUENCIES), dtype=np.float32)
        keys = np.zeros(COEFFICIENTS, dtype=np.int32)
        self._words = np.zeros(_WORDS, dtype=np.uint64)
        self._memory = (
            np.zeros((SIDE, SIDE), dtype=np.float32),
            basis,
            basis.T.copy(),
            np.zeros((FREQUENCIES, SIDE), dtype=np.float32),
            spectrum,
            keys,
            self._words,
        )
        self._variants = np.zeros((VARIANTS, _WORDS), dtype=np.uint64)
        self._orienting = (spectrum, np.zeros_like(spectrum), keys, self._variants)

    def hash(self, luma: U8) -> Fingerprint:
        """Keep `Hasher.hash`. A side shorter than 5 pixels gives zeros of quality 0.

        Raises ValueError for a picture of more than 65,536 columns or 32,640 rows.
        """
        if luma.shape != self._shape:
            self._fit(luma)
        if min(self._shape) < _SMALLEST:
            return Fingerprint(words=self._words, quality=0)
        quality = hash_plane(luma, *self._tables)
        if quality == IN_DOUBT:
            quality = self._settle(luma)
        return Fingerprint(words=self._words, quality=quality)

    def dihedral(self, luma: U8) -> U64:
        """Keep `DihedralHasher.dihedral`."""
        self.hash(luma)
        if min(self._shape) < _SMALLEST:
            self._variants[:] = 0
        elif hash_variants(*self._orienting) and not self._is_choice:
            self._settle(luma)
            hash_variants(*self._orienting)
        return self._variants

    def _settle(self, luma: U8) -> int:
        """Hash `luma` with the reference's rounding, and return its quality."""
        if not self._slow_tables:
            height, width = luma.shape
            across, down = tents(width), tents(height)
            longest = max(height, width, SIDE)
            self._slow_tables = (
                across.width,
                down.width,
                across.middle,
                down.middle,
                np.zeros(longest + 1, dtype=np.uint32),
                np.zeros(longest, dtype=np.float32),
                np.zeros(height * max(width, SIDE), dtype=np.float32),
                np.zeros(height * max(width, SIDE), dtype=np.float32),
                *self._memory,
            )
        return hash_plane_as_reference(luma, *self._slow_tables)

    def _fit(self, luma: U8) -> None:
        """Make the tables for the size of `luma`."""
        height, width = luma.shape
        shrinking = Shrinking.of(height, width)
        sized = tuple(getattr(shrinking, field.name) for field in fields(shrinking))
        self._is_choice = shrinking.is_choice
        self._tables = (*sized, *self._memory, self._is_choice)
        # Most sizes never need them: they are made when the first picture is in doubt.
        self._slow_tables = ()
        self._shape = luma.shape
        self._words[:] = 0
