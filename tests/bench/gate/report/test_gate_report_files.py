"""The pictures of a gate, and all files of its report."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from xml.etree.ElementTree import fromstring

import numpy as np
import pytest

from bench.gate.blocks import Blocks
from bench.gate.design import Comparison
from bench.gate.report import read_gate_json, to_text, write_report
from bench.gate.report.plot_forest import draw_forest
from bench.gate.report.plot_ratios import draw_ratios, most_interesting
from bench.gate.result import Finding, GateResult, Verdict
from bench.results import Estimate
from bench.store import StoreError

MakeFinding = Callable[..., Finding]
MakeComparison = Callable[..., Comparison]
MakeGate = Callable[..., GateResult]
MakeBlocks = Callable[[GateResult], Mapping[str, list[Blocks]]]
Known = Mapping[str, Finding]

TWIN = Estimate(value=1.001, low=1.0, high=1.002)
"""What the made blocks have of it."""

PNG = b"\x89PNG\r\n\x1a\n"
FILES = {
    "gate.json",
    "junit.xml",
    "summary.md",
    "summary.txt",
    "forest.png",
    "forest.svg",
    "ratios.png",
    "ratios.svg",
}


def height(png: bytes) -> int:
    return int.from_bytes(png[20:24])


def test_report_has_all_files_and_no_other(
    make_gate: MakeGate, make_blocks: MakeBlocks, known: Known, tmp_path: Path
) -> None:
    result = make_gate(known["regression"], known["unmeasured"])
    folder = tmp_path / "new" / "folder"
    write_report(folder, result, make_blocks(result))
    assert {path.name for path in folder.iterdir()} == FILES
    assert read_gate_json(folder / "gate.json") == result
    assert (folder / "summary.txt").read_text(encoding="utf-8") == to_text(result)
    for stem in ("forest", "ratios"):
        assert (folder / f"{stem}.png").read_bytes().startswith(PNG)
        fromstring((folder / f"{stem}.svg").read_bytes())  # noqa: S314 - our own bytes


def test_a_second_report_takes_the_place_of_the_first(
    make_gate: MakeGate, known: Known, tmp_path: Path
) -> None:
    for kind in ("regression", "improved"):
        write_report(tmp_path, make_gate(known[kind]), {})
    assert read_gate_json(tmp_path / "gate.json") == make_gate(known["improved"])
    assert {path.name for path in tmp_path.iterdir()} == FILES


def test_a_folder_that_cannot_be_made_is_named(full_gate: GateResult, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file: File exists"):
        write_report(tmp_path / "file", full_gate, {})


def test_forest_grows_with_its_benchmarks(
    make_finding: MakeFinding, make_comparison: MakeComparison, make_gate: MakeGate, known: Known
) -> None:
    few = make_gate(known["regression"], known["again"], known["unmeasured"])
    rest = [make_finding(f"benchmark {n}", compared=make_comparison(n / 9000)) for n in range(27)]
    assert height(draw_forest(make_gate(*few.findings, *rest))[0]) > 2 * height(draw_forest(few)[0])


def test_forest_holds_any_change_and_any_name(
    make_finding: MakeFinding, make_comparison: MakeComparison, make_gate: MakeGate
) -> None:
    names = ("$x$ | `\x00` \n 中", "x" * 200, "")
    changes = (9.0, -0.6, 0.001)
    pairs = zip(names, changes, strict=True)
    findings = [
        make_finding(name, compared=make_comparison(each, half=0.3)) for name, each in pairs
    ]
    png, _ = draw_forest(make_gate(*findings))
    assert png.startswith(PNG)


def test_plots_of_an_empty_gate_say_so(make_gate: MakeGate) -> None:
    for png, svg in (draw_forest(make_gate()), draw_ratios(make_gate(), {})):
        assert png.startswith(PNG)
        assert b"<svg" in svg


def test_ratios_of_at_most_eight_benchmarks_are_drawn_the_worst_first(
    full_gate: GateResult, full_blocks: Mapping[str, Sequence[Blocks]], known: Known
) -> None:
    drawn = most_interesting(full_gate, full_blocks)
    kinds = ("regression", "noisy", "improved", "again")
    assert [finding for finding, _ in drawn][:4] == [known[kind] for kind in kinds]
    assert len(drawn) == 8
    for finding, restarts in drawn:
        assert finding.comparison is not None
        assert len(restarts) == finding.comparison.restarts
        head, twin = (100 * (each.value - 1) for each in (finding.comparison.ratio, TWIN))
        assert np.median(restarts[0][0]) == pytest.approx(head, abs=0.5)
        assert np.median(restarts[0][1]) == pytest.approx(twin, abs=0.5)


def test_ratios_without_usable_rounds_are_left_out(
    make_finding: MakeFinding, make_gate: MakeGate, make_blocks: MakeBlocks, known: Known
) -> None:
    one = make_finding("all interrupted", Verdict.INCONCLUSIVE)
    blocks = make_blocks(make_gate(known["again"]))[known["again"].benchmark][:1]
    blocks[0].interrupted[:] = True
    png, _ = draw_ratios(make_gate(one), {one.benchmark: blocks})
    assert png == draw_ratios(make_gate(make_finding("none", Verdict.INCONCLUSIVE)), {})[0]
