"""What a pipeline under test is given: frames in a buffer that the next one overwrites."""

from collections.abc import Iterator, Sequence

import numpy as np

from bench.verdict import WrongAnswer
from pipelines.media import EncodedFrame
from pipelines.memory import GrowOnlyMemory


class Lender:
    """Lends access units, as an encoder would, and keeps the originals to itself.

    Who writes into what was lent, or looks at it once the next came, is found: the originals, which
    results are compared with, are out of reach.
    """

    def __init__(self) -> None:
        self._memory = GrowOnlyMemory()

    def lend(self, original: EncodedFrame) -> EncodedFrame:
        """Return `original` in the one buffer; what was lent before is gone."""
        payload = self._memory.lend(len(original.payload))
        payload[:] = original.payload
        return original.with_payload(payload, original.codec)

    def check(self, original: EncodedFrame, what: str) -> None:
        """Raise WrongAnswer unless what was lent is still `original`."""
        if not np.array_equal(self._memory.lend(len(original.payload)), original.payload):
            raise WrongAnswer(f"{what} wrote into the frame that went in, which others read too")


def endless(frames: Sequence[EncodedFrame]) -> Iterator[EncodedFrame]:
    """Yield `frames` over and over as one stream: numbers and times go on."""
    first_ns, last_ns = frames[0].pts_ns, frames[-1].pts_ns
    turn_ns = (last_ns - first_ns) * len(frames) // max(1, len(frames) - 1)
    number = 0
    while True:
        for frame in frames:
            turns = number // len(frames)
            yield EncodedFrame(
                index=number,
                pts_ns=frame.pts_ns - first_ns + turns * turn_ns,
                is_keyframe=frame.is_keyframe,
                codec=frame.codec,
                payload=frame.payload,
            )
            number += 1
