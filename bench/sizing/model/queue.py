"""One core's queue: units of packets arrive, each packet leaves in copies, one after another."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

ENDLESS_NS = 1e10
"""Stands for the wait in a queue that grows without end: on a core with more work than time."""

WARM_NS = 20e6
"""How long a queue fills before it is looked at: most of a frame's time, in which most streams
bring something; at least as long as the largest unit keeps a core busy twice."""

WATCHED = 2
"""Times as long is a core watched at least, the time that it fills included."""

LONGEST_NS = 3e9
"""Longest time that one core is watched with the same phases. Streams are periodic, so that many
cores tell more than a long watch."""

MOST_CORES = 200
_LEAST = 1e-300

RARE_SHARE = 0.25
"""Of the simulated cores, those that serve a stream of a class that is rarer than this in fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Streams of one class on one core; a fraction is the mean over cores.

    A unit comes every 1/`units_per_s` from a random start and brings one of `packets` packets, each
    value equally likely. Each packet takes `in_ns`, then `copies` times `out_ns` of the core.
    """

    streams: float
    units_per_s: float
    packets: Floats
    copies: float
    in_ns: float
    out_ns: float

    @property
    def packet_ns(self) -> float:
        """Time that one packet with all its copies takes."""
        return self.in_ns + self.copies * self.out_ns

    @property
    def load(self) -> float:
        """Share of a core that one stream keeps busy."""
        return self.units_per_s * float(self.packets.mean()) * self.packet_ns / 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class _Units:
    """Units of all cores in a row, in order of arrival within each; times in ns.

    `weight` is how many units in truth one stands for, 0 where it is not looked at.
    """

    arrival_ns: Floats
    work_ns: Floats
    packets: Floats
    source: npt.NDArray[np.int64]
    weight: Floats
    endless: npt.NDArray[np.bool_]


def waiting_ns(arrival_ns: Floats, work_ns: Floats) -> Floats:
    """Return how long each unit waits for those before it: first come, first served.

    Lindley's recursion W' = max(0, W + work - gap), solved as a sum and a running maximum.
    `arrival_ns` must not decrease.
    """
    if not arrival_ns.size:
        return np.zeros(0)
    before = np.concatenate([[0.0], np.cumsum(work_ns[:-1])])
    start: Floats = np.maximum.accumulate(arrival_ns - before) + before
    return np.maximum(start - arrival_ns, 0.0)


def copy_delays_ns(
    sources: Sequence[Source],
    *,
    seed: int,
    units: int,
    least_cores: int = 4,
    samples: int = 20_000,
) -> Floats:
    """Return delays of copies on cores that each serve `sources` with phases of their own.

    About `units` units are simulated, on at least `least_cores` cores. Every copy has the same
    chance to be among the (at most) `samples` that are returned. Classes of which few cores serve
    one are simulated more often, and count for less. With the same `seed`, sources that differ a
    little meet the same phases and sizes as far as they can, so that their delays compare.
    """
    simulated = _simulated(sources, seed=seed, units=units, least_cores=least_cores)
    wait = waiting_ns(simulated.arrival_ns, simulated.work_ns)
    wait[simulated.endless] = ENDLESS_NS
    copies = np.array([source.copies for source in sources])
    in_ns = np.array([source.in_ns for source in sources])
    out_ns = np.array([source.out_ns for source in sources])
    of_unit = copies[simulated.source]
    upto = np.cumsum(simulated.packets * of_unit * simulated.weight)
    total = float(upto[-1]) if upto.size else 0.0
    if total <= 0.0:
        return np.zeros(0)
    seen = float((simulated.packets * of_unit)[simulated.weight > 0].sum())
    count = math.ceil(min(samples, seen))
    random = np.random.default_rng(seed)
    # One at random of each step: a fixed place may fall in step with the bursts.
    target = (np.arange(count) + random.random(count)) * (total / count)
    unit = np.minimum(np.searchsorted(upto, target, side="right"), upto.size - 1)
    before = np.concatenate([[0.0], upto])[unit]
    within = (target - before) / np.maximum(simulated.weight[unit], _LEAST)
    of = simulated.source[unit]
    # Rounding must not carry a target over the end of its unit.
    packet = np.minimum(np.floor(within / copies[of]), simulated.packets[unit] - 1)
    copy = np.floor(within - packet * copies[of]) + 1
    own: Floats = (packet + 1) * in_ns[of] + (packet * copies[of] + copy) * out_ns[of]
    return wait[unit] + own


def _simulated(sources: Sequence[Source], *, seed: int, units: int, least_cores: int) -> _Units:
    per_ns = sum(source.streams * source.units_per_s for source in sources) / 1e9
    largest_ns = max(float(source.packets.max()) * source.packet_ns for source in sources)
    # Powers of two here and below, so that a slightly other load is simulated alike.
    warm_ns = WARM_NS * 2.0 ** max(0, math.ceil(math.log2(2 * largest_ns / WARM_NS)))
    warm_ns = min(warm_ns, LONGEST_NS / 10)
    often_enough = math.ceil(1 / max(source.streams for source in sources))
    wanted = max(least_cores, min(MOST_CORES, int(units / (per_ns * WATCHED * warm_ns))))
    cores = max(2 ** round(math.log2(wanted)), often_enough)
    fitting = round(math.log2(max(units / cores / per_ns / (WATCHED * warm_ns), 1.0)))
    watch_ns = min(WATCHED * warm_ns * 2.0**fitting, LONGEST_NS)
    randoms = [np.random.default_rng((seed, index)) for index in range(len(sources))]
    counted = [
        _streams(source, cores, random) for source, random in zip(sources, randoms, strict=True)
    ]
    core_weight = np.prod([weight for _, weight in counted], axis=0)
    parts = [
        _arrivals(source, count, watch_ns, random)
        for source, (count, _), random in zip(sources, counted, randoms, strict=True)
    ]
    work = [
        packets * source.packet_ns for source, (_, _, packets) in zip(sources, parts, strict=True)
    ]
    total, load = np.zeros(cores), np.zeros(cores)
    for source, (core, _, _), of_streams in zip(sources, parts, work, strict=True):
        total += np.bincount(core, of_streams.sum(axis=1), minlength=cores)
        load += np.bincount(core, minlength=cores) * source.load
    slowest_ns = 1e9 / min(source.units_per_s for source in sources)
    # Cores stand in a row in time, too far apart for what one left undone to reach the next.
    begin = np.concatenate([[0.0], np.cumsum(total + watch_ns + slowest_ns)[:-1]])
    arrival = np.concatenate([(at + begin[core][:, None]).ravel() for core, at, _ in parts])
    weight = np.concatenate(
        [
            (core_weight[core][:, None] * ((at >= warm_ns) & (at < watch_ns))).ravel()
            for core, at, _ in parts
        ]
    )
    endless = np.concatenate([np.repeat(load[core] >= 1, at.shape[1]) for core, at, _ in parts])
    source_of = np.repeat(np.arange(len(sources)), [at.size for _, at, _ in parts])
    order = np.argsort(arrival)
    return _Units(
        arrival_ns=arrival[order],
        work_ns=np.concatenate([each.ravel() for each in work])[order],
        packets=np.concatenate([packets.ravel() for _, _, packets in parts])[order],
        source=source_of[order],
        weight=weight[order],
        endless=endless[order],
    )


def _streams(
    source: Source, cores: int, random: np.random.Generator
) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return how many streams each core serves, and how many cores in truth it stands for."""
    share = source.streams
    # A fraction of a stream is one on that share of cores, spread as evenly as whole ones allow.
    place = (random.permutation(cores) + random.random()) / cores
    if share >= RARE_SHARE:
        return np.floor(share + place).astype(np.int64), np.ones(cores)
    count = np.floor(RARE_SHARE + place).astype(np.int64)
    drawn = count.mean()
    if drawn in (0.0, 1.0):
        return count, np.ones(cores)
    return count, np.where(count == 1, share / drawn, (1 - share) / (1 - drawn))


def _arrivals(
    source: Source,
    count: npt.NDArray[np.int64],
    watch_ns: float,
    random: np.random.Generator,
) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """Return the core of each stream, and when its units come (streams, units) with how much."""
    # Drawn for as many streams on every core as the fullest one has; some stay unused.
    most = int(count.max())
    there = np.arange(most)[:, None] < count
    core = np.nonzero(there)[1]
    period_ns = 1e9 / source.units_per_s
    steps = np.arange(math.ceil(watch_ns / period_ns)) * period_ns
    phase = random.random((most, count.size))[there]
    # Every part of the table comes as often as it should, at random places: how many key frames
    # there are is then no matter of luck, as it would be if each were drawn for itself.
    every = most * count.size * steps.size
    place = (random.permutation(every) / every).reshape(most, count.size, steps.size)[there]
    drawn = np.minimum(place * source.packets.size, source.packets.size - 1).astype(np.int64)
    return core, phase[:, None] * period_ns + steps, source.packets[drawn]
