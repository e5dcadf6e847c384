"""What it costs that keys follow who is there: messages, and work at the members."""

import math
from dataclasses import dataclass

import numpy as np

from bench.profile import keys
from bench.sizing.model.assumptions import (
    COMMIT_BYTES,
    COMMIT_BYTES_PER_SEAL,
    COMMIT_SHARE,
    KEY_MESSAGE_BYTES,
    TREE_BYTES_PER_MEMBER,
    TREE_NS_PER_MEMBER,
    WELCOME_BYTES,
)
from bench.sizing.model.datagrams import exchange
from bench.sizing.model.draws import Draws, ProfileDraws
from bench.sizing.model.rooms import Rooms
from bench.sizing.model.work import Work
from bench.sizing.scenario.schema import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Rekeying:
    """One room's key messages per second, and CPU in ns per second of its average member.

    Messages are counted in packets: `sent` by members, `delivered` to them.
    """

    sent: float
    delivered: float
    sent_bytes: float
    delivered_bytes: float
    giving_ns: Draws
    taking_ns: Draws


def rekeying_of(scenario: Scenario, draws: ProfileDraws, rooms: Rooms) -> Rekeying | None:
    """Return the room's rekeying, None where nothing is or nobody is there to share keys with."""
    protocol = scenario.rekey.protocol
    if protocol == "none" or rooms.members < 2:
        return None
    return _sender_keys(draws, rooms) if protocol == "sender-keys" else _mls(scenario, draws, rooms)


def relayed(scenario: Scenario, draws: ProfileDraws, rekeying: Rekeying | None) -> Work:
    """Return what passing one room's key messages on costs a server."""
    if rekeying is None:
        return Work()
    return exchange(
        scenario,
        draws,
        "key messages",
        received=rekeying.sent,
        sent=rekeying.delivered,
        received_bytes=rekeying.sent_bytes,
        sent_bytes=rekeying.delivered_bytes,
    )


def _sender_keys(draws: ProfileDraws, rooms: Rooms) -> Rekeying:
    # Upon a leave each member gives a new key to each other one; who joins gives one to each member
    # and is given each one's.
    others = rooms.members - 1
    messages = rooms.joins_per_s * (rooms.members * others + 2 * others)
    each_ns = draws.cost(keys.MESSAGE).ns(calls=messages / rooms.members)
    return Rekeying(
        sent=messages,
        delivered=messages,
        sent_bytes=messages * KEY_MESSAGE_BYTES,
        delivered_bytes=messages * KEY_MESSAGE_BYTES,
        giving_ns=each_ns,
        taking_ns=each_ns,
    )


def _mls(scenario: Scenario, draws: ProfileDraws, rooms: Rooms) -> Rekeying:
    # One commit upon each join and each leave, and a welcome with the tree for who joins.
    joins, members = rooms.joins_per_s, rooms.members
    commits = 2 * joins
    seals = min(members - 1, math.log2(members) + COMMIT_SHARE * (members - 1))
    commit_bytes = COMMIT_BYTES + COMMIT_BYTES_PER_SEAL * seals
    welcome_bytes = WELCOME_BYTES + TREE_BYTES_PER_MEMBER * members
    copies = commits * (members - 1)
    room = scenario.network.mtu_bytes
    tree_ns = np.full(draws.count, TREE_NS_PER_MEMBER * members)
    making = (
        draws.cost(keys.HPKE_SEAL).ns(calls=seals) + draws.cost(keys.SIGN).ns(calls=1) + tree_ns
    )
    taking = draws.cost(keys.HPKE_OPEN).ns(calls=1) + draws.cost(keys.VERIFY).ns(calls=1) + tree_ns
    welcoming = draws.cost(keys.HPKE_SEAL).ns(calls=1)
    joining = draws.cost(keys.HPKE_OPEN).ns(calls=1) + draws.cost(keys.VERIFY).ns(calls=members)
    commit_packets, welcome_packets = (
        math.ceil(commit_bytes / room),
        math.ceil(welcome_bytes / room),
    )
    return Rekeying(
        sent=commits * commit_packets + joins * welcome_packets,
        delivered=copies * commit_packets + joins * welcome_packets,
        sent_bytes=commits * commit_bytes + joins * welcome_bytes,
        delivered_bytes=copies * commit_bytes + joins * welcome_bytes,
        giving_ns=(commits * making + joins * welcoming) / members,
        taking_ns=(copies * taking + joins * joining) / members,
    )
