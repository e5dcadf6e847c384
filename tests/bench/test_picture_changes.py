import numpy as np
import pytest

from bench.picture_changes import BLACK, CHANGES, TILE_LUMA
from pipelines.media import RawFrame


def picture(width: int, height: int) -> RawFrame:
    draws = np.random.default_rng(width * height)
    luma = draws.integers(100, 200, (height, width), dtype=np.uint8)
    chroma = draws.integers(60, 120, (2, height // 2, width // 2), dtype=np.uint8)
    return RawFrame(index=7, pts_ns=9, planes=(luma, chroma[0], chroma[1]))


@pytest.mark.parametrize("size", [(640, 360), (640, 480), (640, 272), (176, 144), (180, 320)])
@pytest.mark.parametrize("name", CHANGES)
def test_every_change_keeps_even_sides_matching_chroma_and_its_input(
    name: str, size: tuple[int, int]
) -> None:
    frame = picture(*size)
    before = [plane.copy() for plane in frame.planes]
    changed = CHANGES[name].apply(frame)
    height, width = changed.planes[0].shape
    assert height % 2 == width % 2 == 0
    assert [plane.shape for plane in changed.planes[1:]] == [(height // 2, width // 2)] * 2
    assert (changed.index, changed.pts_ns) == (7, 9)
    for plane, kept in zip(frame.planes, before, strict=True):
        assert np.array_equal(plane, kept)


@pytest.mark.parametrize(
    ("size", "boxed"),
    [
        ((640, 360), (640, 480)),
        ((640, 480), (854, 480)),
        ((360, 640), (480, 640)),
        ((480, 640), (480, 854)),
    ],
)
def test_letterbox_holds_the_whole_picture_between_black_bars(
    size: tuple[int, int], boxed: tuple[int, int]
) -> None:
    frame = picture(*size)
    luma = CHANGES["letterbox"].apply(frame).planes[0]
    assert luma.shape == boxed[::-1]
    rows, columns = np.nonzero(luma != BLACK)
    inside = luma[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    assert np.array_equal(inside, frame.planes[0])
    assert abs(rows.min() - (luma.shape[0] - 1 - rows.max())) <= 2
    assert abs(columns.min() - (luma.shape[1] - 1 - columns.max())) <= 2


def test_crop_takes_a_twentieth_off_each_side() -> None:
    frame = picture(640, 360)
    cropped = CHANGES["crop-5"].apply(frame)
    assert np.array_equal(cropped.planes[0], frame.planes[0][18:342, 32:608])
    assert np.array_equal(cropped.planes[2], frame.planes[2][9:171, 16:304])


def test_mirror_twice_is_the_picture_itself() -> None:
    frame = picture(64, 36)
    mirror = CHANGES["mirror"].apply
    assert np.array_equal(mirror(frame).planes[1], frame.planes[1][:, ::-1])
    assert np.array_equal(mirror(mirror(frame)).planes[0], frame.planes[0])


@pytest.mark.parametrize("size", [(640, 360), (1280, 720), (360, 640)])
def test_overlay_covers_about_eight_percent(size: tuple[int, int]) -> None:
    frame = picture(*size)
    covered = CHANGES["overlay"].apply(frame).planes[0] != frame.planes[0]
    assert 0.075 < covered.mean() < 0.085


def test_tile_is_a_quarter_of_a_gallery_that_is_flat_elsewhere() -> None:
    frame = picture(64, 36)
    luma = CHANGES["layout-tile"].apply(frame).planes[0]
    assert luma.shape == (72, 128)
    assert np.array_equal(luma[:36, :64], frame.planes[0])
    assert (luma[36:] == TILE_LUMA).all()
    assert (luma[:, 64:] == TILE_LUMA).all()


def test_changes_are_listed_under_their_own_names() -> None:
    assert [change.name for change in CHANGES.values()] == list(CHANGES)
