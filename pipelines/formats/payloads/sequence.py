"""The packets of one unit brought into sequence: order, duplicates, gaps, the marker."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pipelines.formats import rtp
from pipelines.formats.payloads.contract import UnitPackets
from pipelines.media import PacketBatch
from pipelines.stage import Incomplete, Malformed

_MARKER = 1 << 23
"""The marker in the header's first 32-bit word."""

_WORTH_COLUMNS = 32
"""From this many packets on, checking columns costs less than parsing header by header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The packets of one unit in sequence, and what their headers agree on."""

    packets: UnitPackets
    first_sequence_number: int
    timestamp: int


def in_sequence(batch: PacketBatch) -> Run:
    """Return the packets of a plain table in sequence order, duplicates and RTP headers removed.

    Raises Malformed where a header does not parse, where SSRC, payload type or timestamp differ,
    where two packets share a sequence number but not their bytes, and for a marker before the end;
    Incomplete for no packets, a gap, or no marker at the end.
    """
    if not len(batch):
        raise Incomplete("no packets")
    if len(batch) >= _WORTH_COLUMNS and (run := _already_in_sequence(batch)):
        return run
    return _sorted(batch)


def end_of(batch: PacketBatch) -> int | None:
    """Return the sequence number behind the unit of `batch`, whatever else of the unit is missing.

    None where its last packet did not come, or where the headers do not agree on one unit.
    """
    if not len(batch):
        return None
    try:
        rows, base, _ = _parsed(batch, batch.data.reshape(-1).data)
    except Malformed:
        return None
    last = max(row.offset for row in rows)
    marked = {row.offset for row in rows if row.marker}
    return base + last + 1 & 0xFFFF if marked == {last} else None


def _already_in_sequence(batch: PacketBatch) -> Run | None:
    """Return the run where rows lie in order with plain headers and no wrap, else None."""
    count = len(batch)
    stride = batch.data.shape[1]
    if batch.size.min() < rtp.FIXED_SIZE or batch.size.max() > stride:
        return None
    words = np.ascontiguousarray(batch.data[:, : rtp.FIXED_SIZE]).view(">u4")
    begin, timestamp, ssrc = words[0].tolist()
    if begin >> 24 != rtp.PLAIN_FIRST_BYTE or (begin & 0xFFFF) + count > 1 << 16:
        return None
    expected = np.arange(begin, begin + count, dtype=">u4")
    expected[-1] |= _MARKER
    in_order = (words[:, 0] == expected).all()
    if begin & _MARKER or not in_order or (words[:, 1:] != (timestamp, ssrc)).any():
        return None
    return Run(
        packets=UnitPackets(
            memory=batch.data.reshape(-1).data,
            starts=range(rtp.FIXED_SIZE, count * stride, stride),
            stops=(np.arange(0, count * stride, stride) + batch.size).tolist(),
            table=PacketBatch(
                data=batch.data[:, rtp.FIXED_SIZE :], size=batch.size - np.int32(rtp.FIXED_SIZE)
            ),
        ),
        first_sequence_number=begin & 0xFFFF,
        timestamp=timestamp,
    )


class _Row(NamedTuple):
    """Where a packet and its payload lie, ordered by its distance from the batch's first packet."""

    offset: int
    begin: int
    end: int
    payload_begin: int
    payload_end: int
    marker: int


def _sorted(batch: PacketBatch) -> Run:
    memory = batch.data.reshape(-1).data
    rows, base, timestamp = _parsed(batch, memory)
    rows.sort()
    last = rows[0]
    kept = [last]
    for row in rows[1:]:
        step = row.offset - last.offset
        if step == 0:
            if memory[row.begin : row.end] != memory[last.begin : last.end]:
                raise Malformed(f"two packets {base + row.offset & 0xFFFF} that differ")
            continue
        if step > 1:
            raise Incomplete(f"packet {base + last.offset + 1 & 0xFFFF} is missing")
        if last.marker:
            raise Malformed(f"packet {base + row.offset & 0xFFFF} follows the one with the marker")
        kept.append(row)
        last = row
    if not last.marker:
        raise Incomplete("the packet with the marker is missing")
    return Run(
        packets=UnitPackets(
            memory=memory,
            starts=[row.payload_begin for row in kept],
            stops=[row.payload_end for row in kept],
            table=None,
        ),
        first_sequence_number=base + kept[0].offset & 0xFFFF,
        timestamp=timestamp,
    )


def _parsed(batch: PacketBatch, memory: memoryview) -> tuple[list[_Row], int, int]:
    """Return the rows as they lie, the first one's sequence number, and the timestamp of all."""
    stride = batch.data.shape[1]
    rows = []
    agreed = None
    base = 0
    for index, size in enumerate(batch.size.tolist()):
        if not rtp.FIXED_SIZE <= size <= stride:
            raise Malformed(f"RTP packet of {size} bytes in a row of {stride}")
        begin = index * stride
        end = begin + size
        first, second, sequence_number, timestamp, ssrc = rtp.FIXED.unpack_from(memory, begin)
        payload_begin, payload_end = begin + rtp.FIXED_SIZE, end
        if first != rtp.PLAIN_FIRST_BYTE:
            header, header_size = rtp.parse(memory[begin:end])
            payload_begin, payload_end = begin + header_size, end - header.padding_bytes
        common = (ssrc, timestamp, second & 0x7F)
        if agreed is None:
            agreed, base = common, sequence_number
        elif common != agreed:
            raise Malformed(
                f"packets of one unit differ: SSRC, timestamp, payload type {common} and {agreed}"
            )
        # RFC 3550 A.1: sequence numbers compare modulo 2^16.
        offset = (sequence_number - base + 0x8000 & 0xFFFF) - 0x8000
        rows.append(_Row(offset, begin, end, payload_begin, payload_end, second >> 7))
    return rows, base, timestamp
