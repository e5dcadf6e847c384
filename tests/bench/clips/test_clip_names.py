import pytest

from bench.clips.errors import ClipError
from bench.clips.names import ClipName, parse_clip_name, scaled_size


def test_scaled_name_has_clip_and_rung() -> None:
    name = parse_clip_name("outdoor->720p")
    assert name == ClipName(clip="outdoor", rung="720p")
    assert str(name) == "outdoor->720p"


def test_native_name_has_no_rung() -> None:
    assert parse_clip_name("webcam-360p") == ClipName(clip="webcam-360p")


@pytest.mark.parametrize("text", ["outdoor->721p", "outdoor->", "outdoor->720p->"])
def test_unknown_rung_is_refused_with_the_known_ones(text: str) -> None:
    with pytest.raises(ClipError, match="known: 180p, 360p, 480p, 540p, 720p, 1080p"):
        parse_clip_name(text)


def test_file_may_have_an_arrow_in_its_path() -> None:
    assert parse_clip_name("file:/a->b.mp4") == ClipName(clip="file:/a->b.mp4")
    assert parse_clip_name("file:/a->b.mp4->360p").rung == "360p"


@pytest.mark.parametrize(
    ("text", "native", "expected"),
    [
        ("outdoor->720p", (1768, 994), (1280, 720)),
        ("outdoor->360p", (1768, 994), (640, 360)),
        ("portrait->720p", (1088, 1920), (720, 1270)),
        ("intro->360p", (640, 480), (480, 360)),
        ("odd", (641, 361), (640, 360)),
        ("even", (176, 144), (176, 144)),
    ],
)
def test_scaling_keeps_the_aspect_and_even_sides(
    text: str, native: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert scaled_size(parse_clip_name(text), *native) == expected


def test_scaling_up_is_refused() -> None:
    with pytest.raises(ClipError, match="webcam is 640x360; making it larger would invent detail"):
        scaled_size(parse_clip_name("webcam->720p"), 640, 360)


def test_scaling_to_the_native_size_is_refused() -> None:
    with pytest.raises(ClipError, match="use its own name, 'webcam'"):
        scaled_size(parse_clip_name("webcam->360p"), 640, 360)
