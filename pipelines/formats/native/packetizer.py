"""Access units to RTP packets and back in one compiled call each."""

from collections.abc import Mapping
from dataclasses import dataclass

from numba.core.errors import NumbaError

from pipelines.compiled import ready
from pipelines.formats import rtp
from pipelines.formats.native import (
    av1_join,
    av1_split,
    fragments,
    h264_join,
    h264_split,
    h265_join,
    h265_split,
)
from pipelines.formats.native.contract import BEGINS_UNIT, JOIN, KEYFRAME, SPLIT, Join, Split
from pipelines.formats.packetizer import DEFAULT_MTU, Packetizer, Reassembler
from pipelines.formats.payloads.contract import MOST_PACKETS
from pipelines.media import EncodedFrame, PacketBatch

_MOST_VIEWS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kernels:
    split: Split
    join: Join


_OPAQUE = _Kernels(split=fragments.split_opaque, join=fragments.join_opaque)

_KERNELS: Mapping[str, _Kernels] = {
    "h264": _Kernels(split=h264_split.split_h264, join=h264_join.join_h264),
    "h265": _Kernels(split=h265_split.split_h265, join=h265_join.join_h265),
    "vp8": _Kernels(split=fragments.split_vp8, join=fragments.join_vp8),
    "vp9": _Kernels(split=fragments.split_vp9, join=fragments.join_vp9),
    "av1": _Kernels(split=av1_split.split_av1, join=av1_join.join_av1),
    "raw": _OPAQUE,
    "opaque": _OPAQUE,
}


class CompiledPacketizer(Packetizer):
    """A Packetizer whose units are cut by a kernel; what that does not take goes the slow way.

    The kernel is compiled, or loaded from disk, when the first packetizer of a format is made.
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
        super().__init__(
            codec,
            ssrc=ssrc,
            mtu=mtu,
            payload_type=payload_type,
            first_sequence_number=first_sequence_number,
        )
        self._split = ready(_KERNELS[codec].split, *SPLIT.args, returns=SPLIT.return_type)
        self._viewed = self._rows.data
        self._views: dict[int, PacketBatch] = {}

    def packetize(self, frame: EncodedFrame) -> PacketBatch:
        """Return the packets of `frame`, as Packetizer.packetize does."""
        if frame.codec != self._codec:
            return super().packetize(frame)
        rows = self._rows
        first = self._next_sequence_number
        try:
            count = self._split(
                frame.payload,
                rows.data,
                rows.size,
                self._mtu,
                frame.is_keyframe,
                self._picture_id,
                self._first_word,
                first,
                rtp.ticks_of(frame.pts_ns) & 0xFFFFFFFF,
                self._ssrc,
            )
        except (TypeError, NumbaError):
            return super().packetize(frame)
        if count <= 0:
            if -MOST_PACKETS <= count < 0:
                rows.reserve(-count)
                return self.packetize(frame)
            return super().packetize(frame)
        self._next_sequence_number = (first + count) & 0xFFFF
        self._picture_id = (self._picture_id + 1) & 0x7FFF
        view = self._views.get(count)
        return self._new_view(count) if view is None or self._viewed is not rows.data else view

    def _new_view(self, count: int) -> PacketBatch:
        """Return the first `count` packets, and keep it for the next unit of as many.

        Making the views anew would cost as much as cutting a unit of ten packets.
        """
        rows = self._rows
        if self._viewed is not rows.data or len(self._views) > _MOST_VIEWS:
            self._viewed = rows.data
            self._views = {}
        view = PacketBatch(data=rows.data[:count], size=rows.size[:count])
        self._views[count] = view
        return view


class CompiledReassembler(Reassembler):
    """A Reassembler whose units are joined by a kernel where their packets lie in sequence.

    Reordered, duplicated, padded, missing, malformed and unproven ones go the slow way, which tells
    what is wrong. The kernel is compiled, or loaded from disk, when the first of a format is made.
    """

    def __init__(self, codec: str, *, first_sequence_number: int | None = 0) -> None:
        super().__init__(codec, first_sequence_number=first_sequence_number)
        self._join = ready(_KERNELS[codec].join, *JOIN.args, returns=JOIN.return_type)

    def reassemble(self, batch: PacketBatch) -> EncodedFrame:
        """Return the unit whose packets are `batch`, as Reassembler.reassemble does."""
        try:
            size, first_word, timestamp, flags = self._join(batch.data, batch.size, self._out.data)
        except (TypeError, NumbaError):
            return super().reassemble(batch)
        if size < 0:
            if size < -1:
                self._out.reserve(-size)
                return self.reassemble(batch)
            return super().reassemble(batch)
        first = first_word & 0xFFFF
        if not flags & BEGINS_UNIT and first not in self._begins:
            return super().reassemble(batch)
        ticks = self._unwrapped(timestamp)
        frame = EncodedFrame(
            index=self._frames,
            pts_ns=rtp.pts_ns_of(ticks),
            is_keyframe=bool(flags & KEYFRAME),
            codec=self._codec,
            payload=self._out.data[:size],
        )
        self._frames += 1
        self._begins_late = -1
        end = (first + len(batch.size)) & 0xFFFF
        self._begins = (end,) if self._begins == (first,) else self._after(end)
        self._ticks = ticks
        return frame
