"""A profile as random draws: one point estimate, then bootstrap replicas, all costs together."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from bench import student
from bench.profile.schema import CoreScaling, Profile, Trace

T = TypeVar("T")

Draws = npt.NDArray[np.float64]
"""Shape (1 + n,): the point estimate, then n replicas. Every figure of the model has this shape, so
that what is uncertain together stays together."""

REPLICAS = 400
COVERAGE = 0.90


@dataclass(frozen=True, slots=True, kw_only=True)
class CostDraws:
    """A linear cost in ns, each term a `Draws`."""

    call_ns: Draws
    packet_ns: Draws
    byte_ns: Draws

    def ns(
        self,
        *,
        calls: Draws | float = 0.0,
        packets: Draws | float = 0.0,
        size_bytes: Draws | float = 0.0,
    ) -> Draws:
        """Return the time of so many calls, packets and bytes; per second where those are."""
        return calls * self.call_ns + packets * self.packet_ns + size_bytes * self.byte_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSet:
    """The traces of one codec and height; `weights` (1 + n, clips) says how much each counts."""

    traces: tuple[Trace, ...]
    weights: npt.NDArray[np.float64]


class MissingCost(Exception):  # noqa: N818 - what happened
    """The profile does not hold what a scenario needs; the message names it, and why if known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileDraws:
    """Everything that the model takes from a profile. Equal seeds give equal draws.

    Rounds are resampled jointly for all costs, clips jointly for all traces. A percentile interval
    of few rounds is too narrow; deviations are stretched by Student's t over the normal quantile.
    """

    profile: Profile
    count: int
    _costs: Mapping[str, CostDraws]
    _traces: Mapping[tuple[str, int], TraceSet]
    _memory: Mapping[str, Draws]
    _scaling: tuple[tuple[int, Draws], ...]

    def cost(self, key: str) -> CostDraws:
        """Return the cost called `key`. Raises MissingCost."""
        return _known(self._costs, key, self.profile)

    def memory(self, key: str) -> Draws:
        """Return the bytes of one thing called `key`. Raises MissingCost."""
        return _known(self._memory, key, self.profile)

    def traces(self, codec: str, height: int) -> TraceSet:
        """Return the traces of `codec` at the calibrated height nearest to `height`.

        Raises MissingCost where the codec was not calibrated.
        """
        heights = [known for name, known in self._traces if name == codec]
        if not heights:
            codecs = ", ".join(sorted({name for name, _ in self._traces})) or "none"
            raise MissingCost(
                f"no traces of codec {codec!r} in the profile; it has: {codecs}; calibrate again "
                "with this sealbench where FFmpeg has that codec"
            )
        return self._traces[codec, min(heights, key=lambda known: abs(known - height))]

    def heights(self, stem: str) -> tuple[int, ...]:
        """Return the heights at which `stem` ("encode/h264") was calibrated, in order.

        Of costs and memory alike, and of whatever else ends in a number (sizes of lists).
        """
        return tuple(
            sorted(
                int(key.rsplit("/", 1)[1])
                for key in (*self._costs, *self._memory)
                if key.rsplit("/", 1)[0] == stem and key.rsplit("/", 1)[1].isdigit()
            )
        )

    @property
    def scaling(self) -> tuple[tuple[int, Draws], ...]:
        """Processes and what they do at once over one alone, from few to many."""
        return self._scaling


def draw(profile: Profile, *, seed: int, replicas: int = REPLICAS) -> ProfileDraws:
    """Return `profile` as `replicas` joint bootstrap draws behind its point estimate."""
    random = np.random.default_rng(seed)
    rounds = random.integers(0, profile.rounds, (replicas, profile.rounds))
    wider = stretch(profile.rounds)
    costs = {
        key: CostDraws(
            call_ns=_mean_draws(cost.call_ns, rounds, wider),
            packet_ns=_mean_draws(cost.packet_ns, rounds, wider),
            byte_ns=_mean_draws(cost.byte_ns, rounds, wider),
        )
        for key, cost in profile.costs.items()
    }
    return ProfileDraws(
        profile=profile,
        count=1 + replicas,
        _costs=MappingProxyType(costs),
        _traces=MappingProxyType(_trace_sets(profile.traces, random, replicas)),
        _memory=MappingProxyType(
            {
                key: _own_draws(memory.bytes_each, random, replicas)
                for key, memory in sorted(profile.memory.items())
            }
        ),
        _scaling=_scaling_draws(profile.scaling, random, replicas),
    )


