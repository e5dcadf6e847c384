"""What forwarding one stream to many receivers costs: each copy rewritten, protected by its key."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from bench.calibrate.block import Block, BlockProbe, Run, for_each
from bench.calibrate.bursts import OTHERS, Bursts, Numbers, all_bursts
from bench.calibrate.media_clips import MediaClips
from bench.calibrate.probe import Bench, ProbePlan
from bench.profile import keys
from bench.verdict import WrongAnswer
from pipelines.engines.engine import Engine
from pipelines.engines.libcrypto import LibcryptoEngine
from pipelines.engines.native.relay import Rewrite
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import PROFILES, SrtpProfile
from pipelines.formats.srtp.sender import SrtpSender
from pipelines.media import PacketBatch

RECEIVERS = (4, 50)
"""Few, so that the call itself shows, and as many as share no cache with their keys."""

PACKETS_OUT = 2000
COPIES_OUT = 400
LEAST_CALLS = 2
"""Of one block; fewer packets where each receiver's copy takes calls of its own."""

Protect = Callable[[PacketBatch], object]
Receiver = tuple[MasterKey, Rewrite]


def fan_out_plans(clips: MediaClips) -> tuple[ProbePlan, ...]:
    """Return a plan for each profile."""
    few, many = RECEIVERS
    return tuple(
        ProbePlan(
            name=f"fan-out {name}",
            on={
                keys.fan_out(name): f"packets of a unit (audio; {', '.join(clips.ladder.values())},"
                f" h264) to {few} and to {many} receivers with keys of their own; bytes are those"
                " of RTP payload that leave"
            },
            open=partial(_open, clips, profile),
            library=_library,
        )
        for name, profile in PROFILES.items()
    )


def _library(engine: Engine) -> str:
    if isinstance(engine, LibcryptoEngine):
        return str(engine.library())
    return f"{engine.library()}: no fan-out of its own, one protect for each receiver's copy"


def _open(clips: MediaClips, profile: SrtpProfile, bench: Bench) -> BlockProbe:
    everything = all_bursts(bench, clips)
    enough = PACKETS_OUT if isinstance(bench.engine, LibcryptoEngine) else COPIES_OUT
    blocks = []
    for count in RECEIVERS:
        receivers = [
            (
                MasterKey.fresh(profile),
                Rewrite(ssrc=1000 + each, sequence_offset=7 * each, timestamp_offset=900 * each),
            )
            for each in range(count)
        ]
        fan_out = new_fan_out(bench.engine, profile, receivers)
        numbers = Numbers()
        for bursts in (everything[0], *everything[-OTHERS:]):
            check_fan_out(profile, receivers, fan_out, numbers.give(bursts)[0])
        blocks += [
            Block(
                key=keys.fan_out(profile.name),
                calls=len(bursts.batches),
                packets=len(bursts.table) * count,
                size_bytes=bursts.payload_bytes * count,
                prepare=partial(_prepare, fan_out, numbers, bursts),
            )
            for bursts in (_cut(bursts, count, enough) for bursts in everything)
        ]
    return BlockProbe(blocks, seed=bench.seed)


def _prepare(fan_out: Protect, numbers: Numbers, bursts: Bursts) -> Run:
    return for_each(fan_out, numbers.give(bursts))


def _cut(bursts: Bursts, receivers: int, enough: int) -> Bursts:
    """Return as many of the batches as give `enough` packets for so many receivers."""
    leaving = np.cumsum([len(batch) * receivers for batch in bursts.batches])
    return bursts.first(max(LEAST_CALLS, 1 + int(np.searchsorted(leaving, enough))))


def new_fan_out(
    engine: Engine, profile: SrtpProfile, receivers: Sequence[Receiver]
) -> Callable[[PacketBatch], list[PacketBatch]]:
    """Return what makes each receiver's packets of a batch, in the way the engine has."""
    if isinstance(engine, LibcryptoEngine):
        masters, rewrites = zip(*receivers, strict=True)
        relay = engine.srtp_fanout(profile, masters, rewrites)
        return lambda batch: [relay.protect(batch)]
    protectors = [
        (engine.srtp_protector(profile, master).protect, rewrite) for master, rewrite in receivers
    ]
    return lambda batch: [protect(rewritten(batch, how)) for protect, how in protectors]


def rewritten(batch: PacketBatch, rewrite: Rewrite) -> PacketBatch:
    """Return a copy of RTP packets as one receiver is to see them."""
    copy = batch.copy()
    count = len(copy)
    sequences = copy.data[:, 2:4].copy().view(">u2")[:, 0].astype(np.int64)
    ticks = copy.data[:, 4:8].copy().view(">u4")[:, 0].astype(np.int64)
    header = np.empty((count, 10), dtype=np.uint8)
    for columns, values, kind in (
        (slice(0, 2), sequences + rewrite.sequence_offset & 0xFFFF, ">u2"),
        (slice(2, 6), ticks + rewrite.timestamp_offset & 0xFFFFFFFF, ">u4"),
        (slice(6, 10), np.full(count, rewrite.ssrc), ">u4"),
    ):
        header[:, columns] = values.astype(kind).view(np.uint8).reshape(count, -1)
    copy.data[:, 2:12] = header
    return copy


def check_fan_out(
    profile: SrtpProfile,
    receivers: Sequence[Receiver],
    fan_out: Callable[[PacketBatch], list[PacketBatch]],
    batch: PacketBatch,
) -> None:
    """Raise WrongAnswer unless every receiver's packets are the reference's.

    The numbers of `batch` are spent by it.
    """
    got = [row.tobytes() for out in fan_out(batch) for row in out.rows()]
    right = [
        row.tobytes()
        for master, rewrite in receivers
        for row in SrtpSender(profile, master).protect(rewritten(batch, rewrite)).rows()
    ]
    if got != right:
        raise WrongAnswer(f"fan-out {profile.name}: other packets than the reference's")
