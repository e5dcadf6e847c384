"""Systems behind a hub: each stream crosses it once to every other system of its room."""

from collections.abc import Sequence
from dataclasses import replace

from bench.sizing.model.datagrams import exchange, feedback
from bench.sizing.model.draws import ProfileDraws
from bench.sizing.model.forward import forward
from bench.sizing.model.rekeying import rekeying_of
from bench.sizing.model.room_relay import connections
from bench.sizing.model.rooms import Rooms
from bench.sizing.model.streams import Stream
from bench.sizing.model.work import Work
from bench.sizing.scenario.schema import Scenario


def linked_streams(
    scenario: Scenario, rooms: Rooms, streams: Sequence[Stream]
) -> tuple[Stream, ...]:
    """Return one room's streams as its relays together see them, links to the hub included.

    What crosses leaves its own relay once more, and comes into every other one.
    """
    others = _others(scenario, rooms)
    if not others:
        return tuple(streams)
    linked = []
    for stream in streams:
        crossing = _crossing(scenario, rooms, stream)
        sent = crossing if stream.sent else 0.0
        linked.append(
            replace(
                stream,
                sources=stream.sources + crossing * others,
                sent=stream.sent + sent * others,
                copies=stream.copies + sent,
            )
        )
    return tuple(linked)


def hub_work(
    scenario: Scenario, draws: ProfileDraws, rooms: Rooms, streams: Sequence[Stream]
) -> Work:
    """Return what one room asks of the hub."""
    others = _others(scenario, rooms)
    work = Work()
    for stream in streams:
        crossing = _crossing(scenario, rooms, stream)
        if not (others and crossing and stream.sent):
            continue
        crossed = replace(stream, sources=crossing, sent=crossing, copies=crossing * others)
        work += forward(scenario, draws, crossed, rooms)
    rekeying = rekeying_of(scenario, draws, rooms)
    if rekeying is None or not others:
        return work
    # A message to many goes to each system once, one to a single member only to that one's.
    share = min(1.0, rekeying.sent * others / rekeying.delivered)
    return work + exchange(
        scenario,
        draws,
        "key messages",
        received=rekeying.sent,
        sent=rekeying.delivered * share,
        received_bytes=rekeying.sent_bytes,
        sent_bytes=rekeying.delivered_bytes * share,
    )


def links(scenario: Scenario, draws: ProfileDraws) -> Work:
    """Return one end of all links between systems and hub, whatever goes over them."""
    count = float(scenario.system.systems)
    return feedback(scenario, draws, count) + connections(scenario, draws, count, joins_per_s=0.0)


def _others(scenario: Scenario, rooms: Rooms) -> float:
    """Return how many other systems one room reaches: it is in no more than it has members."""
    return max(0.0, min(float(scenario.system.systems), rooms.members) - 1)


def _crossing(scenario: Scenario, rooms: Rooms, stream: Stream) -> float:
    """Return how many of one room's streams of this kind other systems have to get.

    All systems show the same cameras, the last N, and one more for who does not see itself.
    """
    if stream.kind != "camera":
        return stream.sources
    if scenario.video.scalability == "simulcast" and not stream.copies:
        # A layer that is sent apart and that nobody gets stays where it is.
        return 0.0
    return min(rooms.cameras, scenario.receive.last_n + 1.0)
