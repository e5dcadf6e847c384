"""The data that flows through a pipeline: frames, access units and packets.

One of each is made in every stage, so they are msgspec structs: a frozen dataclass takes ten times
as long to make (0.8 us, more than sealing a small packet). They hold no reference cycles.
"""

from collections.abc import Iterable, Sequence
from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt

U8 = npt.NDArray[np.uint8]
"""Bytes as a one-dimensional (or, for planes and packet tables, two-dimensional) array."""

CODECS = ("h264", "h265", "vp8", "vp9", "av1", "raw")
"""Codecs of an access unit. `raw` is one decoded frame as contiguous I420 (Y, then U, then V)."""

OPAQUE = "opaque"
"""The codec of a unit that is sealed as a whole: nothing on the way can parse it."""


class RawFrame(msgspec.Struct, frozen=True, kw_only=True, gc=False, eq=False):
    """One decoded YUV 4:2:0 frame.

    `planes` are uint8 views of shape (height, width) for Y and (ceil(height / 2), ceil(width / 2))
    for U and V; rows may be padded, so a plane need not be contiguous.
    """

    index: int
    pts_ns: int
    planes: tuple[U8, U8, U8]


class EncodedFrame(msgspec.Struct, frozen=True, kw_only=True, gc=False, eq=False):
    """One access unit, or (codec `opaque`) the sealed form of one.

    `payload` is a contiguous uint8 array of shape (size,). A stage may hand out a view of its own
    buffer: it is valid until that stage's next call, and a caller who keeps it copies it.
    """

    index: int
    pts_ns: int
    is_keyframe: bool
    codec: str
    payload: U8

    def with_payload(self, payload: U8, codec: str) -> Self:
        """Return the same frame as `payload` in `codec`: sealed, opened or copied."""
        return type(self)(
            index=self.index,
            pts_ns=self.pts_ns,
            is_keyframe=self.is_keyframe,
            codec=codec,
            payload=payload,
        )


class PacketBatch(msgspec.Struct, frozen=True, kw_only=True, gc=False, eq=False):
    """The packets of one access unit or burst, one per row: what batch engines walk.

    `data` is uint8 of shape (n, stride), `size` is int32 of shape (n,); bytes of a row past its
    size are undefined. Like a payload, a batch may be a view that the next call overwrites.
    """

    data: U8
    size: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.size)

    @property
    def total_bytes(self) -> int:
        """Return the sum of all packet sizes in bytes."""
        return int(self.size.sum())

    def row(self, index: int) -> U8:
        """Return packet `index` as a view of its exact size."""
        return self.data[index, : self.size[index]]

    def rows(self) -> list[U8]:
        """Return every packet as a view of its exact size."""
        return [self.row(index) for index in range(len(self))]

    def take(self, indices: Sequence[int]) -> Self:
        """Return a copy that holds the packets `indices`, in that order."""
        order = np.asarray(indices, dtype=np.intp)
        return type(self)(data=self.data[order], size=self.size[order])

    def copy(self) -> Self:
        """Return a copy that shares no memory with this batch."""
        return type(self)(data=self.data.copy(), size=self.size.copy())

    @classmethod
    def empty(cls, rows: int, stride: int) -> Self:
        """Return an uninitialised table of `rows` empty packets with room for `stride` bytes."""
        return cls(
            data=np.empty((rows, stride), dtype=np.uint8), size=np.zeros(rows, dtype=np.int32)
        )

    @classmethod
    def of(cls, packets: Iterable[bytes]) -> Self:
        """Return a batch that copies `packets`, with the stride of the longest."""
        packets = list(packets)
        batch = cls.empty(len(packets), max(map(len, packets), default=0))
        for index, packet in enumerate(packets):
            batch.data[index, : len(packet)] = np.frombuffer(packet, dtype=np.uint8)
            batch.size[index] = len(packet)
        return batch


Unit = RawFrame | EncodedFrame | PacketBatch
"""Whatever one stage hands to the next."""


def unit_bytes(unit: Unit) -> int:
    """Return the media or wire bytes that `unit` holds."""
    if isinstance(unit, PacketBatch):
        return unit.total_bytes
    if isinstance(unit, EncodedFrame):
        return len(unit.payload)
    return sum(plane.size for plane in unit.planes)
