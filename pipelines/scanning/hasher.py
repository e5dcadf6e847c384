"""The contract of a perceptual hash: a luma plane in, a few words of bits out."""

from typing import Protocol, runtime_checkable

import msgspec
import numpy as np
import numpy.typing as npt

from pipelines.media import U8

U64 = npt.NDArray[np.uint64]
"""Hashes as words: bit i of a hash is bit i % 64 of its word i // 64."""


class Fingerprint(msgspec.Struct, frozen=True, kw_only=True, gc=False, eq=False):
    """The hash of one picture.

    `words` is uint64 of shape (bits / 64,), a view of the hasher's buffer that its next call
    overwrites. `quality` is 0 to 100: how much there is in the picture that a hash can hold on to.
    """

    words: U64
    quality: int


class Hasher(Protocol):
    """A perceptual hash with its own buffers: one per stream, used by one thread at a time."""

    @property
    def name(self) -> str:
        """Name of the algorithm, as lists of hashes carry it: `pdq`."""

    @property
    def bits(self) -> int:
        """Length of a hash in bits, a multiple of 64."""

    @property
    def radius(self) -> int:
        """Hamming distance up to which two pictures are said to match, where nothing else is."""

    @property
    def min_quality(self) -> int:
        """Quality below which a full-range picture's hash is not looked up; 0 where none is."""

    def hash(self, luma: U8) -> Fingerprint:
        """Return the hash of `luma`, uint8 of shape (height, width), rows possibly padded.

        `luma` is not changed and not kept. Any size from 1 x 1 on is taken.
        """


@runtime_checkable
class DihedralHasher(Hasher, Protocol):
    """A hasher that knows the hashes of the turned and mirrored picture without hashing again."""

    def dihedral(self, luma: U8) -> U64:
        """Return the hashes of all eight variants of `luma`, uint64 of shape (8, bits / 64).

        In this order: as it is, rotated by 90, 180 and 270 degrees counter-clockwise, mirrored
        left to right, mirrored top to bottom, transposed, anti-transposed. A view, as in `hash`.
        """
