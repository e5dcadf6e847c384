"""Contiguous I420: the planes Y, U, V of a frame one after the other, without padding."""

import numpy as np

from pipelines.codecs.settings import CodecError, raw_frame_bytes
from pipelines.media import U8, RawFrame


def pack(frame: RawFrame) -> U8:
    """Return a new uint8 array of shape (size,) with the rows of Y, then U, then V."""
    payload = np.empty(sum(plane.size for plane in frame.planes), dtype=np.uint8)
    end = 0
    for plane in frame.planes:
        start, end = end, end + plane.size
        payload[start:end].reshape(plane.shape)[...] = plane
    return payload


def unpack(payload: U8, width: int, height: int) -> tuple[U8, U8, U8]:
    """Return Y, U, V as views of `payload`. Raises CodecError where its size is another."""
    expected = raw_frame_bytes(width, height)
    if len(payload) != expected:
        raise CodecError(f"raw {width}x{height} takes {expected} bytes, got {len(payload)}")
    chroma_width, chroma_height = (width + 1) // 2, (height + 1) // 2
    luma_end = width * height
    u_end = luma_end + chroma_width * chroma_height
    return (
        payload[:luma_end].reshape(height, width),
        payload[luma_end:u_end].reshape(chroma_height, chroma_width),
        payload[u_end:].reshape(chroma_height, chroma_width),
    )
