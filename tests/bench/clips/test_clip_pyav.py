from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from bench.clips.pyav import Ratio, as_fraction, open_input

TITLE = b"a title of some length"


@dataclass(frozen=True, slots=True)
class Rational:
    """What an AVRational says of itself; PyAV 18.0 has no such type."""

    numerator: int
    denominator: int


@pytest.mark.parametrize(
    ("ratio", "value"),
    [
        (Fraction(30_000, 1001), Fraction(30_000, 1001)),
        (Rational(30_000, 1001), Fraction(30_000, 1001)),
        (None, None),
        (Rational(0, 1), None),
        (Rational(1, 0), None),
        (Rational(0, 0), None),
    ],
    ids=str,
)
def test_a_ratio_of_either_version_is_a_fraction_or_nothing(
    ratio: Ratio | None, value: Fraction | None
) -> None:
    assert as_fraction(ratio) == value
    assert isinstance(as_fraction(ratio), Fraction | None)


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_title_that_is_no_utf_8_does_not_keep_a_clip_from_being_read(
    suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"clip.{suffix}"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = TITLE.decode()
        stream = container.add_stream("libx264", rate=30)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = 64, 48
        gray = np.full((48, 64, 3), 128, dtype=np.uint8)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(gray, format="rgb24")))
        container.mux(stream.encode(None))
    written = path.read_bytes()
    assert written.count(TITLE) == 1
    path.write_bytes(written.replace(TITLE, b"\xe9\xff" + TITLE[2:]))
    with open_input(path) as opened:
        assert "title of some length" in opened.metadata["title"]
        assert len(list(opened.decode(video=0))) == 1
