"""What a hook spends its time on: its steps, put together as a reader asks for them."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from bench.report.report_run import ReportRun
from bench.results import Row
from bench.samples import Samples, stage_durations_ns

DECODE = "decode"
HASH = "hash"
LOOKUP = "look-up"
COPY = "copy for the worker"
REST = "rest"
WORKER = "worker, beside the stream"

STEPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        DECODE: ("scan-reassemble", "scan-decode"),
        HASH: ("scan-hash",),
        LOOKUP: ("scan-lookup",),
        COPY: ("scan-enqueue",),
        REST: ("scan-sample", "scan-luma", "scan-gate", "scan-verdict"),
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


def sampled_means_ns(row: Row, run: ReportRun) -> dict[str, float]:
    """Return the mean time per sampled frame of each step that `row` has, in ns.

    Where every frame was sampled these are the means per frame of the stream. Otherwise they come
    from the samples; without those, or where no frame was sampled, only the steps that frames go
    through whether sampled or not (copy and rest) are told, per frame of the stream.
    """
    means = step_means_ns(row)
    hook = row.hook
    if hook is None or hook.sampled >= row.frames:
        return means
    of_all = {step: means[step] for step in (COPY, REST) if step in means}
    samples = run.load_samples(row) if hook.sampled else None
    fields = () if samples is None else samples.dtype.names or ()
    if samples is None or "scan_sampled" not in fields or not samples["scan_sampled"].any():
        return of_all
    return of_all | _means_of_sampled(samples)


def _means_of_sampled(samples: Samples) -> dict[str, float]:
    sampled = samples["scan_sampled"] == 1
    durations_ns = {
        field.split("/", 1)[1]: times_ns for field, times_ns in stage_durations_ns(samples).items()
    }
    return {
        step: float(sum(np.mean(durations_ns[name][sampled]) for name in own))
        for step in (DECODE, HASH, LOOKUP)
        if (own := [name for name in STEPS[step] if name in durations_ns])
    }


def beside_ns(row: Row) -> float:
    """Return what a worker spends per frame of the stream, in ns; 0 where there is none."""
    hook = row.hook
    if hook is None or hook.worker_ns is None or not row.fps:
        return 0.0
    return max(0.0, hook.core_share.value * 1e9 / row.fps - hook.mean_ns.value)
