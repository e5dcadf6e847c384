"""The replay window of one KID in compiled code: as `pipelines.formats.replay`, counters 64 bits.

Counters are unsigned numbers in int64. A window is a row of words: whether any counter was
accepted, the highest one, how many it spans, and the ring of bits of `srtp_window`.
"""

from pipelines.compiled import step
from pipelines.engines.native.calls import load_i64, store_i64
from pipelines.engines.native.evp import Words
from pipelines.engines.native.srtp_window import (
    forget_between,
    mark,
    ring_words,
    seen_mask,
    was_seen,
)

_ANY, _HIGHEST, _SPAN, _RING_WORDS, _RING = 0, 8, 16, 24, 32
_WORD = 64
_UNSIGNED = (1 << 64) - 1
_SIGN = -(1 << 63)


def window_words(span: int) -> int:
    """Return the words of a window that spans `span` counters (at least 64)."""
    return _RING // 8 + ring_words(span)


def set_up(window: Words, span: int) -> None:
    """Make zeroed words an empty window."""
    window[_SPAN // 8] = span
    window[_RING_WORDS // 8] = ring_words(span)


def window_state(window: Words) -> tuple[int, int]:
    """Return what `ReplayWindow.state` does: (highest accepted or -1, mask of those below it)."""
    if not window[_ANY // 8]:
        return -1, 0
    highest = int(window[_HIGHEST // 8]) & _UNSIGNED
    ring = window[_RING // 8 :]
    # Only the position in the ring matters to the mask, and it fits the arrays there.
    return highest, seen_mask(ring, highest % (_WORD * len(ring)), int(window[_SPAN // 8]))


@step
def highest_of(window: int) -> int:
    """Return the highest counter accepted; meaningless while there is none."""
    return load_i64(window + _HIGHEST)


@step
def _is_new_highest(window: int, counter: int) -> bool:
    # With the sign bit turned, int64 compare as the unsigned numbers they stand for.
    above = counter ^ _SIGN > load_i64(window + _HIGHEST) ^ _SIGN
    return load_i64(window + _ANY) == 0 or above


@step
def is_replay(window: int, counter: int) -> bool:
    """Return whether `counter` was accepted before, or is older than the window."""
    if _is_new_highest(window, counter):
        return False
    behind = load_i64(window + _HIGHEST) - counter
    # Negative here means 2^63 or more behind.
    if behind < 0 or behind >= load_i64(window + _SPAN):
        return True
    return was_seen(window + _RING, load_i64(window + _RING_WORDS), counter)


@step
def accept(window: int, counter: int) -> None:
    """Record that the unit with `counter`, which is no replay, was authentic."""
    ring, words = window + _RING, load_i64(window + _RING_WORDS)
    if _is_new_highest(window, counter):
        highest = load_i64(window + _HIGHEST)
        ahead = counter - highest
        if ahead < 0 or ahead >= words * _WORD:
            ahead = words * _WORD
        # The ring knows positions alone; these do not overflow near 2^63.
        position = highest & (words * _WORD - 1)
        forget_between(ring, words, position, position + ahead)
        store_i64(window + _ANY, 1)
        store_i64(window + _HIGHEST, counter)
    mark(ring, words, counter)
