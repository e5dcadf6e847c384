"""What a batch or a unit must be before anybody looks at its bytes: one judgement for everybody.

A table or unit that is none is its maker's mistake: TypeError or ValueError, and nothing was done.
A size that its row has no room for is one bad packet: Malformed, and the others are what they were.
"""

from typing import Any, cast

import numpy as np

from pipelines.ciphers.aead import Bytes
from pipelines.media import U8, PacketBatch
from pipelines.memory import GrowOnlyMemory
from pipelines.stage import Malformed

_IN_A_ROW = (1,)
_BYTES, _SIZES = np.dtype(np.uint8), np.dtype(np.int32)


def check_table(batch: PacketBatch) -> None:
    """Raise TypeError for other arrays than uint8 and int32, ValueError for shapes that differ."""
    if not (_is_of(batch.data, _BYTES) and _is_of(batch.size, _SIZES)):
        found, sizes = _type_of(batch.data), _type_of(batch.size)
        raise TypeError(f"batch of {found} with sizes of {sizes}, needs uint8 and int32")
    if batch.data.ndim != 2 or batch.size.shape != batch.data.shape[:1]:
        raise ValueError(
            f"batch of shape {batch.data.shape} with sizes of shape {batch.size.shape}, needs"
            " (n, stride) and (n,)"
        )


def check_apart(batch: PacketBatch, results: GrowOnlyMemory) -> None:
    """Raise ValueError where `batch` lies in memory that results are about to be written to."""
    if results.holds(batch.data):
        raise results_again()


def results_again(what: str = "batch") -> ValueError:
    """Return what to raise where `what` is an earlier result that its call would overwrite."""
    return ValueError(f"{what} lies where the results of this call go: it needs a copy of its own")


def check_unit(unit: U8) -> None:
    """Raise TypeError for another array than uint8, ValueError for one with rows."""
    if not _is_of(unit, _BYTES):
        raise TypeError(f"unit of {_type_of(unit)}, needs uint8")
    if unit.ndim != 1:
        raise ValueError(f"unit of shape {unit.shape}, needs (size,)")


def apart_unit(unit: U8, results: GrowOnlyMemory) -> U8:
    """Return `unit` with its bytes in a row. Raises as `check_unit` and `check_apart` do."""
    # Nearly every unit is this, in a place of its own, and each check has its cost.
    plain = type(unit) is np.ndarray and unit.dtype is _BYTES and unit.strides == _IN_A_ROW
    if plain and not results.holds(unit):
        return unit
    check_unit(unit)
    if results.holds(unit):
        raise results_again("unit")
    return unit if unit.flags.c_contiguous else np.ascontiguousarray(unit)


def own_unit(unit: U8) -> U8:
    """Return `unit` as a plain copy. Raises as `check_unit` does."""
    check_unit(unit)
    return np.array(unit)


def plain_table(batch: PacketBatch) -> PacketBatch:
    """Return a table that was checked with plain arrays, row after row: itself where it is so."""
    data, size = np.ascontiguousarray(batch.data), np.asarray(batch.size)
    if data is batch.data and size is batch.size:
        return batch
    return PacketBatch(data=data, size=size)


def plain_metadata(metadata: Bytes) -> bytes:
    """Return all bytes of `metadata`, whatever its items are; TypeError for what has no bytes."""
    if type(metadata) is bytes:
        return metadata
    return bytes(memoryview(cast("bytes", metadata)))


def own_table(batch: PacketBatch) -> PacketBatch:
    """Return `batch` as a plain copy: contiguous, aligned. Raises as `check_table` does."""
    check_table(batch)
    return PacketBatch(data=np.array(batch.data, order="C"), size=np.array(batch.size, order="C"))


def checked_row(batch: PacketBatch, row: int) -> U8:
    """Return packet `row`; raises Malformed where its size is not one that the row has room for."""
    size, stride = int(batch.size[row]), batch.data.shape[1]
    if not 0 <= size <= stride:
        raise no_such_size(size, stride)
    return batch.row(row)


def no_such_size(size: int, stride: int) -> Malformed:
    """Return the refusal of a packet of `size` bytes in a row of `stride`."""
    return Malformed(f"packet of {size} bytes in a row of {stride}")


def _is_of(array: object, dtype: np.dtype[Any]) -> bool:
    return isinstance(array, np.ndarray) and (array.dtype is dtype or array.dtype == dtype)


def _type_of(array: object) -> str:
    return str(array.dtype) if isinstance(array, np.ndarray) else type(array).__name__
