"""The 48-bit packet index that RTP's 16-bit sequence number stands for: RFC 3711 3.3.1, App. A."""

HALF = 0x8000
"""A sequence number is taken to lie within 2^15 of the highest one seen."""

ROC_MASK = 0xFFFFFFFF


def estimate_index(highest: int, sequence: int) -> int:
    """Return the index (ROC || SEQ) that `sequence` most likely has.

    `highest` is the highest index so far, s_l with its ROC. Past the last ROC the count begins
    again at zero (App. A: modulo 2^32), so an exhausted key shows as an index far below `highest`.
    """
    roc, last = highest >> 16, highest & 0xFFFF
    if last < HALF:
        # App. A counts a ROC below zero modulo 2^32 too. But no index lies before the first, so
        # there this can only be a long way forward, and a sender must not be thrown to the end of
        # its nonces.
        if sequence - last > HALF and roc > 0:
            roc -= 1
    elif last - HALF > sequence:
        roc = (roc + 1) & ROC_MASK
    return roc << 16 | sequence


def first_index(initial_roc: int) -> int:
    """Return the index of sequence number 0 under `initial_roc`; ValueError if that is no ROC."""
    if not 0 <= initial_roc <= ROC_MASK:
        raise ValueError(f"initial_roc: {initial_roc} is not in 0..{ROC_MASK}")
    return initial_roc << 16
