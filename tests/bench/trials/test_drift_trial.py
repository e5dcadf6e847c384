import sys

import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from bench.cases import DriftCase
from bench.results import Row
from bench.trials import drift
from bench.trials.drift import MOST_FRAMES, open_drift, rgb_of
from pipelines.media import U8, RawFrame
from pipelines.not_installed import NotInstalled

CASE = DriftCase(why="test", clip="blocks", seconds=1.0, rounds=1)


def blocks(index: int, *, colour: int = 128) -> RawFrame:
    """Return a frame of 192 x 128 of limited-range grey blocks under one even colour."""
    coarse = np.random.default_rng(index).integers(16, 236, (8, 12), dtype=np.uint8)
    half = np.full((64, 96), colour, dtype=np.uint8)
    luma = coarse.repeat(16, axis=0).repeat(16, axis=1)
    return RawFrame(index=index, pts_ns=index, planes=(luma, half, half))


def row_of(frames: list[RawFrame]) -> Row:
    trial = open_drift(CASE, frames)
    samples = trial.measure(0, trial.fit)
    assert samples.dtype.names == drift.COLUMNS
    return trial.row(Row(case="c", why="w", model="drift", clip="blocks"), samples, seed=1)


@pytest.mark.parametrize(("luma", "grey"), [(16, 0), (235, 255), (126, 128)])
def test_limited_range_becomes_full_range(luma: int, grey: int) -> None:
    half: U8 = np.full((8, 8), 128, dtype=np.uint8)
    frame = RawFrame(
        index=0, pts_ns=0, planes=(np.full((16, 16), luma, dtype=np.uint8), half, half)
    )
    rgb = rgb_of(VideoReformatter(), frame)
    assert rgb.shape == (16, 16, 3)
    assert rgb.flags.c_contiguous
    assert (abs(rgb.astype(int) - grey) <= 1).all()


def test_grey_frames_drift_but_still_match() -> None:
    row = row_of([blocks(index) for index in range(12)])
    assert row.drift is not None
    assert (row.drift.frames, row.drift.good, row.frames, row.rounds) == (4, 4, 4, 1)
    assert (row.width, row.height) == (192, 128)
    assert row.drift.mean_bits <= row.drift.quantile_bits[2] <= 31
    assert row.drift.quality_difference_mean <= 0
    assert row.library.startswith("pdqhash ")


def test_frames_without_content_do_not_count_as_good() -> None:
    flat = [
        RawFrame(
            index=index,
            pts_ns=0,
            planes=(np.full((128, 192), 40, dtype=np.uint8), *blocks(index).planes[1:]),
        )
        for index in range(3)
    ]
    row = row_of(flat)
    assert row.drift is not None
    assert (row.drift.frames, row.drift.good, row.drift.quantile_bits) == (1, 0, ())


def test_plane_that_may_not_be_written_to_is_converted() -> None:
    frame = blocks(1)
    for plane in frame.planes:
        plane.flags.writeable = False
    assert rgb_of(VideoReformatter(), frame).shape == (128, 192, 3)


def test_every_third_frame_is_taken_and_no_more_than_a_hundred() -> None:
    frames = [blocks(0)] * (3 * MOST_FRAMES + 30)
    trial = open_drift(CASE, frames)
    assert trial.fit == trial.period == MOST_FRAMES
    assert trial.compared_with == ()
    assert open_drift(CASE, frames[:7]).fit == 3


def test_without_the_reference_there_is_no_drift(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pdqhash", None)
    with pytest.raises(NotInstalled, match=r"sealbench\[scan\]"):
        open_drift(CASE, [blocks(0)])
