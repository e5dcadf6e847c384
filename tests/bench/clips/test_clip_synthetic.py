from fractions import Fraction

import numpy as np
import pytest

from bench.clips.errors import ClipError
from bench.clips.library import load_footage, synthetic_stand_in
from bench.clips.names import RUNGS
from bench.clips.synthetic import PREFIX, is_synthetic, synthetic_footage


def test_synthetic_footage_is_labelled_everywhere() -> None:
    footage = load_footage("synthetic-head-180p", 3)
    assert is_synthetic(footage.facts.name)
    assert footage.facts.synthetic
    assert footage.facts.note.startswith("synthetic: ")
    assert (footage.facts.width, footage.facts.height) == (320, 180)
    assert footage.facts.fps == Fraction(30)


def test_same_name_gives_the_same_pictures() -> None:
    first, second = (synthetic_footage(PREFIX + "180p", max_frames=4) for _ in range(2))
    assert first.facts == second.facts


@pytest.mark.parametrize("rung", RUNGS)
def test_every_rung_is_drawn_at_its_own_size(rung: str) -> None:
    frame = synthetic_footage(PREFIX + rung, max_frames=1).frames[0]
    height, width = frame.planes[0].shape
    assert height == RUNGS[rung]
    assert width % 2 == 0
    assert width / height == pytest.approx(16 / 9, abs=0.01)
    assert frame.planes[1].shape == (height // 2, width // 2)


def test_head_moves_and_noise_is_in_limited_range() -> None:
    frames = synthetic_footage(PREFIX + "180p", max_frames=31).frames
    still, later = frames[0].planes[0].astype(np.int16), frames[30].planes[0]
    assert np.abs(still - later).mean() > 3
    for frame in frames:
        assert frame.planes[0].min() >= 16
        assert frame.planes[0].max() <= 235


@pytest.mark.parametrize("name", ["synthetic", "synthetic-head", "synthetic-head-100p"])
def test_unknown_synthetic_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(ClipError, match="known: synthetic-head-180p, synthetic-head-360p"):
        synthetic_footage(name)


@pytest.mark.parametrize(
    ("name", "stand_in"),
    [
        ("outdoor->720p", "synthetic-head-720p"),
        ("outdoor", "synthetic-head-720p"),
        ("webcam-360p", "synthetic-head-360p"),
        ("carphone", "synthetic-head-180p"),
        ("screen-1080p", "synthetic-head-1080p"),
        ("portrait-1080p", "synthetic-head-1080p"),
    ],
)
def test_stand_in_has_about_the_size_of_the_clip(name: str, stand_in: str) -> None:
    assert synthetic_stand_in(name) == stand_in
