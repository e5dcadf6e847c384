"""What a server of several cores does at once, in cores of the calibrated machine."""

from dataclasses import dataclass

import numpy as np

from bench.sizing.model.draws import Draws, ProfileDraws
from bench.sizing.scenario.schema import Host


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What one server does, in calibrated cores, and the sentence on how that is known.

    `assumed` where the cores are more than were measured.
    """

    cores: Draws
    per_core: Draws
    told: str
    assumed: bool


def capacity_of(host: Host, draws: ProfileDraws) -> Capacity:
    """Return what one `host` does if its cores scale as those of the calibrated machine."""
    ratio = ratio_of(draws, host.cores)
    measured = [processes for processes, _ in draws.scaling]
    most = max(measured, default=1)
    if host.cores <= most:
        told = f"scaling over {host.cores} cores within what was measured (up to {most})"
    elif measured:
        told = (
            f"scaling over {host.cores} cores: beyond the {most} measured, every doubling is "
            "assumed to lose the same share"
        )
    else:
        told = f"scaling over {host.cores} cores assumed to be linear: none was measured"
    cores = host.core_speed * ratio
    return Capacity(cores=cores, per_core=cores / host.cores, told=told, assumed=host.cores > most)


def ratio_of(draws: ProfileDraws, cores: int) -> Draws:
    """Return what `cores` cores do at once over one alone.

    Between measured numbers of cores a power law joins them; beyond, the power law fitted through
    all of them goes on. More cores never do less, nor more than their number.
    """
    measured = draws.scaling
    if cores == 1 or not measured:
        return np.full(draws.count, float(cores))
    counts = np.log2([1.0, *(float(processes) for processes, _ in measured)])
    rates = np.vstack([np.ones(draws.count), *(ratio for _, ratio in measured)])
    ratios = np.log2(np.maximum(rates, 1.0))
    ratios = np.minimum(np.maximum.accumulate(ratios, axis=0), counts[:, None])
    # Least squares through one core, which is 1 by definition.
    slope = np.clip((counts[:, None] * ratios).sum(axis=0) / (counts**2).sum(), 0.0, 1.0)
    wanted = float(np.log2(cores))
    above = int(np.searchsorted(counts, wanted))
    if above == counts.size:
        log_ratio = ratios[-1] + slope * (wanted - counts[-1])
    else:
        below = above - 1
        part = (wanted - counts[below]) / (counts[above] - counts[below])
        log_ratio = ratios[below] + part * (ratios[above] - ratios[below])
    ratio: Draws = np.exp2(log_ratio)
    return ratio
