"""Access units to RTP packets and back (RFC 3550 with the payload formats of `payloads`)."""

import numpy as np

from pipelines.formats import rtp
from pipelines.formats.batch import check_table, check_unit, plain_table
from pipelines.formats.payloads.contract import (
    MOST_PACKETS,
    PacketRows,
    PayloadFormat,
    UnitBuffer,
)
from pipelines.formats.payloads.sequence import end_of, in_sequence
from pipelines.formats.payloads.table import FORMATS
from pipelines.media import EncodedFrame, PacketBatch
from pipelines.stage import Incomplete, Rejected

DEFAULT_MTU = 1200
"""Bytes of RTP payload a packet carries at most, unless told otherwise."""

LARGEST_MTU = 65_507 - rtp.FIXED_SIZE
"""What a UDP datagram over IPv4 holds behind an RTP header, in bytes."""

_MARKER = 0x80


def _format_of(codec: str) -> PayloadFormat:
    if codec not in FORMATS:
        raise ValueError(f"no RTP payload format for codec {codec!r}; known: {', '.join(FORMATS)}")
    return FORMATS[codec]


class Packetizer:
    """Turns the access units of one stream into RTP packets.

    `mtu` is the largest RTP payload in bytes, descriptors included and RTP header not. Raises
    ValueError for an unknown codec, or a field or `mtu` out of range.
    """

    def __init__(
        self,
        codec: str,
        *,
        ssrc: int,
        mtu: int = DEFAULT_MTU,
        payload_type: int = 96,
        first_sequence_number: int = 0,
    ) -> None:
        self._format = _format_of(codec)
        if not self._format.smallest_mtu <= mtu <= LARGEST_MTU:
            raise ValueError(
                f"mtu {mtu} for codec {codec!r}; "
                f"from {self._format.smallest_mtu} to {LARGEST_MTU} bytes are possible"
            )
        # Checks the ranges of all fields that every packet gets.
        header = rtp.RtpHeader(
            marker=False,
            payload_type=payload_type,
            sequence_number=first_sequence_number,
            timestamp=0,
            ssrc=ssrc,
        )
        self._codec = codec
        self._mtu = mtu
        self._first_word = rtp.PLAIN_FIRST_BYTE << 24 | header.payload_type << 16
        self._ssrc = header.ssrc
        self._next_sequence_number = header.sequence_number
        self._picture_id = 0
        self._rows = PacketRows(mtu)

    def packetize(self, frame: EncodedFrame) -> PacketBatch:
        """Return the packets of `frame`, the marker on the last: a view, valid until the next call.

        Raises ValueError for another codec than the packetizer's or a unit of more packets than
        sequence numbers can order, and Malformed for a unit that would not come back byte for byte;
        ValueError and TypeError for a payload that is not uint8 of shape (size,).
        """
        if frame.codec != self._codec:
            raise ValueError(f"frame of codec {frame.codec!r} for a packetizer of {self._codec!r}")
        check_unit(frame.payload)
        rows = self._rows
        count = self._format.split(
            np.ascontiguousarray(frame.payload),
            frame.is_keyframe,
            self._picture_id,
            self._mtu,
            rows,
        )
        first = self._next_sequence_number
        words = rows.data[:count, : rtp.FIXED_SIZE].view(">u4")
        words[:, 0] = self._first_word | (np.arange(first, first + count) & 0xFFFF)
        words[:, 1] = rtp.ticks_of(frame.pts_ns) & 0xFFFFFFFF
        words[:, 2] = self._ssrc
        # RFC 3550 5.1: for video the marker is on the last packet of a frame.
        rows.data[count - 1, 1] |= _MARKER
        self._next_sequence_number = (first + count) & 0xFFFF
        self._picture_id = (self._picture_id + 1) & 0x7FFF
        return PacketBatch(data=rows.data[:count], size=rows.size[:count])


