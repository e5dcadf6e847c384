from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.sizing.model.rooms import Rooms, alone, camera_copies, rooms_of, tiles_filled
from bench.sizing.scenario.schema import LADDER, Scenario, Tile

Made = Callable[..., Scenario]


def copies_of(rooms: Rooms, last_n: int) -> float:
    return sum(receivers * seen for receivers, seen in camera_copies(rooms, last_n))


def test_rooms_share_the_participants(made: Made) -> None:
    five, ten = rooms_of(made(rooms=[{"size": 5, "share": 0.25}, {"size": 10, "share": 0.75}]))
    assert (five.count, ten.count) == pytest.approx((5, 7.5))
    assert five.participants + ten.participants == pytest.approx(100)


def test_fewer_participants_than_a_room_holds_make_one_room(made: Made) -> None:
    (room,) = rooms_of(made(rooms=[{"size": 3000}]))
    assert (room.count, room.size) == (1, 100)


def test_nobody_sees_itself(made: Made) -> None:
    (room,) = rooms_of(made())
    assert copies_of(room, 100) == pytest.approx(10 * 9)
    (webinar,) = rooms_of(made(publish={"cameras_most": 1}))
    assert copies_of(webinar, 100) == pytest.approx(9)


def test_last_n_limits_what_each_sees(made: Made) -> None:
    (room,) = rooms_of(made(publish={"cameras": 0.5}))
    assert copies_of(room, 3) == pytest.approx(30)
    assert copies_of(room, 5) == pytest.approx(5 * 4 + 5 * 5)


@given(size=st.integers(1, 400), share=st.floats(0, 1), last_n=st.integers(0, 50))
def test_more_members_and_more_tiles_never_get_fewer_videos(
    made: Made, size: int, share: float, last_n: int
) -> None:
    demand = {"peak_participants": 1000}
    publish = {"cameras": share}
    (room,) = rooms_of(made(demand=demand, publish=publish, rooms=[{"size": size}]))
    (larger,) = rooms_of(made(demand=demand, publish=publish, rooms=[{"size": size + 1}]))
    assert copies_of(larger, last_n) >= copies_of(room, last_n) * (1 - 1e-9)
    assert copies_of(room, last_n + 1) >= copies_of(room, last_n)
    assert copies_of(room, last_n) <= room.cameras * (size - 1) * (1 + 1e-9)


def test_tiles_are_filled_in_order_and_the_rest_comes_in_the_lowest_layer() -> None:
    tiles = (Tile(layer="720p", count=1), Tile(layer="360p", count=4))
    assert tiles_filled(tiles, LADDER, 3) == {"180p": 0, "360p": 2, "720p": 1}
    assert tiles_filled(tiles, LADDER, 7.5) == {"180p": 2.5, "360p": 4, "720p": 1}
    assert tiles_filled((), LADDER, 9) == {"180p": 8, "360p": 0, "720p": 1}


def test_where_one_layer_is_sent_it_serves_all_tiles() -> None:
    assert tiles_filled((Tile(layer="180p", count=3),), LADDER[-1:], 5) == {"720p": 5}


def test_the_recorded_room_is_the_one_that_has_to_fit(made: Made) -> None:
    (rooms,) = rooms_of(made(recording={"share": 0.1, "by": "participant"}))
    assert rooms.members == pytest.approx(10.1)
    assert alone(rooms).members == 11
    (stored,) = rooms_of(made(recording={"share": 0.1, "by": "server"}))
    assert (stored.members, stored.recorded, alone(stored).recorded) == (10, 0.1, 1.0)
