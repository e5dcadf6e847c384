"""Rows that are no pipelines: by the question they answer, and as lines of a table."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from bench.report.outcome import failure, remark
from bench.report.report_run import printable
from bench.report.table_value import Line
from bench.results import Row

Summary = TypeVar("Summary")


def rows_of(rows: Iterable[Row], model: str) -> tuple[Row, ...]:
    """Return the rows that were asked `model`, small pictures first."""
    return tuple(
        sorted(
            (row for row in rows if row.model == model),
            key=lambda row: (row.height, row.clip, row.case),
        )
    )


def by_clip(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return `rows` by their clip, in the order given."""
    clips: dict[str, list[Row]] = {}
    for row in rows:
        clips.setdefault(row.clip, []).append(row)
    return clips


def line_of(
    row: Row,
    summary: Summary | None,
    cells: Callable[[Row, Summary], tuple[str, ...]],
    *,
    name: str,
    group: str = "",
) -> Line:
    """Return the line of `row`: its cells, or why there are none."""
    return Line(
        name=printable(name),
        group=printable(group),
        cells=() if summary is None or row.error is not None else cells(row, summary),
        labels=tuple(map(printable, row.labels)),
        error=failure(row),
        remark=remark(row),
    )


def parts_after_clip(row: Row) -> tuple[str, ...]:
    """Return what the id of the case of `row` says after its clip.

    A case that ended early has no summary, but its id still tells what it asked.
    """
    return tuple(row.case.removeprefix(f"{row.model}/{row.clip}/").split("/"))


def entries_of(size: str) -> int:
    """Return the number that a size in an id stands for: 100,000 for `1e5`; 0 for no number."""
    digits, _, zeros = size.partition("e")
    if not (digits.isdecimal() and (zeros.isdecimal() or not zeros)):
        return 0
    return int(f"{digits}{'0' * int(zeros or 0)}")


def entries_words(entries: int) -> str:
    """Return `1 entry` or `100,000 entries`."""
    return "1 entry" if entries == 1 else f"{entries:,} entries"
