"""The way of a frame that a hook stands in: what its latency would be without."""

from dataclasses import dataclass

import numpy as np

from bench.report.quantities import MISSING, number
from bench.report.report_run import ReportRun
from bench.results import Row
from bench.samples import latency_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Quantiles of a frame's way, in ns, with the time of the hook taken out."""

    p50_ns: float
    p99_ns: float


def way_without_hook(row: Row, run: ReportRun) -> Way | None:
    """Return the way of the frames of `row` without its hook, or None where nothing tells it.

    What the hook added is the difference of two quantiles, so the smaller of the two is what
    remains.
    """
    hook = row.hook
    if hook is None:
        return None
    if row.paced is not None:
        p50_ns, p99_ns = row.paced.p50_ns.value, row.paced.p99_ns.value
    else:
        samples = run.load_samples(row)
        if samples is None or not len(samples):
            return None
        p50_ns, p99_ns = np.quantile(latency_ns(samples), (0.5, 0.99), method="inverted_cdf")
    return Way(p50_ns=p50_ns - hook.added_p50_ns.value, p99_ns=p99_ns - hook.added_p99_ns.value)


def share_of(added_ns: float, way_ns: float | None) -> str:
    """Return `added_ns` as a percentage of `way_ns`, without the sign."""
    return number(100 * added_ns / way_ns, 2) if way_ns and way_ns > 0 else MISSING
