"""Scanning in every form of the report, against golden files, and its findings.

To accept new output: SEALBENCH_UPDATE_GOLDEN=1 pytest tests/bench/report, then read the diff.
"""

import os
from dataclasses import replace
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest
from rich.console import Console

from bench.report.document import document_of
from bench.report.html import render_html
from bench.report.markdown import render_markdown
from bench.report.published_plot import PublishedPlot
from bench.report.report_run import INTERRUPTED, ReportRun
from bench.report.table import print_report
from bench.results import Row

GOLDEN = Path(__file__).parents[3] / "golden" / "report"


def check_golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("SEALBENCH_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def terminal(run: ReportRun, width: int = 110) -> str:
    out = StringIO()
    print_report([run], Console(file=out, width=width))
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def with_rows(run: ReportRun, rows: list[Row]) -> ReportRun:
    return replace(run, rows=tuple(rows))


def test_scanning_in_the_terminal_is_as_reviewed(scanning_run: ReportRun) -> None:
    check_golden("scanning.txt", terminal(scanning_run))


def test_scanning_in_markdown_is_as_reviewed(
    scanning_run: ReportRun, scanning_plots: tuple[PublishedPlot, ...]
) -> None:
    check_golden("scanning.md", render_markdown([(document_of(scanning_run), scanning_plots)]))


@pytest.mark.parametrize("width", [60, 80, 110, 200])
def test_no_line_is_wider_than_the_terminal(scanning_run: ReportRun, width: int) -> None:
    assert max(map(len, terminal(scanning_run, width).splitlines())) <= width


def test_the_page_is_well_formed_and_its_groups_span_the_table(
    scanning_run: ReportRun, scanning_plots: tuple[PublishedPlot, ...]
) -> None:
    page = render_html([(document_of(scanning_run), scanning_plots)])
    root = ET.fromstring(page.replace("<!DOCTYPE html>", "", 1))  # noqa: S314 - our own page
    for table in root.iter("table"):
        rows = [
            sum(int(each.attrib.get("colspan", "1")) for each in line) for line in table.iter("tr")
        ]
        assert len(set(rows)) == 1
    text = "".join(root.itertext())
    assert "refused: the relay of" in text
    assert "error: refused" not in text


def test_markdown_lines_of_a_table_have_equal_cells(scanning_run: ReportRun) -> None:
    for block in render_markdown([(document_of(scanning_run), ())]).split("\n\n"):
        lines = block.splitlines()
        if lines and lines[0].startswith("|"):
            assert len({line.replace("\\|", "").count("|") for line in lines}) == 1


def test_findings_tell_points_relay_private_and_exact(scanning_run: ReportRun) -> None:
    findings = document_of(scanning_run).findings
    assert len(findings) == 5
    points, relay, private, exact, failed = findings
    assert "120 µs per frame (0.36 % of a core at 30 fps) at sender-before-encode" in points
    assert "1.02 ms" in points
    assert "at relay, which has to decode it first" in points
    assert "a relay cannot scan: 1 hook refused" in relay
    assert "3,000 times (psi-gcs" in private
    assert "170,000 times (bfv" in private
    assert "240 frames of 4 clips, at 3 rungs by 2 codecs" in exact
    assert "pdq still recognises 94.3 % (1.7 % fell under its quality gate)" in exact
    assert "the same bit by bit for this share: pdq 23" in exact
    assert failed == "1 of 130 cases failed; each is shown with its error."


def test_refused_and_absent_cases_are_no_failures(only_refused_run: ReportRun) -> None:
    rows = [row for row in only_refused_run.rows if row.error and "broken" not in row.error]
    printed = terminal(with_rows(only_refused_run, rows))
    assert "refused: the relay" in printed
    assert "not installed: faiss" in printed
    assert "failed" not in printed


def test_a_run_of_recall_alone_is_a_report(recall_run: ReportRun) -> None:
    document = document_of(recall_run)
    assert [section.title for section in document.sections] == ["Recall after re-encoding"]
    assert document.measured == "72 cases: 72 re-encodings on 4 clips (h264, vp8)."
    assert len(document.findings) == 1
    assert not document.plaintext.lines
    page = render_markdown([(document, ())])
    assert page.startswith("# Scanning of media")
    assert "draw whole clips again" in page
    assert "null pipeline" not in page


def test_the_map_of_recall_stands_before_its_tables(
    scanning_run: ReportRun, scanning_plots: tuple[PublishedPlot, ...]
) -> None:
    pair = (document_of(scanning_run), scanning_plots)
    page = render_markdown([pair])
    assert page.index("plots/recall-hashes.png") < page.index("**pdq, all codecs together**")
    html = render_html([pair])
    assert html.index("Maps: share of frames") < html.index("pdq, all codecs together")


def test_a_recall_cell_that_failed_is_shown(recall_run: ReportRun) -> None:
    broken = msgspec.structs.replace(
        recall_run.rows[0], recall=None, error="CodecError: no encoder"
    )
    printed = terminal(with_rows(recall_run, [broken, *recall_run.rows[1:]]))
    assert "Cells without numbers" in printed
    assert "webcam-360p, h264, 360p, none: error: CodecError: no encoder" in printed


def test_an_interrupted_case_says_so_in_every_table(scanning_run: ReportRun) -> None:
    rows = [
        msgspec.structs.replace(row, labels=(INTERRUPTED,))
        for row in scanning_run.rows
        if row.model in {"stage", "hash", "lookup", "private", "drift"} and row.error is None
    ]
    lines = [
        line
        for section in document_of(with_rows(scanning_run, rows)).sections
        for table in section.tables
        if table.title != "Who sees what"
        for line in table.lines
    ]
    assert lines
    assert all(INTERRUPTED in line.labels for line in lines)


def test_rows_in_another_order_give_the_same_report(scanning_run: ReportRun) -> None:
    assert terminal(with_rows(scanning_run, list(scanning_run.rows[::-1]))) == terminal(
        scanning_run
    )


def test_a_pipeline_beside_its_hooked_twin_keeps_its_own_table(scanning_run: ReportRun) -> None:
    hooked = next(row for row in scanning_run.rows if row.hook is not None)
    plain = msgspec.structs.replace(
        hooked, case=hooked.case.partition("/scan:")[0], hook=None, stages=(), paced=None
    )
    sections = document_of(with_rows(scanning_run, [plain, hooked])).sections
    assert [section.title for section in sections] == ["outdoor->720p, h264", "Scanning hooks"]
    assert len(sections[0].tables[0].lines) == 1
