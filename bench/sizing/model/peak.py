"""The same scenario with more or fewer participants."""

import msgspec

from bench.sizing.scenario.schema import Scenario

_ONE_ROOM = 0.999


def with_peak(scenario: Scenario, multiple: float, *, same_rooms: bool = False) -> Scenario:
    """Return `scenario` with `multiple` times the participants at the peak, at least one.

    Rooms stay as large as they are and become more. Where there is one room only, it grows: a
    meeting of twice as many is no second meeting. With `same_rooms` it does not: then there are
    several such meetings at once.
    """
    before = scenario.peak_participants
    after = max(1, round(before * multiple))
    rooms = scenario.rooms
    if len(rooms) == 1 and rooms[0].size >= _ONE_ROOM * before:
        size = min(rooms[0].size, after) if same_rooms else after
        rooms = (msgspec.structs.replace(rooms[0], size=size),)
    demand = msgspec.structs.replace(
        scenario.demand, peak_participants=after, daily_participants=None
    )
    return msgspec.structs.replace(scenario, demand=demand, rooms=rooms)