def interval(draws: Draws) -> tuple[float, float, float]:
    """Return point, low and high of the 90 % interval of the replicas, the point within."""
    low, high = quantiles(draws[1:], ((1 - COVERAGE) / 2, (1 + COVERAGE) / 2))
    point = float(draws[0])
    return point, min(point, low), max(point, high)


def quantiles(values: npt.NDArray[np.float64], shares: Sequence[float]) -> tuple[float, ...]:
    """Return the quantiles of `values` (at least one) at `shares`, linear between neighbours.

    What numpy.quantile does, which takes ten times as long for some hundred values.
    """
    ordered = np.sort(values)
    places = [share * (ordered.size - 1) for share in shares]
    below = [min(int(place), ordered.size - 2) if ordered.size > 1 else 0 for place in places]
    above = [min(index + 1, ordered.size - 1) for index in below]
    return tuple(
        float(ordered[low] + (place - low) * (ordered[high] - ordered[low]))
        for place, low, high in zip(places, below, above, strict=True)
    )


def _mean_draws(values: Sequence[float], rounds: npt.NDArray[np.int64], wider: float) -> Draws:
    of_round = np.asarray(values, dtype=np.float64)
    point = of_round.mean()
    replicas = point + wider * (of_round[rounds].mean(axis=1) - point)
    # A stretched replica may fall below zero; no work takes negative time.
    return np.concatenate([[point], np.maximum(replicas, 0.0)])


def _own_draws(values: Sequence[float], random: np.random.Generator, replicas: int) -> Draws:
    trials = random.integers(0, len(values), (replicas, len(values)))
    return _mean_draws(values, trials, stretch(len(values)))


def _trace_sets(
    traces: Sequence[Trace], random: np.random.Generator, replicas: int
) -> dict[tuple[str, int], TraceSet]:
    """Return the traces by codec and height, their clips resampled jointly where they recur."""
    if not traces:
        return {}
    clips = sorted({trace.clip for trace in traces})
    drawn = random.multinomial(len(clips), np.full(len(clips), 1 / len(clips)), replicas)
    counts = np.vstack([np.ones((1, len(clips))), drawn])
    sets: dict[tuple[str, int], TraceSet] = {}
    for key in sorted({(trace.codec, trace.height) for trace in traces}):
        members = tuple(t for t in traces if (t.codec, t.height) == key)
        weights = counts[:, [clips.index(trace.clip) for trace in members]]
        total = weights.sum(axis=1, keepdims=True)
        # A replica that drew none of these clips takes them all alike.
        weights = np.where(total > 0, weights, 1.0)
        sets[key] = TraceSet(traces=members, weights=weights / weights.sum(axis=1, keepdims=True))
    return sets


def _scaling_draws(
    scaling: Sequence[CoreScaling], random: np.random.Generator, replicas: int
) -> tuple[tuple[int, Draws], ...]:
    return tuple(
        (each.processes, _own_draws(each.ratio, random, replicas))
        for each in sorted(scaling, key=lambda each: each.processes)
    )


def stretch(count: int) -> float:
    """Return by how much deviations of a mean of `count` are too small when bootstrapped."""
    if count < 2:
        return 1.0
    p = (1 + COVERAGE) / 2
    normal = 1.6448536269514722  # the normal quantile at 95 %
    return math.sqrt(count / (count - 1)) * student.quantile(p, count - 1) / normal


def _known(values: Mapping[str, T], key: str, profile: Profile) -> T:
    if key in values:
        return values[key]
    reason = profile.problems.get(key)
    told = f": {reason}" if reason else ""
    stem = key.rsplit("/", 1)[0]
    near = sorted(known for known in values if known.startswith(f"{stem}/"))
    raise MissingCost(
        f"the profile has no cost {key!r}{told}"
        + (f"; it has: {', '.join(near)}" if near else "; calibrate again with this sealbench")
    )
