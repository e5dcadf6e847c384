"""Whether what arrives is what was sent: its bytes, and what travels beside them."""

import numpy as np

from bench.verdict import WrongAnswer
from pipelines.media import U8, EncodedFrame, RawFrame, Unit

HALF_TICK_NS = 5_556
"""Packets carry time in ticks of 90 kHz (RFC 3551 5): it comes out this exact at least."""


def check_arrival(sent: Unit, arrived: Unit, what: str) -> None:
    """Raise WrongAnswer, beginning with `what`, unless `arrived` is what was `sent`.

    Access units are equal byte for byte. Of pictures that were encoded and decoded on the way, size
    and time are.
    """
    if type(arrived) is not type(sent):
        raise WrongAnswer(f"{what}: the receiver ends with a {type(arrived).__name__}")
    if isinstance(sent, EncodedFrame) and isinstance(arrived, EncodedFrame):
        _check_payload(sent.payload, arrived.payload, what)
        if arrived.codec != sent.codec:
            raise WrongAnswer(f"{what}: codec {sent.codec} went in, {arrived.codec} came out")
        if bool(arrived.is_keyframe) != sent.is_keyframe:
            kinds = ("no key frame", "a key frame")
            raise WrongAnswer(
                f"{what}: {kinds[sent.is_keyframe]} went in, {kinds[not sent.is_keyframe]} came out"
            )
    if isinstance(sent, RawFrame) and isinstance(arrived, RawFrame):
        before, after = ([plane.shape for plane in frame.planes] for frame in (sent, arrived))
        if before != after:
            raise WrongAnswer(f"{what}: planes of {before} went in, of {after} came out")
    if isinstance(sent, EncodedFrame | RawFrame) and isinstance(arrived, EncodedFrame | RawFrame):
        _check_time(sent.pts_ns, arrived.pts_ns, what)


def _check_payload(sent: U8, arrived: object, what: str) -> None:
    # A list of numbers, or a table, would pass for equal too.
    if type(arrived) is not np.ndarray or arrived.dtype != np.uint8 or arrived.ndim != 1:
        raise WrongAnswer(f"{what}: the payload that came out is no array of bytes")
    if not np.array_equal(sent, arrived):
        raise WrongAnswer(f"{what}: {len(sent)} bytes went in, {len(arrived)} other bytes came out")


def _check_time(sent_ns: int, arrived_ns: int, what: str) -> None:
    if abs(arrived_ns - sent_ns) > HALF_TICK_NS:
        raise WrongAnswer(f"{what}: sent at {sent_ns} ns of its stream, it says {arrived_ns} ns")
