"""Several calibrations of one machine as one profile with all their rounds."""

from collections.abc import Callable, Iterable, Sequence
from statistics import fmean

import msgspec

from bench.profile.comparable import unlike_machines
from bench.profile.errors import ProfileError
from bench.profile.schema import CoreScaling, LinearCost, Memory, Profile, Trace


def pooled(profiles: Sequence[Profile]) -> Profile:
    """Return one profile with the rounds of all, in the order of time.

    A cost that one of them lacks is left out and becomes a problem, for rounds are resampled
    jointly. Raises ProfileError for none, for profiles of other machines or libraries, whose
    differences it names, and for other engines or versions of sealbench.
    """
    if not profiles:
        raise ProfileError("no profile to pool")
    members = sorted(profiles, key=lambda profile: profile.started_utc)
    first, *others = members
    for other in others:
        if unlike := unlike_machines(first.machine, other.machine):
            raise ProfileError(
                "profiles of different machines or libraries cannot be mixed: " + "; ".join(unlike)
            )
        for field in ("engine", "sealbench_version"):
            one, another = getattr(first, field), getattr(other, field)
            if one != another:
                raise ProfileError(f"profiles cannot be mixed: {field}: {one} -> {another}")
    if not others:
        return first
    names = dict.fromkeys(key for each in members for key in each.costs)
    complete = [key for key in names if all(key in each.costs for each in members)]
    problems = {key: problem for each in members for key, problem in each.problems.items()}
    return msgspec.structs.replace(
        first,
        seconds=sum(each.seconds for each in members),
        rounds=sum(each.rounds for each in members),
        conditions_after=members[-1].conditions_after,
        costs={key: _cost([each.costs[key] for each in members]) for key in complete},
        traces=_traces(members),
        memory=_memory(members),
        scaling=_scaling(members),
        problems={
            key: problems.get(key, "not in all of the profiles that were pooled")
            for key in [*names, *problems]
            if key not in complete
        },
    )


def _cost(parts: Sequence[LinearCost]) -> LinearCost:
    misfits = [part.misfit for part in parts if part.misfit is not None]
    return msgspec.structs.replace(
        parts[0],
        call_ns=_joined(parts, lambda part: part.call_ns),
        packet_ns=_joined(parts, lambda part: part.packet_ns),
        byte_ns=_joined(parts, lambda part: part.byte_ns),
        samples=sum(part.samples for part in parts),
        misfit=fmean(misfits) if misfits else None,
    )


def _joined(
    parts: Iterable[LinearCost], term: Callable[[LinearCost], tuple[float, ...]]
) -> tuple[float, ...]:
    return tuple(value for part in parts for value in term(part))


def _traces(members: Sequence[Profile]) -> tuple[Trace, ...]:
    """Return the traces, one for each clip, codec and height: the same units were encoded twice."""
    found: dict[tuple[str, int, str], Trace] = {}
    for each in members:
        for trace in each.traces:
            found.setdefault((trace.codec, trace.height, trace.clip), trace)
    return tuple(found.values())


def _memory(members: Sequence[Profile]) -> dict[str, Memory]:
    found: dict[str, Memory] = {}
    for each in members:
        for key, memory in each.memory.items():
            known = found.get(key)
            bytes_each = (*(known.bytes_each if known else ()), *memory.bytes_each)
            found[key] = msgspec.structs.replace(known or memory, bytes_each=bytes_each)
    return found


def _scaling(members: Sequence[Profile]) -> tuple[CoreScaling, ...]:
    found: dict[int, CoreScaling] = {}
    for each in members:
        for scaling in each.scaling:
            known = found.get(scaling.processes)
            ratio = (*(known.ratio if known else ()), *scaling.ratio)
            found[scaling.processes] = msgspec.structs.replace(known or scaling, ratio=ratio)
    return tuple(found.values())
