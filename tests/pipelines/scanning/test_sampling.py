from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipelines.compiled import ready
from pipelines.media import U8, EncodedFrame, PacketBatch, RawFrame, Unit
from pipelines.scanning.native.scene import BLOCK, GRID, SCENE, grid_difference
from pipelines.scanning.sampling import (
    SCENE_THRESHOLD,
    LooksAt,
    SceneChanges,
    parse_sampling,
)

SMALL = np.zeros((1, 1), dtype=np.uint8)


def picture(luma: U8) -> RawFrame:
    return RawFrame(index=0, pts_ns=0, planes=(luma, SMALL, SMALL))


def unit(*, is_keyframe: bool) -> EncodedFrame:
    return EncodedFrame(
        index=0, pts_ns=0, is_keyframe=is_keyframe, codec="vp8", payload=SMALL.reshape(1)
    )


def taken(text: str, units: list[Unit]) -> list[int]:
    sampler = parse_sampling(text).new_sampler()
    return [number for number, each in enumerate(units) if sampler.takes(each)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("every-1", [0, 1, 2, 3, 4, 5, 6]), ("every-3", [0, 3, 6]), ("every-900", [0])],
)
def test_every_kth_frame_is_taken_from_the_first_on(text: str, numbers: list[int]) -> None:
    assert taken(text, [PacketBatch.of([b"anything"])] * 7) == numbers


def test_key_frames_are_those_that_say_so() -> None:
    flags = [True, False, False, True, True, False]
    assert taken("key-frames", [unit(is_keyframe=flag) for flag in flags]) == [0, 3, 4]


def test_a_scene_begins_with_the_stream_and_where_the_picture_jumps() -> None:
    dark, bright = (np.full((90, 160), value, dtype=np.uint8) for value in (40, 90))
    shown = [dark, dark, bright, bright, dark, dark]
    assert taken("scene-changes", [picture(luma) for luma in shown]) == [0, 2, 4]


def test_a_slow_fade_is_one_scene() -> None:
    fade = [picture(np.full((90, 160), 16 + 9 * step, dtype=np.uint8)) for step in range(20)]
    assert taken("scene-changes", list(fade)) == [0]


def test_the_threshold_itself_is_no_change() -> None:
    sampler = SceneChanges()
    values = [16, 16 + SCENE_THRESHOLD, 17 + 2 * SCENE_THRESHOLD]
    answers = [sampler.takes(picture(np.full((48, 64), v, dtype=np.uint8))) for v in values]
    assert answers == [True, False, True]


@given(
    arrays.arrays(np.uint8, st.tuples(st.integers(1, 70), st.integers(1, 70))),
    st.integers(0, 9),
)
def test_the_grid_is_that_of_a_plain_computation(luma: U8, padding: int) -> None:
    ready(grid_difference, *SCENE)
    height, width = luma.shape
    padded = np.full((height, width + padding), 255, dtype=np.uint8)
    padded[:, :width] = luma
    view = padded[:, :width]
    view.flags.writeable = False
    grid = np.zeros(GRID * GRID, dtype=np.int32)
    changed = grid_difference(view, grid)
    tall, wide = min(BLOCK, height), min(BLOCK, width)
    for row in range(GRID):
        for column in range(GRID):
            top = min((2 * row + 1) * height // (2 * GRID), height - tall)
            left = min((2 * column + 1) * width // (2 * GRID), width - wide)
            block = luma[top : top + tall, left : left + wide]
            assert grid[row * GRID + column] == block.sum(dtype=np.int64)
    assert changed == grid.sum(dtype=np.int64)
    assert grid_difference(view, grid) == 0


def test_the_kernel_runs_without_the_interpreters_lock() -> None:
    assert cast("Any", grid_difference).targetoptions["nogil"]


@pytest.mark.parametrize(
    "text", ["", "every", "every-0", "every-01", "every--1", "every-2.5", "every-٣", "Key-frames"]
)
def test_an_unknown_sampling_names_the_known_ones(text: str) -> None:
    with pytest.raises(ValueError, match=r"known: every-K .*, key-frames, scene-changes$") as error:
        parse_sampling(text)
    assert repr(text) in str(error.value)


@pytest.mark.parametrize(
    ("text", "looks_at"),
    [
        ("every-2", LooksAt.NOTHING),
        ("key-frames", LooksAt.ACCESS_UNIT),
        ("scene-changes", LooksAt.PICTURE),
    ],
)
def test_a_sampling_says_what_it_must_see(text: str, looks_at: LooksAt) -> None:
    sampling = parse_sampling(text)
    assert (sampling.name, sampling.looks_at) == (text, looks_at)


def test_a_sampler_refuses_what_does_not_show_what_it_looks_at() -> None:
    with pytest.raises(TypeError, match="RawFrame does not say whether it is a key frame"):
        taken("key-frames", [picture(SMALL)])
    with pytest.raises(TypeError, match="EncodedFrame does not show a picture"):
        taken("scene-changes", [unit(is_keyframe=True)])
    with pytest.raises(ValueError, match="frame 0 has no pixels"):
        taken("scene-changes", [picture(np.empty((0, 5), dtype=np.uint8))])


def test_each_stream_is_sampled_on_its_own() -> None:
    sampling = parse_sampling("every-2")
    first, second = sampling.new_sampler(), sampling.new_sampler()
    batch = PacketBatch.of([b"x"])
    assert [first.takes(batch), second.takes(batch), first.takes(batch)] == [True, True, False]
