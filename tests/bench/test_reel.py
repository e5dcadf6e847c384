import itertools
from collections.abc import Mapping

import numpy as np
import pytest

from bench.reel import Reel, to_and_fro
from pipelines.media import EncodedFrame, RawFrame


def pictures(count: int) -> list[RawFrame]:
    planes = [np.full((2, 2), n, dtype=np.uint8) for n in range(count)]
    return [
        RawFrame(index=n, pts_ns=0, planes=(plane, plane, plane)) for n, plane in enumerate(planes)
    ]


def test_access_units_start_over_and_time_goes_on(
    access_units: Mapping[str, tuple[EncodedFrame, ...]],
) -> None:
    units = access_units["h264"]
    for played, unit in enumerate(itertools.islice(Reel(units, 30.0), 25)):
        original = units[played % len(units)]
        assert isinstance(unit, EncodedFrame)
        assert unit.index == original.index
        assert unit.pts_ns == round(played * 1e9 / 30)
        assert unit.payload is original.payload
        assert (unit.is_keyframe, unit.codec) == (original.is_keyframe, "h264")


def test_pictures_go_to_and_fro_without_a_jump() -> None:
    reel = Reel(pictures(4), 25.0)
    assert reel.period == 6
    taken = list(itertools.islice(reel, 13))
    assert [unit.index for unit in taken] == [0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0]
    assert [unit.pts_ns for unit in taken] == [n * 40_000_000 for n in range(13)]


def test_the_reel_can_be_put_to_any_place_and_the_clock_goes_on() -> None:
    reel = Reel(pictures(4), 25.0)
    next(reel)
    for at, index in ((2, 2), (-1, 1), (6, 0), (63, 3)):
        reel.seek(at)
        assert next(reel).index == index
    assert next(reel).pts_ns == 5 * 40_000_000


@pytest.mark.parametrize(
    ("count", "order"),
    [(1, [0]), (2, [0, 1]), (3, [0, 1, 2, 1]), (4, [0, 1, 2, 3, 2, 1])],
)
def test_each_end_of_the_way_to_and_fro_comes_once(count: int, order: list[int]) -> None:
    assert to_and_fro(count) == order
