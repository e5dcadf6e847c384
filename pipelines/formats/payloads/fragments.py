"""Units cut into equal fragments behind a descriptor: what VP8, VP9 and opaque units share."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from pipelines.formats.payloads.contract import PacketRows, UnitBuffer, UnitPackets
from pipelines.formats.rtp import FIXED_SIZE
from pipelines.media import U8, PacketBatch
from pipelines.stage import Incomplete, Malformed


class Descriptor(NamedTuple):
    """What stands before a fragment. `ends_unit` is None where only the RTP marker says so.

    `identity` holds whatever must be the same in all fragments of a unit.
    """

    size: int
    starts_unit: bool
    ends_unit: bool | None
    identity: tuple[int, ...]


def cut(
    unit: U8, *, first: bytes, middle: bytes, last: bytes, only: bytes, mtu: int, rows: PacketRows
) -> int:
    """Write `unit` as fragments of `mtu` bytes (the last may be shorter); return how many.

    The descriptors have one size: `first`, `middle` and `last` go before the fragments they name,
    `only` before a unit that fits one packet.
    """
    room = mtu - len(only)
    count = max(1, -(-len(unit) // room))
    rows.reserve(count)
    begin = FIXED_SIZE + len(only)
    whole = (count - 1) * room
    rest = len(unit) - whole
    data = rows.data[:count]
    data[:, FIXED_SIZE:begin] = np.frombuffer(middle, dtype=np.uint8)
    data[0, FIXED_SIZE:begin] = np.frombuffer(first, dtype=np.uint8)
    data[-1, FIXED_SIZE:begin] = np.frombuffer(last if count > 1 else only, dtype=np.uint8)
    data[:-1, begin : begin + room] = unit[:whole].reshape(count - 1, room)
    data[-1, begin : begin + rest] = unit[whole:]
    rows.size[:count] = begin + room
    rows.size[count - 1] = begin + rest
    return count


def join(
    packets: UnitPackets, parse: Callable[[memoryview], Descriptor], out: UnitBuffer
) -> tuple[int, Descriptor]:
    """Write the unit whose descriptors `parse` reads; return its size and the first descriptor.

    Raises Incomplete where the first packet does not start the unit, Malformed where descriptors
    contradict each other or the order of the packets.
    """
    count = len(packets)
    first = parse(packets.memory[packets.starts[0] : packets.stops[0]])
    if not first.starts_unit:
        raise Incomplete("the packet that starts the unit is missing")
    if packets.table is not None and _are_alike(packets.table, first.size):
        second, last = parse(_payload(packets, 1)), parse(_payload(packets, count - 1))
        _check(second, first, index=1, count=count)
        _check(last, first, index=count - 1, count=count)
        if first.size == second.size == last.size:
            return _moved(packets.table, first.size, out), first
    memory = out.reserve(packets.total_bytes)
    size = 0
    for index in range(count):
        payload = _payload(packets, index)
        descriptor = parse(payload) if index else first
        _check(descriptor, first, index=index, count=count)
        end = size + len(payload) - descriptor.size
        memory[size:end] = payload[descriptor.size :]
        size = end
    return size, first


def _payload(packets: UnitPackets, index: int) -> memoryview:
    return packets.memory[packets.starts[index] : packets.stops[index]]


def _check(descriptor: Descriptor, first: Descriptor, *, index: int, count: int) -> None:
    if descriptor.starts_unit != (index == 0):
        raise Malformed(f"packet {index} of {count} starts a unit")
    if descriptor.ends_unit is not None and descriptor.ends_unit != (index == count - 1):
        raise Malformed(f"packet {index} of {count}: end bit and RTP marker differ")
    if descriptor.identity != first.identity:
        raise Malformed(
            f"packet {index} of {count}: descriptor {descriptor.identity}, not {first.identity}"
        )


def _are_alike(table: PacketBatch, descriptor_size: int) -> bool:
    """Say whether all payloads but the last have one size, and all but the outer one descriptor.

    The descriptors of rows 0, 1 and -1 then stand for all.
    """
    if len(table) < 3:
        return False
    size = table.size[:-1]
    descriptors = table.data[1:-1, :descriptor_size]
    return bool((size == size[0]).all() and (descriptors == descriptors[0]).all())


def _moved(table: PacketBatch, descriptor_size: int, out: UnitBuffer) -> int:
    """Move the fragments of equal size in one copy, then the last one; return the unit's size."""
    begin, end, last_end = descriptor_size, int(table.size[0]), int(table.size[-1])
    count, room = len(table) - 1, end - begin
    whole = count * room
    size = whole + last_end - begin
    out.reserve(size)
    out.data[:whole].reshape(count, room)[:] = table.data[:-1, begin:end]
    out.data[whole:size] = table.data[-1, begin:last_end]
    return size
