"""The sections of a report that tell of scanning."""

from bench.report.report_run import ReportRun
from bench.report.scanning.drift_table import drift_table
from bench.report.scanning.hash_table import hash_table
from bench.report.scanning.hook_table import hook_tables
from bench.report.scanning.lookup_table import lookup_tables
from bench.report.scanning.private_table import private_tables
from bench.report.scanning.recall_table import recall_tables
from bench.report.scanning.who_table import who_table
from bench.report.section import Section
from bench.report.table_value import Table

HOOKS, PARTS, PRIVATE, RECALL = (
    "scanning-hooks",
    "scanning-parts",
    "scanning-private",
    "scanning-recall",
)
"""Keys of the sections, which tie their plots to them."""


def scanning_sections(run: ReportRun) -> tuple[Section, ...]:
    """Return a section for each question about scanning that `run` answers."""
    rows = run.rows
    hooks, who = hook_tables(run), who_table(rows)
    sections = (
        Section(
            key=HOOKS,
            title="Scanning hooks",
            about="what looking at the frames costs at each point, and who learns what",
            tables=_known(who, *hooks) if hooks else (),
        ),
        Section(
            key=PARTS,
            title="Hashes and look-ups",
            about="the parts of a hook by themselves",
            tables=_known(hash_table(rows), drift_table(rows), *lookup_tables(rows)),
        ),
        Section(
            key=PRIVATE,
            title="Private look-ups",
            about="what it costs that neither side shows the other what it holds",
            tables=_known(None if hooks else who, *private_tables(rows)),
        ),
        Section(
            key=RECALL,
            title="Recall after re-encoding",
            about="what is still recognised, and what is taken for something else",
            tables=recall_tables(rows),
            plots_first=True,
        ),
    )
    return tuple(section for section in sections if section.tables)


def _known(*tables: Table | None) -> tuple[Table, ...]:
    return tuple(table for table in tables if table is not None)
