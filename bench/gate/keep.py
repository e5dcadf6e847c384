"""The blocks of a gate on the disk, a line per turn as soon as it is over: a kill loses one."""

import os
from pathlib import Path

import msgspec

from bench.gate.blocks import Blocks
from bench.gate.phases import Keep
from bench.gate.turns import Turn
from pipelines.files import make_folder, open_in_place

BLOCKS_FILE = "blocks.jsonl"


class StoredTurn(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `blocks.jsonl`: times in ns of blocks of `units` units, in order of rounds."""

    phase: int
    benchmark: str
    units: int
    base_ns: list[int]
    head_ns: list[int]
    twin_ns: list[int]
    interrupted: list[bool]


def keeper_in(folder: Path | None) -> Keep:
    """Return what appends each turn to the blocks of `folder`, made now; or keeps none."""
    if folder is None:
        return forget
    make_folder(folder)
    path = folder / BLOCKS_FILE

    def keep(phase: int, turn: Turn) -> None:
        if turn.blocks is None:
            return
        with os.fdopen(open_in_place(path), "ab") as file:
            file.write(msgspec.json.encode(_stored(phase, turn, turn.blocks)) + b"\n")

    return keep


def forget(phase: int, turn: Turn) -> None:
    """Keep nothing."""
    del phase, turn


def _stored(phase: int, turn: Turn, blocks: Blocks) -> StoredTurn:
    return StoredTurn(
        phase=phase,
        benchmark=turn.name,
        units=turn.units,
        base_ns=blocks.base_ns.tolist(),
        head_ns=blocks.head_ns.tolist(),
        twin_ns=blocks.twin_ns.tolist(),
        interrupted=blocks.interrupted.tolist(),
    )
