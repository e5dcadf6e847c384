"""The report as files: well formed, self-contained, nothing of a scenario trusted."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from bench.sizing.answer.documents import answer_document
from bench.sizing.answer.html import render_html
from bench.sizing.answer.markdown import render_markdown
from bench.sizing.answer.picture import Picture
from bench.sizing.answer.plot_delay import draw_delay
from bench.sizing.answer.plots import pictures_of
from bench.sizing.answer.report import write_report
from bench.sizing.answer.values import Answer, Comparison, Figure

EVIL = "<script>alert(1)</script> | $x$ ![a](http://evil)"


def parsed(page: str) -> ET.Element:
    # The page is written as XML-compatible HTML, so a strict parser can vouch for it.
    return ET.fromstring(page.replace("<!DOCTYPE html>", "", 1))  # noqa: S314 - our own page


def figures_in(value: object) -> Iterator[Figure]:
    if isinstance(value, Figure):
        yield value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from figures_in(getattr(value, name))
    elif isinstance(value, tuple):
        for each in value:
            yield from figures_in(each)


@pytest.fixture(scope="module")
def compared(comparison: Comparison) -> tuple[Picture, ...]:
    return pictures_of(comparison)


@pytest.fixture(scope="module")
def folder(answer: Answer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("report") / "made" / "for it"
    written = write_report(place, answer)
    assert all(path.is_file() for path in written)
    assert written == [
        place / name
        for name in (
            "answer.json",
            "report.md",
            "report.html",
            *(
                f"plots/{stem}.{kind}"
                for stem in ("cpu", "delay", "growth", "headroom")
                for kind in ("png", "svg")
            ),
        )
    ]
    return place


def test_json_reads_back_as_the_same_answer(folder: Path, answer: Answer) -> None:
    data = (folder / "answer.json").read_bytes()
    read = msgspec.json.decode(data, type=Answer)
    # Lists of the scenario have become lists, which were tuples.
    assert msgspec.json.encode(read) == msgspec.json.encode(answer)


def test_page_is_well_formed_and_loads_nothing(folder: Path) -> None:
    page = (folder / "report.html").read_text()
    root = parsed(page)
    assert len(root.findall(".//table")) >= 8
    assert len(root.findall(".//img")) == 4
    for element in root.iter():
        assert element.tag not in {"script", "link", "iframe", "object", "embed", "base", "a"}
        assert not any(name.startswith("on") for name in element.attrib)
        if "src" in element.attrib:
            assert element.attrib["src"].startswith("data:image/svg+xml;base64,")
    assert "default-src 'none'" in page
    assert "http" not in re.sub(r"base64,[^\"]*", "", page).replace("http-equiv", "")
    assert "url(" not in page


def test_what_a_scenario_says_is_never_markup(answer: Answer) -> None:
    bad = msgspec.structs.replace(answer, title=EVIL, summary=EVIL, notes=(EVIL,), name=EVIL)
    document = answer_document(bad, whole=True)
    page = render_html(document, ())
    assert not list(parsed(page).iter("script"))
    assert "&lt;script&gt;" in page
    text = render_markdown(document, ())
    assert "<script" not in text
    assert "![" not in text
    assert all("| $x$" not in line for line in text.splitlines())


def test_source_of_every_figure_stands_in_full_on_both_pages(folder: Path, answer: Answer) -> None:
    page = unescape((folder / "report.html").read_text())
    text = (folder / "report.md").read_text()
    sources = {figure.source for figure in figures_in(answer)}
    assert len(sources) == 2
    assert all(source in page and source in text for source in sources)


def test_every_plot_has_its_sources_under_it(folder: Path, compared: tuple[Picture, ...]) -> None:
    root = parsed((folder / "report.html").read_text())
    assert all(figure.find("details/p") is not None for figure in root.iter("figure"))
    for picture in compared:
        assert picture.sources
        assert all("n = 10 rounds" in source.whole for source in picture.sources)
        assert picture.png.startswith(b"\x89PNG")


def test_plots_are_the_same_bytes_every_time(
    comparison: Comparison, compared: tuple[Picture, ...]
) -> None:
    assert pictures_of(comparison) == compared


def test_other_files_of_the_folder_are_left_alone(comparison: Comparison, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "report.md").write_text("old")
    write_report(tmp_path, comparison)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "report.md").read_text().startswith("# council")


def test_comparison_of_nothing_but_errors_can_still_be_drawn(comparison: Comparison) -> None:
    broken = tuple(
        msgspec.structs.replace(cell, answer=None, error="no such cipher " * 30)
        for cell in comparison.cells
    )
    hostile = msgspec.structs.replace(comparison, cells=broken, title=EVIL, name=EVIL)
    assert len(pictures_of(hostile)) == 1


def test_without_servers_no_empty_plot_is_drawn(answer: Answer) -> None:
    none = msgspec.structs.replace(answer.servers, value=0.0, low=0.0, high=0.0)
    alone = msgspec.structs.replace(answer, servers=none, delay_curve=())
    assert [picture.stem for picture in pictures_of(alone)] == ["cpu"]


def test_a_band_without_end_does_not_press_the_curves_to_the_ground(answer: Answer) -> None:
    *others, last = answer.delay_curve
    endless = msgspec.structs.replace(last.p99_ms, high=1e7)
    curve = (*others, msgspec.structs.replace(last, p99_ms=endless))
    drawing = draw_delay(msgspec.structs.replace(answer, delay_curve=curve))
    assert drawing.axes[0].get_ylim()[1] < 1000
    assert any("reaches up to 10,000,000 ms" in text.get_text() for text in drawing.texts)
