"""What it costs to cut access units into RTP packets, and to put them together again."""

from functools import partial
from importlib.metadata import version

import numpy as np

from bench.calibrate.block import Block, BlockProbe, Run, for_each
from bench.calibrate.media_clips import CODECS, MediaClips
from bench.calibrate.probe import Bench, ProbePlan
from bench.calibrate.units import Cell, video_cells
from bench.profile import keys
from bench.verdict import WrongAnswer
from pipelines.formats.native.packetizer import CompiledPacketizer, CompiledReassembler
from pipelines.formats.packetizer import DEFAULT_MTU, Packetizer
from pipelines.media import OPAQUE, EncodedFrame

SSRC = 0x5EA1BE9C

SMALL_MTU = 400
"""Cuts the same units into more packets: else packets and bytes come in a fixed proportion."""


def packet_plans(clips: MediaClips) -> tuple[ProbePlan, ...]:
    """Return a plan for the units of each codec, and for sealed ones."""
    return tuple(
        ProbePlan(
            name=f"packets of {codec}",
            on={
                key: f"{'sealed h264' if codec == OPAQUE else codec} units of"
                f" {', '.join(clips.ladder.values())}: key frames and others apart, in"
                f" packets of {DEFAULT_MTU} and of {SMALL_MTU} B"
                for key in (keys.packetize(codec), keys.depacketize(codec))
            },
            open=partial(_open, clips, codec),
            library=lambda _: f"sealbench's kernels (Numba {version('numba')})",
        )
        for codec in (*CODECS, OPAQUE)
    )


def _open(clips: MediaClips, codec: str, bench: Bench) -> BlockProbe:
    blocks: list[Block] = []
    for cell in video_cells(bench, clips, codec):
        for mtu in (DEFAULT_MTU, SMALL_MTU):
            blocks += _blocks(codec, cell, mtu)
    return BlockProbe(blocks, seed=bench.seed)


def _blocks(codec: str, cell: Cell, mtu: int) -> tuple[Block, Block]:
    packets = check_packets(codec, cell, mtu)
    measured = CompiledPacketizer(codec, ssrc=SSRC, mtu=mtu)
    packetizer = CompiledPacketizer(codec, ssrc=SSRC, mtu=mtu)
    reassembler = CompiledReassembler(codec, first_sequence_number=0)
    last = cell.units[-1]

    def prepare_joining() -> Run:
        # Numbers go on, as the reassembler asks for.
        batches = [packetizer.packetize(unit).copy() for unit in cell.units]
        return for_each(reassembler.reassemble, batches)

    def check_joined(unit: EncodedFrame) -> None:
        if not np.array_equal(unit.payload, last.payload):
            raise WrongAnswer(f"{codec}, {cell.name}: another unit came back")

    return (
        Block(
            key=keys.packetize(codec),
            calls=len(cell.units),
            packets=packets,
            size_bytes=cell.size_bytes,
            prepare=lambda: for_each(measured.packetize, cell.units),
        ),
        Block(
            key=keys.depacketize(codec),
            calls=len(cell.units),
            packets=packets,
            size_bytes=cell.size_bytes,
            prepare=prepare_joining,
            check=check_joined,
        ),
    )


def check_packets(codec: str, cell: Cell, mtu: int) -> int:
    """Return how many packets the cell's units take.

    Raises WrongAnswer unless they are those of the reference and every unit comes back.
    """
    compiled = CompiledPacketizer(codec, ssrc=SSRC, mtu=mtu)
    reference = Packetizer(codec, ssrc=SSRC, mtu=mtu)
    reassembler = CompiledReassembler(codec, first_sequence_number=0)
    packets = 0
    for unit in cell.units:
        batch = compiled.packetize(unit)
        right = [row.tobytes() for row in reference.packetize(unit).rows()]
        if [row.tobytes() for row in batch.rows()] != right:
            raise WrongAnswer(f"{codec}, {cell.name}: unit {unit.index}: other packets")
        if not np.array_equal(reassembler.reassemble(batch).payload, unit.payload):
            raise WrongAnswer(f"{codec}, {cell.name}: unit {unit.index} came back changed")
        packets += len(batch)
    return packets
