"""The terminal tables and report.md, against golden files.

To accept new output: SEALBENCH_UPDATE_GOLDEN=1 pytest tests/bench/report, then read the diff.
"""

import os
import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bench.report.document import document_of
from bench.report.markdown import escape, render_markdown
from bench.report.published_plot import PublishedPlot
from bench.report.quantities import MISSING
from bench.report.report_run import ReportRun
from bench.report.section import section_key
from bench.report.table import print_report

GOLDEN = Path(__file__).parents[2] / "golden" / "report"


def check_golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("SEALBENCH_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def terminal(*runs: ReportRun, width: int = 100) -> str:
    out = StringIO()
    print_report(runs, Console(file=out, width=width))
    # Rich pads lines to the width of the table; editors and git do not like that in a file.
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def test_terminal_report_is_as_reviewed(small_run: ReportRun) -> None:
    check_golden("terminal.txt", terminal(small_run))


def test_narrow_terminal_report_is_as_reviewed(small_run: ReportRun) -> None:
    check_golden("terminal-60.txt", terminal(small_run, width=60))


def test_markdown_report_is_as_reviewed(
    small_run: ReportRun, small_plots: tuple[PublishedPlot, ...]
) -> None:
    check_golden("report.md", render_markdown([(document_of(small_run), small_plots)]))


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
def test_no_line_is_wider_than_the_terminal(
    small_run: ReportRun, full_run: ReportRun, width: int
) -> None:
    assert max(map(len, terminal(small_run, full_run, width=width).splitlines())) <= width


def test_piped_output_holds_no_escape_sequence(
    small_run: ReportRun, hostile_run: ReportRun
) -> None:
    assert "\x1b" not in terminal(small_run, hostile_run)


def test_every_pipeline_of_a_full_run_has_its_line(full_run: ReportRun) -> None:
    printed = terminal(full_run, width=200)
    assert all(f"\n{row.pipeline} " in printed for row in full_run.rows)


def test_null_is_first_and_ratios_are_to_it(small_run: ReportRun) -> None:
    table = document_of(small_run).sections[-1].tables[0]
    ratio = [column.head for column in table.columns].index("times")
    assert table.lines[0].name == "null"
    assert table.lines[0].cells[ratio] == MISSING
    assert all(float(line.cells[ratio]) > 1 for line in table.lines[1:] if line.cells)


@pytest.mark.parametrize("width", [60, 100])
def test_labels_and_errors_appear_in_the_terminal(small_run: ReportRun, width: int) -> None:
    printed = terminal(small_run, width=width)
    for label in ("insecure", "unauthenticated", "private suite", "synthetic"):
        assert label in printed
    assert "InvalidTag" in printed


def test_labels_and_errors_appear_in_markdown(small_run: ReportRun) -> None:
    text = render_markdown([(document_of(small_run), ())])
    assert "raw-aes-128-ecb **\\[insecure, unauthenticated\\]**" in text
    assert "sframe-chacha20-poly1305 **\\[private suite\\]**" in text
    assert "### webcam-360p, raw **\\[synthetic\\]**" in text
    assert "error: InvalidTag at frame 7" in text


def test_markdown_lines_of_a_table_have_equal_cells(
    small_run: ReportRun, hostile_run: ReportRun
) -> None:
    text = render_markdown([(document_of(run), ()) for run in (small_run, hostile_run)])
    for block in text.split("\n\n"):
        lines = block.splitlines()
        if lines and lines[0].startswith("|"):
            assert len({line.replace("\\|", "").count("|") for line in lines}) == 1


def test_markdown_escapes_every_sign_that_has_a_meaning() -> None:
    assert escape("<b>&`x`|[a](b)*_$~#") == ("&lt;b&gt;&amp;\\`x\\`\\|\\[a\\](b)\\*\\_\\$\\~\\#")


def test_markdown_holds_no_tag_of_a_hostile_clip(hostile_run: ReportRun) -> None:
    assert "<script" not in render_markdown([(document_of(hostile_run), ())])


def test_empty_run_says_that_nothing_was_measured(empty_run: ReportRun) -> None:
    assert "Nothing was measured" in terminal(empty_run)
    assert "Nothing was measured" in render_markdown([(document_of(empty_run), ())])


def test_run_of_nothing_but_errors_shows_each(failed_run: ReportRun) -> None:
    for text in (terminal(failed_run), render_markdown([(document_of(failed_run), ())])):
        assert "CodecError: no encoder" in text
        assert "boom" in text
        assert "2 of 2 cases failed" in text


def test_rows_in_another_order_give_the_same_report(small_run: ReportRun) -> None:
    other = replace(small_run, rows=small_run.rows[::-1])
    assert terminal(other) == terminal(small_run)


def test_clips_that_differ_only_in_signs_have_plots_of_their_own() -> None:
    clips = ["日本", "中国", "a b", "a_b", "A b", "a-b"]
    keys = {section_key(clip, "h264") for clip in clips}
    assert len(keys) == len(clips)
    assert all(re.fullmatch(r"[a-z0-9-]+", key) for key in keys)
    assert section_key("outdoor->720p", "h264") == "outdoor-to-720p-h264"


def test_several_runs_each_have_a_section(small_run: ReportRun, failed_run: ReportRun) -> None:
    text = render_markdown([(document_of(run), ()) for run in (small_run, failed_run)])
    assert f"## {small_run.name}" in text
    assert f"## {failed_run.name}" in text


def test_a_failed_case_makes_no_claim_about_plaintext(failed_run: ReportRun) -> None:
    lines = document_of(failed_run).plaintext.lines
    assert {cell for line in lines for cell in line.cells} == {MISSING}


def test_who_sees_plaintext_groups_alike_pipelines(full_run: ReportRun) -> None:
    lines = {line.name: line.cells for line in document_of(full_run).plaintext.lines}
    assert lines["srtp-* (6 pipelines)"] == ("reads", "cannot", "reads", "reads")
    assert lines["sframe-*+srtp-* (30 pipelines)"] == ("reads", "cannot", "cannot", "reads")
