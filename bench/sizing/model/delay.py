"""The delay that a server adds to packets, numerically, from how units burst into its cores."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.sizing.model.draws import Draws, quantiles, stretch
from bench.sizing.model.load import Burst, RoleLoad
from bench.sizing.model.queue import ENDLESS_NS, Floats, Source, copy_delays_ns

LOADS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
QUANTILES = (0.50, 0.95, 0.99)

CAP_MS = ENDLESS_NS / 1e6
"""Stands for a queue that grows without end: a load of 1 or more, on average or by one stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much to simulate: `seeds` times about `units` units, of which `samples` copies are seen.

    Where there are `replicas`, what each draw of the costs changes is simulated with
    `replica_units`.
    """

    seeds: int
    units: int
    samples: int
    replicas: int = 0
    replica_units: int = 0


LEAST_CORES = 6

PLANNED = Effort(seeds=4, units=35_000, samples=20_000, replicas=8, replica_units=4_000)
CURVE = Effort(seeds=2, units=9_000, samples=5_000, replicas=6, replica_units=4_000)
COMPARED = Effort(seeds=3, units=10_000, samples=6_000)
QUICK = Effort(seeds=2, units=6_000, samples=5_000)

SEEDS_MOST = 1_000
"""Seeds of simulations lie so far apart that those of two answers never meet."""

TABLE = 8_192
"""Entries of a table of equally likely numbers of packets of a unit."""

_LEAST_SHARE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """What the cores of one role's servers have to do, whatever their number.

    `work_ns` is all CPU of the role in ns of a calibrated core per second, of which `burst_ns`
    serve the bursts; `speed` is one core among busy others, over a calibrated one alone. The copies
    of one packet are shared by `fan_out_cores` cores.
    """

    bursts: tuple[Burst, ...]
    packets: tuple[Floats, ...]
    work_ns: Draws
    burst_ns: Draws
    speed: Draws
    fan_out_cores: int

    def sources(self, load: float, draw: int) -> tuple[Source, ...]:
        """Return what one core serves that is busy for `load` of the time, by draw `draw`.

        Streams are spread evenly over cores. Whatever is no burst (feedback, handshakes) takes its
        share of the core evenly, so that bursts see a slower one. A core serves at least one
        stream, whatever its load: packets are delayed where streams are.
        """
        speed, work = self.speed[draw], self.work_ns[draw]
        others = load * (1 - self.burst_ns[draw] / work)
        slow = 1 / (speed * max(_LEAST_SHARE, 1 - others))
        spreads = [self.spread(burst) for burst in self.bursts]
        streams = [
            burst.streams * spread for burst, spread in zip(self.bursts, spreads, strict=True)
        ]
        part = max(load * speed * 1e9 / work, 1 / sum(streams))
        return tuple(
            Source(
                streams=count * part,
                units_per_s=burst.units_per_s,
                packets=packets,
                copies=burst.copies / spread,
                # One of the cores receives; over many packets each does so in turn.
                in_ns=float(burst.in_ns[draw]) * slow / spread,
                out_ns=float(burst.out_ns[draw]) * slow,
            )
            for burst, packets, count, spread in zip(
                self.bursts, self.packets, streams, spreads, strict=True
            )
        )

    def spread(self, burst: Burst) -> float:
        """Return over how many cores the copies of one of its packets are in fact spread.

        No copy is shared: over no more than there are copies.
        """
        return min(float(self.fan_out_cores), max(1.0, burst.copies))

    def heaviest(self, draw: int = 0) -> tuple[Burst, float]:
        """Return the class whose single stream keeps each of its cores busiest, and for how long.

        Of an otherwise idle core, as a share of 1.
        """
        loads = [
            burst.units_per_s
            * float(packets.mean())
            * (float(burst.in_ns[draw]) + burst.copies * float(burst.out_ns[draw]))
            / (1e9 * self.spread(burst) * float(self.speed[draw]))
            for burst, packets in zip(self.bursts, self.packets, strict=True)
        ]
        heaviest = max(range(len(loads)), key=loads.__getitem__)
        return self.bursts[heaviest], loads[heaviest]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """Delay in ms by quantile; each row is a point estimate and replicas (fewer than `Draws`)."""

    load: float
    p50_ms: Floats
    p95_ms: Floats
    p99_ms: Floats


def core_of(role: RoleLoad, *, speed: Draws, fan_out_cores: int) -> Core | None:
    """Return what one core of `role` does; None where nothing bursts or nothing is copied."""
    bursts = tuple(
        burst
        for burst in role.bursts
        if burst.streams > 0 and burst.units_per_s > 0 and burst.copies > 0
    )
    if not bursts:
        return None
    packets = tuple(packets_table(burst) for burst in bursts)
    zero = 0.0 * speed
    burst_ns: Draws = sum(
        (
            burst.streams
            * burst.units_per_s
            * float(table.mean())
            * (burst.in_ns + burst.copies * burst.out_ns)
            for burst, table in zip(bursts, packets, strict=True)
        ),
        zero,
    )
    work_ns: Draws = sum(role.cpu_ns_per_s.values(), zero)
    # Means of traces and of the drawn table differ a little; bursts are never more than all.
    work_ns = np.maximum(work_ns, burst_ns)
    if not work_ns[0] > 0.0:
        return None
    return Core(
        bursts=bursts,
        packets=packets,
        work_ns=work_ns,
        burst_ns=burst_ns,
        speed=speed,
        fan_out_cores=fan_out_cores,
    )


def packets_table(burst: Burst) -> Floats:
    """Return `TABLE` equally likely numbers of packets of one unit, all traces alike."""
    if not burst.traces:
        return np.ones(1)
    keys = round(TABLE * burst.keyframe_share)
    return np.concatenate(
        [
            _spread(burst, keys, [np.asarray(trace.keyframe_bytes) for trace in burst.traces]),
            _spread(burst, TABLE - keys, [np.asarray(trace.delta_bytes) for trace in burst.traces]),
        ]
    )


def delays_at(core: Core, load: Draws, *, seed: int, effort: Effort = PLANNED) -> Delays:
    """Return the delays at `load`: a point estimate, and as many replicas as `effort` says.

    The point is the mean of simulations with phases and frame sizes of their own. A replica is the
    mean of as many of them, drawn again, times what another draw of the costs changes in a
    simulation with equal phases and sizes: so the interval holds what the simulations are unsure
    of, and what the costs are.
    """
    return _delays(core, load, _changes(core, load, seed, effort), seed=seed, effort=effort)


def _delays(core: Core, load: Draws, changes: Floats, *, seed: int, effort: Effort) -> Delays:
    points = simulated_ms(core, load, seed=seed, effort=effort)
    point = points.mean(axis=0)
    random = np.random.default_rng(seed)
    again = points[random.integers(0, effort.seeds, (len(changes), effort.seeds))].mean(axis=1)
    # As logarithms, which stretching cannot make negative.
    off = stretch(effort.seeds) * np.log(again / point)
    rows = np.minimum(np.vstack([point, point * np.exp(off) * changes]), CAP_MS)
    return Delays(load=float(load[0]), p50_ms=rows[:, 0], p95_ms=rows[:, 1], p99_ms=rows[:, 2])


def simulated_ms(core: Core, load: Draws, *, seed: int, effort: Effort) -> Floats:
    """Return the `QUANTILES` of each simulation by the point estimates, shape (seeds, 3)."""
    return np.array(
        [
            _quantiles_ms(
                core,
                load,
                0,
                seed=seed * SEEDS_MOST + index,
                units=effort.units,
                samples=effort.samples,
            )
            for index in range(effort.seeds)
        ]
    )


def _changes(core: Core, load: Draws, seed: int, effort: Effort) -> Floats:
    """Return each replica's quantiles over those of the point estimate, shape (replicas, 3)."""
    replicas = min(effort.replicas, load.size - 1)
    if not replicas:
        return np.ones((0, len(QUANTILES)))
    units = effort.replica_units
    of_draws = np.array(
        [
            _quantiles_ms(core, load, draw, seed=seed * SEEDS_MOST, units=units, samples=units)
            for draw in range(1 + replicas)
        ]
    )
    changes: Floats = of_draws[1:] / of_draws[0]
    return changes


