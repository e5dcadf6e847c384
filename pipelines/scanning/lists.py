"""Lists to look in: hashes of harmless frames, hidden among random ones."""

import numpy as np

from pipelines.scanning.hash_list import HashList
from pipelines.scanning.hasher import U64


def make_list(hasher: str, bits: int, *, size: int, seed: int, planted: U64) -> HashList:
    """Return `planted`, uint64 of shape (k, bits / 64), at random places among random hashes.

    The same arguments give the same list. Raises ValueError where `planted` is wider or narrower
    than `bits`, or holds more than `size` hashes.
    """
    words = bits // 64
    if bits <= 0 or bits % 64 or planted.ndim != 2 or planted.shape[1] != words:
        raise ValueError(
            f"a list of {bits}-bit hashes takes plants of shape (k, {words}),"
            f" not {planted.shape}; bits are a multiple of 64"
        )
    if len(planted) > size:
        raise ValueError(f"{len(planted)} hashes do not fit in a list of {size}")
    rng = np.random.default_rng(seed)
    hashes = random_hashes(size, bits, rng)
    hashes[rng.permutation(size)[: len(planted)]] = planted
    origin = f"{len(planted):,} given and {size - len(planted):,} random hashes, seed {seed}"
    return HashList(hasher=hasher, bits=bits, origin=origin, hashes=hashes)


def random_hashes(count: int, bits: int, rng: np.random.Generator) -> U64:
    """Return independent random hashes, uint64 of shape (count, bits / 64)."""
    return rng.integers(0, 2**64, (count, bits // 64), dtype=np.uint64)


def flipped(words: U64, distance: int, rng: np.random.Generator) -> U64:
    """Return a copy of one hash, uint64 of shape (words,), with `distance` random bits flipped.

    Raises ValueError where the hash has fewer bits.
    """
    bits = 64 * len(words)
    if not 0 <= distance <= bits:
        raise ValueError(f"{distance} of {bits} bits cannot be flipped")
    turned = words.copy()
    for bit in rng.permutation(bits)[:distance].tolist():
        turned[bit // 64] ^= np.uint64(1 << bit % 64)
    return turned
