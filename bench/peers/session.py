"""One session: who is here, are their answers right, then the rounds; from samples to a report."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.peers.aead import aead_contenders, evp_libraries
from bench.peers.cell import Cell, Contender, Missing, Part, WrongAnswer
from bench.peers.engines import Present, present_engines
from bench.peers.floor import copy_contenders
from bench.peers.kernels import ready_kernels
from bench.peers.openssl_speed import NAME as SPEED
from bench.peers.openssl_speed import (
    run_speed,
    speed_cells,
    speed_program,
    speed_version,
)
from bench.peers.relay import relay_contenders
from bench.peers.rounds import Key, Samples
from bench.peers.rows import Absent, PeerRow
from bench.peers.sframe import sframe_contenders
from bench.peers.srtp import missing_peers, srtp_contenders
from bench.peers.verdicts import PACKET_SIZES, median
from bench.peers.workload import Workload
from bench.progress import Progress

SIZES = (172, 1200, 16_384, 65_536)
"""An Opus or G.711 packet, a video packet at the usual MTU, a small and a large video frame."""

ROUNDS = 25
QUICK_ROUNDS = 5
SPEED_ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineup:
    """Everybody that takes part, with right answers, and everybody that does not."""

    contenders: tuple[Contender, ...]
    wrong: tuple[PeerRow, ...]
    missing: tuple[Missing, ...]
    present: Present


def line_up(seed: int, progress: Progress) -> Lineup:
    """Return the contenders after each has shown that its answer is right."""
    progress.note("compiling the loops, or loading them from the cache …")
    ready_kernels()
    present = present_engines()
    libraries, missing = evp_libraries()
    work = Workload(seed=seed)
    found = [
        *copy_contenders(work, SIZES),
        *aead_contenders(work, SIZES, libraries),
        *srtp_contenders(work, PACKET_SIZES, present.engines),
        *sframe_contenders(work, SIZES, present.engines, present.libcrypto),
    ]
    if present.libcrypto is not None:
        found += relay_contenders(work, PACKET_SIZES, present.libcrypto)
    right, wrong = verified(found, progress)
    return Lineup(
        contenders=tuple(right),
        wrong=tuple(wrong),
        missing=(*missing, *missing_peers(), *present.missing),
        present=present,
    )


def verified(
    contenders: Sequence[Contender], progress: Progress
) -> tuple[list[Contender], list[PeerRow]]:
    """Return those whose answer is right, and a row that says so of each whose is not."""
    right: list[Contender] = []
    wrong: list[PeerRow] = []
    progress.begin("checking every answer", len(contenders))
    for number, contender in enumerate(contenders, start=1):
        try:
            contender.verify()
        except WrongAnswer as error:
            wrong.append(row_of(contender.cell, contender, error=f"WrongAnswer: {error}"))
        else:
            right.append(contender)
        progress.advance(number)
    progress.end()
    return right, wrong


def measured_rows(contenders: Sequence[Contender], samples: Samples, *, seed: int) -> list[PeerRow]:
    """Return a row for each contender."""
    return [
        row_of(
            contender.cell,
            contender,
            ns=samples.ns[Key(cell=contender.cell, name=contender.name)],
            seed=seed,
        )
        for contender in contenders
    ]


def row_of(
    cell: Cell,
    contender: Contender,
    *,
    ns: Sequence[float] = (),
    seed: int = 0,
    error: str | None = None,
) -> PeerRow:
    """Return the row of one contender: its samples `ns`, one per round, or why there are none."""
    return peer_row(
        cell, contender.name, contender.library, contender.batch, ns=ns, seed=seed, error=error
    )


def peer_row(
    cell: Cell,
    name: str,
    library: str,
    batch: int,
    *,
    ns: Sequence[float],
    seed: int,
    error: str | None = None,
) -> PeerRow:
    """Return a row of samples `ns`, one per round; no figure where there are none."""
    low, high = np.percentile(ns, [25, 75]).tolist() if ns else (0.0, 0.0)
    return PeerRow(
        part=cell.part,
        cipher=cell.cipher,
        size_bytes=cell.size_bytes,
        direction=cell.direction,
        memory=cell.memory,
        contender=name,
        library=library,
        batch=batch,
        rounds=len(ns),
        median_ns=median(ns, seed=seed) if ns else None,
        p25_ns=low,
        p75_ns=high,
        error=error,
    )


def speed_rows(
    rounds: int, sizes: tuple[int, ...], *, seed: int, progress: Progress
) -> tuple[list[PeerRow], list[Absent]]:
    """Return what `openssl speed -aead` says, `rounds` seconds for each cell."""
    program = speed_program()
    if program is None:
        reason = "there is no program openssl on the path"
        return [], [Absent(part=Part.AEAD, contender=SPEED, reason=reason)]
    library = speed_version(program)
    cells = list(speed_cells(sizes))
    figures: dict[Cell, list[float]] = {cell: [] for cell in cells}
    errors: dict[Cell, str] = {}
    progress.begin(f"{SPEED}, a second each", rounds * len(cells))
    for turn in range(rounds):
        for number, cell in enumerate(cells, start=1):
            sample = run_speed(program, cell)
            if sample.ns_per_unit is not None:
                figures[cell].append(sample.ns_per_unit)
            elif sample.error is not None:
                errors[cell] = sample.error
            progress.advance(turn * len(cells) + number)
    progress.end()
    rows = [
        peer_row(cell, SPEED, library, 1, ns=figures[cell], seed=seed, error=errors.get(cell))
        for cell in cells
    ]
    return rows, []
