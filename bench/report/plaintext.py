"""Who sees plaintext: the claim of each pipeline, proven by verification, as one table."""

from bench.report.grouping import family, pipeline_order
from bench.report.quantities import MISSING
from bench.report.report_run import ReportRun, printable
from bench.report.table_value import Column, Line, Table
from bench.results import Row
from pipelines.stage import Party

READS = "reads"
CANNOT = "cannot"


def plaintext_table(run: ReportRun) -> Table:
    """Return who can read the media of each pipeline; alike pipelines of a family share a line."""
    alike: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = {}
    clip_labels = {"synthetic"}  # said of the video, not of the pipeline
    for row in sorted(_one_row_each(run), key=pipeline_order):
        labels = tuple(label for label in row.labels if label not in clip_labels)
        key = (family(row.pipeline), row.sees_plaintext, labels)
        alike.setdefault(key, []).append(row.pipeline)
    known = [str(party) for party in Party]
    others = sorted({party for _, sees, _ in alike for party in sees} - set(known))
    parties = [*known, *others]
    return Table(
        title="Who sees plaintext",
        name_head="pipeline",
        columns=tuple(Column(head=printable(party), numeric=False) for party in parties),
        lines=tuple(
            Line(
                name=_name(pattern, names),
                cells=tuple(_reads(party, sees) for party in parties),
                labels=tuple(printable(label) for label in labels),
            )
            for (pattern, sees, labels), names in alike.items()
        ),
        notes=(
            (
                "network: anyone who can listen on the way; relay: the server that passes it on. "
                "sealbench verify proves each claim by trying."
            ),
        )
        if alike
        else (),
    )


def _reads(party: str, sees: tuple[str, ...]) -> str:
    if not sees:
        return MISSING  # a case that failed before anything was known of its pipeline
    return READS if party in sees else CANNOT


def _one_row_each(run: ReportRun) -> tuple[Row, ...]:
    # A case that failed early may not know; one that finished does.
    ordered = sorted((row for row in run.rows if row.pipeline), key=lambda row: row.error is None)
    return tuple({row.pipeline: row for row in ordered}.values())


def _name(pattern: str, names: list[str]) -> str:
    if len(names) == 1:
        return printable(names[0])
    return f"{printable(pattern)} ({len(names)} pipelines)"
