"""From the samples of a case with a scanning hook to what the hook cost and found."""

import numpy as np

from bench.results import Estimate, HookSummary
from bench.samples import Samples, latency_ns, stage_durations_ns
from bench.stats import I64, Bootstrap
from pipelines.scanning.hook import LEARNS, Hook, Mode
from pipelines.stages.scan.hook import OpenHook

STEP_PREFIX = "scan-"
"""How the names of a hook's steps begin."""


def summarise_hook(samples: Samples, opened: OpenHook, *, fps: float, seed: int) -> HookSummary:
    """Return what `opened` cost a stream of `fps` frames per second, and what it found.

    `samples` are those of all rounds, with the columns of the hook. Raises ValueError for none.
    """
    hook = opened.hook
    steps_ns = hook_ns(samples)
    bootstrap = Bootstrap(samples["round"], seed=seed)
    added_p50, added_p99 = bootstrap.quantile_shifts(latency_ns(samples), steps_ns, (0.5, 0.99))
    worker_ns, (lag_p50, lag_p99) = None, (None, None)
    scanned = samples[samples["scan_verdict_ns"] > 0]
    if hook.mode is Mode.ASYNC and len(scanned):
        of_scanned = Bootstrap(scanned["round"], seed=seed)
        worker_ns = of_scanned.mean(scanned["scan_worker_ns"])
        lag_p50, lag_p99 = of_scanned.quantiles(lag_ns(scanned), (0.5, 0.99))
    return HookSummary(
        point=str(hook.point),
        scanner=opened.scanner.name,
        hasher=opened.hasher,
        index=opened.index,
        list_entries=opened.list_entries,
        index_bytes=opened.index_bytes,
        sampling=hook.sampling,
        mode=str(hook.mode),
        learns=_learns(hook),
        mean_ns=bootstrap.mean(steps_ns),
        core_share=_share_of_core(bootstrap.mean(steps_ns + samples["scan_worker_ns"]), fps),
        added_p50_ns=added_p50,
        added_p99_ns=added_p99,
        sampled=int(samples["scan_sampled"].sum()),
        matched=int(samples["scan_matched"].sum()),
        dropped=int(samples["scan_dropped"].sum()),
        flagged_frames=int(samples["scan_flagged"].sum()),
        worker_ns=worker_ns,
        lag_p50_ns=lag_p50,
        lag_p99_ns=lag_p99,
    )


def hook_ns(samples: Samples) -> I64:
    """Return the time of all steps of the hook on each frame's way, in ns, shape (frames,)."""
    total = np.zeros(len(samples), dtype=np.int64)
    for field, duration_ns in stage_durations_ns(samples).items():
        if field.split("/", 1)[1].startswith(STEP_PREFIX):
            total += duration_ns
    return total


def lag_ns(samples: Samples) -> I64:
    """Return the time from the choice of a frame to its verdict, in ns, of frames that have one."""
    fields = samples.dtype.names or ()
    chosen = next(field for field in fields if field.endswith(f"/{STEP_PREFIX}sample"))
    lag: I64 = samples["scan_verdict_ns"] - samples[chosen]
    return lag


def _share_of_core(mean_ns: Estimate, fps: float) -> Estimate:
    per_s = fps / 1e9
    return Estimate(value=mean_ns.value * per_s, low=mean_ns.low * per_s, high=mean_ns.high * per_s)


def _learns(hook: Hook) -> tuple[str, ...]:
    return tuple(str(party) for party in LEARNS[hook.point])
