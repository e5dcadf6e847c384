"""report.html as a parser sees it: well formed, self-contained, nothing from outside trusted."""

import re
from xml.etree import ElementTree as ET

import pytest

from bench.report.document import document_of
from bench.report.html import render_html
from bench.report.plots import plots_of
from bench.report.published_plot import PublishedPlot
from bench.report.report_run import ReportRun


def page_of(*runs: ReportRun) -> str:
    return render_html([(document_of(run), tuple(plots_of(run))) for run in runs])


def parsed(page: str) -> ET.Element:
    # The page is written as XML-compatible HTML, so a strict parser can vouch for it.
    return ET.fromstring(page.replace("<!DOCTYPE html>", "", 1))  # noqa: S314 - our own page


@pytest.fixture(scope="module")
def small_page(small_run: ReportRun, small_plots: tuple[PublishedPlot, ...]) -> str:
    return render_html([(document_of(small_run), small_plots)])


def test_page_is_well_formed_and_has_content(small_page: str) -> None:
    root = parsed(small_page)
    assert len(root.findall(".//table")) >= 5
    assert len(root.findall(".//img")) >= 6


def test_page_loads_nothing_and_runs_nothing(small_page: str) -> None:
    root = parsed(small_page)
    for element in root.iter():
        assert element.tag not in {"script", "link", "iframe", "object", "embed", "base"}
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            if name == "src":
                assert value.startswith("data:image/svg+xml;base64,")
            if name == "href":
                assert value.startswith("#")
    assert "url(" not in small_page
    assert "@import" not in small_page


def test_every_image_has_words_and_every_table_a_caption(small_page: str) -> None:
    root = parsed(small_page)
    assert all(len(image.attrib["alt"]) > 20 for image in root.iter("img"))
    assert all(table.find("caption") is not None for table in root.iter("table"))


def test_links_within_the_page_lead_somewhere(small_page: str) -> None:
    root = parsed(small_page)
    anchors = {element.attrib["id"] for element in root.iter() if "id" in element.attrib}
    links = [element.attrib["href"] for element in root.iter("a")]
    assert links
    assert all(link.removeprefix("#") in anchors for link in links)


def test_hostile_names_and_errors_stay_text(hostile_run: ReportRun) -> None:
    page = page_of(hostile_run)
    root = parsed(page)
    assert not list(root.iter("script"))
    assert not list(root.iter("i"))
    assert not list(root.iter("b"))
    text = "".join(root.itertext())
    assert "<script>alert(1)</script>" in text
    assert "</td><script>x</script>" in text
    assert "<b>odd</b>" in text
    assert "\x1b" not in page


def test_labels_and_errors_appear_in_the_page(small_page: str) -> None:
    labels = {element.text for element in parsed(small_page).iter() if _is_label(element)}
    assert labels == {"insecure", "unauthenticated", "private suite", "synthetic"}
    assert "error: InvalidTag at frame 7" in small_page


def _is_label(element: ET.Element) -> bool:
    return element.attrib.get("class") == "label"


def test_the_row_of_an_insecure_pipeline_carries_its_labels(small_page: str) -> None:
    for line in parsed(small_page).iter("tr"):
        head = line.find("th")
        if head is not None and (head.text or "").startswith("raw-aes-128-ecb"):
            labels = [element.text for element in head.iter() if _is_label(element)]
            assert labels == ["insecure", "unauthenticated"]


def test_summary_compares_protection_with_encoding(small_page: str) -> None:
    assert re.search(r"costs the sender [\d.]+ µs more .* [\d.]+ % of the", small_page)


def test_empty_and_failed_runs_give_a_page(empty_run: ReportRun, failed_run: ReportRun) -> None:
    text = "".join(parsed(page_of(empty_run, failed_run)).itertext())
    assert "Nothing was measured yet" in text
    assert "CodecError: no encoder" in text


def test_no_run_at_all_gives_a_page() -> None:
    assert parsed(render_html([])) is not None
