"""Which rows are of a pipeline that was scanned."""

from collections.abc import Iterable

from bench.results import Row
from pipelines.scanning.hook import Point

_MARK = "/scan:"
"""What stands before a hook's own name in the id of a case (`bench/cases.py`)."""

_MODELS = ("stage", "paced")
POINTS = tuple(str(point) for point in Point)


def hook_id(row: Row) -> str | None:
    """Return the name of the hook of `row`, or None where its pipeline was not scanned.

    A case that ended early has no summary of its hook; its id still names it.
    """
    if row.model not in _MODELS:
        return None
    # A user's own file may be called anything: the mark counts only behind the clip.
    _, _, behind = row.case.partition(f"/{row.clip}/")
    _, mark, name = behind.partition(_MARK)
    return name if mark and name.split(",", 1)[0] in POINTS else None


def plain_rows(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return those of `rows` that the tables of pipelines show: of a pipeline without a hook."""
    return tuple(row for row in rows if row.model in _MODELS and hook_id(row) is None)
