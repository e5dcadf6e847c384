"""More participants: rooms that stay, rooms that grow, and where limits are reached."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.sizing.model.curves import Point, full_at
from bench.sizing.model.money import Cost
from bench.sizing.model.peak import with_peak
from bench.sizing.scenario.load import parse_scenario
from bench.sizing.scenario.schema import Demand, Room, Scenario

HEAD = 'schema = 1\ntitle = "t"\nsummary = "s"\n'
ONE = np.ones(3)


def many_rooms(peak: int = 100) -> Scenario:
    text = f"{HEAD}[demand]\npeak_participants = {peak}\n[[rooms]]\nsize = 10\n"
    return parse_scenario(text.encode(), Path("many.toml")).scenario


def point(participants: float, used: float) -> Point:
    cost = Cost(
        setup_servers=ONE,
        setup_other=0.0,
        yearly_servers=ONE,
        yearly_egress=ONE,
        yearly_other=0.0,
    )
    return Point(
        participants=participants, servers=ONE, cost=cost, busiest=used * ONE, used=(used * ONE,)
    )


@given(st.floats(0.1, 100))
def test_more_participants_are_more_rooms_of_the_same_size(multiple: float) -> None:
    changed = with_peak(many_rooms(), multiple)
    assert changed.peak_participants == round(100 * multiple)
    assert changed.rooms == many_rooms().rooms


def test_a_single_room_grows() -> None:
    one = many_rooms(peak=10)
    assert with_peak(one, 2.5).rooms == (Room(size=25),)
    assert with_peak(one, 2.5).peak_participants == 25


@given(st.integers(1, 50))
def test_several_meetings_at_once_are_no_larger_one(meetings: int) -> None:
    one = many_rooms(peak=10)
    several = with_peak(one, meetings, same_rooms=True)
    assert several.rooms == one.rooms
    assert several.peak_participants == 10 * meetings


def test_half_of_a_single_room_is_a_smaller_one() -> None:
    assert with_peak(many_rooms(peak=10), 0.5, same_rooms=True).rooms == (Room(size=5),)


def test_daily_participants_become_a_peak() -> None:
    text = (
        f"{HEAD}[demand]\ndaily_participants = 1000\nconcurrent_share = 0.1\n[[rooms]]\nsize = 5\n"
    )
    daily = parse_scenario(text.encode(), Path("daily.toml")).scenario
    changed = with_peak(daily, 2)
    assert changed.demand == Demand(
        peak_participants=200,
        concurrent_share=0.1,
    )


def test_nobody_is_left_of_too_small_a_share() -> None:
    assert with_peak(many_rooms(), 0.0001).peak_participants == 1


def test_a_limit_is_reached_between_two_points() -> None:
    points = (point(50, 0.3), point(100, 0.6), point(200, 1.2))
    assert full_at(points, 0, 0.7) == pytest.approx(100 + 100 / 6)
    assert full_at(points, 0, 2.0) is None
