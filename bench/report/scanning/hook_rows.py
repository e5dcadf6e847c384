"""Rows of hooked pipelines: what each hook is called, which belong beside each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.report.grouping import Kind, by_video, pipeline_order
from bench.report.hooked import POINTS, hook_id
from bench.report.report_run import printable
from bench.results import Row

_COST_ONLY = ("noop", "hash-only")


def point_of(row: Row) -> str:
    """Return where the hook of `row` sits, empty where it has none."""
    return (hook_id(row) or "").split(",", 1)[0]


def hook_name(row: Row) -> str:
    """Return the hook of `row` as a reader sees it: `relay, pdq-1e5, every-5, async`."""
    return printable((hook_id(row) or "").replace(",", ", "))


def pipeline_name(row: Row, rows: Sequence[Row]) -> str:
    """Return the pipeline of `row`, with its engine where `rows` have more than one."""
    engines = {other.engine for other in rows if other.engine}
    shown = f"{row.pipeline} [{row.engine}]" if row.engine and len(engines) > 1 else row.pipeline
    return printable(shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class HookGroup:
    """The hooks of one clip and codec that answer the same question, by pipeline and point."""

    clip: str
    codec: str
    kind: Kind
    media: str
    rows: tuple[Row, ...]

    @property
    def title(self) -> str:
        """What was scanned, and how it ran."""
        codec = "with the codec" if self.media == "live" else "from the cache"
        how = "in real time" if self.kind is Kind.PACED else "frame after frame"
        return f"{self.clip}, {self.codec}, {how}, {codec}"

    @property
    def finished(self) -> tuple[Row, ...]:
        """The rows that have numbers."""
        return tuple(row for row in self.rows if row.error is None and row.hook is not None)

    @property
    def fps(self) -> float:
        """Frames per second of the clip; 0 where no row knows."""
        return max((row.fps for row in self.rows), default=0.0)


def hook_groups(rows: Iterable[Row]) -> tuple[HookGroup, ...]:
    """Return the hooked ones of `rows` by clip, codec and model, small pictures first."""
    hooked = [row for row in rows if hook_id(row) is not None]
    return tuple(
        HookGroup(
            clip=printable(clip),
            codec=printable(codec),
            kind=kind,
            media=media,
            rows=_ordered(members),
        )
        for (clip, codec, kind, media), members in by_video(hooked).items()
    )


def _ordered(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return `rows` by pipeline, then point, then scanner."""
    # A refused case knows neither its engine nor its labels, and belongs to its pipeline still.
    places: dict[str, tuple[object, ...]] = {}
    for row in sorted(rows, key=lambda row: row.error is None):
        places[row.pipeline] = pipeline_order(row)[:-2]

    def key(row: Row) -> tuple[object, ...]:
        point, *rest = (hook_id(row) or "").split(",")
        # What the hook itself costs comes before what it does.
        cost_only = bool(rest) and any(name in rest[0] for name in _COST_ONLY)
        return (
            places[row.pipeline],
            pipeline_name(row, rows),
            POINTS.index(point),
            not cost_only,
            rest,
            row.case,
        )

    return tuple(sorted(rows, key=key))