class Reassembler:
    """Puts the access units of one stream together again.

    Packets of H.264, H.265 and AV1 do not say whether they are the first of their unit. Two things
    prove it: what such a unit begins with (an access unit delimiter; in AV1 the first packet of a
    coded video sequence), or the packet before, when that one ended a unit. A parameter set proves
    nothing, for a delimiter or a message may stand before it. A unit that lacks its proof is not
    handed out, but where it ends is known by its marker, so the next one has it again. One that
    comes behind a later one has to prove its own start.
    `first_sequence_number` is that of the stream's first packet, None where it is not known: such
    a stream begins with the first unit that proves its own start, or with the second that came.
    """

    def __init__(self, codec: str, *, first_sequence_number: int | None = 0) -> None:
        self._format = _format_of(codec)
        self._codec = codec
        self._frames = 0
        # Where a unit is known to begin: behind the last one handed out and behind refused ones.
        # Two are kept, for a refused unit may come again whole; no more, for numbers come again.
        self._begins: tuple[int, ...] = (
            () if first_sequence_number is None else (first_sequence_number,)
        )
        # And behind the latest refused one that lies before those: what comes late, or a sender
        # that began anew. -1 for none.
        self._begins_late = -1
        self._ticks = -1
        self._out = UnitBuffer()

    def state(self) -> tuple[int, ...]:
        """Return the units so far, the sequence number expected next and the last time in ticks.

        The latter two are -1 while unknown.
        """
        return self._frames, self._begins[0] if self._begins else -1, self._ticks

    def reassemble(self, batch: PacketBatch) -> EncodedFrame:
        """Return the unit whose packets are `batch`: a view, valid until the next call.

        The packets may come in any order and more than once. Raises Incomplete where some are
        missing and Malformed where they contradict each other or their format; the state is then
        as it was, but for what is learned of where the next unit begins. ValueError and TypeError
        for a batch that is no table of packets.
        """
        check_table(batch)
        batch = plain_table(batch)
        try:
            run = in_sequence(batch)
            joined = self._format.join(run.packets, self._out)
            known = (*self._begins, self._begins_late)
            if not joined.begins_unit and run.first_sequence_number not in known:
                raise Incomplete(
                    f"packet {run.first_sequence_number} does not prove that it begins a unit, and "
                    f"{self._begins[0] if self._begins else 'nothing'} is next"
                )
        except Rejected:
            self._learn_from_refused(batch)
            raise
        ticks = self._unwrapped(run.timestamp)
        frame = EncodedFrame(
            index=self._frames,
            pts_ns=rtp.pts_ns_of(ticks),
            is_keyframe=joined.is_keyframe,
            codec=self._codec,
            payload=self._out.data[: joined.size],
        )
        self._frames += 1
        self._begins_late = -1
        self._begins = self._after((run.first_sequence_number + len(run.packets)) & 0xFFFF)
        self._ticks = ticks
        return frame

    def _after(self, end: int) -> tuple[int, ...]:
        """Return where units begin behind one that ends before `end`: there, or further ahead."""
        ahead = [begin for begin in self._begins if 0 < (begin - end) & 0xFFFF < MOST_PACKETS]
        return (end, *ahead[-1:])

    def _learn_from_refused(self, batch: PacketBatch) -> None:
        end = end_of(batch)
        if end is None or end in self._begins:
            return
        furthest = self._begins[-1:]
        if all(0 < (end - begin) & 0xFFFF < MOST_PACKETS for begin in furthest):
            self._begins = (*furthest, end)
        else:
            self._begins_late = end

    def _unwrapped(self, timestamp: int) -> int:
        """Return the 32-bit `timestamp` as ticks that go on across its wrap, to the nearer side."""
        if self._frames == 0:
            return timestamp
        ahead = (timestamp - self._ticks + 0x80000000 & 0xFFFFFFFF) - 0x80000000
        return self._ticks + ahead