def delay_curve(core: Core, *, seed: int, effort: Effort = CURVE) -> tuple[Delays, ...]:
    """Return the delays at each of `LOADS`: the same streams, more or fewer of them on a core.

    What other costs change is simulated at one load for all: at equal load they stretch time.
    """
    loads = [np.full_like(core.speed, load) for load in LOADS]
    changes = _changes(core, loads[len(loads) // 2], seed, effort)
    return tuple(_delays(core, load, changes, seed=seed, effort=effort) for load in loads)


def bracket(core: Core, budget_ms: float, *, seed: int, effort: Effort) -> tuple[Delays, ...]:
    """Return the two neighbours among `LOADS` between which p99 leaves the budget, or the end.

    More load never makes packets faster: half of what is left is left out each time.
    """
    points: dict[int, Delays] = {}
    low, high = 0, len(LOADS)
    while low < high:
        middle = (low + high) // 2
        load = np.full_like(core.speed, LOADS[middle])
        points[middle] = delays_at(core, load, seed=seed, effort=effort)
        if points[middle].p99_ms[0] <= budget_ms:
            low = middle + 1
        else:
            high = middle
    return tuple(points[index] for index in (low - 1, low) if index in points)


def largest_load(curve: tuple[Delays, ...], budget_ms: float) -> Floats:
    """Return the largest load whose p99 is within `budget_ms`, by draw; 0 where none is."""
    loads = np.array([point.load for point in curve])
    # More load never makes packets faster; a simulation of finite length may say so.
    p99 = np.maximum.accumulate(np.vstack([point.p99_ms for point in curve]), axis=0)
    return np.array([_crossing(loads, of_draw, budget_ms) for of_draw in p99.T])


def _crossing(loads: Floats, p99: Floats, budget_ms: float) -> float:
    within = int(np.searchsorted(p99, budget_ms, side="right"))
    if within in (0, loads.size):
        return 0.0 if within == 0 else float(loads[-1])
    low, high = within - 1, within
    part = (budget_ms - p99[low]) / (p99[high] - p99[low])
    return float(loads[low] + part * (loads[high] - loads[low]))


def _quantiles_ms(
    core: Core, load: Draws, draw: int, *, seed: int, units: int, samples: int
) -> Floats:
    if load[draw] >= 1.0 or core.heaviest(draw)[1] >= 1.0:
        return np.full(len(QUANTILES), CAP_MS)
    delays = copy_delays_ns(
        core.sources(float(load[draw]), draw),
        seed=seed,
        units=units,
        least_cores=LEAST_CORES,
        samples=samples,
    )
    return np.minimum(np.array(quantiles(delays, QUANTILES)) / 1e6, CAP_MS)


def _spread(burst: Burst, entries: int, by_trace: list[npt.NDArray[np.int64]]) -> Floats:
    """Return `entries` numbers of packets, each trace's quantiles alike."""
    share = np.full(len(by_trace), entries // len(by_trace))
    share[: entries % len(by_trace)] += 1
    parts = [
        np.sort(sizes)[((np.arange(count) + 0.5) * sizes.size / max(1, count)).astype(np.int64)]
        * scale
        for sizes, scale, count in zip(by_trace, burst.scale, share, strict=True)
    ]
    size_bytes = np.concatenate(parts) + burst.extra_bytes
    return np.maximum(np.ceil(size_bytes / burst.payload_bytes), 1.0)
