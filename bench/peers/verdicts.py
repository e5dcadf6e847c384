"""The ratios that say whether the engines are fast enough, each with its target."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.peers.aead import ONE_SHOT
from bench.peers.cell import Cell, Direction, Memory, Part
from bench.peers.relay import FAN_OUT, ONE_PROTECT, RECEIVERS
from bench.peers.rounds import Key
from bench.peers.rows import Ratio
from bench.peers.sframe import BATCHES
from bench.peers.srtp import BY_POINTER, COMPARED, PER_PACKET, stage_name
from bench.peers.workload import BURST
from bench.results import Estimate
from bench.stats import at_quantile, estimate

OURS = stage_name("libcrypto", BURST)
PACKET_SIZES = (172, 1200)
LARGE = 65_536
_PARTS_PER_UNIT = 10**6
"""Ratios are rounded to so many parts, since the statistics take integers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One claim: `rival` takes at least, or at most, `target` times as long as `ours`."""

    cell: Cell
    ours: str
    rival: str
    name: str
    target: float
    at_most: bool = False


def targets() -> Iterator[Target]:
    """Yield every claim, for hot and for cold memory."""
    for memory in Memory:
        yield from _srtp_targets(memory)
        yield from _sframe_targets(memory)
        for profile in COMPARED:
            for size in PACKET_SIZES:
                yield Target(
                    cell=Cell(
                        part=Part.RELAY,
                        cipher=profile,
                        size_bytes=size,
                        direction=Direction.SEAL,
                        memory=memory,
                    ),
                    ours=ONE_PROTECT,
                    rival=FAN_OUT,
                    name=f"relay {profile} {size} B: one of {RECEIVERS} rewrites and protects"
                    " over one protect",
                    target=1.15,
                    at_most=True,
                )


def _srtp_targets(memory: Memory) -> Iterator[Target]:
    for profile in COMPARED:
        for size in PACKET_SIZES:
            for direction in Direction:
                cell = Cell(
                    part=Part.SRTP,
                    cipher=profile,
                    size_bytes=size,
                    direction=direction,
                    memory=memory,
                )
                verb = "protect" if direction is Direction.SEAL else "unprotect"
                who = f"libcrypto {profile} {verb} {size} B"
                gcm = profile.endswith("-gcm")
                # CM was only asked for as a whole; the two sizes are held to it alike.
                faster = {1200: 1.25, 172: 1.5}[size] if gcm else 1.2
                yield Target(
                    cell=cell,
                    ours=OURS,
                    rival=BY_POINTER,
                    name=f"{who}: x {BY_POINTER}",
                    target=faster,
                )
                if gcm:
                    yield Target(
                        cell=cell,
                        ours=OURS,
                        rival=PER_PACKET,
                        name=f"{who}: x pylibsrtp",
                        target=6.0,
                    )


def _sframe_targets(memory: Memory) -> Iterator[Target]:
    for suite in ("aes-128-gcm", "aes-256-gcm"):
        for size, target in ((1200, 2.5), (LARGE, 0.95)):
            for direction in Direction:
                call = ONE_SHOT[direction].removeprefix("cryptography, ").split()[0]
                yield Target(
                    cell=Cell(
                        part=Part.SFRAME,
                        cipher=suite,
                        size_bytes=size,
                        direction=direction,
                        memory=memory,
                    ),
                    ours=BATCHES,
                    rival=ONE_SHOT[direction],
                    name=f"libcrypto sframe {suite} {direction} {size} B: x {call}",
                    target=target,
                )


def ratios(samples: Mapping[Key, Sequence[float]], *, seed: int) -> list[Ratio]:
    """Return every ratio that was measured, paired round by round."""
    found: list[Ratio] = []
    for claim in targets():
        ours = samples.get(Key(cell=claim.cell, name=claim.ours))
        rival = samples.get(Key(cell=claim.cell, name=claim.rival))
        if ours and rival:
            paired = np.array(rival) / np.array(ours)
            found.append(
                Ratio(
                    name=claim.name,
                    memory=claim.cell.memory,
                    value=median(paired.tolist(), seed=seed),
                    target=claim.target,
                    at_most=claim.at_most,
                )
            )
    return found


def median(values: Sequence[float], *, seed: int) -> Estimate:
    """Return the median of one value per round with its 95 % bootstrap interval."""
    blocks = [np.array([round(value * _PARTS_PER_UNIT)], dtype=np.int64) for value in values]
    found = estimate(blocks, at_quantile(0.5), seed=seed)
    return Estimate(
        value=found.value / _PARTS_PER_UNIT,
        low=found.low / _PARTS_PER_UNIT,
        high=found.high / _PARTS_PER_UNIT,
    )
