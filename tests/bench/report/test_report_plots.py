"""Plots are written, not trivial, repeatable, and the only place that imports matplotlib."""

import itertools
import re
import struct
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bench
from bench.plot_style import shortened, spread, text_width_in, wrapped
from bench.report.plots import plots_of
from bench.report.published_plot import PublishedPlot
from bench.report.report_run import ReportRun
from bench.report.unit_throughput import Path as CallPath
from bench.report.unit_throughput import series_of

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def size_px(png: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def assert_drawn(plot: PublishedPlot) -> None:
    assert plot.png.startswith(PNG_MAGIC)
    assert len(plot.png) > 10_000
    assert min(size_px(plot.png)) > 300
    root = ET.fromstring(plot.svg)  # noqa: S314 - our own drawing
    assert sum(1 for element in root.iter() if element.tag.endswith("path")) > 30


def test_each_kind_of_plot_is_drawn(small_plots: tuple[PublishedPlot, ...]) -> None:
    kinds = {plot.stem.split("-", 1)[0] for plot in small_plots}
    assert kinds == {"latency", "overhead", "ecdf", "throughput"}
    for plot in small_plots:
        assert_drawn(plot)


def test_plots_of_a_run_have_names_of_their_own(small_plots: tuple[PublishedPlot, ...]) -> None:
    assert len({plot.stem for plot in small_plots}) == len(small_plots)


def test_the_same_run_gives_the_same_bytes(
    hostile_run: ReportRun,
) -> None:
    first, second = (tuple(plots_of(hostile_run)) for _ in range(2))
    assert first == second
    assert not any(b"<dc:date>" in plot.svg for plot in first)


def test_fifty_five_pipelines_make_a_tall_plot(full_run: ReportRun) -> None:
    plots = {plot.stem.split("-", 1)[0]: plot for plot in plots_of(full_run)}
    assert len(full_run.rows) == 55
    width, height = size_px(plots["latency"].png)
    # At 150 dots per inch: room for a line of 9 points for each pipeline.
    assert height > 55 * 9 * 150 / 72
    assert width < 2500
    assert_drawn(plots["latency"])
    # An axis of less than a decade once fell back to matplotlib's formulas for its ticks.
    assert not any(b"mathdefault" in plot.svg for plot in plots.values())


def test_captions_tell_frames_and_machine(small_plots: tuple[PublishedPlot, ...]) -> None:
    for plot in small_plots:
        assert "AMD EPYC" in plot.caption
        assert "n = " in plot.caption


def test_runs_without_numbers_have_no_plots(empty_run: ReportRun, failed_run: ReportRun) -> None:
    assert not list(plots_of(empty_run))
    assert not list(plots_of(failed_run))


def test_throughput_keeps_labels_and_knows_the_null_copy(small_run: ReportRun) -> None:
    series = {(each.path, each.name): each for each in series_of(small_run)}
    assert series[CallPath.FRAME, "aes-128-ecb"].labels[:2] == ("insecure", "unauthenticated")
    assert (CallPath.FRAME, "null") in series
    assert (CallPath.PACKETS, "aes-128-gcm") in series


def test_throughput_is_bits_of_the_unit_over_time_of_the_stage(small_run: ReportRun) -> None:
    series = {(each.path, each.name): each for each in series_of(small_run)}
    ecb = series[CallPath.FRAME, "aes-128-ecb"]
    size = 640 * 360 * 3 // 2
    # The formula of conftest.py: 700 ns and 0.09 ns per byte, give or take its jitter.
    expected = 8 * size / (700 + 0.09 * size)
    assert list(ecb.unit_bytes) == [size]
    assert ecb.median_gbit_per_s[0] == pytest.approx(expected, rel=0.06)
    assert ecb.low_gbit_per_s[0] <= ecb.median_gbit_per_s[0] <= ecb.high_gbit_per_s[0]


@given(st.lists(st.floats(0, 1), max_size=30))
def test_spread_labels_never_overlap_and_keep_their_order(wanted: list[float]) -> None:
    placed = spread(wanted, 0.05)
    in_order = sorted(zip(wanted, placed, strict=True), key=lambda pair: pair[1])
    heights = [height for _, height in in_order]
    assert all(later - earlier > 0.05 - 1e-9 for earlier, later in itertools.pairwise(heights))
    assert [want for want, _ in in_order] == sorted(wanted)


def test_labels_with_room_stay_where_they_were_wanted() -> None:
    assert spread([0.9, 0.1, 0.5], 0.05) == [0.9, 0.1, 0.5]


def test_shortened_text_fits() -> None:
    assert shortened("short", 3.0, 9) == "short"
    assert text_width_in(shortened("long " * 100, 3.0, 9), 9) <= 3.0


def test_wrapped_lines_fit_and_keep_every_word() -> None:
    lines = wrapped("one two three four five six seven", 1.0, 9)
    assert len(lines) > 1
    assert " ".join(lines) == "one two three four five six seven"
    assert all(text_width_in(line, 9) <= 1.0 for line in lines)


def test_only_plot_modules_draw() -> None:
    package = Path(bench.__file__).parent
    sources = {
        path.relative_to(package).as_posix(): path.read_text(encoding="utf-8")
        for path in package.rglob("*.py")
    }
    importing = {
        name
        for name, source in sources.items()
        # Indented: for the type checker only.
        if re.search(r"^(?:    )?(?:from|import) matplotlib(?!\.typing)", source, re.MULTILINE)
    }
    assert importing == {"drawing.py"}
    drawing = {name for name, source in sources.items() if "from bench.drawing import" in source}
    # bench/clips takes a picture from matplotlib's data, and draws nothing.
    drawing.remove("clips/synthetic.py")
    assert drawing
    assert all(name.rpartition("/")[2].startswith("plot") for name in drawing)
    assert not any("pyplot" in source for source in sources.values())
