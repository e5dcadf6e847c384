"""Which rows belong beside each other, in which order, and what they are measured against."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.report.hooked import plain_rows
from bench.report.quantities import bit_rate
from bench.report.report_run import ReportRun, printable
from bench.results import RoleSummary, Row, StageSummary
from pipelines.media import CODECS

BASELINE = "null"

_FAMILIES = ("null", "raw-*", "srtp-*", "sframe-*", "sframe-*+srtp-*")
"""From nothing to everything; families of plug-ins follow."""


class Kind(StrEnum):
    """The kinds of table: what one row of it was asked."""

    CACHED = "cached"
    LIVE = "live"
    PACED = "paced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The rows of one clip and codec that answer the same question, baseline first.

    `shared_labels` stand on every row of that clip and codec, so they are said once, beside it.
    """

    clip: str
    codec: str
    kind: Kind
    media: str
    rows: tuple[Row, ...]
    shared_labels: tuple[str, ...]

    @property
    def finished(self) -> tuple[Row, ...]:
        """The rows that have numbers."""
        return tuple(row for row in self.rows if row.error is None)

    def display_name(self, row: Row) -> str:
        """Return the pipeline's name, with the engine where the group has more than one."""
        engines = {other.engine for other in self.rows}
        return printable(f"{row.pipeline} [{row.engine}]" if len(engines) > 1 else row.pipeline)

    def own_labels(self, row: Row) -> tuple[str, ...]:
        """Return the labels of `row` that are not said for the whole group."""
        return tuple(printable(label) for label in row.labels if label not in self.shared_labels)

    def baseline_of(self, row: Row) -> Row | None:
        """Return the null pipeline that walks the same way as `row`, if it was measured."""
        by_name = {
            other.pipeline: other for other in reversed(self.finished) if other.engine == row.engine
        }
        own = by_name.get(f"raw-{BASELINE}") if row.pipeline.startswith("raw-") else None
        return own or by_name.get(BASELINE)


def kind_of(row: Row) -> Kind:
    """Return which table `row` belongs to."""
    if row.model == "paced":
        return Kind.PACED
    return Kind.LIVE if row.media == "live" else Kind.CACHED


def family(pipeline: str) -> str:
    """Return the pattern a pipeline's name follows: `sframe-*+srtp-*`."""
    parts = [part.split("-", 1) for part in pipeline.split("+")]
    return "+".join(f"{part[0]}-*" if len(part) > 1 else part[0] for part in parts)


def is_baseline(row: Row) -> bool:
    """Return whether `row` is a null pipeline."""
    return row.pipeline in {BASELINE, f"raw-{BASELINE}"}


def pipeline_order(row: Row) -> tuple[object, ...]:
    """Return the sort key that puts the baseline first and families together."""
    pattern = family(row.pipeline)
    place = _FAMILIES.index(pattern) if pattern in _FAMILIES else len(_FAMILIES)
    return (
        not is_baseline(row),
        place,
        "insecure" in row.labels,
        _numbers_first(row.pipeline),
        row.engine,
        row.case,
    )


def _numbers_first(name: str) -> tuple[tuple[int, str], ...]:
    # aes-128 before aes-256, and a tag of 32 bits before one of 80.
    return tuple((int(part) if part.isdecimal() else 0, part) for part in name.split("-"))


Key = tuple[str, str, Kind, str]
"""Clip, codec, kind of table and media."""


def by_video(rows: Sequence[Row]) -> dict[Key, list[Row]]:
    """Return `rows` by what belongs into one table: small pictures first, then codec, then kind.

    Rows are stored in the order they were finished, which shuffling makes another for each run.
    """
    buckets: dict[Key, list[Row]] = {}
    heights: dict[str, int] = {}
    for row in rows:
        buckets.setdefault((row.clip, row.codec, kind_of(row), row.media), []).append(row)
        heights[row.clip] = max(row.height, heights.get(row.clip, 0))
    kinds = list(Kind)
    order = sorted(
        buckets,
        key=lambda key: (
            heights[key[0]],
            key[0],
            CODECS.index(key[1]) if key[1] in CODECS else len(CODECS),
            key[1],
            kinds.index(key[2]),
            key[3],
        ),
    )
    return {key: buckets[key] for key in order}


def groups_of(run: ReportRun) -> tuple[Group, ...]:
    """Return the groups of `run`'s pipelines without a hook, ordered as in `by_video`."""
    rows = plain_rows(run.rows)
    return tuple(
        Group(
            clip=printable(clip),
            codec=printable(codec),
            kind=kind,
            media=media,
            rows=tuple(sorted(members, key=pipeline_order)),
            shared_labels=_shared_labels(
                [row for row in rows if (row.clip, row.codec) == (clip, codec)]
            ),
        )
        for (clip, codec, kind, media), members in by_video(rows).items()
    )


def _shared_labels(rows: Sequence[Row]) -> tuple[str, ...]:
    if len(rows) == 1:
        return ()
    return tuple(
        label for label in rows[0].labels if all(label in other.labels for other in rows[1:])
    )


def rung(row: Row) -> str:
    """Return the picture size as the field says it: `720p`, the lines of the short side."""
    return f"{min(row.width, row.height)}p"


def video_facts(rows: Iterable[Row]) -> str:
    """Return size, frame rate and bit rate of the video."""
    for row in rows:
        if row.width:
            facts = [f"{row.width}x{row.height}", f"{row.fps:.4g} fps"]
            if row.bitrate_bps:
                facts.append(bit_rate(row.bitrate_bps))
            return ", ".join(facts)
    return "nothing is known of this video: no case of it finished"


def clip_note(rows: Iterable[Row]) -> str:
    """Return what a clip's rows note of it: where it comes from, how it was encoded."""
    known = ((row.clip_note, row.encoder) for row in rows if row.clip_note or row.encoder)
    return printable("; ".join(filter(None, next(known, ()))))


def role_of(row: Row, role: str) -> RoleSummary | None:
    """Return the summary of `role`, or None where the pipeline has no such role."""
    return next((summary for summary in row.roles if summary.role == role), None)


def stages_of(row: Row, role: str) -> tuple[StageSummary, ...]:
    """Return the stages of `role` in the order they ran."""
    return tuple(stage for stage in row.stages if stage.role == role)


def total_p50_ns(row: Row) -> float:
    """Return the sum of the medians of all roles, in ns."""
    return sum(role.p50_ns.value for role in row.roles)
