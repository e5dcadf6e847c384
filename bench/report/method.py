"""What a report is called and how it was measured, by the questions that its runs asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.report.grouping import is_baseline
from bench.report.hooked import hook_id, plain_rows
from bench.results import Row

_PARTS = frozenset({"hash", "lookup", "private", "recall", "drift"})
"""Models of the cases that are no pipelines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """Which questions a run asked."""

    pipelines: bool
    baseline: bool
    relayed: bool
    hooks: bool
    times: bool
    planted: bool
    parts: bool
    hot: bool
    recall: bool

    @property
    def scanning(self) -> bool:
        """Whether anything of it was about scanning."""
        return self.hooks or self.parts


def asked(rows: Sequence[Row]) -> Asks:
    """Return which questions `rows` answer."""
    plain = plain_rows(rows)
    models = {row.model for row in rows}
    return Asks(
        pipelines=bool(plain) or not rows,
        baseline=any(is_baseline(row) for row in plain) or not rows,
        relayed=any(row.model == "stage" and row.media == "cached" for row in plain) or not rows,
        hooks=any(hook_id(row) is not None for row in rows),
        times=bool(models - {"recall", "drift"}) or not rows,
        planted=bool(models & {"lookup", "private"}) or any(_has_list(row) for row in rows),
        parts=bool(models & _PARTS),
        hot=bool(models & {"hash", "lookup"}),
        recall="recall" in models,
    )


def _has_list(row: Row) -> bool:
    return row.hook is not None and row.hook.list_entries > 0


def title_of(asks: Sequence[Asks]) -> str:
    """Return the title of a report of runs that asked `asks`."""
    if not any(each.scanning for each in asks):
        return "Encrypted media: what each pipeline costs per frame"
    if not any(each.pipelines for each in asks):
        return "Scanning of media: what it costs, and what it finds"
    return "Encrypted media: what each pipeline costs per frame, and scanning in it"


def method_of(asks: Sequence[Asks]) -> tuple[str, ...]:
    """Return how runs that asked `asks` were measured, a sentence or two each."""
    if not asks:
        return ()
    return tuple(
        line
        for counts, line in (
            (any(each.times for each in asks), _TIMED),
            (any(each.times for each in asks), _INTERLEAVED),
            (any(each.baseline for each in asks), _BASELINE),
            (any(each.relayed for each in asks), _RELAYED),
            (any(each.hooks for each in asks), _HOOKS),
            (any(each.planted for each in asks), _PLANTED),
            (any(each.parts or each.hooks for each in asks), _GATES),
            (any(each.hot for each in asks), _FRESH),
            (any(each.recall for each in asks), _CLIPS),
            (any(each.times for each in asks), _MACHINE),
        )
        if counts
    )


_TIMED = (
    "Every frame is timed, stage by stage, with one monotonic clock; nothing is subtracted and "
    "no run is thrown away. p50, p95 and p99 are quantiles over frames; ± is half of the 95 % "
    "bootstrap interval as a share of the value."
)
_INTERLEAVED = (
    "Cases are interleaved in shuffled rounds, so that drift of the machine hits all alike. "
    "Garbage collection is off and compilation is done before timing starts."
)
_BASELINE = (
    "The null pipeline walks the same way with copies where the cryptography would be: what a "
    "pipeline costs beyond it is the protection."
)
_RELAYED = (
    "Relayed streams per core is what one core could do of nothing but the relay's stages: no "
    "sockets, no system calls."
)
_HOOKS = (
    "A hook's steps are stages of the pipeline it stands in, timed like the others; its noop "
    "scanner gets the picture and does nothing with it, which is what the place alone costs."
)
_PLANTED = (
    "Lists are random hashes among which those of some frames of these harmless clips are planted; "
    "no real list was used unless the conditions name one."
)
_GATES = (
    "Frames under a hash's quality gate (flat or black pictures) are hashed but not looked up, and "
    "match nothing. PDQ has one (50 of 100); pHash and dHash have none."
)
_FRESH = (
    "A hash by itself is timed on a plane whose data was written just before, as a decoder leaves "
    "it; a look-up by itself is timed with caches that the queries before have filled."
)
_CLIPS = (
    "Frames of a clip resemble each other, so the intervals of recall draw whole clips again, "
    "never frames."
)
_MACHINE = (
    "Times hold for this machine and these library versions; ratios travel better than times."
)
