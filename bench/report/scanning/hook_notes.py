"""What must be known to read the tables of hooks, said once under the last of them."""

from collections.abc import Iterator, Sequence
from statistics import median

from bench.report.quantities import duration
from bench.report.report_run import printable
from bench.report.scanning.hook_steps import COPY, HASH, LOOKUP, step_means_ns
from bench.results import HookSummary, Row

FEWEST_FOR_P99 = 200
"""Of fewer frames the p99 is the slowest one or two, and so luck."""

_COST = (
    "hook, µs/frame: all steps of the hook per frame of the stream, sampled or not (mean). core %: "
    "the same at the clip's rate as a share of a core, with the time of a worker where there is "
    "one."
)
_STEPS = (
    "decode, hash, look-up: mean over the sampled frames (those under the hash's quality gate pass "
    "the look-up at once); copy and rest: over all frames. Where "
    "only some are sampled the steps do not add up to the first column, for then most frames pay "
    "none of them, or only the decoding of what later frames refer to."
)
_ADDED = (
    "added: a quantile of a frame's way from entering the sender to leaving the receiver, minus "
    "the same quantile with the hook's own time taken out of every frame; it is not the difference "
    "to the same pipeline without a hook, which is another row with other luck. p50 +%, p99 +%: "
    "its share of the way without the hook's time."
)
_COLD = (
    "The look-up inside a hook finds caches that the codec has just swept, and takes several times "
    "as long as in the look-up table, where they are hot."
)


def hook_notes(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the notes that the hooks among `rows` call for."""
    hooks = [(row, row.hook) for row in rows if row.error is None and row.hook is not None]
    return tuple(_notes(hooks)) if hooks else ()


def _notes(hooks: Sequence[tuple[Row, HookSummary]]) -> Iterator[str]:
    yield _COST
    yield _STEPS
    yield _ADDED
    means = [step_means_ns(row) for row, _ in hooks]
    if any(LOOKUP in each for each in means):
        yield _COLD
    if any(hook.worker_ns for _, hook in hooks):
        yield _about_async(hooks)
    if any(_is_short(row, hook) for row, hook in hooks):
        yield (
            f"No p99 stands where there are fewer than {FEWEST_FOR_P99} frames (of a lag: sampled "
            "ones)."
        )
    for origin in dict.fromkeys(hook.list_origin for _, hook in hooks if hook.list_origin):
        yield f"What was looked for: {printable(origin)}."


def _about_async(hooks: Sequence[tuple[Row, HookSummary]]) -> str:
    copies = [_per_sampled(row, hook, COPY) for row, hook in hooks if hook.worker_ns]
    hashes = [_per_sampled(row, hook, HASH) for row, hook in hooks if not hook.worker_ns]
    copy, hashing = _typical(copies), _typical(hashes)
    figures = f" (here {copy}" + (f"; hashing {hashing})" if hashing else ")") if copy else ""
    return (
        f"async: the frame waits for a copy of its plane only{figures}, which costs about as much "
        "as hashing it: async buys freedom from tail latency and slow look-ups, not average cost. "
        "lag is the time from sampling a frame to its verdict; a frame dropped by a full queue "
        "never gets one."
    )


def _per_sampled(row: Row, hook: HookSummary, step: str) -> float:
    means = step_means_ns(row)
    return means.get(step, 0.0) * row.frames / hook.sampled if hook.sampled else 0.0


def _typical(times_ns: Sequence[float]) -> str:
    known = [time_ns for time_ns in times_ns if time_ns]
    return duration(median(known)) if known else ""


def _is_short(row: Row, hook: HookSummary) -> bool:
    few_lags = hook.worker_ns is not None and hook.sampled - hook.dropped < FEWEST_FOR_P99
    return row.frames < FEWEST_FOR_P99 or few_lags
