"""What a hook spends its time on: its steps, put together as a reader asks for them."""

from collections.abc import Mapping
from types import MappingProxyType

from bench.results import Row

DECODE = "decode"
HASH = "hash"
LOOKUP = "look-up"
COPY = "copy for the worker"
REST = "sample, gate, verdict"
WORKER = "worker, beside the stream"

STEPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        DECODE: ("scan-reassemble", "scan-decode"),
        HASH: ("scan-luma", "scan-hash"),
        LOOKUP: ("scan-lookup",),
        COPY: ("scan-enqueue",),
        REST: ("scan-sample", "scan-gate", "scan-verdict"),
    }
)
"""Stages of a hook by what they are for. A relay puts packets together before it can decode."""


def step_means_ns(row: Row) -> dict[str, float]:
    """Return the mean time per frame of the stream of each step that `row` has, in ns.

    The steps of the stream come in the order of STEPS; the time of a worker beside it, which no
    frame waits for, comes last.
    """
    known = {name: step for step, names in STEPS.items() for name in names}
    means: dict[str, float] = {}
    for step in STEPS:
        own = [
            stage.mean_ns.value
            for stage in row.stages
            if stage.kind == "scan" and known.get(stage.stage, REST) == step
        ]
        if own:
            means[step] = sum(own)
    worker_ns = beside_ns(row)
    if worker_ns:
        means[WORKER] = worker_ns
    return means


def beside_ns(row: Row) -> float:
    """Return what a worker spends per frame of the stream, in ns; 0 where there is none."""
    hook = row.hook
    if hook is None or hook.worker_ns is None or not row.fps:
        return 0.0
    return max(0.0, hook.core_share.value * 1e9 / row.fps - hook.mean_ns.value)
