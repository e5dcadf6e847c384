"""The check of published points on a terminal and on pages."""

from pathlib import Path

import msgspec
import pytest

from bench.profile.schema import Profile
from bench.sizing.answer.document import Grid, Points
from bench.sizing.answer.plain_table import table_lines
from bench.sizing.answer.published_document import published_document
from bench.sizing.model.draws import draw
from bench.sizing.published.check import check_published
from bench.sizing.published.values import PublishedCheck

PROFILE = Path(__file__).parents[3] / "golden" / "sizing" / "calibration.json"


@pytest.fixture(scope="module")
def check() -> PublishedCheck:
    profile = msgspec.json.decode(PROFILE.read_bytes(), type=Profile)
    return check_published(draw(profile, seed=1, replicas=20))


def grid(check: PublishedCheck, *, whole: bool) -> Grid:
    part = published_document(check, notes=(), footer="", whole=whole).parts[0]
    assert isinstance(part, Grid)
    return part


def test_every_point_is_one_line_or_two_on_a_terminal(check: PublishedCheck) -> None:
    lines = [text for text, _ in table_lines(grid(check, whole=False), 100)]
    assert max(map(len, lines)) <= 100
    assert len(lines) <= 1 + 2 * len(check.points)


def test_pages_have_every_interval_and_assumption(check: PublishedCheck) -> None:
    whole, short = grid(check, whole=True), grid(check, whole=False)
    assert len(whole.lines) == len(short.lines) == len(check.points)
    assert any("[" in cell for line in whole.lines for cell in line.cells)
    assert not any("[" in cell for line in short.lines for cell in line.cells)
    assert any("hop_cipher" in note for note in whole.notes)


def test_sources_stand_under_the_table_on_a_terminal(check: PublishedCheck) -> None:
    document = published_document(check, notes=(), footer="", whole=False)
    sources = document.parts[1]
    assert isinstance(sources, Points)
    text = " ".join(sources.lines)
    assert all(point.url in text for point in check.points)
