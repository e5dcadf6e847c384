"""The measured blocks of one benchmark in one restart."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """Times of one restart: `base_ns`, `head_ns`, `twin_ns` of shape (rounds,), a block each.

    The three blocks of a round did the same units one right after the other, in random order.
    `interrupted`, bool of the same shape, marks rounds in which the scheduler took the CPU away
    from one of them.
    """

    base_ns: I64
    head_ns: I64
    twin_ns: I64
    interrupted: Flags

    def __len__(self) -> int:
        return len(self.base_ns)
