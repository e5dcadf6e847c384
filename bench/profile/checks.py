"""What no profile of a real machine says, and the schema alone does not refuse."""

import math
from collections.abc import Iterator, Sequence

from bench.profile.errors import ProfileError
from bench.profile.schema import Profile

MOST_BYTES = 1e15
MOST_BPS = 1e13
MOST_FPS = 1e4
MOST_LINES = 100_000
MOST_PROCESSES = 100_000
MOST_SECONDS = 1e9
"""Far above any machine, and small enough that no sum or product overflows."""

MOST_ROUNDS = 10_000
MOST_ENTRIES = 1000
MOST_UNITS = 1_000_000
MOST_CHARACTERS = 1000
"""Far above any calibration, and little enough to answer from in seconds."""


def refuse_odd(profile: Profile, where: str) -> None:
    """Raise ProfileError, with the field, for what the schema allows and no calibration writes."""
    for field, problem in _oddities(profile):
        raise ProfileError(f"{where}: {field}: {problem}")


def _oddities(profile: Profile) -> Iterator[tuple[str, str]]:
    """Yield fields with what is wrong with them."""
    if not profile.costs:
        yield "costs", "empty"
    yield from _too_much(profile)
    for key in (*profile.costs, *profile.memory, *profile.problems):
        if not (key.isascii() and key.isprintable() and key):
            yield f"the key {key!a}", "no name of a cost: letters, digits and signs of ASCII"
    for key, cost in profile.costs.items():
        terms = {
            "call_ns": cost.call_ns,
            "packet_ns": cost.packet_ns,
            "byte_ns": cost.byte_ns,
        }
        for name, values in terms.items():
            if len(values) != profile.rounds:
                yield (
                    f"costs[{key!r}].{name}",
                    f"{len(values)} values, the profile has {profile.rounds} rounds",
                )
        yield from _beyond(f"costs[{key!r}].misfit", [cost.misfit or 0.0], 0, math.inf)
    for key, memory in profile.memory.items():
        field = f"memory[{key!r}].bytes_each"
        yield from _empty(field, memory.bytes_each)
        yield from _beyond(field, memory.bytes_each, 0, MOST_BYTES)
    for index, scaling in enumerate(profile.scaling):
        field = f"scaling[{index}]"
        yield from _empty(f"{field}.ratio", scaling.ratio)
        yield from _beyond(f"{field}.processes", [scaling.processes], 2, MOST_PROCESSES)
        yield from _beyond(f"{field}.ratio", scaling.ratio, 1e-6, MOST_PROCESSES)
    for index, trace in enumerate(profile.traces):
        field = f"traces[{index}]"
        yield from _beyond(f"{field}.height", [trace.height], 1, MOST_LINES)
        yield from _beyond(f"{field}.fps", [trace.fps], 1e-3, MOST_FPS)
        yield from _beyond(f"{field}.bitrate_bps", [trace.bitrate_bps], 1e-3, MOST_BPS)
    yield from _beyond("seconds", [profile.seconds], 0, MOST_SECONDS)
    # A seed goes into numpy's generators, which take no negative one.
    yield from _beyond("seed", [profile.seed], 0, 1 << 63)
    yield from _beyond("machine.usable_cores", [profile.machine.usable_cores], 1, MOST_PROCESSES)


def _too_much(profile: Profile) -> Iterator[tuple[str, str]]:
    """Yield what is not wrong in itself, but more than anybody measured or waits for."""
    yield from _beyond("rounds", [profile.rounds], 1, MOST_ROUNDS)
    for field in ("costs", "traces", "memory", "scaling", "problems"):
        entries = len(getattr(profile, field))
        if entries > MOST_ENTRIES:
            yield field, f"{entries:,} entries; at most {MOST_ENTRIES:,} are read"
    units = sum(len(trace.keyframe_bytes) + len(trace.delta_bytes) for trace in profile.traces)
    if units > MOST_UNITS:
        yield "traces", f"{units:,} access units; at most {MOST_UNITS:,} are read"
    texts = {
        "engine": [profile.engine],
        "sealbench_version": [profile.sealbench_version],
        "started_utc": [profile.started_utc],
        "costs": [*profile.costs, *(t for c in profile.costs.values() for t in (c.on, c.library))],
        "traces": [text for trace in profile.traces for text in (trace.clip, trace.codec)],
        "memory": [*profile.memory, *(memory.on for memory in profile.memory.values())],
        "scaling": [scaling.on for scaling in profile.scaling],
    }
    for field, listed in texts.items():
        longest = max(map(len, listed), default=0)
        if longest > MOST_CHARACTERS:
            yield field, f"a text of {longest:,} characters; at most {MOST_CHARACTERS:,} are read"


def _empty(field: str, values: Sequence[float]) -> Iterator[tuple[str, str]]:
    if not values:
        yield field, "empty"


def _beyond(
    field: str, values: Sequence[float], least: float, most: float
) -> Iterator[tuple[str, str]]:
    """Yield the field where one of `values` is not from `least` to `most`, or no number."""
    for value in values:
        if not least <= value <= most or math.isinf(value):
            yield field, f"{value:g} is not from {least:g} to {most:g}"
