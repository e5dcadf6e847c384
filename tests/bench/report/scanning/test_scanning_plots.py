"""Plots of scanning rows: which there are, and that they hold what was measured."""

import msgspec
import pytest
from matplotlib.text import Text

from bench.report.plots import plots_of
from bench.report.published_plot import PublishedPlot
from bench.report.report_run import ReportRun
from bench.report.scanning.hook_rows import hook_groups
from bench.report.scanning.plot_lookup import lookup_curves
from bench.report.scanning.plot_scan_cost import draw_scan_cost
from bench.report.scanning.recall_cells import share_words


def test_each_question_has_its_plots(scanning_plots: tuple[PublishedPlot, ...]) -> None:
    assert [plot.stem for plot in scanning_plots] == [
        "scan-outdoor-to-720p-h264-live",
        "scan-outdoor-to-720p-h264-paced-live",
        "scan-outdoor-to-720p-vp8-live",
        "scan-lookups",
        "scan-private",
        "recall-hashes",
        "recall-pdq-codecs",
        "recall-dhash-codecs",
        "recall-identical",
    ]
    for plot in scanning_plots:
        assert plot.png.startswith(b"\x89PNG")
        assert len(plot.png) > 10_000
        # matplotlib sets a formula where no formatter was given.
        assert b"mathdefault" not in plot.svg


def test_captions_tell_frames_machine_and_run(scanning_plots: tuple[PublishedPlot, ...]) -> None:
    for plot in scanning_plots:
        assert plot.section is not None
        assert plot.caption.startswith("n = ")
        assert "AMD EPYC" in plot.caption
        assert plot.caption.endswith("2026-11-22T1012-scanning.")


def test_plaintext_and_private_lookups_share_a_picture(scanning_run: ReportRun) -> None:
    curves = {curve.name: curve for curve in lookup_curves(scanning_run.rows)}
    assert [size for size, _ in curves["multi-index"].points] == [10_000, 100_000, 1_000_000]
    assert curves["private: bfv, within 31 bits"].is_private
    assert "faiss-multi-hash (may miss some)" in curves


@pytest.mark.parametrize(("frames", "shown"), [(199, False), (200, True)])
def test_the_legend_names_p99_only_where_one_is_drawn(
    scanning_run: ReportRun, *, frames: int, shown: bool
) -> None:
    rows = [msgspec.structs.replace(row, frames=frames) for row in scanning_run.rows]
    figure = draw_scan_cost(hook_groups(rows)[0], "title", "caption")
    words = {found.get_text() for found in figure.findobj(Text)}
    assert "added p50" in words
    assert ("added p99" in words) == shown


def test_a_run_of_refusals_draws_nothing(only_refused_run: ReportRun) -> None:
    assert not list(plots_of(only_refused_run))


@pytest.mark.parametrize(
    ("share", "shown"),
    [(1.0, "100.0"), (0.9999, "99.9"), (0.0, "0.0"), (0.0001, "0.1"), (0.9941, "99.4")],
)
def test_a_share_never_rounds_to_certainty(share: float, shown: str) -> None:
    assert share_words(share) == shown
