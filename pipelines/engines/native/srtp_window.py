"""The replay window in compiled code: a ring of bits, so that moving it on shifts nothing.

Bit `index mod ring` says whether `index` was accepted, for the last `ring` indices; the ring is the
window rounded up to a power of two.
"""

import numpy as np

from pipelines.compiled import step
from pipelines.engines.native.calls import load_i64, store_i64
from pipelines.engines.native.evp import Words

_WORD = 64
_ALL = -1


def ring_words(window: int) -> int:
    """Return the words of the ring for a window of `window` indices (at least 64)."""
    return (1 << (window - 1).bit_length()) // _WORD


def seen_mask(ring: Words, highest: int, window: int) -> int:
    """Return the window as one number: bit n says whether `highest` - n was accepted."""
    bits = np.unpackbits(ring.view(np.uint8), bitorder="little")
    behind = bits[(highest - np.arange(window)) % len(bits)]
    return int.from_bytes(np.packbits(behind, bitorder="little").tobytes(), "little")


@step
def was_seen(ring: int, words: int, index: int) -> bool:
    """Return whether `index`, which lies within the window, was accepted."""
    at = index & (words * _WORD - 1)
    return (load_i64(ring + 8 * (at >> 6)) >> (at & 63)) & 1 == 1


@step
def mark(ring: int, words: int, index: int) -> None:
    """Record that `index` was accepted."""
    at = index & (words * _WORD - 1)
    word = ring + 8 * (at >> 6)
    store_i64(word, load_i64(word) | (1 << (at & 63)))


@step
def forget_between(ring: int, words: int, highest: int, index: int) -> None:
    """Clear the bits of the indices above `highest` up to `index`: they were not seen yet."""
    if index - highest >= words * _WORD:
        for word in range(words):
            store_i64(ring + 8 * word, 0)
        return
    at = highest + 1
    while at <= index:
        word = ring + 8 * ((at & (words * _WORD - 1)) >> 6)
        # Whole words at once, as far as they go: a jump may be as wide as the window.
        count = min(_WORD - (at & 63), index - at + 1)
        bits = _ALL if count == _WORD else ((1 << count) - 1) << (at & 63)
        store_i64(word, load_i64(word) & ~bits)
        at += count
